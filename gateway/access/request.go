package access

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Cookie is the name of the session's cookie, CSRFHeader the header in which changes show its token; CSRFField is that of a form.
const (
	Cookie     = "datawald_session"
	CSRFHeader = "X-CSRF-Token"
	CSRFField  = "csrf"
)

// Request gives who sends a request: by the key in its header Authorization, else by the session of its cookie. What a proxy in front asked for itself
// (Basic) is none of ours, and a browser sends it beside the cookie. The error is
// ErrCredential when it shows none, or one that is not valid, or the store's. It does not look at the CSRF token: see Pass.Shows.
func (g *Gate) Request(r *http.Request) (Pass, error) {
	if header := r.Header.Values("Authorization"); len(header) > 0 {
		scheme, key, _ := strings.Cut(header[0], " ")
		switch {
		case len(header) > 1:
			return Pass{}, ErrCredential
		case strings.EqualFold(scheme, "Bearer"):
			return g.Key(r.Context(), strings.TrimSpace(key))
		case !strings.EqualFold(scheme, "Basic"):
			return Pass{}, ErrCredential
		}
	}
	cookie, err := r.Cookie(Cookie)
	if err != nil || cookie.Value == "" {
		return Pass{}, ErrCredential
	}
	return g.session(r.Context(), cookie.Value, !byItself(r))
}

// LiveHeader marks what an open page asks for by itself, with nobody at it.
const LiveHeader = "X-Live"

// byItself reports whether an open page asks, and not who sits before it: such a request does not keep a session from being idle.
func byItself(r *http.Request) bool {
	return r.Header.Get(LiveHeader) != "" || r.URL.Path == "/api/v1/events"
}

// Remember makes the cookie of a session, Forget the one that takes it away. No script reads it. Another site's page
// sends it with a link that somebody follows, and with nothing else: a link changes nothing, and who follows one from a mail stays signed in.
func (g *Gate) Remember(r *http.Request, token string, p Pass) *http.Cookie {
	c := g.Forget(r)
	c.Value, c.MaxAge = token, max(int(p.EndsAt.Sub(g.now())/time.Second), 1)
	return c
}

// Forget is told at Remember.
func (g *Gate) Forget(r *http.Request) *http.Cookie {
	return &http.Cookie{Name: Cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: g.Secure(r)}
}

// believed reports whether a request comes from a proxy that speaks for others.
func (g *Gate) believed(a netip.Addr) bool {
	for _, p := range g.settings.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}

// Secure reports whether a request came by TLS: to this gateway, or to a proxy that is believed.
func (g *Gate) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	for _, hop := range hops { // each on the way has seen TLS, or one of them sent it on in the clear
		if !strings.EqualFold(strings.TrimSpace(hop), "https") {
			return false
		}
	}
	return g.believed(remote(r))
}

// Address is where a request comes from. What a proxy that is believed says of it is taken from the end: whoever sends the request may
// have written the beginning.
func (g *Gate) Address(r *http.Request) netip.Addr {
	at := remote(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && g.believed(at); i-- {
		a, ok := hop(hops[i])
		if !ok {
			break
		}
		at = a
	}
	return at
}

// hop reads an address of X-Forwarded-For; some proxies write its port as well.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		var p netip.AddrPort
		p, err = netip.ParseAddrPort(text)
		a = p.Addr()
	}
	return a.Unmap().WithZone(""), err == nil
}

// Private reports whether nobody on the way can have read a request: it came by TLS, or from this machine.
func (g *Gate) Private(r *http.Request) bool {
	a := g.Address(r)
	return g.Secure(r) || a.IsValid() && a.IsLoopback()
}

type passKey struct{}

// Within makes a request to the API of this process from one to a page: it comes from the same place, and pass is who asks, whose
// credential and CSRF token the caller has checked. A pass without an actor asks as nobody.
func Within(r *http.Request, pass Pass, method, target string, body string) (*http.Request, error) {
	ctx := r.Context()
	if pass.Actor != (Actor{}) {
		ctx = WithPass(ctx, pass)
	}
	inner, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	inner.Host, inner.RemoteAddr, inner.TLS = r.Host, r.RemoteAddr, r.TLS
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto"} {
		inner.Header[name] = r.Header.Values(name)
	}
	if body != "" {
		inner.Header.Set("Content-Type", "application/json")
	}
	return inner, nil
}

// WithPass keeps a pass with the context, for what needs more of it than the actor.
func WithPass(ctx context.Context, p Pass) context.Context {
	return context.WithValue(With(ctx, p.Actor), passKey{}, p)
}

// PassFrom gives the pass of a context; it has the actor alone when the context has no more.
func PassFrom(ctx context.Context) (Pass, bool) {
	if p, ok := ctx.Value(passKey{}).(Pass); ok {
		return p, true
	}
	a, ok := From(ctx)
	return Pass{Actor: a}, ok
}
