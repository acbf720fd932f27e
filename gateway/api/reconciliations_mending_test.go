package api_test

import (
	"slices"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/store"
)

// What a reconciliation is about to mend needs nobody; once nothing is heard of it, somebody is needed. Its list has it all the time. Fails without:
// ForPerson in briefOf, the lease in mends.
func TestReconciliations_WhatIsBeingMendedNeedsNobody(t *testing.T) {
	w := newWorld(t)
	missing := w.finding(1, store.FindMissingInB1)
	missing.Curable = true
	run := w.reconciled("a", 1, missing)
	for heard, want := range map[time.Duration]int64{time.Minute: 0, store.ReconciliationLease + time.Minute: 1} {
		run.EndedAt, run.Reconciliation.Phase, run.Reconciliation.NotedAt = nil, store.ReconcileSettles, time.Now().UTC().Add(-heard)
		if err := w.db.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		var status api.Status
		w.get("/api/v1/status").ok(200, &status)
		needed := slices.ContainsFunc(status.Needs, func(n api.Need) bool { return n.Code == "findings_open" })
		if status.Reconciliation == nil || status.Reconciliation.Open != want || needed != (want > 0) {
			t.Errorf("heard of %s ago: %+v, %+v", heard, status.Reconciliation, status.Needs)
		}
		var list api.ReconciliationList
		if w.get(reconciliations).ok(200, &list); list.Open[store.FindMissingInB1] != 1 {
			t.Errorf("the list has %v", list.Open)
		}
	}
}
