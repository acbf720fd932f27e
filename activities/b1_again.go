package activities

import (
	"context"
	"errors"
	"time"

	"datawald/order"
)

// Pauses after an attempt that came to nothing: B1 was too busy, or the way to it broke, and the order was not sent. They follow
// from how often that happened in a row. Temporal counts every attempt, the looks for an order whose outcome is not known as well:
// by its own count a single 503 after these would cost a minute.
const (
	firstPause   = 5 * time.Second
	longestPause = time.Minute
)

// pause is how long to wait after so many failures in a row.
func pause(failures int) time.Duration {
	wait := firstPause
	for range failures - 1 {
		wait = min(2*wait, longestPause)
	}
	return wait
}

// again is fail for an attempt that came to nothing and is simply made again: it says when, and how many such there were in a
// row by now. While B1 fails at the orders of all it is not this one's failure: it comes back soon, to wait for its turn, so
// that it goes on within seconds after B1 does.
func (p *posting) again(err error) (cause error, failures int) {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Kind != order.Transient {
		return fail(err, p.hide), 0
	}
	failures, wait := p.failures, firstPause
	if !p.instance.Company.Troubled(now()) {
		failures++
		wait = pause(failures)
	}
	paced := *f
	paced.RetryAfter = max(f.RetryAfter, wait)
	return fail(&paced, p.hide), failures
}

// notAdmitted ends an attempt whose turn did not come. The next waits for it again, at another worker when this one stops. When
// the order's time is up the pause is longer than what is left, so that Temporal makes no more attempts of it.
func (p *posting) notAdmitted(ctx context.Context, err error) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		return err
	}
	if p.atOnce {
		return inTurn(p.hide(short(f.Error())))
	}
	paced := *f
	paced.RetryAfter = firstPause
	if end, limited := ctx.Deadline(); limited && time.Until(end) <= reserve {
		paced.RetryAfter = reserve
	}
	return fail(&paced, p.hide)
}
