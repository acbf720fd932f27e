package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// OIDC is how people get in by an identity provider (OpenID Connect). Without an issuer nobody does.
type OIDC struct {
	// Issuer is the provider's own name, an https address. What it offers is read from <issuer>/.well-known/openid-configuration.
	Issuer string `envconfig:"OIDC_ISSUER"`
	// ClientID and ClientSecret are what the provider knows the gateway by.
	ClientID     string `envconfig:"OIDC_CLIENT_ID"`
	ClientSecret string `envconfig:"OIDC_CLIENT_SECRET" secret:"OIDC_CLIENT_SECRET"`
	// ProviderName is what the sign-in page calls the provider.
	ProviderName string `envconfig:"OIDC_PROVIDER_NAME" default:"your company account"`
	// RoleClaim is the claim with the groups of who signs in; a.b is the claim b within the claim a.
	RoleClaim string `envconfig:"OIDC_ROLE_CLAIM" default:"groups"`
	// RoleMap says which group has which role: group=role; the group * is everybody.
	RoleMap []string `envconfig:"OIDC_ROLES"`
	// NameClaim is the claim with the name of who signs in.
	NameClaim string `envconfig:"OIDC_NAME_CLAIM" default:"preferred_username"`
	// Scopes are asked for, beside openid.
	Scopes []string `envconfig:"OIDC_SCOPES" default:"profile"`
	// ProviderSessionLife ends a session that the provider began; one never lasts longer than GATEWAY_SESSION_LIFE.
	ProviderSessionLife time.Duration `envconfig:"OIDC_SESSION_LIFE" default:"12h"`
	// LocalSignIn says whose passwords are taken while there is a provider: all, or admins for those of admins alone.
	LocalSignIn string `envconfig:"OIDC_LOCAL_SIGN_IN" default:"all"`
}

// Provided reports whether people get in by an identity provider.
func (o OIDC) Provided() bool { return o.Issuer != "" }

// Roles gives the role of each group of RoleMap. A group may have a = in its name.
func (o OIDC) Roles() map[string]string {
	roles := map[string]string{}
	for _, entry := range o.RoleMap {
		if i := strings.LastIndex(entry, "="); i >= 0 {
			roles[strings.TrimSpace(entry[:i])] = strings.TrimSpace(entry[i+1:])
		}
	}
	return roles
}

// checkProvider looks at what the provider is known by, when there is one. It is called once the secrets have been read from their files.
func (g *Gateway) checkProvider() (problems []string) {
	o := g.OIDC
	if !o.Provided() {
		if o.ClientID != "" || o.ClientSecret != "" || len(o.RoleMap) > 0 {
			problems = append(problems, "OIDC_ISSUER: is missing, and there are other settings OIDC_…: want the address of the identity provider, or none of them")
		}
		return problems
	}
	if !guardedAddress(o.Issuer, true) {
		problems = append(problems, fmt.Sprintf("OIDC_ISSUER: is %q, want the provider's own https address, without user, query and fragment", hiddenUser(o.Issuer)))
	}
	problems = append(problems, missing(map[string]string{"OIDC_CLIENT_ID": o.ClientID, "OIDC_CLIENT_SECRET": o.ClientSecret, "OIDC_ROLE_CLAIM": o.RoleClaim,
		"OIDC_NAME_CLAIM": o.NameClaim, "OIDC_PROVIDER_NAME": o.ProviderName, "OIDC_ROLES": strings.Join(o.RoleMap, ",")})...)
	if s := o.ClientSecret; s != "" && (len(s) < minClientSecret || variety(s) < minVariety) {
		problems = append(problems, fmt.Sprintf("OIDC_CLIENT_SECRET: want %d characters or more by chance: what a browser keeps during a sign-in is sealed with it", minClientSecret))
	}
	if o.ProviderSessionLife < time.Minute {
		problems = append(problems, fmt.Sprintf("OIDC_SESSION_LIFE: is %s, want at least 1m", o.ProviderSessionLife))
	}
	if o.LocalSignIn != "all" && o.LocalSignIn != "admins" {
		problems = append(problems, fmt.Sprintf("OIDC_LOCAL_SIGN_IN: is %q, want all or admins", o.LocalSignIn))
	}
	if !guardedAddress(g.PublicURL(), false) {
		problems = append(problems, fmt.Sprintf("GATEWAY_URL: the gateway would be at %q, want the https address at which people open it, without a path, such as https://datawald.example.com: "+
			"the provider sends them back there", hiddenUser(g.PublicURL())))
	} else if u, err := url.Parse(g.PublicURL()); err == nil && !g.Answers(u.Host) {
		problems = append(problems, fmt.Sprintf("GATEWAY_URL: the gateway would be at %q, and does not answer under that name: want one of GATEWAY_HOSTS, or the name there as well", g.PublicURL()))
	}
	return append(problems, o.checkRoles()...)
}

