package api_test

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// ended waits for the end of the workflow and reads the resync.
func (w *world) ended(started api.StartedResync) (r api.Resync) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	_ = w.temporal.GetWorkflow(ctx, started.WorkflowID, "").Get(ctx, nil) // its failure is in the answer
	w.get(started.Location).ok(200, &r)
	return r
}

func body(instance string, ids ...string) string {
	return fmt.Sprintf(`{"instance":%q,"increment_ids":["%s"]}`, instance, strings.Join(ids, `","`))
}

func TestResyncFromRequestToPostedOrders(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.startWorker(&shop{gate: gate, orders: map[string]string{
		"000000001": document("000000001", "21.00"), "000000002": document("000000002", "99.00")}}, &company{})
	w.staged(w.key(1, "000000001"), func(d *store.Staged) { d.Status = order.Excluded })

	r := w.post("/api/v1/resyncs", body(w.instance, " 000000001", "000000002", "", "000000001", "000000009"))
	var started api.StartedResync
	r.ok(202, &started)
	if started.Location != r.header.Get("Location") || started.WorkflowID != workflows.ResyncOrdersID(w.instance, started.ID) {
		t.Errorf("started %+v with Location %q", started, r.header.Get("Location"))
	}

	w.hasSource(started.WorkflowID, "resync")
	var running api.Resync
	w.get(started.Location).ok(200, &running)
	if running.State != "running" || running.EndedAt != nil || running.Counts != nil {
		t.Errorf("before Magento answers: %+v, want running", running)
	}
	if want := []string{"000000001", "000000002", "000000009"}; !slices.Equal(running.IncrementIDs, want) {
		t.Errorf("increment_ids %v, want %v: blanks and repetitions are dropped", running.IncrementIDs, want)
	}
	if len(running.Orders) != 1 || running.Orders[0].Status != order.Excluded {
		t.Errorf("orders %+v, want the one that is staged, as it stands", running.Orders)
	}

	close(gate)
	done := w.ended(started)
	if done.State != "completed" || done.EndedAt == nil || done.Counts == nil {
		t.Fatalf("after its end: %+v", done)
	}
	if c := done.Counts; c.Read != 2 || c.Posted != 1 || c.Held != 1 || !slices.Equal(done.Missing, []string{"000000009"}) {
		t.Errorf("counts %+v, missing %v; want 2 read, 1 posted, 1 held, 000000009 missing", c, done.Missing)
	}
	if len(done.Orders) != 2 || done.Orders[0].Status != order.Posted || done.Orders[0].BO.DocNum != 1001 || done.Orders[1].Status != order.Held {
		t.Errorf("orders %+v, want posted and held", done.Orders)
	}
	var detail api.OrderDetail
	w.get(done.Orders[0].Links.Self).ok(200, &detail)
	if e := detail.Timeline[0]; e.Actor != "key:test" || e.WorkflowID != started.WorkflowID {
		t.Errorf("timeline begins with %+v, want the gateway's resync", e)
	}
}

func TestResyncIDsAreNewAndSortedByTime(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 3 {
		var started api.StartedResync
		w.post("/api/v1/resyncs", body(w.instance, "1")).ok(202, &started)
		ids = append(ids, started.ID[:len("20261123T164736042Z")])
		for at := time.Now().UnixMilli(); time.Now().UnixMilli() == at; { // the clock must move on to the next number
			runtime.Gosched()
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 3 {
		t.Errorf("ids begin with %v, want three rising times", ids)
	}
}

func TestResyncIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	ask := func(key string, ids ...string) (started api.StartedResync) {
		t.Helper()
		w.post("/api/v1/resyncs", body(w.instance, ids...), "Idempotency-Key", key).ok(202, &started)
		return started
	}
	first := ask("click 1", "000000001")
	if again := ask("click 1", "000000001"); again != first {
		t.Errorf("while it runs: %+v, want %+v", again, first)
	}
	if other := ask("click 2", "000000001"); other.ID == first.ID {
		t.Errorf("another key gives the same resync")
	}
	if strings.Contains(first.ID, "click") {
		t.Errorf("id %q gives the key away", first.ID)
	}
	w.post("/api/v1/resyncs", body(w.instance, "000000002"), "Idempotency-Key", "click 1").
		problem(422, "idempotency-key-reused", "new Idempotency-Key")

	w.startWorker(&shop{}, &company{})
	done := w.ended(first)
	if again := ask("click 1", "000000001"); again != first {
		t.Errorf("after its end: %+v, want %+v", again, first)
	}
	if still := w.ended(first); !still.StartedAt.Equal(done.StartedAt) || still.State != "completed" {
		t.Errorf("it ran again: %+v, before %+v", still, done)
	}
}

func TestResyncIdempotencyKeyOutlivesTemporal(t *testing.T) {
	w := newWorld(t)
	w.server = serve(t, settings(w.instance, "eu"), w.db, w.temporal)
	var elsewhere api.StartedResync // the id follows from the key alone; somebody else used it
	w.post("/api/v1/resyncs", body("eu", "1"), "Idempotency-Key", w.instance, "Authorization", w.as(access.Operator)).ok(202, &elsewhere)
	workflowID := workflows.ResyncOrdersID(w.instance, elsewhere.ID)
	ended := day(2)
	run := store.Run{ID: workflowID + "/run", Kind: "resync", Instance: w.instance, WorkflowID: workflowID, StartedAt: day(1), EndedAt: &ended}
	if err := w.db.PutRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	var again api.StartedResync
	w.post("/api/v1/resyncs", body(w.instance, "1"), "Idempotency-Key", w.instance).ok(202, &again)
	if again.WorkflowID != workflowID {
		t.Errorf("workflow %q, want %q", again.WorkflowID, workflowID)
	}
	if _, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflowID, ""); err == nil {
		t.Errorf("a resync that the store remembers was started again")
	}
}

