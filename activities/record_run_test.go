package activities_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A shop that hints at each order many times fills no store.
func TestRecordRun_RunsThatFoundNothingShareOneRecord(t *testing.T) {
	for kind, want := range map[string]int{"sync": 2, "hint": 2, "resync": 4} {
		t.Run(kind, func(t *testing.T) {
			db := testkit.Store(t)
			a := activities.New(db, testkit.Silent())
			for n, counts := range []store.Counts{{Read: 1, Unchanged: 1}, {Read: 2, Unchanged: 2}, {}, {Read: 1, New: 1}} {
				if err := a.RecordRun(t.Context(), store.Run{ID: fmt.Sprint(n), Kind: kind, Instance: "main", Counts: counts}); err != nil {
					t.Fatal(err)
				}
			}
			if runs, err := db.ListRuns(t.Context(), "main", 10); err != nil || len(runs) != want {
				t.Errorf("%d records, %v; want %d", len(runs), err, want)
			}
		})
	}
}

// While Magento lets nobody in, each hint of a selling shop fails alike.
func TestRecordRun_HintsThatFailedShareOneRecord(t *testing.T) {
	for kind, want := range map[string][]string{"hint": {"hint:main:failed", "3", "hint:main:idle"}, "sync": {"4", "3", "2", "1", "sync:main:idle"}} {
		t.Run(kind, func(t *testing.T) {
			db := testkit.Store(t)
			a := activities.New(db, testkit.Silent())
			began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			for n, run := range []store.Run{
				{},
				{Errors: []string{"read Magento: 401"}},
				{Errors: []string{"read Magento: 401"}, Counts: store.Counts{Read: 1, Unchanged: 1}},
				{Errors: []string{"write back to Magento: 401"}, Counts: store.Counts{Read: 1, New: 1, Posted: 1}},
				{Errors: []string{"read Magento: 403"}},
			} {
				run.ID, run.Kind, run.Instance, run.StartedAt = fmt.Sprint(n), kind, "main", began.Add(time.Duration(n)*time.Second)
				if err := a.RecordRun(t.Context(), run); err != nil {
					t.Fatal(err)
				}
			}
			runs, err := db.ListRuns(t.Context(), "main", 10)
			var ids []string
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
			if err != nil || !slices.Equal(ids, want) || !slices.Equal(runs[0].Errors, []string{"read Magento: 403"}) {
				t.Errorf("records %v, %v; want %v, the latest error first", runs, err, want)
			}
		})
	}
}
