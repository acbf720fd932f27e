package magentosim

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
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
	key         [32]byte // signs admin tokens
}

func newGuard(cfg Config, t traits, now func() time.Time) *guard {
	g := &guard{cfg: cfg, t: t, now: now, nonces: map[string]int64{}, adminTokens: map[string]time.Time{}}
	_, _ = rand.Read(g.key[:]) // never fails
	if g.cfg.AdminTokenLifetime == 0 {
		g.cfg.AdminTokenLifetime = opaqueLifetime
		if g.jwt() {
			g.cfg.AdminTokenLifetime = jwtLifetime
		}
	}
	return g
}

// check lets a request through or says why not. A caller that is not known gets the same answer as one without the
// permission. Magento REST: issues 36811 and 39289; module-integration Model/Oauth.
func (g *guard) check(r *http.Request, resource string, f Faults) *apiError {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	known := false
	switch {
	case f.DropAuthorization:
	case strings.EqualFold(scheme, "Bearer"):
		known = g.bearer(strings.TrimSpace(credentials), f)
	case strings.EqualFold(scheme, "OAuth"):
		if err := f.refuseSigned(); err != nil {
			return err
		}
		if err := g.checkSignature(r, credentials); err != nil {
			return err
		}
		known = !f.IntegrationInactive
	}
	if !known || !f.ACL || slices.Contains(f.Deny, resource) {
		return unauthorized(resource)
	}
	return nil
}

// bearer accepts the integration token, unless that is switched off, and admin tokens while they live.
func (g *guard) bearer(token string, f Faults) bool {
	if token == "" {
		return false
	}
	if equal(token, g.cfg.BearerToken) {
		return !g.cfg.BearerDisabled && !f.BearerDisabled && !f.TokenRevoked && !f.IntegrationInactive
	}
	return g.adminTokenLives(token)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func badBody() *apiError {
	return &apiError{status: http.StatusBadRequest, message: "Decoding error: \nSyntax error"}
}
