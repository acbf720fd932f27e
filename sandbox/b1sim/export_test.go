package b1sim

import "context"

// Meter is a company's meter, for tests.
type Meter struct{ m *meter }

// NewMeter gives one that has counted nothing.
func NewMeter() Meter { return Meter{newMeter()} }

// Begin counts a call; the function it gives ends it.
func (m Meter) Begin(ctx context.Context) (end func()) {
	cl := &call{name: "GET Orders"}
	m.m.begin(ctx, cl)
	return func() { m.m.end(cl) }
}

// Awaited is the most calls that somebody waited for.
func (m Meter) Awaited() int {
	m.m.mu.Lock()
	defer m.m.mu.Unlock()
	return m.m.awaited
}
