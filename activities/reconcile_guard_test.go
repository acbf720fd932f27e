package activities_test

import (
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
	"datawald/workflows"
)

// In a small shop, or a narrow window, fifty would be everything: beyond three, half of the posted orders are too many, of each kind. Fails without: the
// share in tooMany; FindCancelledInB1 in judge.
func TestReconcile_HalfOfFewOrdersAreTooMany(t *testing.T) {
	for name, spoil := range map[string]func(*books, order.Key){
		"removed": func(b *books, key order.Key) { b.tamper(key, b1sim.Tamper{Do: "remove"}) },
		"hidden":  func(b *books, key order.Key) { b.hide(key) },
		"cancelled": func(b *books, key order.Key) {
			if err := b.b1.Cancel(key.IncrementID()); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 7, b1sim.Config{})
			for _, key := range b.first(4) {
				spoil(b, key)
			}
			run := b.reconcile()
			b.sync()
			if b.wantFindings("too_many_missing"); len(run.Reconciliation.Healed) != 0 {
				t.Errorf("mended: %v", run.Reconciliation.Healed)
			}
			if counts, err := b.db.Counts(t.Context(), "main"); err != nil || counts[order.Cancelled] != 0 || counts[order.Pending] != 0 {
				t.Errorf("%v, %v", counts, err)
			}
		})
	}
}

// What was placed before the first order of its store is told and not staged: MAGENTO_SYNC_FROM may have been set back, and people have entered it by hand. Fails without:
// followsAnother; StoreID in it.
func TestReconcile_WhatWasPlacedBeforeTheFirstOfItsStore(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*store.Staged)
		staged bool
	}{
		"there is an earlier one":                  {func(*store.Staged) {}, true},
		"all others are later":                     {func(doc *store.Staged) { doc.PlacedAt = time.Now().Add(time.Hour) }, false},
		"all others are of another store":          {func(doc *store.Staged) { doc.StoreID = 7 }, false},
		"when all others were placed nobody knows": {func(doc *store.Staged) { doc.PlacedAt = time.Time{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 3, b1sim.Config{})
			keys := b.first(3)
			b.hide(keys[0])
			for _, key := range keys[1:] {
				if _, err := b.db.Change(t.Context(), key, func(doc *store.Staged) error { tc.change(doc); return nil }); err != nil {
					t.Fatal(err)
				}
			}
			b.shiftReading(time.Hour)
			run := b.reconcile(func(in *workflows.ReconcileInput) { in.Force = true })
			f := b.wantFindings(found(keys[0], store.FindMissingInStore))[keys[0]]
			if _, err := b.db.Get(t.Context(), keys[0]); err == nil != tc.staged || f.Curable != tc.staged || run.Reconciliation.Healed[store.FindMissingInStore] == 1 != tc.staged ||
				f.Reason.Code == "before_first_of_store" == tc.staged {
				t.Errorf("%v: the finding is %+v, mended %v", err, f, run.Reconciliation.Healed)
			}
		})
	}
}

// An order that Magento has removed, and that B1 has twice, stays a finding, in the window and before it. Fails without: the heads in accountsOf.
func TestReconcile_AnOrderThatMagentoShowsNoMore(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "duplicate"})
	b.reconcile()
	if err := b.shop.Remove(b.doc(key).EntityID); err != nil {
		t.Fatal(err)
	}
	b.reconcile()
	b.wantFindings(found(key, store.FindDuplicate))
	b.reconcile(func(in *workflows.ReconcileInput) {
		in.From, in.To, in.Days = time.Time{}, time.Now().Add(48*time.Hour).UTC(), 1
	})
	b.wantFindings(found(key, store.FindDuplicate))
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile()
	b.wantFindings(found(key, store.FindMissingInB1))
}

// A worker dies after it has made an order pending, and before it has noted that: the next attempt counts it. Fails without: rest.
func TestReconcile_WhatWasMendedByALostAttemptIsCounted(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.page("run")
	for range 2 {
		healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run"})
		if err != nil || healed.Healed[store.FindMissingInB1] != 1 {
			t.Errorf("mended: %+v, %v", healed, err)
		}
		b.forgetHealing(store.FindingID(string(key), store.FindMissingInB1))
	}
	if doc := b.doc(key); doc.Status != order.Pending || doc.Intent == nil {
		t.Errorf("it is %s", doc.Status)
	}
}

