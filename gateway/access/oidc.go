package access

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Bounds of what is asked of an identity provider. A sign-in asks three times at most: for what there is, for the token, and for the keys.
const (
	// providerTime is how long one answer may take; the three together take less than a request may.
	providerTime = 4 * time.Second
	// providerRests is how long a provider that did not answer is not asked again.
	providerRests = 5 * time.Second
	// maxProviderAnswer is the largest answer, in bytes.
	maxProviderAnswer = 1 << 20
	// offerServes is how long what the provider says of itself is taken for true, and how long at least, when a sign-in fails by it.
	offerServes, offerStays = time.Hour, time.Minute
	// maxExchanges is how many sign-ins are asked for at once.
	maxExchanges = 8
)

// ProviderSettings are what an identity provider and the gateway agreed on.
type ProviderSettings struct {
	Issuer, ClientID, ClientSecret string
	// Callback is the address at the gateway to which the provider sends people back.
	Callback string
	// Scopes are asked for beside openid.
	Scopes []string
	// NameClaim and RoleClaim say which claims have the name and the groups, Roles which role a group has; the group * is everybody.
	NameClaim, RoleClaim string
	Roles                map[string]Role
}

// Provider is the company's identity provider, by OpenID Connect. It is asked when somebody signs in, and not before: one that does not answer
// keeps nobody's gateway from starting. It is safe for concurrent use.
type Provider struct {
	settings ProviderSettings
	client   *http.Client
	seal     cipher.AEAD
	now      func() time.Time

	found atomic.Pointer[offer]
	// doubted is an offer by which a sign-in failed.
	doubted atomic.Pointer[offer]
	// exchanges has room for those whose sign-in is asked for.
	exchanges chan struct{}
	// asking has room for the one who finds out what the provider offers. He alone uses rest and failure.
	asking  chan struct{}
	rest    time.Time
	failure error

	mu   sync.Mutex
	used *memory[bool] // the sign-ins that came back
}

// offer is what the provider says that it has.
type offer struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	// end is where people sign out of the provider; empty where there is no such address.
	end string
	// at is when it said so.
	at time.Time
}

// NewProvider makes a provider of settings that were checked. It asks nothing.
func NewProvider(s ProviderSettings) (*Provider, error) {
	seal, err := sealOf(s.ClientSecret)
	if err != nil {
		return nil, err
	}
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, errors.New("the issuer is no address")
	}
	client := &http.Client{Timeout: providerTime, Transport: guarded{http.DefaultTransport, issuer.Scheme == "http"},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // the client's secret goes nowhere else
	return &Provider{settings: s, client: client, seal: seal, now: time.Now, asking: make(chan struct{}, 1), exchanges: make(chan struct{}, maxExchanges), used: newMemory[bool](maxTries)}, nil
}

// guarded asks by TLS alone, and bounds what comes back. plain is true for a provider on this machine that is named by http.
type guarded struct {
	http.RoundTripper
	plain bool
}

// RoundTrip refuses what others could read.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if !g.safe(r.URL) {
		return nil, fmt.Errorf("the provider names an address without TLS, %s://%s", r.URL.Scheme, r.URL.Host)
	}
	res, err := g.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = bounded{io.LimitReader(res.Body, maxProviderAnswer), res.Body}
	return res, nil
}

func (g guarded) safe(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || g.plain && u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

type bounded struct {
	io.Reader
	io.Closer
}

// offer gives what the provider offers, and finds it out when nobody has, or not lately. Of many who ask at once one does so; one that did not answer is left
// alone for a while, and what it said before holds until then.
func (p *Provider) offer(ctx context.Context) (*offer, error) {
	if o := p.found.Load(); p.holds(o) {
		return o, nil
	}
	select {
	case p.asking <- struct{}{}:
		defer func() { <-p.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	before := p.found.Load()
	if p.holds(before) {
		return before, nil
	}
	if !p.now().Before(p.rest) {
		// Whoever asks first may go away; the others wait for the same answer.
		o, err := p.discover(context.WithoutCancel(ctx))
		if err == nil {
			p.found.Store(o)
			return o, nil
		}
		p.rest, p.failure = p.now().Add(providerRests), err
	}
	if before != nil {
		return before, nil
	}
	return nil, p.failure
}

// holds reports whether an offer need not be asked for again.
func (p *Provider) holds(o *offer) bool {
	return o != nil && p.now().Sub(o.at) < offerServes && p.doubted.Load() != o
}

// doubt has an offer asked for again by which a sign-in failed: the provider may have moved. An answer that was made up does so once a minute at most.
func (p *Provider) doubt(o *offer) {
	if p.now().Sub(o.at) >= offerStays {
		p.doubted.Store(o)
	}
}

func (p *Provider) discover(ctx context.Context) (*offer, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.settings.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		End     string   `json:"end_session_endpoint"`
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, err
	}
	endpoint := provider.Endpoint()
	transport := p.client.Transport.(guarded)
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, more.Keys} {
		if u, err := url.Parse(address); err != nil || !transport.safe(u) {
			return nil, errors.New("the provider's own description lacks an address, or has one without TLS")
		}
	}
	if u, err := url.Parse(more.End); err != nil || !transport.safe(u) {
		more.End = ""
	}
	// Said outright: to try both ways would show the code twice.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &offer{
		oauth: oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: endpoint, RedirectURL: p.settings.Callback,
			Scopes: append([]string{oidc.ScopeOpenID}, p.settings.Scopes...)},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.settings.ClientID, Now: func() time.Time { return p.now() }}),
		end:      more.End,
		at:       p.now(),
	}, nil
}

// SignOutAddress is where people sign out of the provider itself, and come back to an address from; empty where the provider has none.
func (p *Provider) SignOutAddress(ctx context.Context, back string) (string, error) {
	o, err := p.offer(ctx)
	if err != nil {
		return "", refuse(Unreachable, err)
	}
	u, err := url.Parse(o.end)
	if err != nil || o.end == "" {
		return "", nil
	}
	q := u.Query()
	q.Set("client_id", p.settings.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
