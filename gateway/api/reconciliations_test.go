package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

const reconciliations = "/api/v1/reconciliations"

// reconciled keeps a reconciliation that was begun some hours ago, and what it saw.
func (w *world) reconciled(name string, hoursAgo int, findings ...store.Finding) store.Run {
	w.t.Helper()
	began := time.Now().UTC().Add(-time.Duration(hoursAgo) * time.Hour).Truncate(time.Millisecond)
	ended := began.Add(time.Minute)
	run := store.Run{ID: workflows.ReconcileID(w.instance) + "-2026/" + name, WorkflowID: workflows.ReconcileID(w.instance) + "-2026", RunID: name, Kind: store.KindReconcile,
		Instance: w.instance, StartedAt: began, EndedAt: &ended, Reconciliation: &store.Reconciliation{From: began.AddDate(0, 0, -35), To: began, Heal: true, Phase: store.ReconcileEnded,
			Total: 12, Orders: 12, Lines: map[store.AccountLine]int64{store.LineInB1: 10, store.AccountLine(store.FindDuplicate): 2}, Findings: map[store.FindingKind]int64{store.FindDuplicate: 2}, NotedAt: ended}}
	if err := w.db.PutRun(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
	for i := range findings {
		findings[i].Instance = w.instance
	}
	if err := w.db.Saw(w.t.Context(), run.ID, findings); err != nil {
		w.t.Fatal(err)
	}
	return run
}

func (w *world) finding(number int, kind store.FindingKind) store.Finding {
	key := w.key(1, fmt.Sprint(number))
	total := order.Money{Amount: decimal.RequireFromString("10.50"), Currency: "USD"}
	return store.Finding{Kind: kind, Key: key, EntityID: int64(number), PlacedAt: day(1).Add(time.Duration(number) * time.Minute), Want: &total,
		Reason: order.Reason{Code: string(kind), Message: "B1 has something else.", Hint: "Look there."}}
}

// The books are listed, the latest first, with what is open; one of them with its account and its findings, page by page, of one kind, and with those of
// earlier ones. Fails without: After, Run, Kind and Unhealed in getReconciliation; the cursor of the list.
func TestReconciliations_AreShown(t *testing.T) {
	w := newWorld(t)
	old := w.reconciled("a", 30, w.finding(1, store.FindTotalDiffers))
	latest := w.reconciled("b", 2, w.finding(2, store.FindDuplicate), w.finding(3, store.FindDuplicate), w.finding(4, store.FindMissingInB1))
	if err := w.db.Heal(t.Context(), latest.ID, store.FindingID(string(w.key(1, "4")), store.FindMissingInB1)); err != nil {
		t.Fatal(err)
	}
	var list, rest api.ReconciliationList
	w.get(reconciliations+"?limit=1").ok(200, &list)
	w.get(reconciliations+"?limit=1&cursor="+list.Next).ok(200, &rest)
	if len(list.Reconciliations) != 1 || list.Reconciliations[0].State != "completed" || list.Reconciliations[0].Account.Lines[store.LineInB1] != 10 ||
		list.Open[store.FindDuplicate] != 2 || list.Open[store.FindMissingInB1] != 0 || list.Healed[store.FindMissingInB1] != 1 || len(list.Open) != len(store.FindingKinds()) {
		t.Errorf("list %+v", list)
	}
	if len(rest.Reconciliations) != 1 || rest.Next != "" || rest.Reconciliations[0].ID != strings.ReplaceAll(old.ID, "/", "~") {
		t.Errorf("rest %+v", rest)
	}
	var status api.Status
	if w.get("/api/v1/status").ok(200, &status); status.Reconciliation == nil || status.Reconciliation.Open != 3 || status.Reconciliation.Orders != 12 || status.Reconciliation.EndedAt == nil || status.Reconciliation.Running {
		t.Errorf("the status says %+v", status.Reconciliation)
	}
	at := list.Reconciliations[0].Links.Self
	var one, next api.ReconciliationDetail
	w.get(at+"&limit=2").ok(200, &one)
	w.get(at+"&limit=2&cursor="+one.Next).ok(200, &next)
	if one.Account.Total != 12 || len(one.Findings) != 2 || one.Findings[0].Key != w.key(1, "2") || one.Findings[0].Reason.Hint == "" || !strings.Contains(one.Findings[0].Links.Self, "/orders/") {
		t.Errorf("one %+v", one)
	}
	if len(next.Findings) != 1 || next.Findings[0].Key != w.key(1, "4") || next.Findings[0].HealedAt == nil || next.Next != "" {
		t.Errorf("its second page %+v", next)
	}
	for query, want := range map[string]string{"": "2 3 4", "?kind=duplicate": "2 3", "?open=true": "1 2 3", "?open=true&kind=total_differs": "1", "?kind=key_changed": ""} {
		var d api.ReconciliationDetail
		w.get(reconciliations+"/latest"+query).ok(200, &d)
		var got []string
		for _, f := range d.Findings {
			got = append(got, f.Key.IncrementID())
		}
		if strings.Join(got, " ") != want || d.ID != list.Reconciliations[0].ID || d.Open[store.FindTotalDiffers] != 1 {
			t.Errorf("latest%s: %v, want %s; %+v", query, got, want, d.Open)
		}
	}
}

// Each thing that is wrong has a problem of its own. Fails without: the instance and the kind in reconciliation.
func TestReconciliations_SayWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.get(reconciliations+"/latest").problem(404, "reconciliation-not-found", "POST")
	w.get(reconciliations+"/nothing~x").problem(404, "reconciliation-not-found", "nothing~x")
	run := w.reconciled("a", 2)
	sync := store.Run{ID: "sync-orders:" + w.instance + "/x", WorkflowID: "sync-orders:" + w.instance, RunID: "x", Kind: store.KindSync, Instance: w.instance, StartedAt: time.Now()}
	if err := w.db.PutRun(t.Context(), sync); err != nil {
		t.Fatal(err)
	}
	w.get(reconciliations+"/"+url.PathEscape(strings.ReplaceAll(sync.ID, "/", "~"))).problem(404, "reconciliation-not-found")
	at := reconciliations + "/" + url.PathEscape(strings.ReplaceAll(run.ID, "/", "~"))
	w.get(at+"?instance=nowhere").problem(422, "unknown-instance", "nowhere")
	w.get(at+"?kind=wrong").problem(422, "invalid-request", "query.kind")
	w.get(at+"?cursor=wrong").problem(422, "invalid-request", "query.cursor")
	w.get(reconciliations+"?cursor=wrong").problem(422, "invalid-request", "query.cursor")
	for body, word := range map[string]string{`{"from":"` + midnight(28) + `","to":"` + midnight(29) + `"}`: "to:", `{"force":true}`: "force:", `{"from":"` + midnight(-2) + `"}`: "future"} {
		w.post(reconciliations, body).problem(422, "invalid-request", word)
	}
	w.post(reconciliations, `{"instance":"nowhere"}`).problem(422, "unknown-instance", "nowhere")
	dead := serve(t, w.settings, deadStore(t), w.temporal)
	call(t, dead, http.MethodGet, reconciliations, "", nil).problem(503, "unavailable", "store")
	call(t, dead, http.MethodGet, at, "", nil).problem(503, "unavailable", "store")
	// An open record of which Temporal does not tell whether it is under way is no reason to say so. Fails without: partDown in noReconciliation.
	open := store.Run{ID: workflows.ReconcileID(w.instance) + "/x", WorkflowID: workflows.ReconcileID(w.instance), RunID: "x", Kind: store.KindReconcile, Instance: w.instance, StartedAt: time.Now(),
		Reconciliation: &store.Reconciliation{Phase: store.ReconcileCompares}}
	if err := w.db.PutRun(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	call(t, serve(t, w.settings, w.db, deadTemporal(t)), http.MethodPost, reconciliations, `{}`, []string{"Content-Type", "application/json"}).problem(503, "unavailable", "temporal")
}

// An operator begins one, once for each Idempotency-Key, and none while one is under way or without a worker; it is written down, and goes by the settings. Fails without:
// isTakenUp; noReconciliation, and LeaveReconciliation in it; the case AlreadyStarted; Audit; Most, Days and Narrow in reconcileRequest; the
// limit and the priority in StartReconcile.
func TestReconciliations_AreBegunOnce(t *testing.T) {
	w := newWorld(t)
	t.Cleanup(func() {
		_ = w.temporal.TerminateWorkflow(context.WithoutCancel(w.t.Context()), workflows.ReconcileID(w.instance), "", "test")
	})
	from, to := midnight(29), midnight(28) // within the 40 days
	request := `{"from":"` + from + `","to":"` + to + `","heal":true}`
	viewer := w.as(access.Viewer)
	call(t, w.server, http.MethodPost, reconciliations, request, []string{"Authorization", viewer, "Content-Type", "application/json"}).problem(403, "not-allowed", "operator")

	w.settings.ReconcileMostMissing, w.settings.ReconcileDays = 7, 40
	w.post(reconciliations, request).problem(409, "no-worker", "WORKER_LANES")
	w.syncs()
	var first, again api.StartedReconciliation
	r := w.post(reconciliations, request, "Idempotency-Key", "once")
	r.ok(202, &first)
	w.post(reconciliations, request, "Idempotency-Key", "once").ok(202, &again)
	if first.ID != again.ID || first.WorkflowID != workflows.ReconcileID(w.instance) || r.header.Get("Location") != first.Location {
		t.Errorf("%+v, then %+v", first, again)
	}
	w.hasSource(first.WorkflowID, "reconcile")
	if in := w.begunWith(first.WorkflowID); in.Most != 7 || !in.Partial || in.Days != 0 {
		t.Errorf("it is begun with %+v", in)
	}
	w.post(reconciliations, request).problem(409, "reconciliation-under-way", reconciliations)
	var live api.RunSummary
	if w.get("/api/v1/runs/"+url.PathEscape(first.ID)).ok(200, &live); live.Kind != "reconcile" || live.State != "running" {
		t.Errorf("run %+v", live)
	}
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "start-reconciliation", Limit: 10})
	if err != nil || len(entries) != 4 || entries[1].Target != w.instance+": from "+from+" to "+to+" heal" || entries[1].State != store.AuditDone {
		t.Errorf("written down: %+v, %v", entries, err)
	}
	if err := w.temporal.TerminateWorkflow(t.Context(), first.WorkflowID, "", "test"); err != nil {
		t.Fatal(err)
	}

	open := store.Run{ID: workflows.SyncOrdersID(w.instance) + "/x", WorkflowID: workflows.SyncOrdersID(w.instance), RunID: "x", Kind: store.KindReconcile, Instance: w.instance, StartedAt: time.Now(),
		Reconciliation: &store.Reconciliation{Phase: store.ReconcileCompares}}
	if err := w.db.PutRun(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	if busy, err := w.db.TakeReconciliation(t.Context(), open); err != nil || busy != "" {
		t.Fatalf("%q has it, %v", busy, err)
	}
	w.post(reconciliations, `{}`).ok(202, &again) // its end was never written down, and Temporal knows of none
	if in := w.begunWith(again.WorkflowID); in.Most != 7 || in.Partial || in.Days != 40 {
		t.Errorf("without a window it is begun with %+v", in)
	}
	if busy, err := w.db.TakeReconciliation(t.Context(), store.Run{ID: "new/1", WorkflowID: "new", Instance: w.instance}); err != nil || busy != "" {
		t.Errorf("what was terminated still has the instance: %q, %v", busy, err)
	}
	if err := w.temporal.TerminateWorkflow(t.Context(), again.WorkflowID, "", "test"); err != nil {
		t.Fatal(err)
	}
	w.lives(open.WorkflowID)
	w.post(reconciliations, request).problem(409, "reconciliation-under-way", "Watch it")
}

