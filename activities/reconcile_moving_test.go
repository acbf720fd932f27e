package activities_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
	"datawald/workflows"
)

// Too much of one day is missing, and night after night the window moves away from that day. None of these orders is let out of sight, and none is sent, until somebody decides; then
// all are. New orders that are well do not make what is missing the smaller part. Fails without: beginsAt (nothing is open the second night, and six orders are missing); From in claim; counting
// what is posted before the window is widened; Partial in beginsAt (one of a single day compares a month).
func TestReconcile_TheWindowStaysWhereTooMuchIsMissing(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	var missing []order.Key
	for range 6 {
		missing = append(missing, b.placedBefore(34))
	}
	for _, key := range missing {
		b.tamper(key, b1sim.Tamper{Do: "remove"})
	}
	first := b.reconcile(nightly)
	b.wantFindings("too_many_missing")
	for range 6 {
		b.place()
	}
	b.sync()
	later := func(in *workflows.ReconcileInput) { nightly(in); in.To = in.To.AddDate(0, 0, 2) }
	second := b.reconcile(later)
	f := b.wantFindings("too_many_missing")[""]
	if r := second.Reconciliation; !r.From.Equal(first.Reconciliation.From) || r.Orders != 14 || !f.From.Equal(r.From) || !f.To.Equal(r.To) {
		t.Errorf("the second night compares %d orders from %s; the finding is %+v", r.Orders, r.From, f)
	}
	short := b.reconcile(later, func(in *workflows.ReconcileInput) { in.Days, in.Partial = 3, true })
	b.sync()
	if b.wantFindings("too_many_missing"); short.Reconciliation.Orders != 8 || b.live() != 8 {
		t.Errorf("a short one compares %d orders; B1 has %d", short.Reconciliation.Orders, b.live())
	}
	forced := b.reconcile(later, func(in *workflows.ReconcileInput) { in.Force = true })
	b.sync()
	if r := forced.Reconciliation; r.Healed[store.FindMissingInB1] != 6 || r.Resolved != 1 || b.live() != 14 {
		t.Errorf("by force: %+v; B1 has %d", r, b.live())
	}
	last := b.reconcile(later)
	if b.wantFindings(); last.Reconciliation.Orders != 8 {
		t.Errorf("when all is well %d orders are compared", last.Reconciliation.Orders)
	}
}

// Where nobody mends it, the window of the nightly ones grows to twice its days and no further. What slides out of it is not forgotten: the finding is open until all of it was compared,
// by whoever names its beginning, and until then nothing is sent anew. Fails without: longestWindow in beginsAt.
func TestReconcile_TheWindowGrowsNoFurther(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	for n := range 6 {
		b.tamper(b.placedBefore(34-n), b1sim.Tamper{Do: "remove"})
	}
	first := b.reconcile(nightly)
	begin := first.Reconciliation.From
	after := func(days int) func(*workflows.ReconcileInput) {
		return func(in *workflows.ReconcileInput) { nightly(in); in.To = in.To.AddDate(0, 0, days) }
	}
	if r := b.reconcile(after(35)).Reconciliation; r.From.After(begin.Add(time.Minute)) || r.Orders != 8 {
		t.Errorf("after 35 nights %d orders are compared, from %s", r.Orders, r.From)
	}
	late := b.reconcile(after(45)).Reconciliation
	if want := late.To.AddDate(0, 0, -70); !late.From.Equal(want) || late.Orders != 2 {
		t.Errorf("after 45 nights %d orders are compared, from %s, want %s", late.Orders, late.From, want)
	}
	if f := b.wantFindings("too_many_missing")[""]; !f.From.Equal(begin) {
		t.Errorf("it says %s, want %s", f.From, begin)
	}
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile(after(45))
	if b.wantFindings(found(key, store.FindMissingInB1), "too_many_missing"); b.doc(key).Status != order.Posted {
		t.Errorf("while it is open %s is %s", key, b.doc(key).Status)
	}
	forced := b.reconcile(after(45), func(in *workflows.ReconcileInput) { in.Force, in.From, in.Days = true, begin, 0 })
	if r := forced.Reconciliation; r.Orders != 8 || r.Healed[store.FindMissingInB1] != 7 || r.Resolved != 1 {
		t.Errorf("by force, from where it begins: %+v", r)
	}
}
