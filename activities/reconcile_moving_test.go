package activities_test

import (
	"testing"

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
