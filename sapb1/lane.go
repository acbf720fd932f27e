package sapb1

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"datawald/order"
)

// lane is the way of orders to B1: first come, first served, as many at once as B1 bears, and none while it does not
// answer. It has no goroutine of its own: who waits in it looks after it.
type lane struct {
	mu      sync.Mutex
	limit   limiter
	circuit circuit
	inHand  int
	waiting []*waiter
	// behind is who waits behind all orders (AdmitBehind).
	behind []*waiter
	// patient is how long these let orders go before.
	patient time.Duration
	// calm are the limit's bounds before B1 began to fail; strained is true when it has said since that it has too much to do.
	calm     bounds
	strained bool
	// refused is why B1 refuses the connector itself, by what it refuses.
	refused map[string]refusal
	// well is true when calls are answered, told when that was made known last; toldDown is true when something else was since.
	well, toldDown bool
	told           time.Time
}

// waiter is an order that waits; in is closed when it is let in. since is when it came, of one that waits behind all orders.
type waiter struct {
	in    chan struct{}
	since time.Time
}

func newLane(s Settings) *lane {
	return &lane{limit: newLimiter(s.MaxCalls), circuit: newCircuit(s.MaxCalls, s.ProbeEvery), patient: behindPatience}
}

func (l *lane) join() *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &waiter{in: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.letIn()
	return w
}

// letIn lets in as many as may. The caller holds the lock.
func (l *lane) letIn() {
	for l.inHand < l.room() {
		w := l.next()
		if w == nil {
			return
		}
		close(w.in)
		l.inHand++
	}
}

// room is how many orders may be in hand at the moment: none while B1 does not answer, one while it is tried whether it writes.
func (l *lane) room() int {
	switch {
	case l.circuit.trial:
		return 1
	case l.circuit.open:
		return 0
	}
	return l.limit.limit
}

// quit takes a waiter out whose time is up.
func (l *lane) quit(w *waiter) *order.Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else if i := slices.Index(l.behind, w); i >= 0 {
		l.behind = slices.Delete(l.behind, i, i+1)
	} else { // it was let in at the same moment
		l.inHand--
		l.letIn()
	}
	const op = "waiting for B1"
	if f := l.circuit.refuse(op); f != nil {
		return f
	}
	return &order.Failure{Kind: order.Transient, System: system, Op: op, Code: "b1_busy",
		Message: fmt.Sprintf("not sent: B1 has %d orders of this worker in hand, as many as it bears at the moment", l.inHand)}
}

func (l *lane) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.circuit.wait(time.Now())
}

// mark is the state of the lane when a call begins.
type mark struct {
	began         time.Time
	change, epoch int
}

func (l *lane) begin() mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	return mark{time.Now(), l.limit.change, l.circuit.epoch}
}

// end takes the end of a call into account, and reports whether it opened the circuit.
func (l *lane) end(m mark, e ending) (opened bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, wasOpen := time.Now(), l.circuit.open
	e.began = m.began
	l.remember(e)
	if !wasOpen && (e.class != "" || e.verdict != answered) { // a login is slow by itself; who is on trial is alone
		l.limit.ended(now, sample{class: e.class, took: now.Sub(m.began), verdict: e.verdict, about: e.about, change: m.change, full: l.inHand >= l.limit.limit})
	}
	if opened = l.circuit.ended(now, e, m.epoch); opened {
		l.well, l.told = false, time.Time{}
	} else if wasOpen && !l.circuit.open {
		l.restore(now)
	}
	if !opened && !l.circuit.open && e.verdict != void && e.verdict != down {
		l.well = true
	}
	l.letPass(e)
	l.letIn()
	return opened
}

// remember keeps the limit's bounds of the time before B1 began to fail. The caller holds the lock.
func (l *lane) remember(e ending) {
	if l.circuit.isCalm() {
		l.calm, l.strained = bounds{l.limit.limit, l.limit.goal}, false
	}
	l.strained = l.strained || e.verdict == pressed
}

// restore gives the limit its bounds back after an outage: the half where B1 had said that it has too much to do. The caller holds
// the lock.
func (l *lane) restore(now time.Time) {
	if l.strained {
		l.calm = bounds{l.calm.limit / 2, l.calm.goal / 2}
	}
	l.limit.restore(now, l.calm)
}

// refuse is the failure of a call while B1 does not answer, nil when the call may be made.
func (l *lane) refuse(op string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.circuit.refuse(op); f != nil {
		return f
	}
	return nil
}
