package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// settings of the sandbox; every address and port is one.
type settings struct {
	// Dir keeps the state of all parts, so that the next run carries on.
	Dir string `envconfig:"SANDBOX_DIR" default:"data"`
	// Bin is the folder with the built programs.
	Bin string `envconfig:"SANDBOX_BIN" default:"bin"`

	// MongoDBURI and TemporalAddress name servers to use instead of the embedded ones.
	MongoDBURI      string `envconfig:"MONGODB_URI"`
	TemporalAddress string `envconfig:"TEMPORAL_ADDRESS"`

	Store      string `envconfig:"SANDBOX_MONGODB_ADDRESS" default:"127.0.0.1:27027"`
	Temporal   string `envconfig:"SANDBOX_TEMPORAL_ADDRESS" default:"127.0.0.1:7233"`
	TemporalUI string `envconfig:"SANDBOX_TEMPORAL_UI_ADDRESS" default:"127.0.0.1:8233"`
	Magento    string `envconfig:"SANDBOX_MAGENTO_ADDRESS" default:"127.0.0.1:8090"`
	B1         string `envconfig:"SANDBOX_B1_ADDRESS" default:"127.0.0.1:8091"`
	Gateway    string `envconfig:"GATEWAY_ADDRESS" default:"127.0.0.1:8080"`

	// AdminPassword is that of the user admin, Key an API key of an admin: not secret, so that
	// the gateway serves this machine alone with them, and a store of others gets others (ofItsOwn).
	AdminPassword string `envconfig:"GATEWAY_ADMIN_PASSWORD" default:"sandbox-sandbox"`
	Key           string `envconfig:"GATEWAY_KEY" default:"dw_sandbox_sandboxsandboxsandbox"`

	// Orders is the number of orders that the shop begins with; Seed fixes which.
	Orders int   `envconfig:"SANDBOX_ORDERS" default:"200"`
	Seed   int64 `envconfig:"SANDBOX_SEED" default:"2016"`
	// OrdersDir is a folder with real Magento documents (*.json) that the shop shows as well.
	OrdersDir string `envconfig:"SANDBOX_ORDERS_DIR"`
	// PlaceEvery is the time between two new orders, 0 for none.
	PlaceEvery time.Duration `envconfig:"SANDBOX_PLACE_EVERY" default:"8s"`
	// B1Latency is how long each call to B1 takes.
	B1Latency time.Duration `envconfig:"SANDBOX_B1_LATENCY" default:"60ms"`
	// B1Version is 2 (OData 4) or 1 (OData 3).
	B1Version int `envconfig:"SANDBOX_B1_VERSION" default:"2"`

	SyncInterval time.Duration `envconfig:"SYNC_INTERVAL" default:"10s"`
}

func loadSettings() (*settings, error) {
	var s settings
	if err := envconfig.Process("", &s); err != nil {
		return nil, fmt.Errorf("The sandbox cannot start: %w", err)
	}
	problems := s.fromFiles()
	for name, address := range s.addresses() {
		if host, port, err := net.SplitHostPort(address); err != nil || port == "" || host == "" {
			problems = append(problems, fmt.Sprintf("%s: is %q, want host:port such as 127.0.0.1:8080", name, address))
		}
	}
	if ip := net.ParseIP(hostOf(s.Gateway)); hostOf(s.Gateway) != "localhost" && !ip.IsLoopback() {
		problems = append(problems, fmt.Sprintf("GATEWAY_ADDRESS: is %q, want a loopback address: everybody knows the password of the sandbox", s.Gateway))
	}
	if s.Orders < 0 {
		problems = append(problems, fmt.Sprintf("SANDBOX_ORDERS: is %d, want zero or more", s.Orders))
	}
	if s.B1Version != 1 && s.B1Version != 2 {
		problems = append(problems, fmt.Sprintf("SANDBOX_B1_VERSION: is %d, want 1 or 2", s.B1Version))
	}
	if s.PlaceEvery < 0 || s.B1Latency < 0 {
		problems = append(problems, "SANDBOX_PLACE_EVERY and SANDBOX_B1_LATENCY: want zero or more")
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("The sandbox cannot start, its settings have %d problem(s):\n  %s", len(problems), strings.Join(problems, "\n  "))
	}
	return &s, nil
}

func hostOf(address string) string {
	host, _, _ := net.SplitHostPort(address) // checked apart
	return host
}

// addresses are the places where this machine must listen, by the setting that changes each.
func (s *settings) addresses() map[string]string {
	a := map[string]string{"SANDBOX_MAGENTO_ADDRESS": s.Magento, "SANDBOX_B1_ADDRESS": s.B1, "GATEWAY_ADDRESS": s.Gateway}
	if s.MongoDBURI == "" {
		a["SANDBOX_MONGODB_ADDRESS"] = s.Store
	}
	if s.TemporalAddress == "" {
		a["SANDBOX_TEMPORAL_ADDRESS"], a["SANDBOX_TEMPORAL_UI_ADDRESS"] = s.Temporal, s.TemporalUI
	}
	return a
}

// mongoURI and temporalAddress are what the other processes use, embedded or not.
func (s *settings) mongoURI() string {
	if s.MongoDBURI != "" {
		return s.MongoDBURI
	}
	return "mongodb://" + s.Store + "/"
}

func (s *settings) temporalAddress() string {
	if s.TemporalAddress != "" {
		return s.TemporalAddress
	}
	return s.Temporal
}

// Credentials of the simulators: not secret, and fixed, so that a worker started by hand finds them in sandbox.env.
const (
	magentoConsumerKey       = "sandbox-consumer-key"
	magentoConsumerSecret    = "sandbox-consumer-secret"
	magentoAccessToken       = "sandbox-access-token"
	magentoAccessTokenSecret = "sandbox-access-token-secret"
	b1Company                = "SBODEMOUS"
	b1User                   = "manager"
	b1Password               = "sandbox"
)

// environment is what worker, starter and gateway need to run against this sandbox.
func (s *settings) environment() []string {
	return []string{
		"MONGODB_URI=" + s.mongoURI(),
		"TEMPORAL_ADDRESS=" + s.temporalAddress(),
		"TEMPORAL_UI_URL=http://" + s.TemporalUI,
		"GATEWAY_ADDRESS=" + s.Gateway,
		"GATEWAY_ADMIN_PASSWORD=" + s.AdminPassword,
		"GATEWAY_ADMIN_PASSWORD_FILE=",
		"GATEWAY_KEY=" + s.Key,
		"GATEWAY_KEY_FILE=",
		"SYNC_INTERVAL=" + s.SyncInterval.String(),
		"MAGENTO_URL=http://" + s.Magento,
		"MAGENTO_CONSUMER_KEY=" + magentoConsumerKey,
		"MAGENTO_CONSUMER_SECRET=" + magentoConsumerSecret,
		"MAGENTO_ACCESS_TOKEN=" + magentoAccessToken,
		"MAGENTO_ACCESS_TOKEN_SECRET=" + magentoAccessTokenSecret,
		fmt.Sprintf("B1_URL=http://%s/b1s/v%d", s.B1, s.B1Version),
		"B1_COMPANY_DB=" + b1Company,
		"B1_USER=" + b1User,
		"B1_PASSWORD=" + b1Password,
		"B1_SETTLE=2s",
	}
}