// What a person says is mended however much is missing: it is begun so, and written down. Fails without: Force in reconcileRequest; in Audit.
func TestReconciliations_AreForced(t *testing.T) {
	w := newWorld(t)
	t.Cleanup(func() {
		_ = w.temporal.TerminateWorkflow(context.WithoutCancel(w.t.Context()), workflows.ReconcileID(w.instance), "", "test")
	})
	w.syncs()
	var begun api.StartedReconciliation
	call(t, w.server, http.MethodPost, reconciliations, `{"heal":true,"force":true}`, []string{"Authorization", w.as(access.Operator), "Content-Type", "application/json"}).ok(202, &begun)
	if in := w.begunWith(begun.WorkflowID); !in.Force || !in.Heal || in.Actor != "key:operator" {
		t.Errorf("it is begun with %+v", in)
	}
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "start-reconciliation", Limit: 10})
	if err != nil || len(entries) != 1 || !strings.HasSuffix(entries[0].Target, "heal force") {
		t.Errorf("written down: %+v, %v", entries, err)
	}
}

// That one is under way passes by itself: the same request begins another once it has ended. Fails without: reconciliationRuns in passing.
func TestReconciliations_AreNotRefusedForLong(t *testing.T) {
	w := newWorld(t)
	id := workflows.ReconcileID(w.instance)
	t.Cleanup(func() { _ = w.temporal.TerminateWorkflow(context.WithoutCancel(w.t.Context()), id, "", "test") })
	w.syncs()
	var first, second api.StartedReconciliation
	w.post(reconciliations, `{}`, idempotency, "first").ok(202, &first)
	for range 2 {
		w.post(reconciliations, `{}`, idempotency, "second").problem(409, "reconciliation-under-way", "Watch it")
	}
	if err := w.temporal.TerminateWorkflow(t.Context(), id, "", "test"); err != nil {
		t.Fatal(err)
	}
	w.post(reconciliations, `{}`, idempotency, "second").ok(202, &second)
	if second.ID == first.ID {
		t.Errorf("%s was begun twice", first.ID)
	}
}