func TestResyncRefusesBadInput(t *testing.T) {
	w := newWorld(t)
	many := make([]string, 501)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for name, tc := range map[string]struct {
		body   string
		status int
		kind   string
		words  []string
	}{
		"Empty":        {`{"instance":"` + w.instance + `","increment_ids":[]}`, 422, "invalid-request", []string{"at least one"}},
		"OnlyBlanks":   {body(w.instance, " ", ""), 422, "invalid-request", []string{"at least one"}},
		"Missing":      {`{"instance":"` + w.instance + `"}`, 422, "invalid-request", []string{"increment_ids"}},
		"TooMany":      {body(w.instance, many...), 422, "invalid-request", []string{"501", "500"}},
		"Spaces":       {body(w.instance, "1", "a b"), 422, "invalid-request", []string{"body.increment_ids[1]"}},
		"NotText":      {`{"increment_ids":[123]}`, 422, "invalid-request", []string{"body.increment_ids[0]", "string"}},
		"Instance":     {body("nowhere", "1"), 422, "unknown-instance", []string{"nowhere", w.instance}},
		"UnknownField": {`{"increment_ids":["1"],"force":true}`, 422, "invalid-request", []string{"body.force", "unexpected"}},
		"NotJSON":      {`increment_ids=1`, 400, "unreadable-request", []string{"/openapi.json"}},
		"NoBody":       {``, 400, "unreadable-request", []string{"body"}},
		"List":         {`["1"]`, 422, "invalid-request", []string{"object"}},
	} {
		t.Run(name, func(t *testing.T) { w.post("/api/v1/resyncs", tc.body).problem(tc.status, tc.kind, tc.words...) })
	}
}

func TestResyncNamesTheInstanceWhereThereAreSeveral(t *testing.T) {
	w := newWorld(t)
	w.server = serve(t, settings(w.instance, "eu"), w.db, w.temporal)
	w.post("/api/v1/resyncs", `{"increment_ids":["1"]}`).problem(422, "unknown-instance", w.instance, "eu")
	var started api.StartedResync
	w.post("/api/v1/resyncs", body("eu", "1")).ok(202, &started)
	if !strings.HasPrefix(started.WorkflowID, "resync-orders:eu:") {
		t.Errorf("workflow %q, want one of eu", started.WorkflowID)
	}
	w.get("/api/v1/resyncs/"+started.ID+"?instance="+w.instance).problem(404, "resync-not-found", started.ID, w.instance)
}

func TestGetResyncThatFailed(t *testing.T) {
	w := newWorld(t)
	w.startWorker(&shop{err: &order.Failure{Kind: order.Permanent, System: "magento", Op: "GET orders", Message: "no such resource", Hint: "Check MAGENTO_URL."}}, &company{})
	var started api.StartedResync
	w.post("/api/v1/resyncs", body(w.instance, "1")).ok(202, &started)
	r := w.ended(started)
	if r.State != "failed" || len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "no such resource") || !strings.Contains(r.Errors[0], "MAGENTO_URL") || r.Counts != nil {
		t.Errorf("%+v, want failed with Magento's answer", r)
	}
}

