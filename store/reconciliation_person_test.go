package store_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// What an earlier reconciliation could not mend waits for a person while a later one looks at it once more; what that one has found itself, and what was mended and is found again, it mends
// first. Fails without: first_seen in forPerson (the first would be over each night, and told anew); its time (all would be told).
func TestForPerson_WhatWasNotMendedGoesOnWaiting(t *testing.T) {
	s := testkit.Store(t)
	curable := func(key order.Key) store.Finding {
		f := finding(key, store.FindMissingInB1, time.Now())
		f.Curable = true
		return f
	}
	stands, mended, found := curable("main:1:1"), curable("main:1:2"), curable("main:1:3")
	saw(t, s, "first", stands, mended)
	if err := s.Heal(t.Context(), "first", store.FindingID(string(mended.Key), mended.Kind)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond) // times are kept in milliseconds
	later := store.Run{ID: "later", Kind: store.KindReconcile, Instance: "main", StartedAt: time.Now(), Reconciliation: &store.Reconciliation{Heal: true, Phase: store.ReconcileHeals, NotedAt: time.Now()}}
	if err := s.PutRun(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	for _, look := range [][]store.Finding{nil, {stands, mended, found}} {
		saw(t, s, "later", look...)
		status, err := s.ReconciliationOf(t.Context(), "main")
		if err != nil || status.ForPerson[store.FindMissingInB1] != 1 {
			t.Errorf("after it saw %d: %v, %v wait", len(look), err, status.ForPerson)
		}
	}
	if open := findingsOf(t, s, store.FindingFilter{Unhealed: true}); len(open) != 3 {
		t.Errorf("open are %v", open)
	}
}
