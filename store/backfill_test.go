package store_test

import (
	"fmt"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Imports are left to a backfill for as long as it says that it is there, and only its holder gives them up. Fails without: the
// times in ImportsHeld; the holder in LeaveImports.
func TestImports_AreHeldForATime(t *testing.T) {
	s := testkit.Store(t)
	held := func(want bool, when string) {
		t.Helper()
		if got, err := s.ImportsHeld(t.Context(), "main"); err != nil || got != want {
			t.Errorf("%s: held is %v, %v; want %v", when, got, err, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	held(false, "before")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(time.Hour)))
	held(true, "held")
	if other, err := s.ImportsHeld(t.Context(), "eu"); err != nil || other {
		t.Errorf("those of another instance are held too: %v, %v", other, err)
	}
	must(s.LeaveImports(t.Context(), "main", "run 2"))
	held(true, "left by another")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(-time.Second)))
	held(false, "its time is over")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Time{}))
	held(true, "for as long as it is paused")
	must(s.HoldImports(t.Context(), "main", "run 1", time.Now().Add(time.Hour)))
	must(s.LeaveImports(t.Context(), "main", "run 1"))
	held(false, "left")
}

func TestImports_AreCounted(t *testing.T) {
	s := testkit.Store(t)
	for n, status := range []order.Status{order.Pending, order.Pending, order.Posted, order.Held} {
		for _, name := range []string{"mine", "others", ""} {
			stage(t, s, order.Key(fmt.Sprintf("main:1:%s%d", name, n)), func(d *store.Staged) { d.Status, d.Import = status, name })
		}
	}
	stage(t, s, "eu:1:1", func(d *store.Staged) { d.Import = "mine" })
	stage(t, s, "main:1:later", func(d *store.Staged) { d.Import, d.DueAt = "others", time.Now().Add(time.Hour) })
	stage(t, s, "main:1:asked", func(d *store.Staged) { d.Import, d.Manual = "others", true })
	got, err := s.CountImported(t.Context(), "main", "mine")
	if want := (map[order.Status]int{order.Pending: 2, order.Posted: 1, order.Held: 1}); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("brought %v, %v; want %v", got, err, want)
	}
	if n, err := s.CountWaitingImports(t.Context(), "main"); err != nil || n != 4 {
		t.Errorf("%d wait, %v; want the four that are due", n, err)
	}
}

// A backfill that has not ended is part of the overview: since when it stands, why, and how many orders it holds; and so is one that has ended
// and holds them still. Fails without: each case of BackfillOf; the end of the hold in LeftHold.
func TestOverview_ShowsTheBackfillUnderWay(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:1", func(d *store.Staged) { d.Import = "run" })
	stage(t, s, "main:1:2", func(d *store.Staged) { d.Import, d.DueAt = "run", time.Now().Add(time.Hour) })
	stage(t, s, "main:1:3", func(d *store.Staged) {})
	for name, tc := range map[string]struct {
		change func(*store.Run)
		want   *store.BackfillStatus
	}{
		"Running": {func(*store.Run) {}, &store.BackfillStatus{State: store.BackfillRuns, Since: at(1)}},
		"Paused": {func(r *store.Run) { r.Backfill.Paused, r.Backfill.PausedBy, r.Backfill.Since = true, "ada", at(5) },
			&store.BackfillStatus{State: store.BackfillIsPaused, Since: at(5), Why: "ada"}},
		"Waiting": {func(r *store.Run) { r.Backfill.Waits, r.Backfill.Since = "quiet hours", at(6) },
			&store.BackfillStatus{State: store.BackfillWaits, Since: at(6), Why: "quiet hours"}},
		"Ended": {func(r *store.Run) { r.EndedAt = new(at(9)) },
			&store.BackfillStatus{State: store.BackfillLeft, Since: at(9)}},
	} {
		run := store.Run{ID: "b/1", Kind: "backfill", Instance: "main", StartedAt: at(1), Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, NotedAt: at(7)}}
		tc.change(&run)
		if err := s.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if err := s.HoldImports(t.Context(), "main", "b/1", time.Time{}); err != nil {
			t.Fatal(err)
		}
		o, err := s.Overview(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		if tc.want != nil {
			tc.want.ID, tc.want.Phase, tc.want.NotedAt, tc.want.Imports, tc.want.Held = "b/1", store.BackfillPosts, at(7), 2, true
			if name == "Ended" {
				tc.want.Phase, tc.want.NotedAt, tc.want.MovedAt = store.BackfillEnded, at(9), at(9)
			} else {
				tc.want.MovedAt = at(7)
			}
		}
		if got := fmt.Sprintf("%+v", o.Backfill); got != fmt.Sprintf("%+v", tc.want) {
			t.Errorf("%s: %s, want %+v", name, got, tc.want)
		}
	}
	if err := s.HoldImports(t.Context(), "main", "b/1", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRun(t.Context(), store.Run{ID: "b/1", Kind: "backfill", Instance: "main", StartedAt: at(1), EndedAt: new(at(9)), Backfill: &store.BackfillProgress{}}); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Overview(t.Context(), "main"); err != nil || o.Backfill != nil {
		t.Errorf("one that has ended, with a hold that ends by itself: %+v, %v", o.Backfill, err)
	}
	if o, err := s.Overview(t.Context(), "eu"); err != nil || o.Backfill != nil {
		t.Errorf("another instance has %+v, %v", o.Backfill, err)
	}
}
