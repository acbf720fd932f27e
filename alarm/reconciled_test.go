package alarm

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// What a reconciliation has found and is about to mend is no alarm; when it has ended, or mends nothing, it is. Nor is it any more once nothing is heard of that
// reconciliation. Fails without: ForPerson in reconciled, mends in the store.
func TestReconciliation_WhatIsBeingMendedIsNoAlarm(t *testing.T) {
	p := newPlace(t)
	if err := p.db.Saw(t.Context(), "run", []store.Finding{
		{Instance: p.instance, Kind: store.FindMissingInB1, Key: order.Key(p.instance + ":1:7"), PlacedAt: time.Now(), Curable: true},
		{Instance: p.instance, Kind: store.FindDuplicate, Key: order.Key(p.instance + ":1:8"), PlacedAt: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		heal, ended bool
		heard       time.Duration
		want        int64
	}{{true, false, 0, 1}, {false, false, 0, 2}, {true, false, -store.ReconciliationLease, 2}, {true, true, 0, 2}} {
		run := store.Run{ID: "run", Kind: store.KindReconcile, Instance: p.instance, StartedAt: time.Now(), Reconciliation: &store.Reconciliation{Heal: tc.heal, Phase: store.ReconcileCompares, NotedAt: time.Now().Add(tc.heard)}}
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
