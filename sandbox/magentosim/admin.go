package magentosim

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// Admin accounts are locked after this many failures for this long. Magento REST: module-user defaults.
const (
	adminFailures = 6
	adminLock     = 30 * time.Minute
)

// How long admin tokens live as shipped. Magento REST: oauth/access_token_lifetime/admin, webapi/jwtauth/admin_expiration.
const (
	opaqueLifetime = 4 * time.Hour
	jwtLifetime    = time.Hour
)

// adminToken answers POST /V1/integration/admin/token with a token as a JSON string.
// Magento REST: gs-authentication-token.md; module-two-factor-auth Model/AdminAccessTokenService.php.
func (g *guard) adminToken(r *http.Request, f Faults) ([]byte, *apiError) {
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
	if f.AdminLocked || !g.adminKnown(body.Username, body.Password) {
		return nil, &apiError{
			status: http.StatusUnauthorized,
			message: "The account sign-in was incorrect or your account is disabled temporarily. " +
				"Please wait and try again later.",
		}
	}
	if g.cfg.TwoFactor || f.TwoFactor {
		return nil, &apiError{
			status:     http.StatusBadRequest,
			message:    "Please use the 2fa provider-specific endpoints to obtain a token.",
			parameters: map[string]any{"active_providers": []string{"google"}},
		}
	}
	return encode(g.issue()), nil
}

// issue makes a token. From 2.4.4 on it is a JWT unless that module is off, else 32 random characters.
func (g *guard) issue() string {
	begin := g.now().Truncate(time.Second)
	end := begin.Add(g.cfg.AdminTokenLifetime)
	token := randomToken()
	if g.jwt() {
		token = g.signJWT(begin, end)
	}
	g.adminTokens[token] = end
	return token
}

func (g *guard) jwt() bool { return g.t.jwtAdminTokens && !g.cfg.OpaqueAdminTokens }

func randomToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// signJWT writes a token that says itself when it ends (HS256). Magento REST: module-jwt-user-token, with uid, utypid
// (2 is an admin), iat and exp.
func (g *guard) signJWT(begin, end time.Time) string {
	header := map[string]any{"kid": "1", "alg": "HS256"}
	claims := map[string]any{"uid": 1, "utypid": 2, "iat": begin.Unix(), "exp": end.Unix(), "jti": randomToken()}
	text := base64.RawURLEncoding.EncodeToString(encode(header)) + "." + base64.RawURLEncoding.EncodeToString(encode(claims))
	mac := hmac.New(sha256.New, g.key[:])
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// adminTokenLives reports whether a token was issued, has not ended and was not revoked.
func (g *guard) adminTokenLives(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	end, ok := g.adminTokens[token]
	return ok && g.now().Before(end)
}

// RevokeAdminTokens ends the life of every admin token that was issued, as "Force Sign-In" or a change of the password does.
func (s *Shop) RevokeAdminTokens() {
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	clear(s.guard.adminTokens)
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
