package sapb1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"datawald/order"
)

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

// Troubled reports whether at a moment B1 did not answer, or wrote no order, for a reason that was there before: what it did to an
// order that was sent then says nothing about that order. What was sent before the trouble began may have made it.
func (c *Client) Troubled(moment time.Time) bool {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.lane.circuit.troubledAt(moment)
}

// Wrote reports whether B1 has written an order of this client since a moment.
func (c *Client) Wrote(since time.Time) bool {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return c.lane.circuit.wroteAt.After(since)
}

// Load is how much the way to B1 has to do: the calls under way, how many orders may be in hand at most, and whether none is sent because B1
// does not answer or writes none.
func (c *Client) Load() (inFlight, concurrency int, open bool) {
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	return len(c.slots), c.lane.limit.limit, c.lane.circuit.open
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
	now := time.Now()
	if l.circuit.probed(now, v, code); !l.circuit.open {
		l.restore(now)
	}
	l.well = !l.circuit.open
	l.letIn()
	l.mu.Unlock()
	if v != void {
		c.tell(ctx)
	}
}

// askOne makes the probing call. A refusal is an answer too, also of the login: B1 is there. That nobody is let in is known by
// then (shutOut), and said instead of that it is well.
func (c *Client) askOne(ctx context.Context) (verdict, string) {
	if c.acquire(ctx) != nil {
		return void, ""
	}
	defer func() { <-c.slots }()
	probing, cancel := context.WithTimeoutCause(ctx, min(probePatience, c.settings.Timeout), errTookTooLong)
	defer cancel()
	var any page[struct{}]
	err := c.twice(probing, request{method: http.MethodGet, op: "GET Orders", path: "Orders", vital: true,
		query: url.Values{"$top": {"1"}, "$select": {"DocEntry"}}}, &any)
	switch v, f := judge(err), failureOf(err); {
	case ctx.Err() != nil:
		return void, ""
	case v == down:
		return down, f.Code
	}
	return answered, ""
}

// tell makes a change of B1's health known. While B1 is down it says so after each probe: whoever listens decides when
// that is an alarm. That it is well is said again at times: another worker may have noted an outage, and be gone.
func (c *Client) tell(ctx context.Context) {
	l := c.lane
	l.mu.Lock()
	h := l.health()
	silent := c.settings.Tell == nil || !h.Down && (!l.well || time.Since(l.told) < c.settings.TellEvery)
	l.toldDown = l.toldDown || h.Down
	l.mu.Unlock()
	if silent {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.settings.Tell(ctx, h); err == nil && !h.Down {
		l.mu.Lock()
		if l.well && !l.health().Down {
			l.told, l.toldDown = time.Now(), false
		}
		l.mu.Unlock()
	}
}

// errTookTooLong ends a call by this client's own time limit, not by the caller's.
var errTookTooLong = fmt.Errorf("B1 took too long: %w", context.DeadlineExceeded)

// ended tells the lane how a call ended, and the listener when it was one too many. What ended because the caller gave up
// says nothing about B1.
func (c *Client) ended(ctx context.Context, began mark, r request, e ending, err error) {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTookTooLong) {
		return
	}
	f := failureOf(err)
	e.op, e.verdict, e.fine = r.op, judge(err), err == nil
	if e.word = wordOf(r, e.verdict, f); f != nil {
		e.looked = r.sends && (f.Kind == order.Permanent || e.word == wrote)
		e.code, e.class = f.Code, "" // no measure
	}
	if c.lane.end(began, e) {
		c.tell(ctx)
	}
}

// shutOut makes known that B1 refuses the connector something without which no order is sent: its sign-in, its trust in the
// certificate, or an op. Each order would fail that way, or those of some that need it; and each ends the run that meets it.
func (c *Client) shutOut(ctx context.Context, op string, ofSome bool, f *order.Failure) {
	code := f.Code
	if isUntrusted(f) {
		code, op, ofSome = codeCertificate, everything, false
	}
	c.lane.shutOut(op, ofSome, code)
	c.tell(ctx)
}

// codeCertificate stands for a certificate that is not trusted, in what is said about B1's health.
const codeCertificate = "certificate"

// isUntrusted reports whether a call ended at B1's certificate: nothing was sent then.
func isUntrusted(f *order.Failure) bool { return f.Code == codeNoAnswer && f.Kind == order.Config }
