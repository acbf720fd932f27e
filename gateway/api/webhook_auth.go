package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Credentials are the ways in which a sender may show that it knows the secret; one that is right is enough.
type Credentials struct {
	Secret        string `header:"X-Webhook-Secret" doc:"The secret"`
	Authorization string `header:"Authorization" doc:"Bearer and the secret"`
	Query         string `query:"secret" doc:"The secret, for senders that can set nothing but the address, such as Adobe I/O Events"`
	Signature     string `header:"X-Hub-Signature-256" doc:"sha256= and HMAC-SHA256 of the body under the secret, in hex"`
	Timed         string `header:"X-Webhook-Signature" doc:"t=<unix time>,v1=<HMAC-SHA256 of the time, a dot and the body, in hex>; not older than 5 minutes"`
}

// maxAge is how far the time of a signature may be from ours, either way.
const maxAge = 5 * time.Minute

// show reports whether the sender knows the secret. All ways are tried, whichever is given: the time that it takes tells
// nothing about which was wrong, or where.
func (c Credentials) show(secret string, body []byte, now time.Time) bool {
	bearer := ""
	if scheme, token, ok := strings.Cut(c.Authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		bearer = strings.TrimSpace(token)
	}
	right := 0
	for _, given := range []string{c.Secret, bearer, c.Query} {
		right |= same(given, secret)
	}
	right |= signed(strings.TrimPrefix(c.Signature, "sha256="), secret, body)
	stamp, signatures := c.timed(now)
	for _, given := range signatures {
		right |= signed(given, secret, []byte(stamp), []byte("."), body)
	}
	return right == 1
}

// same compares in constant time, whatever the lengths.
func same(given, secret string) int {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:])
}

func signed(signature, secret string, parts ...[]byte) int {
	given, err := hex.DecodeString(signature)
	if err != nil {
		given = nil
	}
	mac := hmac.New(sha256.New, []byte(secret))
	for _, p := range parts {
		mac.Write(p)
	}
	return subtle.ConstantTimeCompare(given, mac.Sum(nil))
}

// maxSignatures is how many v1 one header may have: two while a secret is exchanged.
const maxSignatures = 3

// timed takes the header apart: the time as it is written and the signatures; none when the time is too far away.
func (c Credentials) timed(now time.Time) (stamp string, signatures []string) {
	for part := range strings.SplitSeq(c.Timed, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); {
		case name == "t":
			stamp = value
		case name == "v1" && len(signatures) < maxSignatures:
			signatures = append(signatures, value)
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if age := now.Sub(time.Unix(seconds, 0)); err != nil || age > maxAge || age < -maxAge {
		return "", nil
	}
	return stamp, signatures
}

// Wrong secrets from anywhere: after this many in a window, more of them are told to stay away for as long.
const (
	maxWrong    = 30
	wrongWindow = time.Minute
)

// throttle counts wrong secrets. Behind a proxy all senders look alike, so that it holds for all that are wrong, and for
// them alone: it is for the log and for senders that are set wrong. What keeps guesses out is the length of the secret.
type throttle struct {
	mu    sync.Mutex
	since time.Time
	wrong int
	until time.Time
}

// count notes a wrong secret. wait is how long more of them are not wanted, zero while they are few; many is true for the
// one with which they became too many.
func (t *throttle) count(now time.Time) (wait time.Duration, many bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.until) {
		return t.until.Sub(now), false
	}
	if now.Sub(t.since) >= wrongWindow {
		t.since, t.wrong = now, 0
	}
	if t.wrong++; t.wrong < maxWrong {
		return 0, false
	}
	t.wrong, t.until = 0, now.Add(wrongWindow)
	return 0, true
}
