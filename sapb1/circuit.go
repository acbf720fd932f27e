package sapb1

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"datawald/order"
)

// verdict is what the end of a call says about B1 itself, whatever it says about the order.
type verdict int

const (
	// void says nothing: the caller gave up, or nothing was sent.
	void verdict = iota
	// answered: B1 did its work, or refused it for a reason.
	answered
	// pressed: B1 has too much to do (429, or 503 in its own words).
	pressed
	// erred: B1 fails at what it does (another 5xx in its own words): by itself, or by the one order that it is asked for.
	erred
	// down: no answer, or that of a proxy which got none.
	down
)

// judge says what the end of a call means for B1.
func judge(err error) verdict {
	f := failureOf(err)
	switch {
	case err == nil:
		return answered
	case f == nil, isUntrusted(f): // not even begun; another certificate than ours
		return void
	case slices.Contains([]string{codeNoAnswer, codePage, "500", "502", "503", "504"}, f.Code):
		return down // the words of a proxy: B1's own codes look otherwise
	case f.Status == http.StatusServiceUnavailable, f.Status == http.StatusTooManyRequests:
		return pressed
	case f.Status >= 500, f.Code == codeCommitFailed:
		return erred
	}
	return answered
}

// ending is how a call ended, as far as it matters to the lane.
type ending struct {
	verdict verdict
	// began is when the call began.
	began time.Time
	// code is the failure's, empty for none; fine is true when B1 did what it was asked for.
	code string
	fine bool
	// op is what was called; looked is true when that was to send an order, and B1 looked at it and refused it.
	op     string
	looked bool
	// class groups calls that take about as long, empty for one that is no measure; about tells calls for different things apart.
	class string
	about uint64
	// word is what it says about writing.
	word word
}

// circuit keeps calls from a B1 that does not answer, or writes no order, and finds out when it does again: by one cheap call
// at a time, and where that does not tell, by one order at a time. It has no clock and is not safe for concurrent use: the
// lane holds a lock. It is not a library's, because those (gobreaker, failsafe-go) let the next order through to try, and here
// nothing may happen to an order that can wait.
type circuit struct {
	// enough is how many calls in a row must fail before it opens.
	enough int
	// every is the first pause between two probes.
	every time.Duration

	failed int
	// since is when the first of these failed; code is what the latest said.
	since time.Time
	code  string
	open  bool
	// writes are what B1 failed to write, whatever it read between.
	writes streak
	// byWrites is true when it opened for these alone; trial while it is open for them and B1 reads again: one order at a time
	// is let through then, until one is written. silent is true when the latest probe got no answer, whatever it opened for.
	byWrites, trial, silent bool
	// epoch counts closings and trials: a call that began before the latest says nothing about B1 as it is now.
	epoch int
	// began is when the trouble began for which it opened last, by the failure of one thing that is not alone to blame; closed is when
	// it closed last.
	began, closed time.Time
	// wroteAt is when B1 wrote an order last.
	wroteAt time.Time

	probing bool
	next    time.Time
	pause   time.Duration
}

const (
	// enoughFailures opens the circuit: a single order on which B1 breaks the connection each time must not, while
	// others get their answers.
	enoughFailures = 5
	// probeEvery is the first pause between two probes; it grows to probeSeldom and no further, so that a recovery is seen
	// within seconds.
	probeEvery = 3 * time.Second
)

// probeSeldom is the longest pause: 5 s for a first one of 3 s.
func (c *circuit) probeSeldom() time.Duration { return c.every * 5 / 3 }

func newCircuit(ceiling int, every time.Duration) circuit {
	if every <= 0 {
		every = probeEvery
	}
	return circuit{enough: min(enoughFailures, max(ceiling, 2)), every: every}
}

// ended takes the end of a call of an epoch into account, and reports whether it opened the circuit.
func (c *circuit) ended(now time.Time, e ending, epoch int) (opened bool) {
	if e.word == wrote {
		c.wroteAt = now
	}
	switch {
	case epoch != c.epoch, e.verdict == void, c.open && !c.trial:
		return false
	case c.open:
		c.tried(now, e)
		return false
	}
	c.writes.ended(now, e)
	switch e.verdict {
	case answered, pressed, erred:
		c.failed = 0
	case down:
		if c.failed++; c.failed == 1 {
			c.since = now
		}
		c.code = e.code
	}
	switch {
	case c.failed >= c.enough:
		c.silent, c.began = true, c.since
	case c.writes.isLong():
		c.byWrites, c.silent, c.since, c.code, c.began = true, false, c.writes.since, c.writes.code, c.writes.others
	default:
		return false
	}
	c.open, c.pause, c.next = true, c.every, now.Add(c.every)
	return true
}

// tried takes the call of an order on trial into account: when the order is written the circuit closes. A write that B1 fails at, or
// answers in a way that nobody can read, ends the trial, and so does a B1 that does not answer any more. All else leaves it to the
// next order: a refusal too, for B1 may refuse what it could not have written.
func (c *circuit) tried(now time.Time, e ending) {
	switch {
	case e.word == wrote:
		c.close(now)
	case e.verdict == down, e.word == failedAt, e.word == unread:
		c.code, c.trial = e.code, false
		c.next = now.Add(c.pause)
	}
}

func (c *circuit) close(now time.Time) {
	c.open, c.trial, c.byWrites, c.failed, c.writes, c.closed = false, false, false, 0, streak{}, now
	c.epoch++
}

// isCalm reports whether nothing has failed lately.
func (c *circuit) isCalm() bool { return !c.open && c.failed == 0 && len(c.writes.failed) == 0 }

// troubledAt reports whether a moment lies in the trouble for which it is open, or was open last. What was sent at the very moment
// when that began does not.
func (c *circuit) troubledAt(moment time.Time) bool {
	return c.began.Before(moment) && (c.open || c.closed.After(moment))
}

// claim reports whether the caller is to probe now. He must say what came of it.
func (c *circuit) claim(now time.Time) bool {
	if !c.open || c.trial || c.probing || now.Before(c.next) {
		return false
	}
	c.probing = true
	c.next = now.Add(c.pause)
	c.pause = min(c.pause*4/3, c.probeSeldom())
	return true
}

// probed takes what came of a probe. Void is one that was given up by its caller: the next who waits tries at once.
func (c *circuit) probed(now time.Time, v verdict, code string) {
	c.probing = false
	switch {
	case v == void:
		c.next = now
	case v == down:
		c.code, c.silent = code, true
	case c.byWrites:
		c.trial, c.silent = true, false
		c.epoch++
	default:
		c.close(now)
	}
}

// wait is how long from now until somebody should try to probe.
func (c *circuit) wait(now time.Time) time.Duration {
	if !c.open || c.trial || c.probing {
		return c.every
	}
	return max(c.next.Sub(now), time.Millisecond)
}

// codeDown is the code of a failure for a call that was not made, because B1 does not answer.
const codeDown = "b1_down"

// refuse is the failure of a call that is not made while the circuit is open; nil when it is closed, or tries an order.
func (c *circuit) refuse(op string) *order.Failure {
	if !c.open || c.trial {
		return nil
	}
	return &order.Failure{Kind: order.Transient, System: system, Op: op, Code: codeDown,
		Message: fmt.Sprintf("not sent: B1 %s since %s (%s)", c.cause().Does(), c.since.UTC().Format("2006-01-02 15:04:05 MST"), c.code)}
}

// failureOf is the client's own failure in err, nil when there is none.
func failureOf(err error) *order.Failure {
	f, _ := errors.AsType[*order.Failure](err)
	return f
}
