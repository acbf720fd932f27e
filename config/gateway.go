package config

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Gateway are the settings of the HTTP gateway.
type Gateway struct {
	Store
	Temporal
	Logging
	Instances
	Reconciliation
	Watch
	Alarms
	Listening
	Access
	// MetricsAddress is where /metrics listens; empty for nowhere.
	MetricsAddress string `envconfig:"GATEWAY_METRICS_ADDRESS"`
	Tracing
	OIDC
	// TemporalUI is where the Temporal UI is, for links; empty for none.
	TemporalUI string `envconfig:"TEMPORAL_UI_URL" default:"http://127.0.0.1:8233"`
	// CodecOrigins are the pages, http://127.0.0.1:8233, that may have payloads decrypted with the session of who looks at them: Temporal's UI.
	CodecOrigins []string `envconfig:"GATEWAY_CODEC_ORIGINS"`

	// WebhookSecrets holds the secret of each instance whose webhook is on.
	WebhookSecrets map[string]string `ignored:"true"`
	// Rules are those of each instance. The gateway shows and tries them; it starts without them as well.
	Rules map[string]FileRules `ignored:"true"`
}

// LoadGateway reads and checks the settings of the gateway.
func LoadGateway() (*Gateway, error) {
	var g Gateway
	problems := load("", &g)
	problems = append(problems, g.Access.checkSecrets()...)
	problems = append(problems, g.published()...)
	problems = append(problems, optional("GATEWAY_METRICS_ADDRESS", g.MetricsAddress)...)
	problems = append(problems, g.checkProvider()...)
	problems = append(problems, g.checkCodecOrigins()...)
	g.WebhookSecrets, g.Rules = map[string]string{}, map[string]FileRules{}
	for _, name := range g.InstanceNames {
		g.Rules[name] = ReadFileRules(name)
		problems = append(problems, loadWebhook(name, g.WebhookSecrets)...)
	}
	return &g, problemsError("The gateway", problems)
}

// checkCodecOrigins takes origins as a browser writes them: it sends no other.
func (g *Gateway) checkCodecOrigins() (problems []string) {
	for _, origin := range g.CodecOrigins {
		if !guardedAddress(origin, false) || origin != strings.ToLower(origin) {
			problems = append(problems, fmt.Sprintf("GATEWAY_CODEC_ORIGINS: has %q, want https addresses without a path and in small letters, such as https://temporal.example.com, "+
				"or http on this machine", hiddenUser(origin)))
		}
	}
	return problems
}

// Listening says where the gateway listens, and how credentials stay secret on their way to it.
type Listening struct {
	// Address is where it listens. Beyond this machine it needs TLS.
	Address string `envconfig:"GATEWAY_ADDRESS" default:"127.0.0.1:8080"`
	// Hosts are the names by which it is called, beside those of this machine and the listen address.
	Hosts []string `envconfig:"GATEWAY_HOSTS"`
	// URL is the address at which people open it, https://datawald.example.com. Empty: see PublicURL.
	URL string `envconfig:"GATEWAY_URL"`
	// TLSCertFile and TLSKeyFile are PEM files, the certificate with those between it and its authority. They are read again when they change.
	TLSCertFile string `envconfig:"GATEWAY_TLS_CERT_FILE"`
	TLSKeyFile  string `envconfig:"GATEWAY_TLS_KEY_FILE"`
	// BehindTLS is true when a proxy in front of the gateway ends TLS.
	BehindTLS bool `envconfig:"GATEWAY_BEHIND_TLS" default:"false"`
	// TrustedProxies are the addresses, or ranges such as 10.0.0.0/8, from which X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []string `envconfig:"GATEWAY_TRUSTED_PROXIES"`
	// SharesNetwork is true where the gateway is in the network of another container: it ends when that is gone.
	SharesNetwork bool `envconfig:"GATEWAY_SHARES_NETWORK" default:"false"`
}

// TLS reports whether the gateway ends TLS itself.
func (l Listening) TLS() bool { return l.TLSCertFile != "" }

