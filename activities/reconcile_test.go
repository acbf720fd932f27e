package activities_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
	"datawald/workflows"
)

// A clerk has given sales orders another reference. They are not sent anew, however often the books are compared, and by nobody. Fails without: fromEntries
// (they are taken for missing, and sent a second time).
func TestReconcile_ARenamedOrderIsNeverSentAnew(t *testing.T) {
	b := newBooks(t, 4, b1sim.Config{})
	keys := b.first(2)
	for _, key := range keys {
		b.tamper(key, b1sim.Tamper{Do: "rename", To: "by hand " + key.IncrementID()})
	}
	for range 2 {
		b.reconcile(func(in *workflows.ReconcileInput) { in.Force = true })
		b.wantFindings(found(keys[0], store.FindKeyChanged), found(keys[1], store.FindKeyChanged))
		b.sync()
	}
	if n := b.b1.Count(); n != 4 {
		t.Errorf("B1 has %d sales orders of 4", n)
	}
	for _, key := range keys {
		b.tamper(order.Key("main:1:by hand "+key.IncrementID()), b1sim.Tamper{Do: "rename", To: key.IncrementID()})
	}
	if run := b.reconcile(); run.Reconciliation.Resolved != 2 || run.Reconciliation.Lines[store.LineInB1] != 4 {
		t.Errorf("when they are set back: %+v", run.Reconciliation)
	}
	b.wantFindings()
}

// When so much is missing that it is another database, nothing is mended and one finding says so; a person may have it mended all the same. Fails without: judge, Drop
// in NoteTooMany, Force.
func TestReconcile_AnEmptyCompanyIsNotFilledAnew(t *testing.T) {
	b := newBooks(t, 8, b1sim.Config{})
	keys := b.first(6)
	for _, key := range keys {
		b.tamper(key, b1sim.Tamper{Do: "remove"})
	}
	few := func(in *workflows.ReconcileInput) { in.Most = 5 }
	run := b.reconcile(few)
	f := b.wantFindings("too_many_missing")[""]
	if r := run.Reconciliation; len(r.Healed) != 0 || r.Lines["missing_in_b1"] != 6 || r.Findings[store.FindTooManyMissing] != 1 || len(r.Findings) != 1 || f.Reason.Hint == "" {
		t.Errorf("the account is %+v, the finding %+v", r, f)
	}
	b.sync()
	if n := b.b1.Count(); n != 2 {
		t.Errorf("B1 has %d sales orders, want the two that it had", n)
	}
	run = b.reconcile(few, func(in *workflows.ReconcileInput) { in.Force = true })
	if run.Reconciliation.Healed[store.FindMissingInB1] != 6 || run.Reconciliation.Resolved != 1 {
		t.Errorf("by force: %+v", run.Reconciliation)
	}
	b.sync()
	b.reconcile(few)
	b.wantFindings()
	if n := b.b1.Count(); n != 8 {
		t.Errorf("B1 has %d sales orders, want 8", n)
	}
}

// The same of a store that lacks a large part of the shop's orders. Fails without: FindMissingInStore in judge.
func TestReconcile_AnEmptyStoreIsNotFilledUnasked(t *testing.T) {
	b := newBooks(t, 5, b1sim.Config{})
	b.hide(b.first(3)...)
	run := b.reconcile(func(in *workflows.ReconcileInput) { in.Most = 2 })
	b.wantFindings("too_many_missing")
	if r := run.Reconciliation; r.Lines["missing_in_store"] != 3 || len(r.Healed) != 0 {
		t.Errorf("the account is %+v", r)
	}
	if counts, err := b.db.Counts(t.Context(), "main"); err != nil || counts[order.Posted] != 2 {
		t.Errorf("%v, %v", counts, err)
	}
}

// What was posted into another company than that of today is missing here, and is not sent here. Fails without: the owner of the reference in placeMissing.
func TestReconcile_AnotherCompanyGetsNothing(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.instance.CompanyID = "b1/other"
	b.work(b.connectTo())
	run := b.reconcile(func(in *workflows.ReconcileInput) { in.Force = true })
	b.sync()
	if f := b.wantFindings(found(key, store.FindMissingInB1))[key]; f.Curable || f.Reason.Code != "other_company" || len(run.Reconciliation.Healed) != 0 || b.inB1(key) != 0 {
		t.Errorf("the finding is %+v, mended %v, B1 has it %d times", f, run.Reconciliation.Healed, b.inB1(key))
	}
}

