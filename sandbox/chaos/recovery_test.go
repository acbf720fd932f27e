package chaos

import (
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// Orders that were under way when something struck are no recovery: only one that came afterwards is.
func TestRecovery_CountsFromTheFirstOrderAfterwards(t *testing.T) {
	company, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer company.Close()
	v := &recovery{company: company}
	v.after("kill")
	v.open[0].beyond = 12 // 10 orders in B1, 2 calls under way
	v.open[0].at = time.Now().Add(-3 * time.Second)
	for _, count := range []int{10, 12} {
		if v.look(count); v.times()["kill"] != (Times{Open: 1}) {
			t.Errorf("recovered with %d orders: %v", count, v.times())
		}
	}
	v.look(13)
	v.look(14)
	if got := v.times()["kill"]; got.Count != 1 || got.Max < 3 || got.Max > 60 || got.Open != 0 {
		t.Errorf("recovered after %+v, want once, after 3 s and a little", got)
	}
}

// A blow before the recovery from the one before does not take its place: both are measured, each from its own moment. And what never
// recovered is told. Fails without: the open blows in times; keeping them in look.
func TestRecovery_TellsWhatDidNotRecover(t *testing.T) {
	company, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer company.Close()
	v := &recovery{company: company}
	for _, seconds := range []time.Duration{9, 5} {
		v.after("kill")
		v.open[len(v.open)-1].at = time.Now().Add(-seconds * time.Second)
	}
	v.look(1)
	v.after("kill")
	v.open[0].beyond = 1
	v.look(1)
	if got := v.times()["kill"]; got.Count != 2 || got.Max < 9 || got.Open != 1 {
		t.Errorf("%+v, want two that recovered, the longer after 9 s, and one that did not", got)
	}
	r := &Result{Recovery: v.times()}
	if got := r.recovered(); !strings.Contains(got, "kill 9.0 s (median of 2), 9.0 s at most, 1 not before the end") {
		t.Errorf("told as %q", got)
	}
}

func TestWant_IsWhatTheRulesOfTheRunSay(t *testing.T) {
	for _, c := range []struct {
		placed magentosim.Placed
		want   order.Status
	}{
		{magentosim.Placed{State: "new", Kind: magentosim.KindSimple, OrderCurrency: "USD"}, order.Posted},
		{magentosim.Placed{State: "complete", Kind: magentosim.KindMixed, OrderCurrency: "EUR"}, order.Posted},
		{magentosim.Placed{State: "pending_payment", Kind: magentosim.KindForgotten, OrderCurrency: "USD"}, order.Excluded},
		{magentosim.Placed{State: "canceled", Kind: magentosim.KindForgotten, OrderCurrency: "CAD"}, order.Cancelled},
		{magentosim.Placed{State: "processing", Kind: magentosim.KindForgotten, OrderCurrency: "USD"}, order.Held},
		{magentosim.Placed{State: "processing", Kind: magentosim.KindSimple, OrderCurrency: "CAD"}, order.Held},
	} {
		if got := want(c.placed); got != c.want {
			t.Errorf("%+v: %s, want %s", c.placed, got, c.want)
		}
	}
}
