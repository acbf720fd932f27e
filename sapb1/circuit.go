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
	// pressed: B1 has too much to do (429), or fails at what it does (5xx in its own words).
	pressed
	// down: no answer, or that of a proxy which got none.
	down
)

// judge says what the end of a call means for B1: status is that of its answer, 0 for none.
func judge(err error, status int) verdict {
	f := failureOf(err)
	switch {
	case err == nil:
		return answered
	case f == nil, f.Code == codeNoAnswer && f.Kind == order.Config: // not even begun; another certificate than ours
		return void
	case slices.Contains([]string{codeNoAnswer, "500", "502", "503", "504"}, f.Code):
		return down // the words of a proxy: B1's own codes look otherwise
	case status >= 500, status == http.StatusTooManyRequests:
		return pressed
	}
	return answered
}

// circuit keeps calls from a B1 that does not answer, and finds out when it does again by one cheap call at a time. It
// has no clock and is not safe for concurrent use: the lane holds a lock. It is not a library's, because those
// (gobreaker, failsafe-go) let the next order through to try, and here nothing may happen to an order that can wait.
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
	// writes counts the writes in a row that B1 failed at, whatever reads it answered between: a full disk or a lock on its orders
	// leaves the reads well. writesSince is when the first of them failed.
	writes      int
	writesSince time.Time
	// byWrites is true when it opened for these alone.
	byWrites bool
	// trial is true while it is open for its writes and answers reads again: then one order at a time is let through, until one is
	// written. Nothing else tells whether B1 writes.
	trial bool
	// closings counts how often it closed: a call that began before says nothing about a B1 that came back.
	closings int

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

// ended takes the end of a call into account, and reports whether it opened the circuit.
func (c *circuit) ended(now time.Time, v verdict, code string, closings int, write bool) (opened bool) {
	switch {
	case closings != c.closings, v == void, c.open && !c.trial:
		return false
	case c.open:
		c.tried(now, v, code, write)
		return false
	}
	if write {
		c.wrote(now, v, code)
	}
	switch v {
	case answered, pressed:
		c.failed = 0
	case down:
		if c.failed++; c.failed == 1 {
			c.since = now
		}
		c.code = code
	}
	if c.failed < c.enough && c.writes < c.enough {
		return false
	}
	if c.byWrites = c.failed < c.enough; c.byWrites {
		c.since = c.writesSince
	}
	c.open, c.pause, c.next = true, c.every, now.Add(c.every)
	return true
}

// wrote counts the writes in a row that failed. B1's own failures at them count as well.
func (c *circuit) wrote(now time.Time, v verdict, code string) {
	if v == answered {
		c.writes = 0
		return
	}
	if c.writes++; c.writes == 1 {
		c.writesSince = now
	}
	c.code = code
}

// tried takes the call of an order on trial: a write that is answered closes the circuit, one that fails ends the trial.
func (c *circuit) tried(now time.Time, v verdict, code string, write bool) {
	switch {
	case write && v == answered:
		c.close()
	case v == down, write:
		c.code, c.trial = code, false
		c.next = now.Add(c.pause)
	}
}

func (c *circuit) close() {
	c.open, c.trial, c.byWrites, c.failed, c.writes = false, false, false, 0, 0
	c.closings++
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
	switch v {
	case void:
		c.next = now
	case down:
		c.code = code
	default:
		if c.trial = c.byWrites; !c.trial {
			c.close()
		}
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
		Message: fmt.Sprintf("not sent: B1 does not answer since %s (%s)", c.since.UTC().Format("2006-01-02 15:04:05 MST"), c.code)}
}

// failureOf is the client's own failure in err, nil when there is none.
func failureOf(err error) *order.Failure {
	f, _ := errors.AsType[*order.Failure](err)
	return f
}