// midnight is when the day began that was so many days ago.
func midnight(daysAgo int) string {
	return time.Now().UTC().AddDate(0, 0, -daysAgo).Truncate(24 * time.Hour).Format(time.RFC3339)
}

// begunWith is what the latest run of a workflow was begun with.
func (w *world) begunWith(workflowID string) (in workflows.ReconcileInput) {
	w.t.Helper()
	events := w.temporal.GetWorkflowHistory(w.t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	if err == nil {
		a := first.GetWorkflowExecutionStartedEventAttributes()
		if a.GetWorkflowExecutionTimeout().AsDuration() != workflows.ReconcileLimit || a.GetPriority().GetPriorityKey() != workflows.ImportPriority {
			w.t.Errorf("it may take %s, and has the priority %d", a.GetWorkflowExecutionTimeout().AsDuration(), a.GetPriority().GetPriorityKey())
		}
		err = converter.GetDefaultDataConverter().FromPayloads(a.GetInput(), &in)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

// lives begins a workflow of that name that nobody takes up.
func (w *world) lives(workflowID string) {
	w.t.Helper()
	if _, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflowID, TaskQueue: w.settings.TaskQueue}, workflows.Reconcile, workflows.ReconcileInput{}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.temporal.TerminateWorkflow(context.WithoutCancel(w.t.Context()), workflowID, "", "test") })
}