func TestGetResyncThatWasStopped(t *testing.T) {
	for state, stop := range map[string]func(context.Context, client.Client, string) error{
		"terminated": func(ctx context.Context, c client.Client, id string) error {
			return c.TerminateWorkflow(ctx, id, "", "not wanted")
		},
		"cancelled": func(ctx context.Context, c client.Client, id string) error { return c.CancelWorkflow(ctx, id, "") },
	} {
		t.Run(state, func(t *testing.T) {
			w := newWorld(t)
			var started api.StartedResync
			w.post("/api/v1/resyncs", body(w.instance, "1")).ok(202, &started)
			if state == "cancelled" { // only a worker can carry it out
				gate := make(chan struct{})
				t.Cleanup(func() { close(gate) })
				w.startWorker(&shop{gate: gate}, &company{})
			}
			if err := stop(t.Context(), w.temporal, started.WorkflowID); err != nil {
				t.Fatal(err)
			}
			if r := w.ended(started); string(r.State) != state || r.EndedAt == nil || len(r.Errors) != 1 {
				t.Errorf("%+v, want %s with a word why", r, state)
			}
		})
	}
}

func TestGetResyncThatTemporalHasForgotten(t *testing.T) {
	w := newWorld(t)
	id := "20260101T000000000Z-00000000"
	workflowID := workflows.ResyncOrdersID(w.instance, id)
	ended := day(2)
	for _, run := range []store.Run{
		{ID: workflowID + "/r1", Kind: "resync", Instance: w.instance, WorkflowID: workflowID, StartedAt: day(1), EndedAt: &ended, Counts: store.Counts{Posted: 3}},
		{ID: workflowID + "0/r1", Kind: "resync", Instance: w.instance, WorkflowID: workflowID + "0", StartedAt: day(3)},
	} {
		if err := w.db.PutRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	var r api.Resync
	w.get("/api/v1/resyncs/"+id).ok(200, &r)
	if r.State != "completed" || r.Counts == nil || r.Counts.Posted != 3 || !r.StartedAt.Equal(day(1)) || r.EndedAt == nil {
		t.Errorf("%+v, want what the store recorded", r)
	}
}

func TestGetResyncUnknown(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"nothing", "a b/c+d"} {
		w.get("/api/v1/resyncs/"+url.PathEscape(id)).problem(404, "resync-not-found", id, "POST /api/v1/resyncs")
	}
}

// An order that is named by its key is that of one store: another one's with its number is not read, and not shown. Fails without: Keys in
// resyncRequest, in beginOnce, and in observed.
func TestResyncByKey(t *testing.T) {
	w := newWorld(t)
	w.startWorker(&shop{orders: map[string]string{"1": document("1", "21.00")}}, &company{}) // it has the order in store 1
	w.staged(w.key(2, "1"), func(d *store.Staged) { d.Status = order.Excluded })
	request := fmt.Sprintf(`{"instance":%q,"keys":[%q,%q]}`, w.instance, w.key(1, "1"), w.key(1, "1"))
	var started api.StartedResync
	w.post("/api/v1/resyncs", request, "Idempotency-Key", "a").ok(202, &started)
	r := w.ended(started)
	if len(r.Orders) != 1 || r.Orders[0].Key != w.key(1, "1") || r.Counts.Read != 1 || !slices.Equal(r.Keys, []order.Key{w.key(1, "1")}) {
		t.Errorf("it ends as %+v, %+v", r, r.Counts)
	}
	w.post("/api/v1/resyncs", request, "Idempotency-Key", "a").ok(202, &started)
	other := fmt.Sprintf(`{"instance":%q,"keys":[%q]}`, w.instance, w.key(2, "1"))
	w.post("/api/v1/resyncs", other, "Idempotency-Key", "a").problem(422, "idempotency-key-reused")
	w.post("/api/v1/resyncs", other).ok(202, &started)
	if r := w.ended(started); len(r.Orders) != 1 || r.Orders[0].Status != order.Excluded || !slices.Equal(r.Missing, []string{string(w.key(2, "1"))}) {
		t.Errorf("that of another store: %+v", r)
	}
	w.post("/api/v1/resyncs", `{"keys":["x"]}`).problem(422, "invalid-request", "body.keys[0]")
	w.post("/api/v1/resyncs", `{"keys":["eu:1:1"]}`).problem(422, "invalid-request", "eu:1:1 is an order of the instance eu")
}
