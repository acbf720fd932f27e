package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// past puts orders of some days ago into the shop.
func (r *rig) past(kinds ...string) (numbers []string) {
	r.t.Helper()
	for _, kind := range kinds {
		numbers = append(numbers, r.place(kind))
	}
	for _, p := range r.shop.Orders() {
		if err := r.shop.Update(p.EntityID, func(doc map[string]any) {
			doc["state"], doc["status"] = "processing", "processing"
			doc["created_at"] = time.Now().UTC().AddDate(0, 0, -3).Format(time.DateTime)
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	return numbers
}

// closeShop makes the shop answer nothing.
func (r *rig) closeShop() {
	r.t.Helper()
	if err := r.shop.SetFaults(func(f *magentosim.Faults) { f.Unavailable = true }); err != nil {
		r.t.Fatal(err)
	}
}

// lastWeek are the flags of a range that holds them.
func lastWeek() []string {
	return []string{"backfill", "--from", time.Now().UTC().AddDate(0, 0, -7).Format(time.DateOnly)}
}

func repeat(kind string, n int) []string {
	return strings.Fields(strings.Repeat(kind+" ", n))
}

// A dry run tells what the backfill then does; its exit code is that of held orders.
func TestBackfillShowsWhatItDid(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.past(append(repeat("simple", 5), "forgotten")...)
	code, out, errs := r.starter(append(lastWeek(), "--dry-run")...)
	if want := "would bring 6 (pending 6)\n"; code != exitOK || !strings.Contains(out, want) || !strings.Contains(out, "taken to B1 0") {
		t.Errorf("dry: exit %d: %s%s, want %q", code, out, errs, want)
	}
	if counts, err := r.db.Counts(t.Context(), r.instance); err != nil || counts[order.Pending] != 0 {
		t.Errorf("a dry run has staged %v, %v", counts, err)
	}
	code, out, errs = r.starter(lastWeek()...)
	for _, part := range []string{"backfill-orders:" + r.instance + " started\n", "read 6 (new 6), taken to B1 6 (posted 5, held 1)", "brought 6 (posted 5, held 1)\n", "1 held: "} {
		if code != exitHeld || !strings.Contains(out, part) {
			t.Errorf("exit %d: %s%s, want %q in it", code, out, errs, part)
		}
	}
	code, out, errs = r.starter(append(lastWeek(), "--by", "updated", "--store", "1", "--status", "complete")...)
	if code != exitOK || !strings.Contains(out, "read 0") {
		t.Errorf("of another status: exit %d: %s%s", code, out, errs)
	}
	if code, out, _ := r.starter("backfill", "--attach"); code != exitOK || !strings.Contains(out, "read 0") {
		t.Errorf("attached to the latest: exit %d: %s", code, out)
	}
	run, err := r.db.LatestRun(t.Context(), workflows.BackfillOrdersID(r.instance))
	if err != nil || run.Kind != "backfill" || run.Backfill.Selection.Status != "complete" || run.EndedAt == nil {
		t.Errorf("the record is %+v, %v", run, err)
	}
}

func TestBackfillByName(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	numbers := r.past("simple", "simple")
	code, out, errs := r.starter("backfill", numbers[0], r.instance+":1:"+numbers[1], "404")
	if code != exitHeld || !strings.Contains(out, "brought 2 (posted 2)\n404 missing: ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// Ctrl-C ends the watching and not the backfill; --attach picks it up, --pause holds it, --resume lets it go on, and nobody starts
// a second one meanwhile.
func TestBackfillGoesOnWithoutItsTerminal(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.past(repeat("simple", 40)...)
	r.closeShop()
	out, errs, code := r.ctrlC(lastWeek(), "reading 0")
	if want := "stopped watching; backfill-orders:" + r.instance + " goes on by itself: starter backfill --attach picks it up"; code != exitFailed || !strings.Contains(errs, want) {
		t.Errorf("exit %d: %s%s, want %q", code, out, errs, want)
	}
	if code, _, errs := r.starter(lastWeek()...); code != exitInput || !strings.Contains(errs, "is under way: watch it with starter backfill --attach") {
		t.Errorf("a second one: exit %d: %s", code, errs)
	}
	if out := r.must("backfill", "--pause"); !strings.Contains(out, "is paused: reading 0") || !strings.Contains(out, "paused by starter") {
		t.Errorf("pause says %q", out)
	}
	r.until("status shows the pause", func() bool {
		out := r.must("status")
		return strings.Contains(out, "reading, paused by starter since ") && strings.Contains(out, ", 0 imports pending and held")
	})
	r.shop.ClearFaults()
	_, errs, _ = r.interrupted([]string{"backfill", "--attach"}, "paused by starter")
	if !strings.Contains(errs, "stopped watching") {
		t.Errorf("attached while it is paused: %s", errs)
	}
	if out := r.must("backfill", "--resume"); !strings.Contains(out, "goes on: ") {
		t.Errorf("resume says %q", out)
	}
	code, out, errs = r.starter("backfill", "--attach")
	if code != exitOK || !strings.Contains(out, "brought 40 (posted 40)\n") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for _, flag := range []string{"--pause", "--resume", "--cancel"} {
		if code, _, errs := r.starter("backfill", flag); code != exitInput || !strings.Contains(errs, "no backfill of "+r.instance+" is under way") {
			t.Errorf("%s when it has ended: exit %d: %s", flag, code, errs)
		}
	}
}

// ctrlC runs a command line as a process of its own until it says something, and then interrupts it.
func (r *rig) ctrlC(args []string, said string) (out, errs string, code int) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	program := filepath.Join(r.t.TempDir(), "starter") // TestMain knows itself by this name
	if err := os.Symlink(self, program); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var stdout strings.Builder
	heard := &listener{heard: func(s string) {
		if strings.Contains(s, said) {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				r.t.Error(err)
			}
		}
	}}
	cmd.Stdout, cmd.Stderr = &stdout, heard
	if _, ended := errors.AsType[*exec.ExitError](cmd.Run()); !ended {
		r.t.Fatalf("it did not end as it should: %s%s", stdout.String(), heard.all.String())
	}
	return stdout.String(), heard.all.String(), cmd.ProcessState.ExitCode()
}

// interrupted runs a command line until it says something, and then interrupts it as Ctrl-C does.
func (r *rig) interrupted(args []string, said string) (out, errs string, code int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	var stdout strings.Builder
	heard := &listener{heard: func(s string) {
		if strings.Contains(s, said) {
			cancel()
		}
	}}
	code = run(ctx, args, streams{strings.NewReader(""), &stdout, io.Writer(heard)})
	return stdout.String(), heard.all.String(), code
}

func TestBackfillThatIsCancelled(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.past("simple")
	r.closeShop()
	r.interrupted(lastWeek(), "reading 0")
	r.must("backfill", "--cancel")
	code, _, errs := r.starter("backfill", "--attach")
	if code != exitFailed || !strings.Contains(errs, "was cancelled; what is staged is taken to B1 by the runs") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if held, err := r.db.ImportsHeld(t.Context(), r.instance); err != nil || held {
		t.Errorf("its imports are held still: %v, %v", held, err)
	}
}

// Without a worker whoever attaches is told so, and sees the record in the store. Fails without: warnWithoutWorker at --attach; recorded
// in look (it shows nothing for ever).
func TestBackfillIsShownWithoutAWorker(t *testing.T) {
	r := newRig(t)
	r.starter(append(lastWeek(), "--background")...)
	id := workflows.BackfillOrdersID(r.instance)
	record := store.Run{ID: id + "/1", Kind: "backfill", Instance: r.instance, WorkflowID: id, StartedAt: time.Now().Add(-2 * time.Hour).UTC(), Backfill: &store.BackfillProgress{
		Phase: store.BackfillPosts, ToPost: 7, Paused: true, PausedBy: "ada", NotedAt: time.Now().Add(-time.Hour), Since: time.Now().Add(-90 * time.Minute)}}
	if err := r.db.PutRun(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	_, errs, _ := r.interrupted([]string{"backfill", "--attach"}, "as recorded")
	for _, part := range []string{"no worker listens on task queue ", "posting 0 of 7, paused by ada (as recorded 1h0m"} {
		if !strings.Contains(errs, part) {
			t.Errorf("attached without a worker: %s, want %q in it", errs, part)
		}
	}
	want := "posting, paused by ada since " + record.Backfill.Since.UTC().Format(time.RFC3339) + ", 0 imports pending; not heard of for 1h0m0s: is a worker running?"
	if out := r.must("status"); !strings.Contains(out, want) {
		t.Errorf("status says %s, want %q in it", out, want)
	}
	if out := r.must("status", "--json"); !strings.Contains(out, `"backfill":{"id":"`+record.ID+`","phase":"posting","state":"paused"`) {
		t.Errorf("status --json says %s", out)
	}
}

func TestBackfillLine(t *testing.T) {
	since, lately := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), time.Now()
	for want, b := range map[string]store.BackfillStatus{
		"reading since 2026-11-30T08:00:00Z, 0 imports pending":                              {Phase: store.BackfillReads, State: store.BackfillRuns, Since: since, NotedAt: lately},
		"posting, paused by somebody since 2026-11-30T08:00:00Z, 7 imports pending and held": {Phase: store.BackfillPosts, State: store.BackfillIsPaused, Since: since, NotedAt: lately, Imports: 7, Held: true},
		"posting, waits since 2026-11-30T08:00:00Z: quiet hours, 7 imports pending and held": {Phase: store.BackfillPosts, State: store.BackfillWaits, Why: "quiet hours", Since: since, NotedAt: lately, Imports: 7, Held: true},
	} {
		if got := backfillLine(b); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestBackfillThatNobodyKnows(t *testing.T) {
	r := newRig(t)
	if code, _, errs := r.starter("backfill", "--attach"); code != exitInput || !strings.Contains(errs, "no backfill of "+r.instance+" is known") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestBackfillProgressLine(t *testing.T) {
	reading := store.Run{Counts: store.Counts{Read: 300}, Backfill: &store.BackfillProgress{Phase: store.BackfillReads, Total: 20000, Rate: 412.4}}
	posting := store.Run{Counts: store.Counts{Posted: 1190, Held: 10}, Backfill: &store.BackfillProgress{Phase: store.BackfillPosts, ToPost: 20000, Rate: 16}}
	paused := posting
	paused.Backfill = &store.BackfillProgress{Phase: store.BackfillPosts, ToPost: 20000, Paused: true, PausedBy: "ada"}
	waits := store.Run{Backfill: &store.BackfillProgress{Phase: store.BackfillReads, Waits: "read Magento: 503"}}
	for want, r := range map[string]store.Run{
		"reading 300 of 20000, 412/s, 48s left":    reading,
		"posting 1200 of 20000, 16/s, 19m35s left": posting,
		"posting 1200 of 20000, paused by ada":     paused,
		"reading 0, waits: read Magento: 503":      waits,
	} {
		if got := progressLine(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var drawn strings.Builder
	bar := newGauge(&drawn)
	bar.set("reading 3 of 4", 3, 4)
	bar.set("posting 1 of 4", 1, 4) // a new phase begins anew
	bar.clear()
	for _, part := range []string{"reading 3 of 4", " 75% ", "posting 1 of 4", " 25% "} {
		if !strings.Contains(drawn.String(), part) {
			t.Errorf("drawn %q, want %q in it", drawn.String(), part)
		}
	}
}
