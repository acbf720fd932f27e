// Package identity is an identity provider (OpenID Connect) on this machine, for tests. It keeps to the rules, and breaks those that a test names.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What a program is known by here.
const (
	ClientID     = "datawald"
	ClientSecret = "a secret of the test 0123456789"
)

// Provider is one. Its URL is its name as well.
type Provider struct {
	*httptest.Server
	t testing.TB

	mu sync.Mutex
	// key signs, kid is its name; shown are the keys that /keys has.
	key   *ecdsa.PrivateKey
	kid   string
	shown []jose.JSONWebKey
	// subject and claims are of who sits before the browser.
	subject string
	claims  map[string]any
	codes   map[string]grant
	asked   map[string]int
	broken  Broken
	hung    chan struct{}
}

// Broken is what the provider does wrong.
type Broken struct {
	// Alter changes what an ID token says.
	Alter func(claims map[string]any)
	// Sign signs a token in place of the provider.
	Sign func(payload []byte) string
	// Deny is the error with which everybody is sent back.
	Deny string
	// Lenient takes a code many times, from whoever has it.
	Lenient bool
	// NoEnd is a provider where nobody signs out.
	NoEnd bool
	// Describe changes what the provider says that it has.
	Describe func(description map[string]any)
}

// grant is what a code stands for.
type grant struct{ subject, nonce, challenge, callback string }

// New starts one, which ends with the test.
func New(t testing.TB) *Provider {
	p := &Provider{t: t, codes: map[string]grant{}, asked: map[string]int{}}
	p.Rotate(true)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /end", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.FormValue("post_logout_redirect_uri"), http.StatusSeeOther)
	})
	p.Server = httptest.NewServer(p.counted(mux))
	t.Cleanup(func() {
		p.Answer()
		p.Server.Close()
	})
	return p
}

// Is puts somebody before the browser.
func (p *Provider) Is(subject string, claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subject, p.claims = subject, maps.Clone(claims)
}

// Break makes the provider do something wrong; Broken{} mends it.
func (p *Provider) Break(b Broken) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = b
}

// Rotate gives the provider a new key. One that is not shown is nobody's.
func (p *Provider) Rotate(shown bool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = key, rand.Text()
	if shown {
		p.shown = []jose.JSONWebKey{{Key: key.Public(), KeyID: p.kid, Algorithm: "ES256", Use: "sig"}}
	}
}

// Hang keeps whoever asks waiting until Answer.
func (p *Provider) Hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = make(chan struct{})
}

// Answer ends Hang.
func (p *Provider) Answer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hung != nil {
		close(p.hung)
		p.hung = nil
	}
}

// Asked is how often a path was asked for.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *Provider) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		hung := p.hung
		p.mu.Unlock()
		if hung != nil {
			select {
			case <-hung:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Provider) now() Broken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

// describe says what the provider has. That it would sign with "none" or with the client's secret must make nobody take such tokens.
func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	d := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"end_session_endpoint": p.URL + "/end", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}}
	broken := p.now()
	if broken.NoEnd {
		delete(d, "end_session_endpoint")
	}
	if broken.Describe != nil {
		broken.Describe(d)
	}
	answer(w, http.StatusOK, d)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: p.shown})
}

// authorize sends who sits before the browser back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		http.Error(w, "not a request of OpenID Connect with state, nonce and PKCE", http.StatusBadRequest)
		return
	}
	give := url.Values{"state": {q.Get("state")}}
	if deny := p.now().Deny; deny != "" {
		give.Set("error", deny)
	} else {
		code := rand.Text()
		p.mu.Lock()
		p.codes[code] = grant{p.subject, q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
		p.mu.Unlock()
		give.Set("code", code)
	}
	back.RawQuery = give.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// token gives an ID token for a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	broken := p.now()
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret) // another text is not the secret
	if id != ClientID || secret != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": secret})
		return
	}
	p.mu.Lock()
	g, known := p.codes[r.PostFormValue("code")]
	if !broken.Lenient {
		delete(p.codes, r.PostFormValue("code"))
	}
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	fits := base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge && r.PostFormValue("redirect_uri") == g.callback
	if !known || !fits && !broken.Lenient {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	token, err := p.sign(g, broken)
	if err != nil {
		http.Error(w, "cannot sign", http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": token})
}

func (p *Provider) sign(g grant, broken Broken) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	claims := map[string]any{"iss": p.URL, "sub": g.subject, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce}
	maps.Copy(claims, p.claims)
	if broken.Alter != nil {
		broken.Alter(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if broken.Sign != nil {
		return broken.Sign(payload), nil
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: p.kid}}, nil)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
