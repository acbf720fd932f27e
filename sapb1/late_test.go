package sapb1_test

import (
	"context"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
)

// stoodStill is the context of a process that goes on after its time: the deadline has passed, the timer has not run.
type stoodStill struct {
	context.Context
	end time.Time
}

func (s stoodStill) Deadline() (time.Time, bool) { return s.end, true }

// Fails without: looking at the clock before a call leaves (late); with the clock alone that Go measures with, after a suspended
// machine.
func TestCalls_DoNotLeaveAfterTheirTime(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]time.Time{
		"the process stood still": time.Now().Add(-time.Millisecond),
		// Its end is near enough to be the call's own.
		"the machine was suspended": testkit.OnWall(t, time.Now().Add(20*time.Second), -time.Hour),
	} {
		b := start(t, b1sim.Config{})
		client := b.ready("v2", func(s *sapb1.Settings) { s.Timeout = time.Minute })
		_, err := client.CreateOrder(stoodStill{t.Context(), end}, anOrder("1"))
		if n := b.calls("POST Orders"); order.KindOf(err) != order.Transient || n != 0 {
			t.Errorf("%s: ended with %v after %d calls, want none, and no doubt", name, err, n)
		}
	}
}
