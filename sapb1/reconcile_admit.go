package sapb1

import (
	"context"
	"sync"
	"time"
)

// behindPatience is how long what waits behind the orders lets them go before. In a shop that is never quiet it then takes its turn like an
// order: a comparison that never ends would prove nothing.
const behindPatience = 10 * time.Second

// AdmitBehind is Admit for what is no order and can wait: it is let in while no order waits, or when it has waited for ten seconds. What it does
// counts among what B1 has in hand. While B1 does not answer it waits like the orders do.
func (c *Client) AdmitBehind(ctx context.Context) (release func(), err error) {
	l := c.lane
	w := l.joinBehind(time.Now())
	for {
		timer := time.NewTimer(min(l.wait(), l.patience(w)))
		select {
		case <-w.in:
			timer.Stop()
			return sync.OnceFunc(func() { c.leave(ctx) }), nil
		case <-timer.C:
			l.lookAgain()
			c.probe(ctx)
		case <-ctx.Done():
			timer.Stop()
			return nil, l.quit(w)
		}
	}
}

func (l *lane) joinBehind(now time.Time) *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &waiter{in: make(chan struct{}), since: now}
	l.behind = append(l.behind, w)
	l.letIn()
	return w
}

// patience is how long the waiter lets others go before from now on.
func (l *lane) patience(w *waiter) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.patient-time.Since(w.since), 50*time.Millisecond)
}

// lookAgain lets in who has waited long enough.
func (l *lane) lookAgain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.letIn()
}

// next takes out who is let in next; nil for nobody. The caller holds the lock.
func (l *lane) next() *waiter {
	from := &l.waiting
	// While it is tried whether B1 writes orders, what only reads would answer nothing.
	if len(l.behind) > 0 && !l.circuit.trial && (len(l.waiting) == 0 || time.Since(l.behind[0].since) >= l.patient) {
		from = &l.behind
	}
	if len(*from) == 0 {
		return nil
	}
	w := (*from)[0]
	*from = (*from)[1:]
	return w
}
