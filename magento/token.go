package magento

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	// opaqueLife is how long a token is used that does not say when it ends. Magento's own default is 4 hours; an earlier
	// end shows as a 401.
	opaqueLife = time.Hour
	// longestLife bounds what a token may say of itself.
	longestLife = 24 * time.Hour
	// renewAhead is how long before its end a token is renewed, so that no call meets the end on its way.
	renewAhead = time.Minute
)

// tokenLife is how long a new token may be used. A JWT (2.4.4 and later) says when it begins and ends, by the shop's clock,
// of which only the difference counts here; without a beginning the shop's Date is taken for it.
func tokenLife(token string, shop, here time.Time) time.Duration {
	end, begin, ok := jwtTimes(token)
	if !ok {
		return opaqueLife
	}
	if begin.IsZero() {
		begin = shop
	}
	if begin.IsZero() {
		begin = here
	}
	life := min(end.Sub(begin), longestLife)
	if life <= 0 {
		return opaqueLife // nobody issues a dead token: the times mean something else
	}
	return life - min(renewAhead, life/4)
}

// jwtTimes reads exp and iat of a JWT. The signature is the shop's matter: nothing here trusts the content.
func jwtTimes(token string) (end, begin time.Time, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return end, begin, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return end, begin, false
	}
	var claims struct {
		Exp lenient `json:"exp"`
		Iat lenient `json:"iat"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Exp.int() <= 0 {
		return end, begin, false
	}
	if n := claims.Iat.int(); n > 0 {
		begin = time.Unix(n, 0)
	}
	return time.Unix(claims.Exp.int(), 0), begin, true
}
