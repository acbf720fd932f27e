package main

import (
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// A backfill was terminated while it was paused, and its orders go nowhere: that is said once, by all who watch, and seen in the status. A person
// lets them go: then the runs of the schedule take them to B1, the record is closed, and the alarm is over. Fails without: backfill in keep of
// package watch; LeaveImports in Release of package watch (the run takes none); NoteRun in its close (the alarm stands); Lives in it; WasReleased in
// broken.
func TestBackfillRelease_OfOneThatWasTerminatedWhilePaused(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.must("apply")
	r.firstRun()
	r.closeShop()
	r.past(repeat("simple", 3)...)
	r.must(append(lastWeek(), "--background")...)
	r.must("backfill", "--pause")
	id := workflows.BackfillOrdersID(r.instance)
	r.until("the pause is written down", func() bool {
		run, err := r.db.LatestRun(t.Context(), id)
		return err == nil && run.Backfill.Paused
	})
	if code, _, errs := r.starter("backfill", "--release"); code != exitInput || !strings.Contains(errs, "is under way: end it with --cancel") {
		t.Errorf("released while it is under way: exit %d: %s", code, errs)
	}
	run, err := r.db.LatestRun(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Stage(t, r.db, r.instance, r.shop, func(_ int, doc *store.Staged) { doc.Import = run.ID })
	if err := r.temporal.TerminateWorkflow(t.Context(), id, "", ""); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SYNC_ALARM_AFTER", "2s")
	h := r.keepWatch(2)
	r.until("the alarm", func() bool { return h.count("level=ERROR", "cause=backfill_lost", "starter backfill --release") > 0 })
	if out := r.must("status"); !strings.Contains(out, ", 3 imports pending and held\n") || !strings.Contains(out, "STUCK since ") {
		t.Errorf("status says\n%s", out)
	}
	if _, _, errs := r.starter("backfill", "--attach"); !strings.Contains(errs, "was terminated; starter backfill --release") {
		t.Errorf("attach says %s", errs)
	}
	r.shop.ClearFaults()
	posted := func() int64 {
		n, err := r.db.Counts(t.Context(), r.instance)
		if err != nil {
			t.Fatal(err)
		}
		return n[order.Posted]
	}
	before := posted()
	r.must("sync", "--wait")
	if n := posted(); n != before {
		t.Errorf("a run took %d of them that were held", n-before)
	}
	if out := r.must("backfill", "--release"); !strings.Contains(out, "released: 3 imports are pending, and the runs of the schedule take them to B1") {
		t.Errorf("release says %q", out)
	}
	r.until("the end of the alarm", func() bool { return h.count("level=WARN", "the backfill that did not get on has ended") > 0 })
	r.must("sync", "--wait")
	if n := posted() - before; n != 3 {
		t.Errorf("a run took %d of them that were let go, want 3", n)
	}
	if run, err := r.db.LatestRun(t.Context(), id); err != nil || run.EndedAt == nil || run.Backfill.Imported[order.Pending] != 3 || len(run.Errors) != 1 {
		t.Errorf("its record is %+v, %+v (%v)", run, run.Backfill, err)
	}
	if _, _, errs := r.starter("backfill", "--attach"); !strings.Contains(errs, "was terminated; it was released since") {
		t.Errorf("attach says afterwards %s", errs)
	}
	if out := r.must("status"); strings.Contains(out, "STUCK") || strings.Contains(out, "backfill") {
		t.Errorf("status says afterwards\n%s", out)
	}
	if alarms := h.count("level=ERROR", "cause=backfill_lost"); alarms != 1 {
		t.Errorf("%d alarms, want 1", alarms)
	}
	if code, _, errs := r.starter("backfill", "--release"); code != exitInput || !strings.Contains(errs, "has left anything to release") {
		t.Errorf("released again: exit %d: %s", code, errs)
	}
}
