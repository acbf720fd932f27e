package activities

import (
	"cmp"
	"sync"
	"time"

	"datawald/store"
)

// The clocks of the machines agree to the second, or should. One that is hours ahead, or a damaged row, dates a claim or an intent so
// far ahead that the order would wait for that hour without a word. What is dated further ahead than it can be is waited for no longer
// than it could last at most, counted from when this process first saw it, by a clock that nobody sets. The store keeps what it says:
// should it be this machine that is behind, the others' claims must not end the sooner for it.

// Defaults of the margins of an instance.
const (
	claimMargin = 15 * time.Second
	clockMargin = 5 * time.Minute
)

// claimLength is how long a claim lasts: the longest call to B1, and the look-ups before it.
func (i Instance) claimLength() time.Duration {
	return i.CallTimeout + cmp.Or(i.ClaimMargin, claimMargin)
}

// clockMargin is how far ahead of the clock of this machine those of the others may be.
func (i Instance) clockMargin() time.Duration { return cmp.Or(i.ClockMargin, clockMargin) }

// forgetAhead is when a date that was too far ahead is forgotten: long after it was of use.
const forgetAhead = 24 * time.Hour

// ahead remembers when this process first saw each date that is too far ahead, and each sending of an order in doubt.
type ahead struct {
	mu    sync.Mutex
	first map[string]time.Time
}

// seen gives when a date was first seen, if it is or was too far ahead; news is true the first time.
func (a *ahead) seen(name string, tooFar bool) (first time.Time, known, news bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if first, known = a.first[name]; known || !tooFar {
		return first, known, false
	}
	if a.first == nil {
		a.first = map[string]time.Time{}
	}
	for other, at := range a.first {
		if time.Since(at) > forgetAhead {
			delete(a.first, other)
		}
	}
	first = time.Now() // not as the store keeps it: with the reading of the clock that nobody sets
	a.first[name] = first
	return first, true, true
}

// claimLeft is how long somebody's claim is in the way; none, or less, when it is not.
func (p *posting) claimLeft(c *store.Claim) time.Duration {
	if c == nil {
		return 0
	}
	left, longest := time.Until(c.ExpiresAt), p.instance.claimLength()+p.instance.clockMargin()
	first, known, news := p.ahead.seen(c.Token+c.ExpiresAt.String(), left > longest)
	if news {
		p.log.Warn("claim dated far ahead: the clock of a machine is wrong, or the row is damaged; it counts no longer than any can last",
			"order", p.key, "until", c.ExpiresAt, "counts_for", longest)
	}
	if known {
		return min(left, longest-time.Since(first))
	}
	return left
}

// untilFree is the wait for another attempt's claim: it mostly ends long before it expires, so look in between.
func (p *posting) untilFree(c *store.Claim) time.Duration {
	return min(p.claimLeft(c), p.instance.Settle)
}

// live reports whether a claim keeps others off.
func (p *posting) live(c *store.Claim) bool { return p.claimLeft(c) > 0 }

// overstayed reports whether a claim is in nobody's way only because it was waited for long enough. Its holder may be alive; what he
// holds is looked for before it is sent, even where no intent says that he has sent it.
func (p *posting) overstayed(c *store.Claim) bool {
	return c != nil && time.Until(c.ExpiresAt) > 0 && !p.live(c)
}

// sentAt is when something was sent to B1: as its intent says, or when that was first seen, if it is dated ahead. name is the order's
// key, or what the store calls a buyer.
func (p *posting) sentAt(name string, at time.Time) time.Time {
	first, known, news := p.ahead.seen(name+at.String(), time.Until(at) > p.instance.clockMargin())
	if news {
		p.log.Warn("sending dated far ahead: the clock of a machine is wrong, or the row is damaged; it counts from now on",
			"order", p.key, "sent_at", at)
	}
	if known && first.Before(at) {
		return first
	}
	return at
}

// mayStillRun reports whether the call by which something was sent may not have ended yet: by the date of its intent, and, where nobody
// has noted that it ended, by how long this process has known of it. Should this machine's clock be ahead, all intents look old to it and
// all claims over, while their holders are at work. After a kill this adds nothing: the intent is seen while the claim is waited for.
func (p *posting) mayStillRun(name string, at time.Time, over bool) bool {
	return time.Since(p.sentAt(name, at)) < p.instance.CallTimeout ||
		!over && time.Since(p.sawSending(name, at)) < p.instance.CallTimeout
}

// sawSending is when this process first saw that something was sent at that time, by a clock that nobody sets.
func (p *posting) sawSending(name string, at time.Time) time.Time {
	first, _, _ := p.ahead.seen("sent "+name+at.String(), true)
	return first
}
