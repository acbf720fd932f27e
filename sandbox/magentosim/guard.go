package magentosim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Admin accounts are locked after this many failures for this long. Magento REST: module-user defaults.
const (
	adminFailures = 6
	adminLock     = 30 * time.Minute
)

// guard decides who may call.
type guard struct {
	cfg Config
	t   traits
	now func() time.Time

	mu          sync.Mutex
	nonces      map[string]int64     // nonce -> its timestamp
	adminTokens map[string]time.Time // token -> end of its life
	failures    int
	lockedUntil time.Time
}

func newGuard(cfg Config, t traits, now func() time.Time) *guard {
	return &guard{cfg: cfg, t: t, now: now, nonces: map[string]int64{}, adminTokens: map[string]time.Time{}}
}

// check lets a request through or says why not. A caller that is not known gets the same answer as one without the
// permission. Magento REST: issues 36811 and 39289; module-integration Model/Oauth.
func (g *guard) check(r *http.Request, resource string, f Faults) *apiError {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	known := false
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		known = g.bearer(strings.TrimSpace(credentials), f.BearerDisabled)
	case strings.EqualFold(scheme, "OAuth"):
		if err := g.checkSignature(r, credentials); err != nil {
			return err
		}
		known = true
	}
	if !known || !f.ACL || slices.Contains(f.DeniedResources, resource) {
		return unauthorized(resource)
	}
	return nil
}

// bearer accepts the integration token, unless that is switched off, and admin tokens while they live.
func (g *guard) bearer(token string, disabled bool) bool {
	if token == "" {
		return false
	}
	if equal(token, g.cfg.BearerToken) {
		return !g.cfg.BearerDisabled && !disabled
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	end, ok := g.adminTokens[token]
	return ok && g.now().Before(end)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// adminToken answers POST /V1/integration/admin/token with a token as a JSON string.
// Magento REST: gs-authentication-token.md; module-two-factor-auth Model/AdminAccessTokenService.php.
func (g *guard) adminToken(r *http.Request) ([]byte, *apiError) {
	var body struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body); err != nil {
		return nil, badBody()
	}
	for _, field := range [][2]string{{"username", body.Username}, {"password", body.Password}} {
		if field[1] == "" {
			return nil, requiredField(field[0])
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.adminKnown(body.Username, body.Password) {
		return nil, &apiError{
			status: http.StatusUnauthorized,
			message: "The account sign-in was incorrect or your account is disabled temporarily. " +
				"Please wait and try again later.",
		}
	}
	if g.cfg.TwoFactor {
		return nil, &apiError{
			status:     http.StatusBadRequest,
			message:    "Please use the 2fa provider-specific endpoints to obtain a token.",
			parameters: map[string]any{"active_providers": []string{"google"}},
		}
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	token := hex.EncodeToString(random[:])
	g.adminTokens[token] = g.now().Add(g.cfg.AdminTokenLifetime)
	return encode(token), nil
}

// adminKnown checks name and password and locks the account after too many failures.
func (g *guard) adminKnown(username, password string) bool {
	if g.cfg.AdminUsername == "" || g.now().Before(g.lockedUntil) {
		return false
	}
	if equal(username, g.cfg.AdminUsername) && equal(password, g.cfg.AdminPassword) {
		g.failures = 0
		return true
	}
	if g.failures++; g.failures >= adminFailures {
		g.failures = 0
		g.lockedUntil = g.now().Add(adminLock)
	}
	return false
}

func badBody() *apiError {
	return &apiError{status: http.StatusBadRequest, message: "Decoding error: \nSyntax error"}
}
