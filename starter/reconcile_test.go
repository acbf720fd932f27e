package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// The schedule of reconciliations is made, left alone while nothing changes, changed, kept paused, and taken away. Fails without: waits in options (one runs
// at once), Offset in reconcilePlan, removeReconciliations.
func TestApply_TheScheduleOfReconciliations(t *testing.T) {
	r := newRig(t)
	id := workflows.ReconcileScheduleID(r.instance)
	h := r.temporal.ScheduleClient().GetHandle(t.Context(), id)
	t.Cleanup(func() {
		_ = r.temporal.ScheduleClient().GetHandle(context.Background(), id).Delete(context.Background())
	})
	t.Setenv("RECONCILE_DAYS", "35")
	t.Setenv("RECONCILE_AT", "01:45")
	if out := r.must("apply"); !strings.Contains(out, id+": created, a run starts every day at 01:45 UTC\n") {
		t.Fatalf("apply says %q", out)
	}
	d, err := h.Describe(t.Context())
	if err != nil || len(d.Info.RecentActions) != 0 || len(d.Info.RunningWorkflows) != 0 || len(d.Info.NextActionTimes) == 0 {
		t.Fatalf("the schedule is %+v, %v", d, err)
	}
	next := d.Info.NextActionTimes[0].UTC()
	if at := next.Sub(next.Truncate(24 * time.Hour)); at < 105*time.Minute || at > 115*time.Minute {
		t.Errorf("it begins at %s, want up to ten minutes after 01:45", next)
	}
	if out := r.must("apply"); !strings.Contains(out, id+": unchanged\n") {
		t.Errorf("apply says %q", out)
	}
	if err := h.Pause(t.Context(), client.SchedulePauseOptions{Note: "year's end"}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RECONCILE_AT", "03:00")
	t.Setenv("RECONCILE_HEAL", "false")
	if out := r.must("apply"); !strings.Contains(out, id+": updated: ") || !strings.Contains(out, "(paused: year's end)") || strings.Contains(out, `"heal":true}`) {
		t.Errorf("apply says %q", out)
	}
	t.Setenv("RECONCILE_DAYS", "0")
	if out := r.must("apply"); !strings.Contains(out, id+": removed\n") {
		t.Errorf("apply says %q", out)
	}
	if _, err := h.Describe(t.Context()); !isNotFound(err) {
		t.Errorf("it is there still: %v", err)
	}
	if out := r.must("apply"); strings.Contains(out, id) {
		t.Errorf("apply says %q", out)
	}
}

// Settings that make no sense are refused by name. Fails without: Reconciliation.check.
func TestReconcileSettings_AreChecked(t *testing.T) {
	newRig(t)
	t.Setenv("RECONCILE_AT", "2am")
	t.Setenv("RECONCILE_DAYS", "-1")
	t.Setenv("RECONCILE_MOST_MISSING", "0")
	_, err := config.LoadStarter()
	for _, name := range []string{"RECONCILE_AT: ", "RECONCILE_DAYS: ", "RECONCILE_MOST_MISSING: "} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want %s in it", err, name)
		}
	}
}

// An operator sees where all orders stand, what does not agree, and what was mended; a script sees it by the exit code. Fails without: exitFindings in tell,
// the findings in the report.
func TestReconcile_AsAnOperatorRunsIt(t *testing.T) {
	r := newRig(t)
	if code, _, errs := r.starter("reconcile", "--show"); code != exitInput || !strings.Contains(errs, "no reconciliation") {
		t.Errorf("before the first: exit %d, %s", code, errs)
	}
	r.startWorker()
	r.must("apply")
	for range 8 {
		r.place(magentosim.KindSimple)
	}
	r.must("sync", "--wait")
	var numbers []string
	r.until("all are settled", func() bool {
		numbers = nil
		for _, o := range r.company.Orders() {
			numbers = append(numbers, o.Key)
		}
		counts, err := r.db.Counts(t.Context(), r.instance)
		return err == nil && counts[order.Posted] == int64(len(numbers)) && counts[order.Pending] == 0 && len(numbers) > 2
	})
	inB1 := func(n int) string { return fmt.Sprintf("%8d  in_b1\n", n) }
	window := []string{"--from", "2000-01-01", "--to", "2100-01-01", "--wait"}
	reconcile := func(more ...string) (int, string, string) {
		return r.starter(append(append([]string{"reconcile"}, window...), more...)...)
	}
	code, out, errs := reconcile()
	if code != exitOK || errs != "" || !strings.Contains(out, "Magento has 8") || !strings.Contains(out, inB1(len(numbers))) || !strings.Contains(out, "8  in all") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	if err := r.company.Remove(numbers[0]); err != nil {
		t.Fatal(err)
	}
	if err := r.company.Tamper(b1sim.Tamper{Key: numbers[1], Do: "duplicate"}); err != nil {
		t.Fatal(err)
	}
	code, out, errs = reconcile("--no-heal", "--json")
	var report reconcileReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitFindings || len(report.Findings) != 2 || report.Run.Reconciliation.Lines[store.LineInB1] != int64(len(numbers)-2) {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	for _, f := range report.Findings {
		if f.HealedAt != nil {
			t.Errorf("%s is mended though nobody wants it", f.ID)
		}
	}
	code, out, _ = reconcile()
	if code != exitFindings || !strings.Contains(out, "(mended: 1)") || !strings.Contains(out, numbers[1]+" duplicate: B1 has 2 sales orders of it") || !strings.Contains(out, numbers[0]+" missing_in_b1: ") {
		t.Errorf("exit %d\n%s", code, out)
	}
	r.must("sync", "--wait")
	key, _ := order.NewKey(r.instance, 1, numbers[0])
	r.until("it is posted anew", func() bool {
		doc, err := r.db.Get(t.Context(), key)
		return err == nil && doc.Status == order.Posted
	})
	code, out, _ = reconcile()
	if code != exitFindings || !strings.Contains(out, inB1(len(numbers)-1)) || !strings.Contains(out, "found no more: 1 ") || strings.Contains(out, "missing_in_b1") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if code, shown, _ := r.starter("reconcile", "--show"); code != exitFindings || !strings.Contains(shown, "1  duplicate") {
		t.Errorf("--show: exit %d\n%s", code, shown)
	}
}

// Fails without: the checks in input and Run.
func TestReconcile_RefusesWhatMakesNoSense(t *testing.T) {
	r := newRig(t)
	for _, args := range [][]string{{"--json"}, {"--from", "2026-11-02", "--to", "2026-11-01"}, {"--from", "2026-11-01", "--days", "3"}, {"--from", "soon"},
		{"--no-heal", "--force"}, {"--days", "-1"}, {"--instance", "nowhere"}} {
		if code, out, errs := r.starter(append([]string{"reconcile"}, args...)...); code != exitInput || errs == "" {
			t.Errorf("%v: exit %d, %s%s", args, code, out, errs)
		}
	}
}
