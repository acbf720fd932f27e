package b1sim

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// hangUp is how long it may take until a caller who has hung up is known to have: its next call may come in before.
const hangUp = 250 * time.Millisecond

// meter counts what callers do.
type meter struct {
	mu      sync.Mutex
	calls   map[string]int
	sent    map[string]int
	logins  int
	highest int
	// callers are those of the calls under way.
	callers map[*call]*caller
	awaited int
}

// caller is who has made a call. Its context is done when it has hung up, and also once the call is over: gone is the former.
type caller struct {
	context.Context
	over, gone bool
}

func (c *caller) waits() bool {
	if c.over {
		return !c.gone
	}
	return c.Err() == nil
}

func newMeter() *meter {
	return &meter{calls: map[string]int{}, sent: map[string]int{}, callers: map[*call]*caller{}}
}

// begin counts a call and returns how many are under way, this one included.
func (m *meter) begin(ctx context.Context, cl *call) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[cl.name]++
	for _, key := range cl.keys {
		m.sent[key]++
	}
	m.callers[cl] = &caller{Context: ctx}
	m.highest = max(m.highest, len(m.callers))
	if all := m.waiting(); len(all) > m.awaited {
		time.AfterFunc(hangUp, func() { m.await(all) })
	}
	return len(m.callers)
}

// await counts those who made calls at the same time, but for those who are known by now to have hung up before their answer.
func (m *meter) await(all []*caller) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.awaited = max(m.awaited, len(slices.DeleteFunc(all, func(c *caller) bool { return !c.waits() })))
}

// waiting are the callers that have not hung up. B1 works on for those that have.
func (m *meter) waiting() (all []*caller) {
	for _, c := range m.callers {
		if c.waits() {
			all = append(all, c)
		}
	}
	return all
}

func (m *meter) end(cl *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.callers[cl]
	c.over, c.gone = true, c.Err() != nil
	delete(m.callers, cl)
}

func (m *meter) login() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logins++
}

// Sent is how often a document with each NumAtCard was sent since the company was built, however it was answered.
func (c *Company) Sent() map[string]int {
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	return maps.Clone(c.meter.sent)
}

// Traffic is what callers did since the company was built.
type Traffic struct {
	Calls          map[string]int // by name, such as "POST Orders" and "GET Orders(n)"
	Logins         int            // successful ones
	Active         int            // calls under way
	MaxConcurrency int            // most calls under way at one time
	// Waiting are the calls under way whose caller has not hung up, and MaxWaiting the most there were at one time: a call that
	// its caller gave up, or that a killed process has left, is under way as long as B1 works on it, and nobody waits for it. MaxWaiting
	// comes a quarter of a second late, when it is known who had hung up.
	Waiting, MaxWaiting int
}

// Traffic reports the calls so far.
func (c *Company) Traffic() Traffic {
	m := c.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	return Traffic{Calls: maps.Clone(m.calls), Logins: m.logins, Active: len(m.callers), MaxConcurrency: m.highest, Waiting: len(m.waiting()), MaxWaiting: m.awaited}
}