// beyond reports whether the address can be reached from other machines.
func (l Listening) beyond() bool {
	host, _, err := net.SplitHostPort(l.Address)
	ip := net.ParseIP(host)
	return err == nil && host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// Proxies are TrustedProxies; of none this machine's own, where the gateway is behind TLS.
func (l Listening) Proxies() (proxies []netip.Prefix) {
	for _, text := range l.TrustedProxies {
		if p, err := proxy(text); err == nil {
			proxies = append(proxies, p)
		}
	}
	if l.BehindTLS && len(l.TrustedProxies) == 0 {
		proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return proxies
}

func proxy(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// hostName is a name or an IPv4 address, or an IPv6 address in brackets; a port may follow, and does not count.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$`)

func (l Listening) check() (problems []string) {
	problems = append(problems, address("GATEWAY_ADDRESS", l.Address)...)
	if l.beyond() && !l.TLS() && !l.BehindTLS {
		problems = append(problems, fmt.Sprintf("GATEWAY_ADDRESS: is %q, which other machines reach, and passwords must not pass in the clear: want a loopback address such as "+
			"127.0.0.1:8080, or TLS (GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE), or GATEWAY_BEHIND_TLS=true where a proxy ends it", l.Address))
	}
	if l.beyond() && len(l.Hosts) == 0 {
		problems = append(problems, "GATEWAY_HOSTS: is missing, want the names by which the gateway is called, such as datawald.example.com")
	}
	for _, host := range l.Hosts {
		if !hostName.MatchString(host) {
			problems = append(problems, fmt.Sprintf("GATEWAY_HOSTS: has %q, want names such as datawald.example.com", host))
		}
	}
	if l.beyond() && l.BehindTLS && len(l.TrustedProxies) == 0 {
		problems = append(problems, "GATEWAY_TRUSTED_PROXIES: is missing, want the addresses of the proxy that ends TLS: no other says that a request came by https")
	}
	for _, text := range l.TrustedProxies {
		if p, err := proxy(text); err == nil && p.Bits() == 0 {
			problems = append(problems, fmt.Sprintf("GATEWAY_TRUSTED_PROXIES: has %q, so that anybody could say where he comes from: want the addresses of the proxies", text))
		} else if err != nil {
			problems = append(problems, fmt.Sprintf("GATEWAY_TRUSTED_PROXIES: has %q, want addresses such as 10.0.0.5 or ranges such as 10.0.0.0/8", text))
		}
	}
	return append(problems, l.checkTLS()...)
}

func (l Listening) checkTLS() []string {
	switch {
	case (l.TLSCertFile == "") != (l.TLSKeyFile == ""):
		return []string{"GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE: want both or none"}
	case l.TLSCertFile == "":
		return nil
	case l.BehindTLS:
		return []string{"GATEWAY_BEHIND_TLS: is true, and there is a certificate: want one of them"}
	}
	if _, err := tls.LoadX509KeyPair(l.TLSCertFile, l.TLSKeyFile); err != nil {
		return []string{fmt.Sprintf("GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE: %v", err)}
	}
	return nil
}

// Access is how people and programs get in.
type Access struct {
	// SessionIdle ends a session that is not used, SessionLife ends any.
	SessionIdle time.Duration `envconfig:"GATEWAY_SESSION_IDLE" default:"12h"`
	SessionLife time.Duration `envconfig:"GATEWAY_SESSION_LIFE" default:"168h"`
	// AdminPassword is that of the user admin, which is created when there is no user. Empty: one is chosen by chance, and printed once.
	AdminPassword string `envconfig:"GATEWAY_ADMIN_PASSWORD" secret:"GATEWAY_ADMIN_PASSWORD"`
	// Key is an API key, dw_<id>_<secret>, which is stored unless it is there already: for automation.
	Key string `envconfig:"GATEWAY_KEY" secret:"GATEWAY_KEY"`
	// KeyRole is what the key may do: viewer, operator or admin.
	KeyRole string `envconfig:"GATEWAY_KEY_ROLE" default:"admin"`
}

func (a Access) check() (problems []string) {
	if a.SessionIdle < time.Minute {
		problems = append(problems, fmt.Sprintf("GATEWAY_SESSION_IDLE: is %s, want at least 1m", a.SessionIdle))
	}
	if a.SessionLife < a.SessionIdle {
		problems = append(problems, fmt.Sprintf("GATEWAY_SESSION_LIFE: is %s, want at least GATEWAY_SESSION_IDLE, %s", a.SessionLife, a.SessionIdle))
	}
	if !slices.Contains([]string{"viewer", "operator", "admin"}, a.KeyRole) {
		problems = append(problems, fmt.Sprintf("GATEWAY_KEY_ROLE: is %q, want viewer, operator or admin", a.KeyRole))
	}
	return problems
}

// What the sandbox gets in with. Everybody can read it, so that it is taken where nobody else comes.
const (
	SandboxPassword = "sandbox-sandbox"
	SandboxKey      = "dw_sandbox_sandboxsandboxsandbox"
)

// published says which secrets everybody knows, where others reach the gateway.
func (g *Gateway) published() (problems []string) {
	if !g.beyond() && !g.BehindTLS {
		return nil
	}
	for _, s := range []struct{ name, value, known string }{{"GATEWAY_ADMIN_PASSWORD", g.AdminPassword, SandboxPassword}, {"GATEWAY_KEY", g.Key, SandboxKey}} {
		if s.value == s.known {
			problems = append(problems, s.name+": is that of the sandbox, which everybody knows, and other machines reach this gateway: want another, by chance")
		}
	}
	return problems
}

// The form of a password and of a key, as package access takes them: characters, bytes, and how many of a secret differ at least.
const (
	minPassword = 12
	maxPassword = 256
	minVariety  = 6
)

var keyForm = regexp.MustCompile(`^dw_[a-z0-9]{1,32}_[a-z0-9]{20,128}$`)

// checkSecrets looks at what the first user and the first key let in with.
func (a *Access) checkSecrets() (problems []string) {
	if n := utf8.RuneCountInString(a.AdminPassword); n > 0 && n < minPassword {
		problems = append(problems, fmt.Sprintf("GATEWAY_ADMIN_PASSWORD: has %d characters, want at least %d", n, minPassword))
	}
	if n := len(a.AdminPassword); n > maxPassword {
		problems = append(problems, fmt.Sprintf("GATEWAY_ADMIN_PASSWORD: has %d bytes, want at most %d", n, maxPassword))
	}
	if a.Key != "" && keyForm.MatchString(a.Key) && variety(a.Key[strings.LastIndex(a.Key, "_")+1:]) < minVariety {
		problems = append(problems, fmt.Sprintf("GATEWAY_KEY: its secret has fewer than %d different characters, and is guessed: want one by chance, as starter key add makes it", minVariety))
	}
	if a.Key != "" && !keyForm.MatchString(a.Key) {
		problems = append(problems, "GATEWAY_KEY: want dw_<id>_<secret> of a-z and 0-9, the secret of 20 characters or more by chance")
	}
	return problems
}

// variety is how many different characters a text has.
func variety(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
