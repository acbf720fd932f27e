package activities_test

import (
	"sync/atomic"
	"testing"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A backfill holds its imports while it is under way; a word of before that comes after its end changes neither its record nor that.
// A dry run holds none. Fails without: open in NoteBackfill (the imports are held); the condition of NoteRun (the record has no end).
func TestNoteBackfill_NothingComesAfterTheEnd(t *testing.T) {
	for _, dry := range []bool{false, true} {
		db := testkit.Store(t)
		a := activities.New(db, testkit.Silent())
		note := func(ended bool) store.Run {
			t.Helper()
			run := store.Run{ID: "backfill-orders:main/1", Kind: "backfill", Instance: "main", WorkflowID: "backfill-orders:main", RunID: "1", StartedAt: moment(1),
				Backfill: &store.BackfillProgress{Phase: store.BackfillReads, DryRun: dry, Imported: map[order.Status]int{order.Pending: 7}}}
			if ended {
				at := moment(9)
				run.EndedAt, run.Backfill.Phase = &at, store.BackfillEnded
			}
			if _, err := a.NoteBackfill(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			stored, err := db.GetRun(t.Context(), run.ID)
			if err != nil {
				t.Fatal(err)
			}
			return *stored
		}
		held := func(want bool, when string) {
			t.Helper()
			if got, err := db.ImportsHeld(t.Context(), "main"); err != nil || got != want {
				t.Errorf("%s, dry %v: held %v, %v; want %v", when, dry, got, err, want)
			}
		}
		for range 2 {
			if r := note(false); r.EndedAt != nil || r.Backfill.Phase != store.BackfillReads {
				t.Errorf("under way it is recorded as %+v", r)
			}
			held(!dry, "under way")
		}
		want := map[bool]int{true: 7, false: 0}[dry] // what the store has of it, and what a dry run would have staged
		if r := note(true); r.EndedAt == nil || r.Backfill.Imported[order.Pending] != want {
			t.Errorf("ended it is recorded as %+v, %+v", r, r.Backfill)
		}
		held(false, "ended")
		if r := note(false); r.EndedAt == nil || r.Backfill.Phase != store.BackfillEnded {
			t.Errorf("a late word makes it %+v", r)
		}
		held(false, "after a late word")
	}
}

// While a backfill is paused its imports are its own without an end: no worker may be there to say so again. Fails without: the zero
// time in NoteBackfill (an hour later the runs of the schedule take them).
func TestNoteBackfill_APauseDoesNotEndByItself(t *testing.T) {
	db := testkit.Store(t)
	a := activities.New(db, testkit.Silent())
	for _, paused := range []bool{false, true, false} {
		run := store.Run{ID: "backfill-orders:main/1", Kind: "backfill", Instance: "main", StartedAt: moment(1),
			Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, Paused: paused}}
		if _, err := a.NoteBackfill(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		hold, err := db.ImportsHold(t.Context(), "main")
		if err != nil || hold == nil || hold.Holder != run.ID || hold.Until.IsZero() != paused {
			t.Errorf("paused %v: held %+v, %v", paused, hold, err)
		}
	}
}

// The record says when the backfill got on last: not when it says that it is there. Fails without: NoteMove in NoteBackfill.
func TestNoteBackfill_SaysWhenItGotOn(t *testing.T) {
	db := testkit.Store(t)
	a := activities.New(db, testkit.Silent())
	note := func(read int) *store.BackfillProgress {
		t.Helper()
		run := store.Run{ID: "backfill-orders:main/1", Kind: "backfill", Instance: "main", StartedAt: moment(1), Counts: store.Counts{Read: read},
			Backfill: &store.BackfillProgress{Phase: store.BackfillReads}}
		if _, err := a.NoteBackfill(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		stored, err := db.GetRun(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		return stored.Backfill
	}
	first := note(1)
	for again := note(1); !again.NotedAt.After(first.NotedAt); again = note(1) { // the store's clock has milliseconds
		if !again.MovedAt.Equal(first.MovedAt) {
			t.Fatalf("it moved at %s and, with nothing new, at %s", first.MovedAt, again.MovedAt)
		}
	}
	if again := note(1); again.MovedAt.IsZero() || !again.MovedAt.Equal(first.MovedAt) {
		t.Errorf("it moved at %s and, with nothing new, at %s", first.MovedAt, again.MovedAt)
	}
	if more := note(2); !more.MovedAt.After(first.MovedAt) {
		t.Errorf("it read one more and moved at %s, as before (%s)", more.MovedAt, first.MovedAt)
	}
}

// The store goes away while a paused backfill ends: its record is not closed while it has the imports still, or nobody would look after them. Once
// it is back, all of it is done. Fails without: endHold before PutRun in endBackfill (the record is closed, the imports are held for ever).
func TestNoteBackfill_LeavesTheImportsBeforeItCloses(t *testing.T) {
	db, name := testkit.Database(t)
	var deaf atomic.Bool
	a := activities.New(testkit.DeafStore(t, name, &deaf, "delete", "cuts"), testkit.Silent())
	run := store.Run{ID: "backfill-orders:main/1", Kind: "backfill", Instance: "main", WorkflowID: "backfill-orders:main", RunID: "1", StartedAt: moment(1),
		Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, Paused: true}}
	if _, err := a.NoteBackfill(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	seen := func() (ended, held bool) {
		t.Helper()
		noted, err := db.GetRun(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if held, err = db.ImportsHeld(t.Context(), "main"); err != nil {
			t.Fatal(err)
		}
		return noted.EndedAt != nil, held
	}
	run.EndedAt = new(moment(9))
	run.Backfill = &store.BackfillProgress{Phase: store.BackfillEnded}
	deaf.Store(true)
	if _, err := a.NoteBackfill(t.Context(), run); err == nil {
		t.Fatal("the store took it: the test shows nothing")
	}
	if ended, held := seen(); ended || !held {
		t.Errorf("while the store does not answer: ended %v, held %v", ended, held)
	}
	deaf.Store(false)
	if _, err := a.NoteBackfill(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if ended, held := seen(); !ended || held {
		t.Errorf("afterwards: ended %v, held %v", ended, held)
	}
}

// A record is closed in the moment between a word of its backfill and the hold that belongs to it: nothing is held. Fails without: GetRun in
// holdImports.
func TestNoteBackfill_HoldsNothingForARecordThatIsClosed(t *testing.T) {
	db := testkit.Store(t)
	a := activities.New(db, testkit.Silent())
	run := store.Run{ID: "backfill-orders:main/1", Kind: "backfill", Instance: "main", StartedAt: moment(1), EndedAt: new(moment(9)),
		Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, Paused: true}}
	if err := db.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if err := activities.HoldImports(a, t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if held, err := db.ImportsHeld(t.Context(), "main"); err != nil || held {
		t.Errorf("held %v (%v)", held, err)
	}
}