// While it is open that too much is missing, nothing is sent anew beside it, and what is compared beside it does not end it; what covers it does. Fails without: the open
// finding in sendAnew; the window in Resolve; Force in HealFindingsInput.
func TestReconcile_SendsNothingWhileTooMuchIsMissing(t *testing.T) {
	b := newBooks(t, 4, b1sim.Config{})
	now := time.Now()
	if err := b.db.Saw(t.Context(), "earlier", []store.Finding{{Instance: "main", Kind: store.FindTooManyMissing, Reason: order.Reason{Code: "x", Message: "m", Hint: "h"},
		From: now.AddDate(-2, 0, 0), To: now}}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(now.Add(2 * time.Millisecond))) // what is seen in the millisecond of the beginning stays
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.reconcile()
	b.sync()
	b.wantFindings(found(key, store.FindMissingInB1), "too_many_missing")
	if doc := b.doc(key); doc.Status != order.Posted || b.live() != 3 {
		t.Errorf("it is %s; B1 has %d", doc.Status, b.live())
	}
	run := b.reconcile(func(in *workflows.ReconcileInput) { in.Force, in.From = true, now.AddDate(-3, 0, 0).UTC() })
	b.sync()
	if run.Reconciliation.Healed[store.FindMissingInB1] != 1 || run.Reconciliation.Resolved != 1 || b.live() != 4 {
		t.Errorf("by force: %+v; B1 has %d", run.Reconciliation, b.live())
	}
	b.reconcile()
	b.wantFindings()
}

// A note that too much is missing is written again: it keeps its examples, though what they were is removed, and the window of an earlier one. Fails without: the run in
// NoteTooMany; covers; each of the conditions on Days there.
func TestReconcile_TheNoteOfTooMuchIsTheSameWhenItIsWrittenAgain(t *testing.T) {
	b := newBooks(t, 2, b1sim.Config{})
	key := b.first(1)[0]
	from := time.Now().Add(-30 * time.Minute).UTC().Truncate(time.Second)
	note := func(run string, from time.Time, days int) store.Finding {
		t.Helper()
		for range 2 {
			if err := b.acts.NoteTooMany(t.Context(), activities.NoteTooManyInput{Kinds: []store.FindingKind{store.FindMissingInB1},
				Run: store.Run{ID: run, Instance: "main", Reconciliation: &store.Reconciliation{From: from, To: from.Add(time.Hour), Days: days, Lines: map[store.AccountLine]int64{"missing_in_b1": 9}}}}); err != nil {
				t.Fatal(err)
			}
		}
		return b.wantFindings("too_many_missing")[""]
	}
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.page("run")
	first := note("run", from, 35)
	if want := "B1 lacks 9 of the orders that were posted, such as " + string(key) + ". Nothing was mended."; first.Reason.Message != want || first.Days != 35 || !first.From.Equal(from) {
		t.Errorf("it says %+v", first)
	}
	if second := note("run2", from.Add(time.Minute), 0); second.Days != 35 || !second.From.Equal(from) || !second.To.Equal(from.Add(61*time.Minute)) {
		t.Errorf("after one of a named window: %+v", second)
	}
	if third := note("run3", from.Add(-time.Minute), 0); third.Days != 0 || !third.From.Equal(from.Add(-time.Minute)) {
		t.Errorf("after one of a named window that begins earlier: %+v", third)
	}
	if fourth := note("run4", from, 35); fourth.Days != 0 || !fourth.From.Equal(from.Add(-time.Minute)) {
		t.Errorf("after the next night: %+v", fourth)
	}
	if fifth := note("run5", from.Add(-time.Minute), 35); fifth.Days != 35 {
		t.Errorf("after a night that begins as early: %+v", fifth)
	}
}

// Where as many are told as may be missing, one that is only renamed is not told as missing for that. Fails without: the rounds in fromEntries (one that is removed is not told).
func TestReconcile_WhatIsNotLookedUpIsNotToldAsMissing(t *testing.T) {
	b := newBooks(t, 6, b1sim.Config{})
	keys := b.first(4)
	for n, key := range keys {
		b.tamper(key, []b1sim.Tamper{{Do: "remove"}, {Do: "rename", To: "a"}, {Do: "remove"}, {Do: "rename", To: "b"}}[n]) // the last was placed first
	}
	result, err := b.acts.ReconcileOrders(t.Context(), activities.ReconcileOrdersInput{Instance: "main", Run: "run", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Left: 1, LeftInStore: 1})
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.db.Findings(t.Context(), store.FindingFilter{Instance: "main", Open: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, f := range all {
		if f.Kind == store.FindMissingInB1 {
			if missing++; f.Key != keys[0] && f.Key != keys[2] {
				t.Errorf("%s is told as missing, and is renamed", f.Key)
			}
		}
	}
	if missing != 1 || result.Lines["missing_in_b1"] < 2 {
		t.Errorf("%d are told as missing, the lines are %v", missing, result.Lines)
	}
}
