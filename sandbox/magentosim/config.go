package magentosim

import (
	"errors"
	"fmt"
	"time"
)

// DefaultOrders is the number of orders a sandbox shop is usually filled with.
const DefaultOrders = 200

// historyWindow is how far back before start-up the generated orders reach.
const historyWindow = 14 * 24 * time.Hour

// Config describes a shop. The zero value is an empty shop of version 2.4.6 that refuses every caller.
type Config struct {
	// Seed fixes what the generator invents: the same seed and the same Now give the same documents. Default 0.
	Seed int64
	// Orders is how many orders are generated at start, spread over the 14 days before it. 0 means none;
	// DefaultOrders is a good number for a sandbox.
	Orders int
	// Lines makes every order generated at start a simple one with that many lines, at most the number of
	// goods: two lines make 8 KB. 0 means all kinds, as often as in a real shop, and 13 KB on average.
	Lines int
	// OrdersDir is a folder of real order documents (*.json). They are served byte for byte. Files that hold
	// something else, or an order that is already there, are skipped and reported by Loaded. Empty: none.
	OrdersDir string
	// StateFile is a journal of all orders. When it exists and holds orders, the shop carries on with them and
	// generates none at start. Every change is appended to it. Empty: the shop lives in memory only.
	StateFile string
	// PlaceEvery is the pause between two new orders placed by Run. 0 means none are placed.
	PlaceEvery time.Duration
	// ForeignPercent is the share (0-100) of store 1's generated orders that are paid in CAD while the base
	// currency stays USD. Default 0.
	ForeignPercent int

	// Version is the Magento release to imitate, for example "2.2.11", "2.3.5", "2.4.6", "2.4.6-p4", "2.4.7",
	// "2.4.8". Default "2.4.6". What depends on it is listed at traits.
	Version string
	// Now is the clock of the machine. Default time.Now.
	Now func() time.Time
	// ClockSkew shifts Magento's own clock against Now: its stamps and its HTTP Date header. Default 0.
	ClockSkew time.Duration
	// Latency is the time every REST reply takes at least. Default 0.
	Latency time.Duration

	// BearerToken is the integration access token accepted as "Authorization: Bearer". Empty: none is.
	BearerToken string
	// BearerDisabled refuses BearerToken although it is right, the default of Magento 2.4.4 and later
	// (oauth/consumer/enable_integration_as_bearer).
	BearerDisabled bool
	// OAuth holds the four integration credentials for OAuth 1.0a. Empty: no signed request is accepted.
	OAuth OAuthCredentials
	// SignedBaseURL is scheme and host as Magento sees itself when it checks a signature, for a shop behind a
	// proxy that ends TLS ("http://shop.example.com"). Empty: those of the request.
	SignedBaseURL string

	// AdminUsername and AdminPassword are accepted by POST /V1/integration/admin/token. Empty: none are.
	AdminUsername, AdminPassword string
	// AdminTokenLifetime is how long such a token is good for. Default 1 hour for a JWT (2.4.4 and later,
	// webapi/jwtauth/admin_expiration), else 4 hours (oauth/access_token_lifetime/admin).
	AdminTokenLifetime time.Duration
	// OpaqueAdminTokens switches Magento_JwtUserToken off: tokens are random characters in every release.
	OpaqueAdminTokens bool
	// TwoFactor makes the token route ask for the second factor, as 2.4 does unless the module is off.
	TwoFactor bool

	// MaxPageSize switches the input limit on (webapi/validation/maximum_page_size). 0 means no limit, as shipped.
	MaxPageSize int
	// DefaultPageSize is used when the limit is on and the request names no page size. Default 20.
	DefaultPageSize int
	// ExtraStatuses assigns the merchant's own statuses to order states, for example
	// {"processing": {"sent_to_erp"}}. Used when a comment sets a status. Default none.
	ExtraStatuses map[string][]string
}

// OAuthCredentials are the four values of a Magento integration.
type OAuthCredentials struct {
	// ConsumerKey and ConsumerSecret name the integration.
	ConsumerKey, ConsumerSecret string
	// AccessToken and AccessTokenSecret were issued when the integration was activated.
	AccessToken, AccessTokenSecret string
}

func (c OAuthCredentials) complete() bool {
	return c.ConsumerKey != "" && c.ConsumerSecret != "" && c.AccessToken != "" && c.AccessTokenSecret != ""
}

// withDefaults fills what was left out.
func (c Config) withDefaults() Config {
	if c.Version == "" {
		c.Version = "2.4.6"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.DefaultPageSize == 0 {
		c.DefaultPageSize = 20
	}
	return c
}

// validate reports every setting that makes no sense, all at once.
func (c Config) validate() error {
	var problems []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("magentosim: "+format, args...))
		}
	}
	check(c.Orders >= 0, "Orders is %d, want 0 or more", c.Orders)
	check(c.Lines >= 0 && c.Lines <= len(goods), "Lines is %d, want 0 to %d", c.Lines, len(goods))
	check(c.PlaceEvery >= 0, "PlaceEvery is %s, want 0 or more", c.PlaceEvery)
	check(c.ForeignPercent >= 0 && c.ForeignPercent <= 100, "ForeignPercent is %d, want 0 to 100", c.ForeignPercent)
	check(c.Latency >= 0, "Latency is %s, want 0 or more", c.Latency)
	check(c.MaxPageSize >= 0, "MaxPageSize is %d, want 0 or more", c.MaxPageSize)
	check(c.OAuth == OAuthCredentials{} || c.OAuth.complete(), "OAuth needs all four credentials or none")
	check((c.AdminUsername == "") == (c.AdminPassword == ""), "AdminUsername and AdminPassword go together")
	if _, err := parseVersion(c.Version); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
