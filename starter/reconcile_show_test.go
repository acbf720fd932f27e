package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// account keeps a reconciliation in the store.
func (r *rig) account(id string, change func(*store.Run)) store.Run {
	r.t.Helper()
	began := time.Now().UTC().Add(-time.Hour).Truncate(time.Millisecond)
	ended := began.Add(time.Minute)
	run := store.Run{ID: id, WorkflowID: strings.SplitN(id, "/", 2)[0], Kind: store.KindReconcile, Instance: r.instance, StartedAt: began, EndedAt: &ended, Reconciliation: &store.Reconciliation{
		From: began.AddDate(0, 0, -35), To: began, Phase: store.ReconcileEnded, Total: 5, Orders: 5, Lines: map[store.AccountLine]int64{store.LineInB1: 5}, Findings: map[store.FindingKind]int64{}, NotedAt: began}}
	change(&run)
	if err := r.db.PutRun(r.t.Context(), run); err != nil {
		r.t.Fatal(err)
	}
	return run
}

// Orders that Magento counts and does not show are in no account, and a script sees that. Fails without: NotShown in tell.
func TestReconcile_TellsOfOrdersThatMagentoKeepsBack(t *testing.T) {
	r := newRig(t)
	r.account("reconcile/a", func(*store.Run) {})
	if code, out, _ := r.starter("reconcile", "--show"); code != exitOK {
		t.Errorf("all in account: exit %d\n%s", code, out)
	}
	r.account("reconcile/b", func(run *store.Run) { run.Reconciliation.Total, run.StartedAt = 7, run.StartedAt.Add(time.Minute) })
	if code, out, _ := r.starter("reconcile", "--show"); code != exitFindings || !strings.Contains(out, "Magento has 7") || !strings.Contains(out, "5  in all") {
		t.Errorf("two kept back: exit %d\n%s", code, out)
	}
}

// Findings are shown also where none has compared as much as the nightly one. Fails without: reading them before Latest is looked at (show).
func TestReconcile_ShowsFindingsBeforeAWholeOneHasEnded(t *testing.T) {
	r := newRig(t)
	run := r.account("reconcile/a", func(run *store.Run) { run.Reconciliation.Partial = true })
	key, err := order.NewKey(r.instance, 1, "000000007")
	if err != nil {
		t.Fatal(err)
	}
	finding := store.Finding{Instance: r.instance, Kind: store.FindDuplicate, Key: key, PlacedAt: run.StartedAt, Reason: order.Reason{Code: "duplicate", Message: "B1 has 2 sales orders of it."}}
	if err := r.db.Saw(t.Context(), run.ID, []store.Finding{finding}); err != nil {
		t.Fatal(err)
	}
	code, out, errs := r.starter("reconcile", "--show")
	if code != exitFindings || !strings.Contains(out, string(key)+" duplicate: B1 has 2 sales orders of it.") || !strings.Contains(errs, "no reconciliation of "+r.instance) {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	code, out, _ = r.starter("reconcile", "--show", "--json")
	var report reconcileReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitFindings || report.Run != nil || len(report.Findings) != 1 {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
}

// While one of the schedule is under way none is begun; one that was terminated is in nobody's way. Fails without: noReconciliation.
func TestReconcile_IsBegunOnce(t *testing.T) {
	r := newRig(t)
	id := workflows.ReconcileID(r.instance) + "-2026-11-30"
	begun, err := r.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody-" + r.instance}, workflows.Reconcile, workflows.ReconcileInput{Instance: r.instance, Days: 35})
	if err != nil {
		t.Fatal(err)
	}
	end := func(id string) error {
		return r.temporal.TerminateWorkflow(context.WithoutCancel(t.Context()), id, "", "test")
	}
	t.Cleanup(func() { _ = end(id) })
	run := r.account(id+"/"+begun.GetRunID(), func(run *store.Run) { run.EndedAt, run.Reconciliation.Phase = nil, store.ReconcileCompares })
	if busy, err := r.db.TakeReconciliation(t.Context(), run); err != nil || busy != "" {
		t.Fatal(busy, err)
	}
	if code, _, errs := r.starter("reconcile"); code != exitInput || !strings.Contains(errs, "a reconciliation of "+r.instance+" is under way") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if err := end(id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end(workflows.ReconcileID(r.instance)) })
	if code, _, errs := r.starter("reconcile"); code != exitOK {
		t.Errorf("after it was terminated: exit %d, %s", code, errs)
	}
	next := run
	next.ID, next.WorkflowID = "another/x", "another"
	if busy, err := r.db.TakeReconciliation(t.Context(), next); err != nil || busy != "" {
		t.Errorf("%q has the instance still (%v)", busy, err)
	}
}
