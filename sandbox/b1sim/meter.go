package b1sim

import (
	"maps"
	"sync"
)

// meter counts what callers do.
type meter struct {
	mu      sync.Mutex
	calls   map[string]int
	sent    map[string]int
	logins  int
	active  int
	highest int
}

func newMeter() *meter { return &meter{calls: map[string]int{}, sent: map[string]int{}} }

// begin counts a call and returns how many are under way, this one included.
func (m *meter) begin(cl *call) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[cl.name]++
	for _, key := range cl.keys {
		m.sent[key]++
	}
	m.active++
	m.highest = max(m.highest, m.active)
	return m.active
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active--
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
}

// Traffic reports the calls so far.
func (c *Company) Traffic() Traffic {
	m := c.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	return Traffic{Calls: maps.Clone(m.calls), Logins: m.logins, Active: m.active, MaxConcurrency: m.highest}
}
