package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/gateway/api"
	"datawald/magento"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// InRange gives all orders that the shop knows, whatever is selected.
func (s *shop) InRange(ctx context.Context, _ order.Selection, _ int64) (*magento.RangePage, error) {
	if s.gate != nil {
		s.asked.Store(true)
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	page := &magento.RangePage{Done: true, Total: int64(len(s.orders)), Next: 7}
	for id, raw := range s.orders {
		page.Documents = append(page.Documents, magento.Document{Raw: json.RawMessage(raw), IncrementID: id, StoreID: 1, EntityID: 7})
	}
	return page, nil
}

// backfillIs waits until a backfill is as a test wants it.
func (w *world) backfillIs(path, what string, is func(api.Backfill) bool) (b api.Backfill) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		b = api.Backfill{}
		w.get(path).ok(200, &b)
		if is(b) {
			return b
		}
	}
	w.t.Fatalf("after a minute still not %s: %+v, %+v, %+v", what, b, b.Progress, b.Now)
	return b
}

func TestBackfillFromRequestToPostedOrders(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	asked := &shop{gate: gate, orders: map[string]string{"000000001": document("000000001", "21.00"), "000000002": document("000000002", "99.00")}}
	w.startWorker(asked, &company{})
	var started api.StartedBackfill
	r := w.post("/api/v1/backfills", `{"instance":"`+w.instance+`","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","status":"pending"}`)
	r.ok(202, &started)
	if started.Location != r.header.Get("Location") || started.WorkflowID != workflows.BackfillOrdersID(w.instance) {
		t.Errorf("started %+v with Location %q", started, r.header.Get("Location"))
	}
	b := w.backfillIs(started.Location, "reading", func(b api.Backfill) bool { return b.Progress != nil && asked.asked.Load() })
	if b.State != "running" || b.ID != started.ID || b.Progress.Phase != store.BackfillReads || b.Progress.Selection.Status != "pending" {
		t.Errorf("while it reads: %+v, %+v", b, b.Progress)
	}
	w.post("/api/v1/backfills", `{"from":"2026-11-01T00:00:00Z"}`).problem(409, "backfill-under-way", "latest")

	latest := "/api/v1/backfills/latest"
	w.post(latest+"/pause", "").ok(202, &started)
	w.backfillIs(latest, "paused", func(b api.Backfill) bool { return b.Progress.Paused && b.Progress.PausedBy == "key:test" })
	close(gate)
	b = w.backfillIs(latest, "paused behind its first page", func(b api.Backfill) bool { return b.Progress.Paused && b.Counts.Read == 2 })
	if b.Progress.MovedAt.IsZero() { // it answers itself, and knows nothing of that: showMove
		t.Error("it does not say when it got on last")
	}
	if counts, err := w.db.Counts(t.Context(), w.instance); err != nil || counts[order.Pending] == 0 {
		t.Errorf("paused it has staged %v, %v", counts, err)
	}
	if b.Now == nil || time.Since(b.Now.At) > time.Minute {
		t.Fatalf("it does not say how its orders stand now: %+v", b.Now)
	}
	w.staged(w.key(1, "000000001"), func(d *store.Staged) { d.Status = order.Cancelled }) // its record does not hear of it
	w.backfillIs(latest, "told of the order that went another way", func(b api.Backfill) bool {
		return b.Now.Orders[order.Cancelled] == 1 && b.Now.Waiting == 1 && b.Progress.Imported[order.Cancelled] == 0
	})
	w.staged(w.key(1, "000000001"), nil)
	w.post("/api/v1/backfills/"+started.ID+"/resume", "").ok(202, &started)
	b = w.backfillIs(started.Location, "completed", func(b api.Backfill) bool { return b.State == "completed" })
	if b.Counts.Posted != 1 || b.Counts.Held != 1 || b.Progress.Imported[order.Posted] != 1 || b.Progress.Imported[order.Held] != 1 || b.EndedAt == nil {
		t.Errorf("after its end: %+v, %+v", b.Counts, b.Progress)
	}
	w.post("/api/v1/backfills/"+started.ID+"/pause", "").problem(409, "backfill-ended", started.ID)
	var doc api.OrderDetail
	w.get("/api/v1/orders/"+string(w.key(1, "000000001"))).ok(200, &doc)
	if e := doc.Timeline[0]; e.Actor != "key:test" || e.WorkflowID != started.WorkflowID {
		t.Errorf("timeline begins with %+v, want the gateway's backfill", e)
	}
}

