package activities_test

import (
	"fmt"
	"testing"

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
