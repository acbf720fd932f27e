package b1sim

import (
	"context"
	"maps"
	"sync"
)

// meter counts what callers do.
type meter struct {
	mu      sync.Mutex
	calls   map[string]int
	sent    map[string]int
	logins  int
	highest int
	// callers are those of the calls under way; the context of one who has hung up is done.
	callers map[*call]context.Context
	awaited int
}

func newMeter() *meter {
	return &meter{calls: map[string]int{}, sent: map[string]int{}, callers: map[*call]context.Context{}}
}

// begin counts a call and returns how many are under way, this one included.
func (m *meter) begin(caller context.Context, cl *call) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[cl.name]++
	for _, key := range cl.keys {
		m.sent[key]++
	}
	m.callers[cl] = caller
	m.highest = max(m.highest, len(m.callers))
	m.awaited = max(m.awaited, m.waiting())
	return len(m.callers)
}

// waiting counts the callers that have not hung up. B1 works on for those that have.
func (m *meter) waiting() int {
	n := 0
	for _, caller := range m.callers {
		if caller.Err() == nil {
			n++
		}
	}
	return n
}

func (m *meter) end(cl *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
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
	// its caller gave up, or that a killed process has left, is under way as long as B1 works on it, and nobody waits for it.
	Waiting, MaxWaiting int
}

// Traffic reports the calls so far.
func (c *Company) Traffic() Traffic {
	m := c.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	return Traffic{Calls: maps.Clone(m.calls), Logins: m.logins, Active: len(m.callers), MaxConcurrency: m.highest, Waiting: m.waiting(), MaxWaiting: m.awaited}
}