func TestBackfillDryRunByName(t *testing.T) {
	w := newWorld(t)
	w.startWorker(&shop{orders: map[string]string{"1": document("1", "21.00")}}, &company{})
	var started api.StartedBackfill
	w.post("/api/v1/backfills", `{"increment_ids":["1","404"],"dry_run":true}`).ok(202, &started)
	b := w.backfillIs(started.Location, "completed", func(b api.Backfill) bool { return b.State == "completed" })
	if b.Progress.Imported[order.Pending] != 1 || !slices.Equal(b.Progress.Missing, []string{"404"}) || b.Counts.Started != 0 {
		t.Errorf("it would bring %+v, %+v", b.Counts, b.Progress)
	}
	if counts, err := w.db.Counts(t.Context(), w.instance); err != nil || counts[order.Pending] != 0 {
		t.Errorf("it has staged %v, %v", counts, err)
	}
}

// All that is wrong is told at once.
func TestBackfillRefusesBadInput(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		body   string
		faults int
		words  []string
	}{
		"Nothing":  {`{}`, 1, []string{"nothing is selected"}},
		"NoFrom":   {`{"to":"2026-11-01T00:00:00Z"}`, 1, []string{"from: is missing"}},
		"Many":     {`{"from":"2026-11-02T00:00:00Z","to":"2026-11-01T00:00:00Z","store_id":-1,"status":"a b"}`, 3, []string{"does not lie after", "store: ", "status: "}},
		"Names":    {`{"increment_ids":["a b"],"keys":["x"]}`, 2, []string{"body.increment_ids[0]", "body.keys[0]"}},
		"Instance": {`{"keys":["eu:1:1"]}`, 1, []string{"eu:1:1 is an order of the instance eu"}},
		"By":       {`{"from":"2026-11-02T00:00:00Z","by":"placed"}`, 1, []string{"body.by"}},
		"Time":     {`{"from":"yesterday"}`, 1, []string{"body.from"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.post("/api/v1/backfills", tc.body)
			r.problem(422, "invalid-request", tc.words...)
			var p api.Problem
			if r.json(&p); len(p.Faults) != tc.faults {
				t.Errorf("faults %+v, want %d", p.Faults, tc.faults)
			}
		})
	}
}

func TestGetBackfillThatTemporalHasForgotten(t *testing.T) {
	w := newWorld(t)
	ended := day(2)
	id := workflows.BackfillOrdersID(w.instance)
	run := store.Run{ID: id + "/r1", RunID: "r1", Kind: "backfill", Instance: w.instance, WorkflowID: id, StartedAt: day(1), EndedAt: &ended,
		Counts: store.Counts{Posted: 3}, Backfill: &store.BackfillProgress{Phase: store.BackfillEnded, Imported: map[order.Status]int{order.Posted: 3}}}
	if err := w.db.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"r1", "latest"} {
		var b api.Backfill
		w.get("/api/v1/backfills/"+name).ok(200, &b)
		if b.ID != "r1" || b.State != "completed" || b.Counts.Posted != 3 || b.Progress.Imported[order.Posted] != 3 || !strings.Contains(b.Links.Self, "/r1?") {
			t.Errorf("%s: %+v, want what the store recorded", name, b)
		}
	}
	w.get("/api/v1/backfills/r2").problem(404, "backfill-not-found", "r2", "POST /api/v1/backfills")
	w.post("/api/v1/backfills/r2/pause", "").problem(404, "backfill-not-found", "r2")
}

