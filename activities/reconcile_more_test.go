package activities_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// page compares all orders of the books as one page of a reconciliation.
func (b *books) page(run string) *activities.ReconcileOrdersResult {
	b.t.Helper()
	result, err := b.acts.ReconcileOrders(b.t.Context(), activities.ReconcileOrdersInput{Instance: "main", Run: run, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Left: -1, LeftInStore: -1})
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// In quiet hours B1 is asked for nothing, by no step. Fails without: QuietUntil in ReconcileOrders, RecheckFindings and HealFindings.
func TestReconcile_LeavesB1AloneInQuietHours(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	b.tamper(b.first(1)[0], b1sim.Tamper{Do: "remove"})
	b.page("run")
	b.setQuiet(hours(time.Now().Add(-time.Hour)))
	before := b.calls()
	compared, err := b.acts.ReconcileOrders(t.Context(), activities.ReconcileOrdersInput{Instance: "main", Run: "run", From: time.Now().Add(-time.Hour), To: time.Now(), Left: -1, LeftInStore: -1, After: 7})
	if err != nil || compared.QuietUntil == nil || compared.Next != 7 || compared.Done || len(compared.Lines) != 0 {
		t.Errorf("%+v, %v", compared, err)
	}
	rechecked, err := b.acts.RecheckFindings(t.Context(), activities.RecheckFindingsInput{Instance: "main", Run: "other", Before: time.Now().Add(time.Hour), After: "x"})
	if err != nil || rechecked.QuietUntil == nil || rechecked.Next != "x" || rechecked.Done {
		t.Errorf("%+v, %v", rechecked, err)
	}
	healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run", After: "x"})
	if err != nil || healed.QuietUntil == nil || healed.Next != "x" || healed.Done {
		t.Errorf("%+v, %v", healed, err)
	}
	if n := b.calls() - before; n != 0 {
		t.Errorf("B1 was asked %d times", n)
	}
}

// A worker that was taken for dead has written down what is settled by the time that the page is compared again. Fails without: SawNoMore.
func TestReconcile_APageThatIsComparedAgainTellsTheLatest(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "rename", To: "aside"})
	b.page("run")
	b.wantFindings(found(key, store.FindKeyChanged))
	b.tamper(order.Key("main:1:aside"), b1sim.Tamper{Do: "rename", To: key.IncrementID()})
	if again := b.page("run"); again.Lines[store.LineInB1] != 2 {
		t.Errorf("%+v", again.Lines)
	}
	b.wantFindings()
}

// A document that is what the order comes to today is right, whatever was sent: a person may have brought it in line. One cent more is not. Fails without: comesTo; the
// comparison in it (any total would do).
func TestReconcile_ATotalThatIsRightToday(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	key := b.first(1)[0]
	if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error {
		was := order.Money{Amount: doc.BO.Total.Amount.Add(decimal.NewFromInt(7)), Currency: doc.BO.Total.Currency}
		doc.BO.Total, doc.BO.Sent.Total = was, was
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.page("run")
	b.wantFindings()
	b.tamper(key, b1sim.Tamper{Do: "add", Amount: decimal.RequireFromString("0.01")})
	b.page("run")
	f := b.wantFindings(found(key, store.FindTotalDiffers))[key]
	if f.Got == nil || f.Want == nil || !f.Got.Amount.Equal(b.doc(key).Magento.Total.Amount.Add(decimal.RequireFromString("0.01"))) {
		t.Errorf("the finding is %+v", f)
	}
}

// Where the rules have a user-defined field, the order is found by it under any number. Fails without: byValue in under.
func TestReconcile_FindsByTheUserDefinedField(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{UserFields: []b1sim.UserField{{Table: "ORDR", Name: "WebKey"}}}, func(i *activities.Instance) { i.Rules.Reference.UserField = "U_WebKey" })
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "rename", To: "by hand"})
	if page := b.page("run"); page.Lines[store.LineInB1] != 2 {
		t.Errorf("%+v", page.Lines)
	}
	b.wantFindings()
}

// What stands under a reference of another order is that one's, whatever is noted of the order. Fails without: notOthers.
func TestReconcile_WhatBelongsToAnotherOrderIsNoDuplicate(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	keys := b.first(2)
	if _, err := b.db.Change(t.Context(), keys[0], func(doc *store.Staged) error { doc.Known(keys[1].IncrementID()); return nil }); err != nil {
		t.Fatal(err)
	}
	if page := b.page("run"); page.Lines[store.LineInB1] != 2 {
		t.Errorf("%+v", page.Lines)
	}
	b.wantFindings()
}

// The approval procedure makes a draft of what is sent anew: that is its line then, and it is posted when it is approved. Fails without: LineDraft in place.
func TestReconcile_ADraftInPlaceOfTheOrder(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	key := b.first(1)[0]
	b.b1.SetApproval(b1sim.Approval{On: true})
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile()
	b.sync() // the approval procedure makes a draft
	if doc := b.doc(key); doc.Status != order.Draft || b.inB1(key) != 0 || len(b.b1.Drafts()) != 1 {
		t.Fatalf("it is %s, B1 has it %d times", doc.Status, b.inB1(key))
	}
	run := b.reconcile()
	b.wantFindings()
	if run.Reconciliation.Lines[store.LineDraft] != 1 {
		t.Errorf("%+v", run.Reconciliation.Lines)
	}
	if err := b.b1.Approve(key.IncrementID()); err != nil {
		t.Fatal(err)
	}
	b.reconcile()
	b.post(b.acts, key)
	if run = b.reconcile(); run.Reconciliation.Lines[store.LineInB1] != 2 || b.inB1(key) != 1 {
		t.Errorf("%+v, B1 has it %d times", run.Reconciliation.Lines, b.inB1(key))
	}
	b.wantFindings()
}
