package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// acted writes an entry and returns it as it is read.
func acted(t *testing.T, s *store.Store, e store.AuditEntry) store.AuditEntry {
	t.Helper()
	e.State = store.AuditBegun
	id, err := s.WriteAudit(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.ListAudit(t.Context(), store.AuditFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(e store.AuditEntry) bool { return e.ID == id })
	if at < 0 {
		t.Fatalf("entry %s is not listed", id)
	}
	return all[at]
}

func TestAudit_AnEntryIsBegunAndEnded(t *testing.T) {
	s := testkit.Store(t)
	e := acted(t, s, store.AuditEntry{Actor: "anna", Role: "operator", By: "user", Action: "retry-order", Target: "main:1:5", Why: "stock is there"})
	if e.State != store.AuditBegun || e.EndedAt != nil || time.Since(e.At) > time.Minute {
		t.Errorf("begun, it is %+v", e)
	}
	if err := s.EndAudit(t.Context(), e.ID, store.AuditRefused, 409, "order-posted"); err != nil {
		t.Fatal(err)
	}
	all, err := s.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	got := all[0]
	if got.State != store.AuditRefused || got.Status != 409 || got.Problem != "order-posted" || got.EndedAt == nil || got.Why != "stock is there" {
		t.Errorf("ended, it is %+v", got)
	}
	if err := s.EndAudit(t.Context(), "20260101T000000.000Z-none", store.AuditDone, 200, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an entry that nobody began ended with %v", err)
	}
}

// Fails without: the bounds on _id (From, To, After) and each of the equalities in AuditFilter.query.
func TestAudit_IsListedNewestFirstByFilterAndPage(t *testing.T) {
	s := testkit.Store(t)
	var all []store.AuditEntry
	for n := range 7 {
		all = append(all, acted(t, s, store.AuditEntry{Actor: []string{"anna", "bert"}[n%2], Action: []string{"retry", "skip", "resume"}[n%3], Target: []string{"a", "b"}[n/4]}))
		for time.Since(all[n].At) < 2*time.Millisecond { // each has a moment of its own
			time.Sleep(time.Millisecond)
		}
	}
	for name, tc := range map[string]struct {
		filter store.AuditFilter
		want   []int
	}{
		"all":        {store.AuditFilter{}, []int{6, 5, 4, 3, 2, 1, 0}},
		"actor":      {store.AuditFilter{Actor: "bert"}, []int{5, 3, 1}},
		"action":     {store.AuditFilter{Action: "skip"}, []int{4, 1}},
		"target":     {store.AuditFilter{Target: "b"}, []int{6, 5, 4}},
		"from":       {store.AuditFilter{From: all[5].At}, []int{6, 5}},
		"to":         {store.AuditFilter{To: all[2].At}, []int{1, 0}},
		"after":      {store.AuditFilter{After: all[3].ID}, []int{2, 1, 0}},
		"after, to":  {store.AuditFilter{After: all[3].ID, To: all[1].At}, []int{0}},
		"to, after":  {store.AuditFilter{After: all[1].ID, To: all[5].At}, []int{0}},
		"everything": {store.AuditFilter{Actor: "anna", Action: "retry", Target: "b", From: all[1].At}, []int{6}},
		"limit":      {store.AuditFilter{Limit: 2}, []int{6, 5}},
	} {
		if tc.filter.Limit == 0 {
			tc.filter.Limit = 100
		}
		got, err := s.ListAudit(t.Context(), tc.filter)
		if err != nil {
			t.Fatal(err)
		}
		var ids, want []string
		for _, e := range got {
			ids = append(ids, e.ID)
		}
		for _, n := range tc.want {
			want = append(want, all[n].ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %v, want %v", name, ids, want)
		}
	}
}
