package alarm

import (
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// What a reconciliation has found and is about to mend is no alarm; when it has ended, or mends nothing, it is. Nor is it any more once nothing is heard of that
// reconciliation. What an earlier one has found already is one all the while, be it found again or not. Fails without: ForPerson in reconciled, mends and first_seen in the store.
func TestReconciliation_WhatIsBeingMendedIsNoAlarm(t *testing.T) {
	p := newPlace(t)
	before := time.Now()
	if err := p.db.Saw(t.Context(), "run", []store.Finding{
		{Instance: p.instance, Kind: store.FindMissingInB1, Key: order.Key(p.instance + ":1:7"), PlacedAt: time.Now(), Curable: true},
		{Instance: p.instance, Kind: store.FindDuplicate, Key: order.Key(p.instance + ":1:8"), PlacedAt: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		heal, ended bool
		heard       time.Duration
		began       time.Time
		want        int64
	}{{true, false, 0, before, 1}, {true, false, 0, time.Now().Add(time.Second), 2}, {false, false, 0, before, 2}, {true, false, -store.ReconciliationLease, before, 2}, {true, true, 0, before, 2}} {
		run := store.Run{ID: "run", Kind: store.KindReconcile, Instance: p.instance, StartedAt: tc.began, Reconciliation: &store.Reconciliation{Heal: tc.heal, Phase: store.ReconcileCompares, NotedAt: time.Now().Add(tc.heard)}}
		if tc.ended {
			run.EndedAt = new(time.Now())
		}
		if err := p.db.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if r, err := p.keepers[0].reconciled(t.Context(), p.instance, &watch.Schedule{State: watch.Unknown}); err != nil || r.findings != tc.want {
			t.Errorf("%+v: %d findings, %v", tc, r.findings, err)
		}
	}
}

// Orders that Magento counts and does not show are an alarm like findings, until a later one has seen all. Fails without: notShown in reconciled; each case in reconciliation.
func TestReconciliation_OrdersThatMagentoKeepsBack(t *testing.T) {
	p := newPlace(t)
	ended := time.Now().Add(-time.Minute)
	seen := func(found, kept int64) reconciled {
		t.Helper()
		run := store.Run{ID: "run", Kind: store.KindReconcile, Instance: p.instance, StartedAt: ended, EndedAt: &ended, Reconciliation: &store.Reconciliation{Phase: store.ReconcileEnded, Orders: 5, Total: 5 + kept}}
		if err := p.db.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		r, err := p.keepers[0].reconciled(t.Context(), p.instance, &watch.Schedule{State: watch.Unknown})
		if err != nil {
			t.Fatal(err)
		}
		r.findings = found
		return r
	}
	for _, tc := range []struct {
		found, kept int64
		cause, what string
	}{{0, 0, "", ""}, {0, 2, "not_shown", "Magento counts 2 orders that it does not show"}, {3, 0, "findings", "3 findings are open."}, {3, 1, "findings not_shown", "3 findings are open. Magento counts 1 order that it does not show"}} {
		v := reconciliation(facts{reconciled: seen(tc.found, tc.kept)})
		if (v.state == bad) != (tc.cause != "") || v.cause != tc.cause || !strings.Contains(v.what, tc.what) || v.count != tc.found+tc.kept {
			t.Errorf("%+v: %+v", tc, v)
		}
	}
}
