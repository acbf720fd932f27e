package activities_test

import (
	"slices"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
	"datawald/workflows"
)

// forced mends also where much is missing.
func forced(in *workflows.ReconcileInput) { in.Force = true }

// The store loses posted orders, and the rules give orders other references by now. A reconciliation brings them back, finds what B1 has under the reference of then, and sends none a second
// time; what was cancelled there stays cancelled; what B1 has not is sent. Fails without: tookBefore (B1 has the first twice); the intent (the second is held as one that was never
// sent, the third is sent after a single look); the company in ReferencesOf.
func TestReconcile_OrdersThatTheStoreHasLostUnderEarlierReferences(t *testing.T) {
	b := newBooks(t, 5, b1sim.Config{})
	keys := b.first(4)
	there, cancelled, removed, elsewhere := keys[0], keys[1], keys[2], keys[3]
	if err := b.b1.Cancel(cancelled.IncrementID()); err != nil {
		t.Fatal(err)
	}
	b.tamper(removed, b1sim.Tamper{Do: "remove"})
	b.tamper(elsewhere, b1sim.Tamper{Do: "remove"})
	if err := b.db.TakeReference(t.Context(), "b1/other", "of another company", elsewhere); err != nil {
		t.Fatal(err)
	}
	b.hide(there, cancelled, removed, elsewhere)
	b.instance.Rules.Reference.Template = "W-{increment_id}"
	b.shiftReading(time.Hour)
	run := b.reconcile(forced)
	if n := run.Reconciliation.Healed[store.FindMissingInStore]; n != 4 {
		t.Fatalf("%d are brought back: %v", n, run.Reconciliation)
	}
	for _, key := range keys {
		if doc := b.doc(key); doc.Intent == nil || !slices.Equal(doc.References, []string{key.IncrementID()}) {
			t.Errorf("%s is looked for under %v, intent %+v", key, doc.References, doc.Intent)
		}
	}
	b.sync()
	for key, want := range map[order.Key]order.Status{there: order.Posted, cancelled: order.Cancelled, removed: order.Posted, elsewhere: order.Posted} {
		if doc := b.doc(key); doc.Status != want {
			t.Errorf("%s is %s (%+v), want %s", key, doc.Status, doc.Reason, want)
		}
	}
	if b.inB1(there) != 1 || b.b1.CountByNumAtCard("W-"+there.IncrementID()) != 0 || b.b1.CountByNumAtCard("W-"+removed.IncrementID()) != 1 || b.live() != 4 {
		t.Errorf("B1 has %+v", b.b1.Orders())
	}
	b.reconcile(forced)
	b.wantFindings()
}

// A posted order that the store has lost, and that the rules give another reference by now, is looked for under that of then whoever brings it back: the reading that sees it, a person
// who asks for it, a backfill. Fails without: tookBefore in stageAll (B1 has each twice).
func TestStaging_AnOrderThatTheStoreHasLostIsNotSentTwice(t *testing.T) {
	for name, bring := range map[string]func(*books, string) error{
		"the reading": func(*books, string) error { return nil }, // sync reads from the beginning
		"a person": func(b *books, number string) error {
			_, err := b.acts.FindOrders(b.t.Context(), activities.FindOrdersInput{Instance: "main", IncrementIDs: []string{number}, Again: true, Actor: "clerk"})
			return err
		},
		"a backfill": func(b *books, number string) error {
			_, err := b.acts.ImportOrders(b.t.Context(), activities.ImportOrdersInput{Instance: "main", Run: "backfill:main/1", Began: time.Now(), IncrementIDs: []string{number}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 2, b1sim.Config{})
			key := b.first(1)[0]
			was := b.doc(key)
			b.hide(key)
			b.instance.Rules.Reference.Template = "W-{increment_id}"
			b.work(b.connectTo())
			if err := bring(b, was.IncrementID); err != nil {
				t.Fatal(err)
			}
			b.sync()
			if doc := b.doc(key); doc.Status != order.Posted || doc.BO.DocEntry != was.BO.DocEntry || b.live() != 2 {
				t.Errorf("it is %s, as %+v; B1 has %+v", doc.Status, doc.BO, b.b1.Orders())
			}
		})
	}
}
