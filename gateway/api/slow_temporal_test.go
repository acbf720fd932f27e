package api_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"datawald/gateway/api"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

// slowTemporal answers all but some questions.
type slowTemporal struct {
	client.Client
	// queues and workflows are what it does not tell.
	queues, workflows bool
	mu                sync.Mutex
	described         int
	// left is the longest time that it was given for one of these answers.
	left time.Duration
}

// note looks how long an answer may take. What it takes in the end says less: a machine may do much else, and other limits end it as well.
func (s *slowTemporal) note(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := time.Hour
	if end, bounded := ctx.Deadline(); bounded {
		left = time.Until(end)
	}
	s.left = max(s.left, left)
}

func (s *slowTemporal) DescribeTaskQueue(ctx context.Context, name string, kind enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	s.note(ctx)
	if s.queues {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Client.DescribeTaskQueue(ctx, name, kind)
}

func (s *slowTemporal) DescribeWorkflowExecution(ctx context.Context, id, run string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if run == "" { // of the record of a run; that of one that is listed names it
		s.note(ctx)
		s.mu.Lock()
		s.described++
		s.mu.Unlock()
	}
	if s.workflows {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Client.DescribeWorkflowExecution(ctx, id, run)
}

// What Temporal has told in time stays when the rest takes too long. Fails without: schedule kept in seen (its state is unknown, and Temporal is said to be down).
func TestStatus_KeepsWhatASlowTemporalHasTold(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key(1, "1"), func(d *store.Staged) { d.StagedAt = time.Now().Add(-2 * time.Hour) })
	server := serve(t, w.settings, w.db, &slowTemporal{Client: w.temporal, queues: true})
	var s api.Status
	call(t, server, http.MethodGet, "/api/v1/status", "", nil).ok(200, &s)
	if s.Schedule.State != watch.Missing || s.Workers != (api.Workers{Runs: "unknown", Orders: "unknown"}) {
		t.Errorf("schedule %+v, workers %+v", s.Schedule, s.Workers)
	}
	for _, need := range s.Needs {
		if need.Code == "temporal_down" {
			t.Error("Temporal is said to be down")
		}
	}
}

// A page of runs that were never closed asks Temporal once for each workflow, and no more after the first that it does not tell. A record of an earlier run is not
// taken for the one that is under way. Fails without: runs in lacks; silent; run != r.RunID there.
func TestRuns_ThatWereNeverClosed(t *testing.T) {
	w := newWorld(t)
	open := func(r *store.Run) { r.EndedAt = nil }
	id := workflows.BackfillOrdersID(w.instance)
	begun, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: w.instance}, "nobody takes it up")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.temporal.TerminateWorkflow(context.Background(), id, "", "the test is over") })
	w.ran(id+"/"+begun.GetRunID(), "backfill", 3, open)
	w.ran(id+"/earlier", "backfill", 2, open)
	w.ran(id+"/first", "backfill", 1, open)
	states := func(temporal *slowTemporal, asked int) map[string]string {
		t.Helper()
		var list api.RunList
		call(t, serve(t, w.settings, w.db, temporal), http.MethodGet, "/api/v1/runs", "", nil).ok(200, &list)
		if temporal.left > api.TemporalTime || temporal.described > asked {
			t.Errorf("it may take %s and %d questions, want %s and %d at most", temporal.left, temporal.described, api.TemporalTime, asked)
		}
		got := map[string]string{}
		for _, r := range list.Runs {
			got[r.RunID] = string(r.State)
		}
		return got
	}
	if got := states(&slowTemporal{Client: w.temporal}, 1); got[begun.GetRunID()] != "running" || got["earlier"] != "terminated" || got["first"] != "terminated" {
		t.Errorf("states %v", got)
	}
	var one api.RunSummary
	if w.get("/api/v1/runs/"+url.PathEscape(id+"~earlier")).ok(200, &one); one.State != "terminated" {
		t.Errorf("the earlier one is %s by itself", one.State)
	}
	for _, other := range []string{"x/4", "y/5", "z/6"} {
		w.ran(other, "resync", 4, open)
	}
	if got := states(&slowTemporal{Client: w.temporal, workflows: true}, 1); got["earlier"] != "running" || got["4"] != "running" {
		t.Errorf("where Temporal does not tell: %v", got)
	}
}

// So does a page of reconciliations, and one of them by itself. Fails without: living in listReconciliations (it asks for each, and waits for each); lacks there; the limit
// in living; silent.
func TestReconciliations_ThatWereNeverClosed(t *testing.T) {
	w := newWorld(t)
	id := workflows.ReconcileID(w.instance)
	begun, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: w.instance}, "nobody takes it up")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.temporal.TerminateWorkflow(context.Background(), id, "", "the test is over") })
	open := func(r *store.Run) { r.EndedAt = nil }
	w.ran(id+"/"+begun.GetRunID(), store.KindReconcile, 4, open)
	for n, earlier := range []string{"a", "b", "c"} {
		w.ran(id+"/"+earlier, store.KindReconcile, n+1, open)
	}
	states := func(temporal *slowTemporal) string {
		t.Helper()
		var list api.ReconciliationList
		call(t, serve(t, w.settings, w.db, temporal), http.MethodGet, reconciliations, "", nil).ok(200, &list)
		if temporal.described != 1 || temporal.left > api.TemporalTime {
			t.Errorf("it was asked %d times, with %s for an answer; want once, %s", temporal.described, temporal.left, api.TemporalTime)
		}
		text := ""
		for _, r := range list.Reconciliations {
			text += string(r.State) + " "
		}
		return text
	}
	if got := states(&slowTemporal{Client: w.temporal}); got != "running terminated terminated terminated " {
		t.Errorf("states %s", got)
	}
	var one api.ReconciliationDetail
	if w.get(reconciliations+"/"+url.PathEscape(id+"~a")).ok(200, &one); one.State != "terminated" {
		t.Errorf("an earlier one is %s by itself", one.State)
	}
	w.ran(id+"-2026-11-01T00:00:00Z/d", store.KindReconcile, 5, open)
	if got := states(&slowTemporal{Client: w.temporal, workflows: true}); got != "running running running running running " {
		t.Errorf("where Temporal does not tell: %s", got)
	}
}
