package figures_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// What a reconciliation that is under way is about to mend is no finding for a person, so that no alert is raised each night; what it found besides is.
// Fails without: ForPerson in reconciliation.
func TestQuestions_CountWhatWaitsForAPerson(t *testing.T) {
	db, instance, ctx := testkit.Store(t), testkit.Name(t), t.Context()
	began := time.Now().Add(-time.Minute).UTC()
	ended := began.Add(-time.Hour)
	for _, run := range []store.Run{
		{ID: instance + "/1", StartedAt: ended.Add(-time.Minute), EndedAt: &ended, Reconciliation: &store.Reconciliation{Phase: store.ReconcileEnded}},
		{ID: instance + "/2", StartedAt: began, Reconciliation: &store.Reconciliation{Heal: true, Phase: store.ReconcileSettles, NotedAt: time.Now()}},
	} {
		run.Instance, run.Kind = instance, store.KindReconcile
		if err := db.PutRun(ctx, run); err != nil {
			t.Fatal(err)
		}
	}
	finding := func(kind store.FindingKind, curable bool) store.Finding {
		return store.Finding{Instance: instance, Kind: kind, Key: order.Key(instance + ":1:7"), PlacedAt: ended, Curable: curable}
	}
	for run, all := range map[string][]store.Finding{"/1": {finding(store.FindStaleInStore, true)}, "/2": {finding(store.FindMissingInB1, true), finding(store.FindTotalDiffers, false)}} {
		if err := db.Saw(ctx, instance+run, all); err != nil {
			t.Fatal(err)
		}
	}
	r := answered(t, db, testkit.Temporal(t), instance).Reconciliation
	if r == nil {
		t.Fatal("there is no reconciliation")
	}
	// Of an earlier reconciliation nothing is mended by this one unless it finds it too.
	for kind, want := range map[store.FindingKind]int64{store.FindMissingInB1: 0, store.FindTotalDiffers: 1, store.FindStaleInStore: 1} {
		if got, shown := r.Findings[string(kind)]; got != want || !shown {
			t.Errorf("%d findings %s (shown: %t), want %d", got, kind, shown, want)
		}
	}
}
