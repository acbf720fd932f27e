package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/gateway/api"
	"datawald/store"
	"datawald/workflows"
)

// scheduled makes the schedule of the instance, which never fires by itself.
func (w *world) scheduled() client.ScheduleHandle {
	w.t.Helper()
	h, err := w.temporal.ScheduleClient().Create(w.t.Context(), client.ScheduleOptions{
		ID: workflows.ScheduleID(w.instance), Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 1000 * time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(w.instance), Workflow: "SyncOrders", TaskQueue: w.settings.TaskQueue},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// syncs runs sync runs that end when they get the signal end.
func (w *world) syncs() {
	w.t.Helper()
	wk := worker.New(w.temporal, w.settings.TaskQueue, worker.Options{})
	wk.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "SyncOrders"})
	if err := wk.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(wk.Stop)
	until(w.t, func() bool {
		var s api.Status
		w.get("/api/v1/status").ok(200, &s)
		return s.Workers.Runs == "up"
	})
}

// until waits for a condition.
func until(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about within a minute")
		}
	}
}

// One run is started; while it is under way no other is, and the answer names it. Fails without: the question for RunningWorkflows in
// watch.Trigger (started is true twice), or that for workers in syncNow (it is started, and waits).
func TestSyncNow_StartsOneRunAtATime(t *testing.T) {
	w := newWorld(t)
	w.scheduled()
	w.post("/api/v1/schedule/sync", `{}`).problem(409, "no-worker", "WORKER_LANES")
	w.syncs()
	var first, second api.StartedSync
	r := w.post("/api/v1/schedule/sync", `{"instance":"`+w.instance+`"}`)
	r.ok(202, &first)
	if !first.Started || !strings.HasPrefix(first.WorkflowID, workflows.SyncOrdersID(w.instance)) || r.header.Get("Location") != first.Location {
		t.Fatalf("started %+v", first)
	}
	var live api.RunSummary
	until(t, func() bool { // Temporal shows it as under way by and by
		w.post("/api/v1/schedule/sync", `{}`).ok(202, &second)
		return !second.Started
	})
	if second.ID != first.ID {
		t.Errorf("under way is %s, want %s", second.ID, first.ID)
	}
	if w.get(first.Location).ok(200, &live); live.State != "running" || live.Kind != "sync" || live.ID != first.ID || !strings.Contains(live.Links.Temporal, "/workflows/") {
		t.Errorf("run %+v", live)
	}
	var list api.RunList
	until(t, func() bool {
		w.get("/api/v1/runs?kind=sync").ok(200, &list)
		return len(list.UnderWay) == 1
	})
	if !list.UnderWayKnown || list.UnderWay[0].ID != first.ID || len(list.Runs) != 0 {
		t.Errorf("list %+v", list)
	}
	if w.get("/api/v1/runs?kind=backfill").ok(200, &list); len(list.UnderWay) != 0 {
		t.Errorf("under way among backfills: %+v", list.UnderWay)
	}
	if err := w.temporal.SignalWorkflow(t.Context(), first.WorkflowID, "", "end", nil); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool {
		w.get(first.Location).ok(200, &live)
		return live.State == "completed" && live.EndedAt != nil
	})
}