// A backfill is told to end, while it is held and twice over: it ends, the orders that it has staged are nobody's, and it cannot be steered any
// more. Fails without: RequestCancelWorkflowExecution in cancel (it is held for ever); underWay.
func TestCancelBackfill(t *testing.T) {
	w := newWorld(t)
	const latest = "/api/v1/backfills/latest"
	w.post(latest+"/cancel", "").problem(404, "backfill-not-found", "POST /api/v1/backfills")
	w.post("/api/v1/backfills", `{"from":"2026-11-01T00:00:00Z"}`).ok(202, &api.StartedBackfill{})
	w.post(latest+"/pause", "").ok(202, &api.StartedBackfill{}) // taken while no worker runs, as is what comes now
	var told api.StartedBackfill
	r := w.post(latest+"/cancel", "")
	if r.ok(202, &told); told.Location != r.header.Get("Location") || told.ID == "" {
		t.Errorf("told %+v with Location %q", told, r.header.Get("Location"))
	}
	w.post("/api/v1/backfills/"+told.ID+"/cancel", "").ok(202, &told)
	w.startWorker(&shop{orders: map[string]string{"1": document("1", "21.00")}}, &company{})
	b := w.backfillIs(told.Location, "cancelled", func(b api.Backfill) bool { return b.State == "cancelled" })
	if b.Counts == nil || b.Counts.Started != 0 || !slices.Equal(b.Errors, []string{"cancelled"}) {
		t.Errorf("it ended as %+v, %+v", b, b.Counts)
	}
	if held, err := w.db.ImportsHeld(t.Context(), w.instance); err != nil || held {
		t.Errorf("its imports are held still: %v, %v", held, err)
	}
	for _, how := range []string{"/cancel", "/pause", "/resume"} {
		w.post(latest+how, "").problem(409, "backfill-ended", "cancelled", "Start another")
	}
}

// Who cancels or holds a backfill by its ID leaves the one alone that has begun since. Fails without: the ID in backfill; FirstExecutionRunId in
// cancel, historyID in pause (where the other begins meanwhile).
func TestCancelBackfill_LeavesAnotherAlone(t *testing.T) {
	w := newWorld(t)
	var first, second api.StartedBackfill
	begin := func(b *api.StartedBackfill) {
		t.Helper()
		w.post("/api/v1/backfills", `{"from":"2026-11-01T00:00:00Z"}`).ok(202, b)
	}
	begin(&first)
	if err := w.temporal.TerminateWorkflow(t.Context(), first.WorkflowID, "", ""); err != nil {
		t.Fatal(err)
	}
	w.backfillIs(first.Location, "terminated", func(b api.Backfill) bool { return b.State == "terminated" })
	w.post("/api/v1/backfills/"+first.ID+"/cancel", "").problem(409, "backfill-ended", "terminated", "Start another") // it has no record: nobody took it up
	begin(&second)
	w.post("/api/v1/backfills/"+first.ID+"/cancel", "").problem(404, "backfill-not-found")
	stale := api.Cancel(t.Context(), w.settings, w.temporal, api.Backfill{ID: first.ID, Instance: w.instance, WorkflowID: first.WorkflowID})
	if p, ok := errors.AsType[*api.Problem](stale); !ok || p.Type != "urn:datawald:problem:backfill-ended" {
		t.Errorf("to cancel it when the other has begun: %v", stale)
	}
	seen := api.Backfill{ID: first.ID, Instance: w.instance, WorkflowID: first.WorkflowID}
	if err := api.Pause(t.Context(), w.temporal, seen, first.ID); err == nil {
		t.Error("it is paused when the other has begun")
	}
	history := w.temporal.GetWorkflowHistory(t.Context(), second.WorkflowID, second.ID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			t.Errorf("the other is told to end, or to wait: %s", event.GetEventType())
		}
	}
}
