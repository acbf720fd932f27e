package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"datawald/gateway/access"
)

// Fails without: the proxies in believed; the walk from the end in Address; the look at each hop in Secure; the ports in hop.
func TestRequest_BelievesItsProxiesAlone(t *testing.T) {
	g := access.New(nil, access.Settings{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, tc := range []struct {
		remote, forwarded, proto, address string
		secure, private                   bool
	}{
		{"192.0.2.1:1", "", "", "192.0.2.1", false, false},
		{"192.0.2.1:1", "127.0.0.1", "https", "192.0.2.1", false, false},
		{"127.0.0.1:1", "", "", "127.0.0.1", false, true},
		{"[::1]:1", "", "", "::1", false, true},
		{"10.0.0.5:1", "198.51.100.7", "https", "198.51.100.7", true, true},
		{"10.0.0.5:1", "198.51.100.7", "http", "198.51.100.7", false, false},
		{"10.0.0.5:1", "127.0.0.1, 198.51.100.7, 10.1.1.1", "https", "198.51.100.7", true, true},
		{"10.0.0.5:1", "nonsense, 10.1.1.1", "", "10.1.1.1", false, false},
		{"10.0.0.5:1", "nonsense", "", "10.0.0.5", false, false},
		{"10.0.0.5:1", "198.51.100.7:4711", "https, https", "198.51.100.7", true, true},
		{"10.0.0.5:1", "[2001:db8::7]:4711, 10.1.1.1:80", "https, http", "2001:db8::7", false, false},
		{"nowhere", "", "", "invalid IP", false, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tc.remote
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if tc.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tc.proto)
		}
		if a := g.Address(r).String(); a != tc.address || g.Secure(r) != tc.secure || g.Private(r) != tc.private {
			t.Errorf("%+v: %s, secure %t, private %t", tc, a, g.Secure(r), g.Private(r))
		}
		if c := g.Remember(r, "token", access.Pass{}); c.Secure != tc.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			t.Errorf("%+v: the cookie is %s", tc, c)
		}
	}
}

// A proxy may ask for a password of its own, which the browser then sends to the gateway as well.
//
// Fails without: the look at the scheme Basic in Request.
func TestRequest_LooksAtTheCookieBesideTheCredentialOfAProxy(t *testing.T) {
	d := newDesk(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Basic YWRtaW46YWRtaW4=")
	if _, err := d.Request(r); !errors.Is(err, access.ErrCredential) {
		t.Errorf("alone it gives %v", err)
	}
	r.AddCookie(&http.Cookie{Name: access.Cookie, Value: d.signIn("admin")})
	if pass, err := d.Request(r); err != nil || pass.Actor.Name != "admin" || pass.CSRF == "" {
		t.Errorf("beside the cookie it gives %v, %v", pass, err)
	}
	r.Header.Set("Authorization", "Bearer x")
	if _, err := d.Request(r); !errors.Is(err, access.ErrCredential) {
		t.Errorf("a wrong key beside the cookie gives %v", err)
	}
}
