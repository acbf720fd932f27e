package sapb1_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// stoodStill is the context of a process that goes on after its time: the deadline has passed, the timer has not run.
type stoodStill struct{ context.Context }

func (stoodStill) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// Fails without: looking at the clock before a call leaves (late).
func TestCalls_DoNotLeaveAfterTheirTime(t *testing.T) {
	t.Parallel()
	b1, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b1)
	defer server.Close()
	client, err := sapb1.New(sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil { // signs in
		t.Fatal(err)
	}
	_, err = client.CreateOrder(stoodStill{t.Context()}, &sapb1.SalesOrder{})
	if n := b1.Traffic().Calls["POST Orders"]; order.KindOf(err) != order.Transient || n != 0 {
		t.Errorf("ended with %v after %d calls, want none, and no doubt", err, n)
	}
}
