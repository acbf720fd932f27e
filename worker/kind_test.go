package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/workflows"
)

// calls is how many calls B1 had so far, logins too.
func (w *world) calls() (n int) {
	for _, times := range w.company.Traffic().Calls {
		n += times
	}
	return n
}

// A held order costs B1 no call after its first refusal until somebody changes something. Fails without: the queue that has
// only open orders.
func TestAHeldOrderCostsB1NoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.NotificationVeto, Times: 1}); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	if run := w.sync(); run.Counts.Held != 1 {
		t.Fatalf("counts %+v, want the order held", run.Counts)
	}
	if n := w.company.Traffic().Calls["POST Orders"]; n != 1 {
		t.Fatalf("it was sent %d times, want once", n)
	}
	before := w.calls()
	for range 4 {
		w.sync()
	}
	if n := w.calls() - before; n != 0 {
		t.Errorf("four runs cost B1 %d calls, want none", n)
	}
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "again"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{p.IncrementID}, Actor: "test"})
	if err := w.await(workflows.ResyncOrdersID(w.instance, "again")); err != nil {
		t.Fatal(err)
	}
	if doc := w.get(p); doc.Status != order.Posted || w.calls() == before {
		t.Errorf("after it was resumed the order is %s (%v), want posted", doc.Status, doc.Reason)
	}
	w.checkLedger()
}

// In quiet hours B1 has no call, whoever asks; afterwards everything goes by itself, what a person asked for first.
func TestQuietHoursKeepEveryOrderFromB1(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.place("simple", 1)
	var quiet []mapping.QuietHours
	for _, hours := range []string{`{from: "00:00", to: "23:59"}`, `{from: "23:59", to: "24:00"}`} { // the whole day, which a file may not say
		quiet = append(quiet, quietHours(t, hours)...)
	}
	rules := w.settings.All[0].Rules
	rules.QuietHours = quiet
	stop := w.startWorker()
	run := w.sync()
	if run.Counts.New != 2 || run.Counts.Started != 0 || run.QuietUntil == nil || len(run.Errors) != 0 {
		t.Errorf("run %+v, want two orders staged and none started", run)
	}
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "quiet"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{p.IncrementID}, Actor: "test"})
	if err := w.await(workflows.ResyncOrdersID(w.instance, "quiet")); err != nil {
		t.Fatal(err)
	}
	if n := w.calls(); n != 0 || w.counts()[order.Pending] != 2 {
		t.Errorf("B1 had %d calls, and the orders are %v; want none, and two pending", n, w.counts())
	}
	stop()
	rules.QuietHours = nil
	w.startWorker()
	w.sync()
	if n := w.counts()[order.Posted]; n != 2 {
		t.Errorf("%d orders are posted afterwards, want 2", n)
	}
	w.checkLedger()
}

func quietHours(t *testing.T, hours string) []mapping.QuietHours {
	t.Helper()
	rules, err := config.ParseRules([]byte("quiet_hours: [" + hours + "]\n" + `
version: 1
company: {local_currency: USD}
default:
  card_code: C
  tax: {property: tax_code, codes: [{code: E, percent: 0}]}
  freight: {expense_code: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	return rules.QuietHours
}

// A worker without the lane of B1 stages orders and takes none there; one with this lane alone takes them. Fails without:
// the lanes in serve.
func TestLanesOfAWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.settings.Lanes = []string{config.LaneSync}
	w.startWorker()
	w.eventually("the order is staged", func() bool { // a run may spend its budget before, on a machine that does much else
		run, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "lanes:" + w.instance, TaskQueue: w.queue},
			"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance, Budget: 4 * time.Second})
		if err == nil {
			err = run.Get(t.Context(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.db.Get(t.Context(), w.key(p))
		return err == nil
	})
	if n := w.calls(); n != 0 || w.get(p).Status != order.Pending {
		t.Errorf("a worker without the lane makes %d calls, and the order is %s; want none, and pending", n, w.get(p).Status)
	}
	second := *w.settings
	second.Lanes = []string{config.LaneB1}
	w.settings = &second
	w.startWorker()
	w.eventually("the order is posted", func() bool { return w.get(p).Status == order.Posted })
	w.checkLedger()
}
