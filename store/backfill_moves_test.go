package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// The record of a backfill tells when it got on last: by its counts, its place, what it does, who holds it; or, where these stand, by its imports
// that become fewer. Fails without: standsAs in NoteMove, and each part of it; Pending.
func TestNoteMove(t *testing.T) {
	s := testkit.Store(t)
	began := time.Now().UTC().Truncate(time.Second)
	run := store.Run{ID: "backfill-orders:main/1", Instance: "main", Backfill: &store.BackfillProgress{Phase: store.BackfillReads}}
	minutes := 0
	moved := func(want bool, what string) {
		t.Helper()
		minutes++
		at := began.Add(time.Duration(minutes) * time.Minute)
		if err := s.NoteMove(t.Context(), &run, at); err != nil {
			t.Fatal(err)
		}
		if got := run.Backfill.LastMoved().Equal(at); got != want {
			t.Errorf("%s: it moved is %v, want %v", what, got, want)
		}
		if err := s.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		run.Backfill.MovedAt, run.Backfill.Pending = time.Time{}, 0 // its workflow knows nothing of these
	}
	moved(true, "it begins")
	moved(false, "it stands")
	for what, change := range map[string]func(*store.Run){
		"an order is read":  func(r *store.Run) { r.Counts.Read++ },
		"a page is read":    func(r *store.Run) { r.Backfill.EntityID++ },
		"a name is missing": func(r *store.Run) { r.Backfill.MissingCount++ },
		"it posts":          func(r *store.Run) { r.Backfill.Phase = store.BackfillPosts },
		"somebody holds it": func(r *store.Run) { r.Backfill.Paused = true },
		"it waits":          func(r *store.Run) { r.Backfill.Waits = "quiet hours" },
	} {
		change(&run)
		moved(true, what)
		moved(false, what+", and then it stands")
	}
	var docs []*store.Staged
	for _, id := range []string{"1", "2"} {
		key, err := order.NewKey("main", 1, id)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, &store.Staged{Key: key, Instance: "main", Status: order.Pending, Import: run.ID, PlacedAt: began, StagedAt: began})
	}
	if _, err := s.Add(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	moved(false, "more imports wait")
	moved(false, "as many wait")
	if _, err := s.Change(t.Context(), docs[0].Key, func(d *store.Staged) error {
		d.Status = order.Posted
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	moved(true, "fewer wait")
	moved(false, "as many wait again")
}

// The imports cannot be counted: the record is written all the same, and tells of no move. Fails without: the branch of the count that fails.
func TestNoteMove_WithoutACount(t *testing.T) {
	db, name := testkit.Database(t)
	var deaf atomic.Bool
	s := testkit.DeafStore(t, name, &deaf, "aggregate", "orders")
	began := time.Now().UTC().Truncate(time.Second)
	run := store.Run{ID: "backfill-orders:main/1", Instance: "main", Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, MovedAt: began, Pending: 7}}
	if err := db.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	deaf.Store(true)
	if _, err := s.PendingImports(t.Context(), "main"); err == nil {
		t.Fatal("they are counted: the test shows nothing")
	}
	if err := s.NoteMove(t.Context(), &run, began.Add(time.Hour)); err != nil || !run.Backfill.LastMoved().Equal(began) || run.Backfill.Pending != 7 {
		t.Errorf("%v, %+v; want that it stands as before", err, run.Backfill)
	}
}

// A record of a release that did not write that down. Fails without: NotedAt in LastMoved.
func TestLastMoved_OfAnEarlierRelease(t *testing.T) {
	noted := time.Now().UTC()
	if got := (&store.BackfillProgress{NotedAt: noted}).LastMoved(); !got.Equal(noted) {
		t.Errorf("moved at %s, want when it was heard of, %s", got, noted)
	}
}