// B1's database was set back, and it gave the number away again. Fails without: the owner in placeByNumber (it is told as a renamed one).
func TestReconcile_ANumberThatB1GaveAwayAgain(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	keys := b.first(2)
	b.tamper(keys[0], b1sim.Tamper{Do: "remove"})
	if _, err := b.db.Change(t.Context(), keys[0], func(doc *store.Staged) error {
		doc.BO.DocEntry = b.doc(keys[1]).BO.DocEntry
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.reconcile()
	if f := b.wantFindings(found(keys[0], store.FindMissingInB1))[keys[0]]; f.Reason.Code != "number_of_another" || f.HealedAt != nil {
		t.Errorf("the finding is %+v", f)
	}
}

// An order is there again by the second look, or somebody has it in hand by then: it is left alone. Fails without: the second look in sendAnew; the conditions in change.
func TestReconcile_LooksASecondTimeBeforeItMends(t *testing.T) {
	for name, meanwhile := range map[string]func(*books, *blind, order.Key){
		"it is there": func(_ *books, b1 *blind, _ order.Key) { b1.to = "" },
		"it is there under another reference": func(b *books, b1 *blind, key order.Key) {
			b.tamper(key, b1sim.Tamper{Do: "rename", To: "by hand"})
		},
		"somebody has it in hand":       func(b *books, _ *blind, key order.Key) { b.claim(key) },
		"somebody takes it at the look": func(b *books, b1 *blind, key order.Key) { b1.looked = func() { b.claim(key) } },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 2, b1sim.Config{})
			key := b.first(1)[0]
			books := &blind{Books: b.instance.Books}
			b.instance.Books = books
			b.acts = activities.New(b.db, testkit.Silent(), b.instance)
			books.to = key.IncrementID()
			compared := activities.ReconcileOrdersInput{Instance: "main", Run: "run", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Left: -1, LeftInStore: -1}
			if _, err := b.acts.ReconcileOrders(t.Context(), compared); err != nil {
				t.Fatal(err)
			}
			b.wantFindings(found(key, store.FindMissingInB1))
			meanwhile(b, books, key)
			healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run"})
			if after := b.doc(key); err != nil || len(healed.Healed) != 0 || after.Intent != nil || after.BO == nil || after.Status != order.Posted {
				t.Errorf("%v, %v: it is %s now", healed, err, after.Status)
			}
		})
	}
}

// claim has somebody take an order.
func (b *books) claim(key order.Key) {
	b.t.Helper()
	_, err := b.db.Change(b.t.Context(), key, func(doc *store.Staged) error {
		doc.Claim = &store.Claim{Token: "other", ExpiresAt: time.Now().Add(time.Hour)}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// blind is a B1 that does not show one order. looked is called when it was asked for it by number; nil for nothing.
type blind struct {
	activities.Books
	to     string
	looked func()
}

func (b *blind) without(all []sapb1.Keyed, err error) ([]sapb1.Keyed, error) {
	return slices.DeleteFunc(all, func(k sapb1.Keyed) bool { return k.NumAtCard == b.to }), err
}

func (b *blind) OrdersUnder(ctx context.Context, references []sapb1.Reference) ([]sapb1.Keyed, error) {
	return b.without(b.Books.OrdersUnder(ctx, references))
}

func (b *blind) OrdersNumbered(ctx context.Context, entries []int64) ([]sapb1.Keyed, error) {
	if b.looked != nil {
		b.looked()
	}
	return b.without(b.Books.OrdersNumbered(ctx, entries))
}

// forgetEntry gives the order's document a number that B1 does not have.
func (b *books) forgetEntry(key order.Key) { b.setEntry(key, 999_999) }

func (b *books) setEntry(key order.Key, entry int64) {
	b.t.Helper()
	if _, err := b.db.Change(b.t.Context(), key, func(doc *store.Staged) error { doc.BO.DocEntry = entry; return nil }); err != nil {
		b.t.Fatal(err)
	}
}

// A sales order that was cancelled in B1 is noted as that; it is not sent anew. Fails without: follow.
func TestReconcile_FollowsWhoCancelsInB1(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	if err := b.b1.Cancel(key.IncrementID()); err != nil {
		t.Fatal(err)
	}
	b.reconcile(func(in *workflows.ReconcileInput) { in.Heal = false })
	b.wantFindings(found(key, store.FindCancelledInB1))
	if b.doc(key).Status != order.Posted {
		t.Error("without healing the order was changed")
	}
	b.reconcile()
	b.sync()
	run := b.reconcile()
	b.wantFindings()
	if doc := b.doc(key); doc.Status != order.Cancelled || doc.Reason.Code != "cancelled_in_b1" || run.Reconciliation.Lines[store.LineCancelled] != 1 || b.inB1(key) != 1 {
		t.Errorf("it is %s (%+v), B1 has it %d times; %v", doc.Status, doc.Reason, b.inB1(key), run.Reconciliation.Lines)
	}
	b.tamper(b.first(1)[0], b1sim.Tamper{Do: "rename", To: key.IncrementID()}) // a clerk makes another
	b.reconcile()
	// The other order's document stands under this one's reference now, so that its own number is another's.
	all := b.wantFindings(found(key, store.FindUnexpectedInB1), found(b.first(1)[0], store.FindMissingInB1))
	if all[key].HealedAt != nil || all[b.first(1)[0]].HealedAt != nil {
		t.Error("what only a person can mend is mended")
	}
}

// In ledger mode the row of a removed order is still there: it is sent anew all the same, as the one that takes its place. Fails without: Replaces in inDoubt.
func TestReconcile_InLedgerMode(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{UserTables: []b1sim.UserTable{{Name: ledgerTable}}}, func(i *activities.Instance) { i.LedgerTable = ledgerTable })
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile()
	b.sync()
	if doc := b.doc(key); doc.Status != order.Posted || b.inB1(key) != 1 || len(b.b1.Codes(ledgerTable)) != 4 {
		t.Errorf("it is %s (%+v), B1 has it %d times, the ledger %v", doc.Status, doc.Reason, b.inB1(key), b.b1.Codes(ledgerTable))
	}
	b.reconcile()
	b.wantFindings()
}

// B1 loses the answer of the sending that mends: the order is there once all the same. Fails without: the intent of inDoubt being kept by a sending without an answer (b1_claim.go).
func TestReconcile_ALostAnswerWhileItIsSentAnew(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile()
	if err := b.b1.Inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Match: "POST Orders", Times: 1}); err != nil {
		t.Fatal(err)
	}
	b.sync()
	if doc := b.doc(key); doc.Status != order.Posted || b.inB1(key) != 1 {
		t.Errorf("it is %s, B1 has it %d times", doc.Status, b.inB1(key))
	}
}

