package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/gateway/api"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// record writes the record of a backfill of the world's instance, begun as the ID says.
func (w *world) record(id string, mend func(*store.Run)) store.Run {
	w.t.Helper()
	workflowID := workflows.BackfillOrdersID(w.instance)
	run := store.Run{ID: workflowID + "/" + id, RunID: id, Kind: "backfill", Instance: w.instance, WorkflowID: workflowID, StartedAt: day(1),
		Backfill: &store.BackfillProgress{Phase: store.BackfillPosts}}
	mend(&run)
	if err := w.db.PutRun(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
	return run
}

// begin starts the workflow of a backfill that nobody takes up.
func (w *world) begin() (id string) {
	w.t.Helper()
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.BackfillOrdersID(w.instance), TaskQueue: w.settings.TaskQueue}, "BackfillOrders")
	if err != nil {
		w.t.Fatal(err)
	}
	return run.GetRunID()
}

// A backfill is terminated while it is paused: who asks to steer it is told to release it, and the release leaves its orders and closes its record.
// Then there is nothing more to do for it, and nothing is advised. Fails without: open in over; LeaveImports and close in Release; ErrUnderWay and
// ErrNothingLeft in releaseBackfill.
func TestReleaseBackfill(t *testing.T) {
	w := newWorld(t)
	const latest = "/api/v1/backfills/latest"
	w.post(latest+"/release", "").problem(404, "backfill-not-found")
	id := w.begin()
	run := w.record(id, func(r *store.Run) { r.Backfill.Paused = true })
	if err := w.db.HoldImports(t.Context(), w.instance, run.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.post(latest+"/release", "").problem(409, "backfill-under-way", "cancel")
	if err := w.temporal.TerminateWorkflow(t.Context(), run.WorkflowID, "", ""); err != nil {
		t.Fatal(err)
	}
	w.backfillIs(latest, "terminated", func(b api.Backfill) bool { return b.State == "terminated" })
	w.post(latest+"/pause", "").problem(409, "backfill-ended", "/api/v1/backfills/"+id+"/release?instance=", "starter backfill --release")
	var released api.ReleasedBackfill
	w.post("/api/v1/backfills/"+id+"/release", "").ok(200, &released)
	if released.ID != id || released.Schedule != "missing" || !strings.Contains(released.Detail, "0 imports are pending") {
		t.Errorf("released %+v", released)
	}
	if held, err := w.db.ImportsHeld(t.Context(), w.instance); err != nil || held {
		t.Errorf("held still: %v (%v)", held, err)
	}
	if noted, err := w.db.GetRun(t.Context(), run.ID); err != nil || noted.EndedAt == nil || !strings.HasPrefix(noted.Errors[0], "released by key:test") {
		t.Errorf("its record is %+v (%v)", noted, err)
	}
	w.post(latest+"/release", "").problem(409, "backfill-ended", "nothing to release")
	w.post(latest+"/pause", "").problem(409, "backfill-ended", "Start another")
	if err := w.db.HoldImports(t.Context(), w.instance, run.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.post(latest+"/pause", "").problem(409, "backfill-ended", "--release") // its end is recorded, and its orders are held all the same
}

// What Temporal has forgotten is shown as it ended. Fails without: each case in recordedBackfill.
func TestGetBackfill_AsItsRecordEnded(t *testing.T) {
	for want, mend := range map[string]func(*store.Run){
		"completed":  func(r *store.Run) { r.EndedAt, r.Errors = new(day(2)), []string{"it counts 3 orders and has shown 2"} },
		"cancelled":  func(r *store.Run) { r.EndedAt, r.Errors = new(day(2)), []string{"a word", store.BackfillCancelled} },
		"terminated": func(r *store.Run) { r.EndedAt, r.Errors = new(day(2)), []string{store.BackfillReleased("ada")} },
	} {
		w := newWorld(t)
		w.record("r1", mend)
		var b api.Backfill
		w.get("/api/v1/backfills/r1").ok(200, &b)
		if string(b.State) != want {
			t.Errorf("%s, want %s", b.State, want)
		}
		w.post("/api/v1/backfills/r1/pause", "").problem(409, "backfill-ended", "("+want+")", "Start another")
	}
	w := newWorld(t)
	w.record("r1", func(*store.Run) {})
	w.post("/api/v1/backfills/r1/pause", "").problem(409, "backfill-ended", "(terminated)", "--release")
}

// Without a body there is no type of it to name; a form names one even then, and is refused. Fails without: ContentLength in sameSite (415), the
// headers in it (a form is taken).
func TestSteeringNeedsNoBody(t *testing.T) {
	w := newWorld(t)
	w.begin()
	steer := func(how, body string, headers ...string) reply {
		t.Helper()
		return call(t, w.server, "POST", "/api/v1/backfills/latest/"+how, body, headers)
	}
	for _, how := range []string{"pause", "resume", "cancel"} {
		steer(how, "").ok(202, &api.StartedBackfill{})
	}
	steer("release", "").problem(409, "backfill-under-way")
	steer("pause", "", "Content-Type", "application/x-www-form-urlencoded").problem(415, "wrong-content-type")
	steer("pause", "x").problem(415, "wrong-content-type")
	steer("pause", "", "Origin", "https://evil.example").problem(403, "cross-origin")
	for path, methods := range document31(t).Paths {
		if _, told := methods["post"].Responses["415"]; !told && strings.Contains(path, "/backfills/{id}/") {
			t.Errorf("%s: 415 is not described", path)
		}
	}
}

// renewing is a Temporal in which a backfill goes on in another history each time before a signal comes, so many times.
type renewing struct {
	client.Client
	times int
}

func (c *renewing) SignalWorkflow(ctx context.Context, id, history, signal string, arg any) error {
	if c.times--; c.times >= 0 {
		return serviceerror.NewNotFound("workflow execution already completed")
	}
	return c.Client.SignalWorkflow(ctx, id, history, signal, arg)
}

// A backfill that goes on in another history just then is paused there. Fails without: the loop in pauseBackfill; its bound.
func TestPauseBackfill_ThatGoesOnInAnotherHistory(t *testing.T) {
	w := newWorld(t)
	w.begin()
	for times, status := range map[int]int{1: 202, 3: 409} {
		handler, err := api.New(w.settings, w.db, &renewing{w.temporal, times}, testkit.Silent())
		if err != nil {
			t.Fatal(err)
		}
		server := listen(t, handler)
		r := call(t, server, "POST", "/api/v1/backfills/latest/pause", "", nil)
		server.Close()
		if r.status != status {
			t.Errorf("renewed %d times: %d, want %d", times, r.status, status)
		}
	}
}
