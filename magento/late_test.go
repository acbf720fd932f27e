package magento_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/testkit"
)

// stoodStill is the context of a process that goes on after its time: the deadline has passed, the timer has not run.
type stoodStill struct {
	context.Context
	end time.Time
}

func (s stoodStill) Deadline() (time.Time, bool) { return s.end, true }

// Fails without: looking at the clocks before a call leaves (roundTrip); with the clock alone that Go measures with, after a
// suspended machine.
func TestCalls_DoNotLeaveAfterTheirTime(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	address := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	client := newClient(t, magento.Settings{URL: address, Timeout: time.Minute})
	for name, end := range map[string]time.Time{
		"the process stood still":   time.Now().Add(-time.Millisecond),
		"the machine was suspended": testkit.OnWall(t, time.Now().Add(20*time.Second), -time.Hour),
	} {
		_, err := client.FindByEntityIDs(stoodStill{t.Context(), end}, []int64{1})
		if f := failureOf(t, err); f.Kind != order.Transient || calls.Load() != 0 {
			t.Errorf("%s: ended with %v after %d calls, want none", name, err, calls.Load())
		}
	}
}
