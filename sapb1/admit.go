package sapb1

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Health is how B1 does, as one client sees it.
type Health struct {
	// Down is true while B1 does not answer; Since when the first call failed; Code what the latest one said: an HTTP
	// status, or no_answer.
	Down  bool
	Since time.Time
	Code  string
}

// Admit waits until one more order may be taken to B1, and gives what is to be called when it is through; calling it
// again does nothing. While B1 does not answer, one of those who wait asks it for something cheap every few seconds. It
// fails only when ctx ends, as transient: nothing was sent.
func (c *Client) Admit(ctx context.Context) (release func(), err error) {
	l := c.lane
	w := l.join()
	for {
		timer := time.NewTimer(l.wait())
		select {
		case <-w.in:
			timer.Stop()
			return sync.OnceFunc(func() { c.leave(ctx) }), nil
		case <-timer.C:
			c.probe(ctx)
		case <-ctx.Done():
			timer.Stop()
			return nil, l.quit(w)
		}
	}
}

// Troubled reports whether B1 does not answer at the moment, or does not write: what it does to one order says nothing about
// that order then.
func (c *Client) Troubled() bool {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.lane.circuit.open
}

// leave makes room for the next, and makes known that B1 is well if nobody knows yet.
func (c *Client) leave(ctx context.Context) {
	l := c.lane
	l.mu.Lock()
	l.inHand--
	l.letIn()
	l.mu.Unlock()
	c.tell(ctx)
}

// probePatience bounds a probe. A login takes 3 to 8 s (B1SLayer issue 31), the probe itself next to nothing; and no
// recovery may stay unseen for longer.
const probePatience = 10 * time.Second

// probe asks B1 for something cheap, if it is time to and nobody else does: the entry of any one order. Where there is no
// session it signs in first.
func (c *Client) probe(ctx context.Context) {
	l := c.lane
	l.mu.Lock()
	mine := l.circuit.claim(time.Now())
	l.mu.Unlock()
	if !mine {
		return
	}
	v, code := c.askOne(ctx)
	l.mu.Lock()
	l.circuit.probed(time.Now(), v, code)
	l.well = !l.circuit.open
	l.letIn()
	l.mu.Unlock()
	if v != void {
		c.tell(ctx)
	}
}

// askOne makes the probing call. A refusal is an answer too, also of the login: B1 is there.
func (c *Client) askOne(ctx context.Context) (verdict, string) {
	if c.acquire(ctx) != nil {
		return void, ""
	}
	defer func() { <-c.slots }()
	probing, cancel := context.WithTimeoutCause(ctx, min(probePatience, c.settings.Timeout), errTookTooLong)
	defer cancel()
	var any page[struct{}]
	err := c.twice(probing, request{method: http.MethodGet, op: "GET Orders", path: "Orders",
		query: url.Values{"$top": {"1"}, "$select": {"DocEntry"}}}, &any)
	switch v, f := judge(err, 0), failureOf(err); {
	case ctx.Err() != nil:
		return void, ""
	case v == down:
		return down, f.Code
	}
	return answered, ""
}

// toldFor is how long it need not be said again that B1 is well. It must be said again at times: another worker may have noted
// an outage and gone away before it was over.
const toldFor = 30 * time.Second

// tell makes a change of B1's health known. While B1 is down it says so after each probe: whoever listens decides when
// that is an alarm.
func (c *Client) tell(ctx context.Context) {
	l := c.lane
	l.mu.Lock()
	h := Health{Down: l.circuit.open, Since: l.circuit.since, Code: l.circuit.code}
	silent := c.settings.Tell == nil || !h.Down && (time.Since(l.told) < toldFor || !l.well)
	l.mu.Unlock()
	if silent {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.settings.Tell(ctx, h); err == nil && !h.Down {
		l.mu.Lock()
		if l.well {
			l.told = time.Now()
		}
		l.mu.Unlock()
	}
}

// errTookTooLong ends a call by this client's own time limit, not by the caller's.
var errTookTooLong = fmt.Errorf("B1 took too long: %w", context.DeadlineExceeded)

// ended tells the lane how a call ended, and the listener when it was one too many. What ended because the caller gave up
// says nothing about B1.
func (c *Client) ended(ctx context.Context, began mark, class string, err error, status int, write bool) {
	if ctx.Err() != nil && context.Cause(ctx) != errTookTooLong {
		return
	}
	code := ""
	if f := failureOf(err); f != nil {
		code = f.Code
	}
	if c.lane.end(began, class, judge(err, status), code, write) {
		c.tell(ctx)
	}
}