// minClientSecret is how long a secret of the provider is at least, in bytes: all of them make longer ones.
const minClientSecret = 16

func (o OIDC) checkRoles() (problems []string) {
	for _, entry := range o.RoleMap {
		i := strings.LastIndex(entry, "=")
		if i < 0 || strings.TrimSpace(entry[:i]) == "" || !slices.Contains([]string{"viewer", "operator", "admin"}, strings.TrimSpace(entry[i+1:])) {
			problems = append(problems, fmt.Sprintf("OIDC_ROLES: has %q, want group=viewer, group=operator or group=admin", entry))
		}
	}
	if o.Roles()["*"] == "admin" {
		problems = append(problems, "OIDC_ROLES: has *=admin, so that everybody whom the provider knows decides who may do what: want a group for admins")
	}
	if len(o.Roles()) != len(o.RoleMap) && len(problems) == 0 {
		problems = append(problems, "OIDC_ROLES: names a group twice")
	}
	return problems
}

// PublicURL is where people open the gateway, without a slash at its end: GATEWAY_URL, else the first of GATEWAY_HOSTS by https, with the port at which the
// gateway listens when it ends TLS itself and the name has none, else the address on this machine. It never comes from a request.
func (l Listening) PublicURL() string {
	switch {
	case l.URL != "":
		return strings.TrimSuffix(l.URL, "/")
	case len(l.Hosts) > 0 && l.TLS():
		return "https://" + withPort(l.Hosts[0], l.Address)
	case len(l.Hosts) > 0 && l.BehindTLS:
		return "https://" + l.Hosts[0]
	case l.TLS():
		return "https://" + l.Address
	}
	return "http://" + l.Address
}

// withPort is a host with the port of an address, unless it has one, or that is the one of https.
func withPort(host, address string) string {
	_, port, err := net.SplitHostPort(address)
	if _, _, has := net.SplitHostPort(host); has == nil || err != nil || port == "443" || port == "https" {
		return host
	}
	return host + ":" + port
}

// Answers reports whether the gateway answers under a host, with or without a port: this machine's own names are always taken, others only when the
// settings name them.
func (l Listening) Answers(host string) bool {
	name := hostOf(host)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback() || name == hostOf(l.Address) ||
		slices.ContainsFunc(l.Hosts, func(own string) bool { return hostOf(own) == name })
}

// hostOf is the name or address in host:port, without port and brackets.
func hostOf(s string) string {
	host, _, err := net.SplitHostPort(s)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	}
	return strings.ToLower(host)
}

// guardedAddress reports whether an address is one that nobody on the way reads or changes: https, or on this machine.
func guardedAddress(text string, path bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !path && u.Path != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && ownMachine(u.Hostname())
}

func ownMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// hiddenUser keeps a password in an address out of messages.
func hiddenUser(text string) string {
	if strings.Contains(text, "@") {
		return "(hidden)"
	}
	return text
}
