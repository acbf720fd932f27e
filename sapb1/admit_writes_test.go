package sapb1_test

import (
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// A B1 whose writes fail while its reads are answered takes one order at a time on trial, says that it is down, and is open to all
// as soon as it has written one. Fails without: the count of writes apart, or the room for one alone.
func TestAdmit_TriesOneOrderAtATimeWhileB1WritesNothing(t *testing.T) {
	b := start(t, b1sim.Config{})
	l := &listener{}
	c := b.lane(8, func(s *sapb1.Settings) { s.Tell = l.tell })
	if err := b.company.Inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 1, Match: "POST Orders"}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateOrder(t.Context(), anOrder("1")); err == nil {
			t.Fatal("the order was made")
		}
	}
	if !c.Troubled() || l.times(true) != 1 {
		t.Fatalf("troubled %t, told %d times; want true, once", c.Troubled(), l.times(true))
	}
	let := make(chan func())
	for range 2 {
		go func() {
			release, err := c.Admit(t.Context())
			if err != nil {
				t.Error(err)
			}
			let <- release
		}()
	}
	first := <-let // a probe was answered
	select {
	case <-let:
		t.Fatal("two orders are let in on trial")
	case <-time.After(100 * time.Millisecond):
	}
	b.company.ClearFaults()
	if _, err := c.CreateOrder(t.Context(), anOrder("2")); err != nil {
		t.Fatal(err)
	}
	if c.Troubled() {
		t.Error("still troubled after an order was written")
	}
	first()
	(<-let)()
	if l.times(false) != 1 {
		t.Errorf("told %d times that it is well, want once", l.times(false))
	}
}