// A paused schedule says who paused it and why, and is not paused twice. Fails without: ErrIsSo in watch.SetPaused.
func TestSchedule_IsPausedAndResumed(t *testing.T) {
	w := newWorld(t)
	w.scheduled()
	var s api.ScheduleDetail
	if w.get("/api/v1/schedule").ok(200, &s); s.State != "on" || s.NextRun == nil || len(s.NextRuns) < 2 || !s.NextRuns[0].Equal(*s.NextRun) || s.IntervalSeconds != 3_600_000 || !strings.HasSuffix(s.Links.Temporal, "/schedules/sync-orders:"+w.instance) {
		t.Errorf("schedule %+v", s)
	}
	w.post("/api/v1/schedule/resume", `{}`).problem(409, "schedule-not-paused", "/api/v1/schedule")
	w.post("/api/v1/schedule/pause", `{"reason":" \n "}`).problem(422, "invalid-request", "body.reason")
	w.post("/api/v1/schedule/pause", `{}`).problem(422, "invalid-request", "reason")
	s = api.ScheduleDetail{}
	if w.post("/api/v1/schedule/pause", `{"reason":"B1 is being\nupgraded"}`).ok(200, &s); s.State != "paused" || s.Note != "paused by key:test: B1 is being upgraded" || s.NextRun != nil || s.NextRuns == nil || len(s.NextRuns) != 0 {
		t.Errorf("schedule %+v", s)
	}
	w.post("/api/v1/schedule/pause", `{"reason":"again"}`).problem(409, "schedule-paused", "B1 is being upgraded", "/api/v1/schedule/resume")
	w.post("/api/v1/schedule/pause", "").problem(422, "invalid-request", "body.reason") // it may have no body, and then says no reason
	if w.post("/api/v1/schedule/resume", "").ok(200, &s); s.State != "on" || s.Note != "resumed by key:test" {
		t.Errorf("resumed without a body: %+v", s)
	}
	w.post("/api/v1/schedule/pause", `{"reason":"again"}`).ok(200, &s)
	if w.post("/api/v1/schedule/resume", `{"reason":"done"}`).ok(200, &s); s.State != "on" || s.Note != "resumed by key:test: done" {
		t.Errorf("schedule %+v", s)
	}
}

// Each thing that is wrong has a problem of its own.
func TestSchedule_SaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	var s api.ScheduleDetail
	if w.get("/api/v1/schedule").ok(200, &s); s.State != "missing" || s.Runs == nil {
		t.Errorf("schedule %+v", s)
	}
	steps := map[string]string{"sync": `{}`, "pause": `{"reason":"x"}`, "resume": `{}`}
	w.post("/api/v1/schedule/pause", steps["pause"]).problem(404, "no-schedule", "starter apply")
	w.post("/api/v1/schedule/resume", steps["resume"]).problem(404, "no-schedule", "starter apply")
	w.syncs()
	w.post("/api/v1/schedule/sync", steps["sync"]).problem(404, "no-schedule", "starter apply")

	server := serve(t, w.settings, w.db, deadTemporal(t))
	for step, body := range steps {
		w.post("/api/v1/schedule/"+step, strings.Replace(body, "{", `{"instance":"nowhere"`+map[bool]string{true: ","}[len(body) > 2], 1)).problem(422, "unknown-instance", "nowhere")
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			call(t, server, http.MethodPost, "/api/v1/schedule/"+step, body, []string{"Content-Type", "application/json"}).problem(503, "unavailable", "temporal")
		})
	}
	t.Run("get", func(t *testing.T) {
		t.Parallel()
		var s api.ScheduleDetail
		if call(t, server, http.MethodGet, "/api/v1/schedule", "", nil).ok(200, &s); s.State != "unknown" {
			t.Errorf("schedule %+v", s)
		}
	})
	call(t, serve(t, w.settings, deadStore(t), w.temporal), http.MethodGet, "/api/v1/schedule", "", nil).problem(503, "unavailable", "store")
}

// What is wrong comes with what to do, and the last runs stand beside it.
func TestSchedule_ShowsTheLastRunsAndAdvice(t *testing.T) {
	w := newWorld(t)
	w.settings.SyncAlarmAfter = time.Minute
	w.scheduled()
	w.staged(w.key(1, "1"), nil) // due, and seen long ago
	began := time.Now().UTC().Add(-9 * time.Hour).Truncate(time.Millisecond)
	for n := range 7 {
		ended := began.Add(time.Duration(n) * time.Hour)
		r := store.Run{ID: w.instance + "/" + string(rune('a'+n)), WorkflowID: w.instance, RunID: string(rune('a' + n)), Kind: "sync", Instance: w.instance, StartedAt: ended, EndedAt: &ended}
		if err := w.db.PutRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	var s api.ScheduleDetail
	w.get("/api/v1/schedule").ok(200, &s)
	if len(s.Runs) != 5 || s.Runs[0].ID != w.instance+"~g" {
		t.Errorf("runs %+v, want the latest five", s.Runs)
	}
	if len(s.Advice) != 1 || !strings.Contains(s.Advice[0], "no worker takes them to B1") {
		t.Errorf("advice %q", s.Advice)
	}
}
