package activities_test

import (
	"testing"
	"time"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Who wants to know hears of each order once, when it is in B1 the first time; and of none that a backfill brought, which says nothing about
// how fast orders go.
// Fails without: fresh in record, for either.
func TestInsertOrder_TellsOnceThatAFreshOrderIsInB1(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*store.Staged)
		want   int
	}{
		"fresh":    {func(*store.Staged) {}, 1},
		"imported": {func(d *store.Staged) { d.Import = "backfill" }, 0},
		"before":   {func(d *store.Staged) { d.PostedAt = time.Now() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, &company{})
			var told []time.Time
			b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: b.company, CompanyID: "b1/demo",
				CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3, Posted: func(placed time.Time) { told = append(told, placed) }})
			if _, err := b.db.Change(t.Context(), b.key, func(d *store.Staged) error {
				c.change(d)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := b.insert(); err != nil {
					t.Fatal(err)
				}
			}
			placed := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
			if len(told) != c.want || c.want > 0 && !told[0].Equal(placed) {
				t.Errorf("told %v, want %d times when it was placed, %s", told, c.want, placed)
			}
		})
	}
}
