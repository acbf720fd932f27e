package magento

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"datawald/order"
)

// Magento counts the failed logins of a user and locks the account at the sixth. Each failure puts the end of the count 30
// minutes ahead, and up to 2.3 it has no end at all (module-integration, Oauth/Token/RequestLog and RequestThrottler). So
// failures must be rare, not only spaced.

var (
	// refusedPauses follow on logins that Magento refused, the last one on all further ones: four logins in the first day.
	refusedPauses = []time.Duration{31 * time.Minute, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour}
	// unansweredPauses follow on logins that may have been refused. The likelier cause is a shop that is slow: it is not to
	// be left for a day on that account.
	unansweredPauses = []time.Duration{time.Minute, 31 * time.Minute, 2 * time.Hour}
)

// unseenPause follows on a login that never came to Magento's eyes: it harms nobody, and is over when a proxy is mended.
const unseenPause = time.Minute

// refusals is what a client remembers of logins that failed.
type refusals struct {
	last  *order.Failure
	until time.Time
	// counted is how many Magento may have counted since the last success; it says how long the next pause is.
	counted int
}

// standing is the failure that is still the answer; nil when a login may be tried.
func (r *refusals) standing(now time.Time) error {
	if r.last == nil || !now.Before(r.until) {
		return nil
	}
	return r.last
}

// learn keeps what came of a login; nil is a success.
func (r *refusals) learn(err error, now time.Time) {
	r.last = nil
	f, ok := errors.AsType[*order.Failure](err)
	switch {
	case err == nil:
		r.counted = 0
	case !ok:
	case f.Code == loginRefused || f.Code == secondFactor:
		r.pause(f, now, refusedPauses)
	case f.Kind == order.Config:
		r.last, r.until = f, now.Add(unseenPause)
	case maybeRefused(f):
		r.pause(f, now, unansweredPauses)
	}
}

func (r *refusals) pause(f *order.Failure, now time.Time, pauses []time.Duration) {
	r.last, r.until = f, now.Add(pauses[min(r.counted, len(pauses)-1)])
	r.counted++
}

// maybeRefused reports whether a login may have come to Magento although its answer did not come back.
func maybeRefused(f *order.Failure) bool {
	switch f.Code {
	case "no_answer":
		return !neverConnected(f.Err)
	case strconv.Itoa(http.StatusBadGateway), strconv.Itoa(http.StatusGatewayTimeout):
		return true
	}
	return false
}