// What was changed in the shop behind the reading's back is read again, and what it has not come to yet is no finding. Fails without: isStale; readUpTo (the fresh one is missing).
func TestReconcile_WhatTheReadingMissed(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error {
		doc.Magento.State, doc.Magento.UpdatedAt, doc.PayloadHash = "new", doc.Magento.UpdatedAt.Add(-time.Minute), "another"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.shiftReading(time.Hour)
	run := b.reconcile()
	b.wantFindings(found(key, store.FindStaleInStore))
	if doc := b.doc(key); doc.Magento.State != "processing" || run.Reconciliation.Healed[store.FindStaleInStore] != 1 {
		t.Errorf("it is %+v, mended %v", doc.Magento, run.Reconciliation.Healed)
	}
	b.shiftReading(-3 * time.Hour)
	fresh := b.place()
	run = b.reconcile()
	if run.Reconciliation.Lines[store.LineNotRead] != 1 || run.Reconciliation.Lines[store.LineInB1] != 3 {
		t.Errorf("with %s, which is not read yet: %v", fresh, run.Reconciliation.Lines)
	}
	b.wantFindings()
}

// shiftReading moves the end of the latest reading.
func (b *books) shiftReading(by time.Duration) {
	b.instance.Overlap -= by
	b.work(b.connectTo())
}

// An order from before MAGENTO_SYNC_FROM is none of the connector's. Fails without: LineBefore in placeUnknown.
func TestReconcile_OrdersFromBeforeTheBeginning(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	b.hide(b.first(1)...)
	b.instance.SyncFrom = time.Now().Add(time.Hour)
	b.shiftReading(2 * time.Hour)
	if run := b.reconcile(); run.Reconciliation.Lines[store.LineBefore] != 1 {
		t.Errorf("the account is %v", run.Reconciliation.Lines)
	}
	b.wantFindings()
}

// B1 does not answer for a while: the reconciliation waits, and then ends well. Fails without: the wait for errors in step (tried with the error given back).
func TestReconcile_WaitsForB1(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	if err := b.b1.Inject(b1sim.Rule{Fault: b1sim.Unavailable, Match: "*", Times: 12}); err != nil {
		t.Fatal(err)
	}
	if run := b.reconcile(); run.Reconciliation.Lines[store.LineInB1] != 3 || run.Reconciliation.Phase != store.ReconcileEnded || len(run.Errors) != 0 {
		t.Errorf("it ends as %+v, %v", run.Reconciliation, run.Errors)
	}
}

// The nightly one looks at open findings about older orders again. Fails without: RecheckFindings (they stay open for ever).
func TestReconcile_OlderFindingsAreLookedAtAgain(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	keys := b.first(2)
	for _, key := range keys {
		b.tamper(key, b1sim.Tamper{Do: "duplicate"})
	}
	b.reconcile()
	b.wantFindings(found(keys[0], store.FindDuplicate), found(keys[1], store.FindDuplicate))
	b.tamper(keys[0], b1sim.Tamper{Do: "remove"})
	b.forgetEntry(keys[0]) // and what is left was made by hand under a new number
	nightly := func(in *workflows.ReconcileInput) {
		in.From, in.To, in.Days, in.Heal = time.Time{}, time.Now().Add(48*time.Hour).UTC(), 1, false
	}
	run := b.reconcile(nightly)
	b.wantFindings(found(keys[0], store.FindMissingInB1), found(keys[1], store.FindDuplicate))
	if r := run.Reconciliation; r.Orders != 0 || r.Resolved != 1 || r.Findings[store.FindDuplicate] != 1 || r.Findings[store.FindMissingInB1] != 1 {
		t.Errorf("the account is %+v", r)
	}
}

// Two reconciliations of an instance are never at work at once; one that was terminated is in nobody's way. Fails without: TakeReconciliation in BeginReconcile; the earlier run in it; the
// condition on open in NoteReconcile (one that has ended comes back).
func TestReconcile_OneAtATime(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	other := store.Run{ID: "other/1", WorkflowID: "other", Kind: store.KindReconcile, Instance: "main", StartedAt: time.Now(), Reconciliation: &store.Reconciliation{Phase: store.ReconcileCompares}}
	begin := func(run store.Run) string {
		t.Helper()
		begun, err := b.acts.BeginReconcile(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		return begun.Busy
	}
	if busy := begin(other); busy != "" {
		t.Fatalf("the first finds %q under way", busy)
	}
	if run := b.reconcile(); len(run.Errors) != 1 || run.Reconciliation.Orders != 0 {
		t.Errorf("beside another it did %+v, %v", run.Reconciliation, run.Errors)
	}
	again := other
	again.ID = "other/2" // the first was terminated, or Temporal would have refused this one
	if busy := begin(again); busy != "" {
		t.Errorf("the next run of the same workflow finds %q under way", busy)
	}
	if err := b.acts.NoteReconcile(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if busy := begin(store.Run{ID: "third/1", WorkflowID: "third", Instance: "main", Reconciliation: other.Reconciliation}); busy != "other/2" {
		t.Errorf("a late word of the first gives the instance to %q", busy)
	}
	for _, run := range []store.Run{other, again} {
		if _, err := b.acts.EndReconcile(t.Context(), activities.EndReconcileInput{Run: run}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.acts.NoteReconcile(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if run := b.reconcile(); len(run.Errors) != 0 || run.Reconciliation.Orders != 2 {
		t.Errorf("after one that has ended it did %+v, %v", run.Reconciliation, run.Errors)
	}
}

// Each state of the store has its line, and orders that a person or a rule keeps from B1 never go there. Fails without: each of the cases in place.
func TestReconcile_EachOrderIsInOneLine(t *testing.T) {
	b := newBooks(t, 9, b1sim.Config{})
	keys := b.first(9)
	set := func(key order.Key, change func(*store.Staged)) {
		t.Helper()
		b.tamper(key, b1sim.Tamper{Do: "remove"})
		if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error {
			activities.DropDocument(doc)
			change(doc)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	reason := func(code string) *order.Reason { return &order.Reason{Code: code, Message: "m"} }
	set(keys[0], func(d *store.Staged) { d.Status, d.Reason = order.Held, reason("x") })
	set(keys[1], func(d *store.Staged) { d.Status, d.Reason = order.Excluded, reason(store.CodeSkipped) })
	set(keys[2], func(d *store.Staged) { d.Status, d.Reason = order.Excluded, reason("status:new") })
	set(keys[3], func(d *store.Staged) { d.Status, d.Reason = order.Cancelled, reason("x") })
	set(keys[4], func(d *store.Staged) { d.Status, d.DueAt = order.Pending, time.Now().Add(time.Hour) })
	set(keys[5], func(d *store.Staged) {
		d.Status, d.DueAt, d.Intent = order.Pending, time.Now().Add(time.Hour), &store.Intent{SentAt: time.Now()}
	})
	set(keys[6], func(d *store.Staged) {
		d.Status, d.DueAt, d.BO = order.Draft, time.Now().Add(time.Hour), &store.BackOffice{DocEntry: 1, Draft: true, Reference: "none"}
	})
	run := b.reconcile(func(in *workflows.ReconcileInput) { in.Force = true })
	b.wantFindings()
	want := map[store.AccountLine]int64{store.LineHeld: 1, store.LineSkipped: 1, store.LineExcluded: 1, store.LineCancelled: 1, store.LinePending: 1,
		store.LineInHand: 1, store.LineDraft: 1, store.LineInB1: 2}
	for line, n := range want {
		if run.Reconciliation.Lines[line] != n {
			t.Errorf("%d are %s, want %d", run.Reconciliation.Lines[line], line, n)
		}
	}
	if r := run.Reconciliation; r.Orders != 9 || r.Total != 9 || len(r.Lines) != len(want) {
		t.Errorf("the account is %+v", r)
	}
	if n := b.b1.Count(); n != 2 {
		t.Errorf("B1 has %d sales orders, want 2", n)
	}
}
