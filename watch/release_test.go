package watch

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// Its record is closed, and its orders are held all the same, without an end: nobody takes them. That is said, and over when they are left; a
// backfill that is under way takes them over. Fails without: stuckHold (nobody says it), lives in it; LeftHold in isOver (it is over at once).
func TestBackfill_ThatHasEndedAndHoldsItsOrders(t *testing.T) {
	p := newPost(t)
	run := p.backfill(func(r *store.Run) { r.EndedAt = new(r.Backfill.MovedAt) })
	hold := func(until time.Time) {
		t.Helper()
		if err := p.sight.Store.HoldImports(t.Context(), p.instance, run.ID, until); err != nil {
			t.Fatal(err)
		}
	}
	k, other := p.keeper(0, patience), p.keeper(0, patience)
	hold(time.Now().Add(time.Hour))
	p.lookAtBackfill(k, other)
	p.told(0, 0)
	hold(time.Time{})
	p.begin()
	p.lookAtBackfill(k, other)
	p.told(0, 0)
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	p.gone()
	p.lookAtBackfill(k, other, k, other)
	p.told(1, 0, "cause=backfill_lost", "since="+stamp(*run.EndedAt))
	if seen, err := k.Look(t.Context(), p.instance); err != nil || seen.Backfill != BackfillLost {
		t.Errorf("the status says %+v (%v)", seen, err)
	}
	if _, err := k.Release(t.Context(), p.instance, "", "ada"); err != nil {
		t.Fatal(err)
	}
	p.lookAtBackfill(other, k)
	p.told(1, 1, "the backfill that did not get on has ended")
}

// The store goes away while somebody releases: the record is closed first, so that a late word of the one that is gone holds nothing more, and the
// rest is done when it is asked for again. Fails without: close before LeaveImports in Release.
func TestRelease_ClosesTheRecordFirst(t *testing.T) {
	p := newPost(t)
	db, name := testkit.Database(t)
	var deaf atomic.Bool
	p.sight.Store = testkit.DeafStore(t, name, &deaf, "delete", "cuts")
	run := p.backfill(func(r *store.Run) { r.Backfill.Paused = true })
	if err := db.HoldImports(t.Context(), p.instance, run.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	deaf.Store(true)
	if _, err := p.sight.Release(t.Context(), p.instance, run.ID, "ada"); err == nil {
		t.Fatal("the store took it: the test shows nothing")
	}
	if open, err := db.NoteRun(t.Context(), run); open || err != nil {
		t.Errorf("a late word finds the record open: %v (%v)", open, err)
	}
	if held, err := db.ImportsHeld(t.Context(), p.instance); !held || err != nil {
		t.Errorf("held %v (%v): the test shows nothing", held, err)
	}
	deaf.Store(false)
	if _, err := p.sight.Release(t.Context(), p.instance, "another", "ada"); !errors.Is(err, ErrNothingLeft) {
		t.Errorf("of another: %v", err)
	}
	if released, err := p.sight.Release(t.Context(), p.instance, run.ID, "ada"); err != nil || released.Schedule != Missing || released.DryRun {
		t.Errorf("again: %+v (%v)", released, err)
	}
	noted, err := db.GetRun(t.Context(), run.ID)
	if err != nil || !noted.WasReleased() || noted.WasCancelled() || noted.EndedAt == nil {
		t.Errorf("its record is %+v (%v)", noted, err)
	}
	if held, err := db.ImportsHeld(t.Context(), p.instance); held || err != nil {
		t.Errorf("held %v (%v)", held, err)
	}
}

// What becomes of the orders hangs on the schedule; a dry run has brought none. Fails without: each branch of String.
func TestReleased_SaysWhatComesNext(t *testing.T) {
	for want, r := range map[string]Released{
		"3 imports are pending, and the runs of the schedule take them": {Imports: 3, Schedule: On},
		"the schedule is paused: its runs take them":                    {Imports: 3, Schedule: Paused},
		"run starter apply":                             {Imports: 3, Schedule: Missing},
		"which Temporal does not show now":              {Imports: 3, Schedule: Unknown},
		"its record is closed; a dry run has staged no": {Imports: 3, DryRun: true, Schedule: On},
	} {
		if got := r.String(); !strings.Contains(got, want) || r.DryRun && strings.Contains(got, "3") {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
