package activities_test

import (
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A backfill that ends behind a store that was set back while it posted says so in its record, once. A step behind such a store is refused; one that is run again, and the
// steps of an earlier release, are not.
// Fails without: complain, each case of it; knowsPlace; $max in NoteBackfillPlace.
func TestBackfill_SaysThatTheStoreWasSetBack(t *testing.T) {
	for name, c := range map[string]struct {
		place int64
		said  string
		want  int
	}{
		"set back":           {place: 9, want: 1},
		"set back, and said": {place: 9, said: "read Magento: the store was set back while the backfill was under way, and what it staged since is gone: begin it again, it passes what is there (type: Refused)", want: 1},
		"as it was":          {place: 5},
		"an earlier release": {},
	} {
		t.Run(name, func(t *testing.T) {
			db := testkit.Store(t)
			for _, place := range []int64{5, 3} { // the second comes late
				if err := db.NoteBackfillPlace(t.Context(), "main", "run", place); err != nil {
					t.Fatal(err)
				}
			}
			ended := time.Now().UTC()
			run := store.Run{ID: "run", Kind: store.KindBackfill, Instance: "main", EndedAt: &ended, Backfill: &store.BackfillProgress{Phase: store.BackfillEnded, Place: c.place}}
			if c.said != "" {
				run.Errors = []string{c.said}
			}
			a := activities.New(db, testkit.Silent(), activities.Instance{Name: "main", Rules: exampleRules(t)})
			noted, err := a.NoteBackfill(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := db.GetRun(t.Context(), "run")
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(strings.Join(kept.Errors, "\n"), "the store was set back"); n != c.want || (noted.Complaint != "") != (c.want == 1 && c.said == "") {
				t.Errorf("the record says %q, the workflow is told %q", kept.Errors, noted.Complaint)
			}
		})
	}
}

// Fails without: knowsPlace; the place that each step notes.
func TestImportOrders_RefusesAStepBehindAStoreThatWasSetBack(t *testing.T) {
	r := newArchive(t, 40, time.Time{})
	in := activities.ImportOrdersInput{Instance: "main", Run: "run", Began: r.now.Add(time.Second), Selected: &r.selected}
	first, err := r.a.ImportOrders(t.Context(), in)
	if err != nil || first.Place == 0 || first.Place != first.Next {
		t.Fatalf("%+v, %v", first, err)
	}
	in.After, in.Place = first.Next, first.Place
	for range 2 { // the second time because Temporal did not hear of the first
		if _, err := r.a.ImportOrders(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	in.Run = "another, of which the store knows nothing"
	if _, err := r.a.ImportOrders(t.Context(), in); typeOf(err) != activities.TypeRefused {
		t.Errorf("behind a store that was set back it ends with %v", err)
	}
}
