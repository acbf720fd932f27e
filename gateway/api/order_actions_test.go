package api_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"datawald/gateway/api"
	"datawald/gateway/desk"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// heldOrder stages an order that Magento shows, held for a total that it no longer has.
func (w *deskWorld) heldOrder(number string) order.Key {
	w.t.Helper()
	s := &shop{orders: map[string]string{number: document(number, "99.00")}}
	w.resynced(s, number)
	var d api.OrderDetail
	w.get("/api/v1/orders/"+string(w.key(1, number))).ok(200, &d)
	if d.Status != order.Held {
		w.t.Fatalf("%s is %s, want it held", number, d.Status)
	}
	return d.Key
}

// resynced reads an order from a shop and takes it to B1.
func (w *deskWorld) resynced(s *shop, number string) {
	w.t.Helper()
	w.shop.set(s)
	var started api.StartedResync
	w.post("/api/v1/resyncs", body(w.instance, number)).ok(202, &started)
	if r := w.ended(started); r.State != "completed" {
		w.t.Fatalf("the resync is %+v", r)
	}
}

// runEnds waits for the run that an action began, and gives it as its record stands.
func (w *world) runEnds(run *api.StartedResync) api.Resync {
	w.t.Helper()
	if run == nil {
		w.t.Fatal("no run was begun")
	}
	return w.ended(*run)
}

// A retry goes to B1 at once, as the order is staged, without asking Magento, and its run bears the source and the name of a resync.
// Fails without: Staged in takeToB1 (Magento is asked); takeToB1 in act (no run).
func TestRetry_TakesAHeldOrderToB1AtOnce(t *testing.T) {
	w := newDeskWorld(t)
	key := w.heldOrder("000000001")
	w.mend(key)
	w.shop.set(nil) // whoever asks now fails
	var result api.ActionResult
	w.post("/api/v1/orders/"+string(key)+"/retry", `{"reason":"the total is mended","state":"held"}`).ok(200, &result)
	if result.Order.Status != order.Pending || result.Action != desk.Retry || len(result.Actions) != len(desk.Actions()) {
		t.Errorf("the answer is %+v", result)
	}
	w.runEnds(result.Run)
	w.hasSource(result.Run.WorkflowID, "resync")
	var d api.OrderDetail
	w.get("/api/v1/orders/"+string(key)).ok(200, &d)
	if d.Status != order.Posted || d.Actions[0].Possible || d.Actions[0].WhyNot == "" {
		t.Errorf("it is %s, its actions are %+v", d.Status, d.Actions)
	}
	if !w.tells(key, "desk", "retry", "the total is mended", "key:test") {
		t.Errorf("the timeline does not tell who asked and why: %+v", d.Timeline)
	}
}

// A retry reads Magento where it is asked to, and where the order cannot go on without. Fails without: Reread in act; Rereads in desk.
func TestRetry_ReadsMagentoAgainWhereItMust(t *testing.T) {
	w := newDeskWorld(t)
	for number, request := range map[string]string{"000000001": `{"reread":true}`, "000000002": `{}`} {
		key := w.heldOrder(number)
		if number == "000000002" { // its document said nothing
			w.staged(key, func(d *store.Staged) {
				d.Status, d.Reason, d.Order, d.ContentHash = order.Held, &order.Reason{Code: "document_unreadable", Message: "no"}, nil, ""
			})
		}
		w.shop.set(&shop{orders: map[string]string{number: document(number, "21.00")}})
		var result api.ActionResult
		w.post("/api/v1/orders/"+string(key)+"/retry", request).ok(200, &result)
		if r := w.runEnds(result.Run); r.Counts == nil || r.Counts.Read != 1 || r.Counts.Posted != 1 {
			t.Errorf("%s: the run is %+v, want one order read and posted", number, r.Counts)
		}
	}
}

// A skipped order is not taken to B1 by anybody, until it is resumed. Fails without: skip and resume being routed; Saw in each request.
func TestSkipAndResume(t *testing.T) {
	w := newDeskWorld(t)
	key := w.heldOrder("000000001")
	path := "/api/v1/orders/" + string(key)
	w.post(path+"/skip", `{"reason":"it is in B1 by hand","state":"pending"}`).problem(409, "action-refused", "it was pending and is held now")
	var result api.ActionResult
	w.post(path+"/skip", `{"reason":"it is in B1 by hand","state":"held"}`).ok(200, &result)
	if result.Order.Status != order.Excluded || result.Order.Reason.Code != "skipped" || !strings.Contains(result.Order.Reason.Message, "it is in B1 by hand") || result.Run != nil {
		t.Errorf("the answer is %+v", result)
	}
	w.post(path+"/skip", `{"reason":"again"}`).problem(409, "action-refused", "already")
	w.post(path+"/retry", `{}`).problem(409, "action-refused", "Resume it")
	w.post(path+"/resume", `{"state":"held"}`).problem(409, "action-refused", "it was held and is excluded now")
	w.mend(key)
	w.resynced(&shop{orders: map[string]string{"000000001": document("000000001", "21.00")}}, "000000001")
	var d api.OrderDetail
	w.get(path).ok(200, &d)
	if d.Status != order.Excluded {
		t.Fatalf("after a resync it is %s, want it skipped still", d.Status)
	}
	w.post(path+"/resume", `{"reason":"it was another"}`).ok(200, &result)
	w.runEnds(result.Run)
	if w.get(path).ok(200, &d); d.Status != order.Posted {
		t.Errorf("after resuming it is %s (%v), want it posted", d.Status, d.Reason)
	}
}

// Fails without: each check; bad input is told with its place, and nothing is done.
func TestActions_RefuseBadInput(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key(1, "000000001"), nil)
	path := "/api/v1/orders/" + string(w.key(1, "000000001"))
	w.post(path+"/skip", `{"reason":""}`).problem(422, "invalid-request", "body.reason")
	w.post(path+"/skip", `{"reason":"  "}`).problem(422, "invalid-request", "body.reason")
	w.post(path+"/skip", `{}`).problem(422, "invalid-request", "reason")
	w.post(path+"/retry", `{"state":"lost"}`).problem(422, "invalid-request", "body.state")
	w.post(path+"/retry", `{"whatever":1}`).problem(422, "invalid-request", "whatever")
	w.post("/api/v1/orders/nonsense/retry", `{}`).problem(422, "malformed-order-key")
	w.post("/api/v1/orders/"+string(w.key(1, "000000009"))+"/retry", `{}`).problem(404, "order-not-found", "resyncs")
	w.post("/api/v1/orders/elsewhere:1:000000009/retry", `{}`).problem(404, "order-not-found", "not one of those here")
	if doc, err := w.db.Get(t.Context(), w.key(1, "000000001")); err != nil || doc.Rev != 1 {
		t.Errorf("revision %d, %v: something was written", doc.Rev, err)
	}
}

// Without Temporal a retry is kept by the queue, and one that needs Magento is refused. Fails without: the branches behind takeToB1 in act.
func TestRetry_WithoutTemporal(t *testing.T) {
	w := newWorld(t)
	w.server = serve(t, w.settings, w.db, away(t))
	w.staged(w.key(1, "000000001"), func(d *store.Staged) {
		d.Status, d.Reason, d.PayloadHash, d.ContentHash = order.Held, &order.Reason{Code: "item_unknown"}, "p", "c"
	})
	path := "/api/v1/orders/" + string(w.key(1, "000000001"))
	w.post(path+"/retry", `{"reread":true}`).problem(503, "unavailable", "temporal")
	var result api.ActionResult
	w.post(path+"/retry", `{}`).ok(200, &result)
	if result.Run != nil || result.Order.Status != order.Pending {
		t.Errorf("the answer is %+v, want it pending and no run", result)
	}
	due, err := w.db.NextDue(t.Context(), w.instance, "", 10)
	if err != nil || len(due) != 1 || !strings.HasPrefix(due[0].Queue, "1|") {
		t.Errorf("the queue has %+v, %v", due, err)
	}
}

// mend makes the staged order one whose total agrees, as new rules would: Magento is not asked.
func (w *world) mend(key order.Key) {
	w.t.Helper()
	o := converted(w.t, w.instance, document(key.IncrementID(), "21.00"))
	if _, err := w.db.Change(w.t.Context(), key, func(d *store.Staged) error {
		d.Order, d.ContentHash = o, o.ContentHash()
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// tells reports whether a line of the order's timeline says all of this.
func (w *world) tells(key order.Key, step, outcome, detail, actor string) bool {
	w.t.Helper()
	doc, err := w.db.Get(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range doc.Timeline {
		if e.Step == step && e.Outcome == outcome && strings.Contains(e.Detail, detail) && e.Actor == actor {
			return true
		}
	}
	return false
}

// shifting is a shop that a test changes while a worker has it; without one it is away.
type shifting struct{ now atomic.Pointer[shop] }

func (s *shifting) set(to *shop) { s.now.Store(to) }

func (s *shifting) FindByIncrementIDs(ctx context.Context, ids []string) ([]magento.Document, error) {
	if now := s.now.Load(); now != nil {
		return now.FindByIncrementIDs(ctx, ids)
	}
	return nil, errAway
}

func (s *shifting) FindByEntityIDs(context.Context, []int64) ([]magento.Document, error) {
	return nil, errAway
}

func (s *shifting) InRange(context.Context, order.Selection, int64) (*magento.RangePage, error) {
	return nil, errAway
}

// errAway is final, so that a test that must not ask ends soon.
var errAway = &order.Failure{Kind: order.Permanent, System: "magento", Op: "GET orders", Message: "the shop is not to be asked"}

// deskWorld is a world with a worker, and a shop that changes.
type deskWorld struct {
	*world
	shop shifting
}

func newDeskWorld(t *testing.T) *deskWorld {
	t.Helper()
	w := &deskWorld{world: newWorld(t)}
	w.startWorker(&w.shop, &company{})
	return w
}

// away is a Temporal that nobody answers for.
func away(t *testing.T) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: temporallog.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// converted is a document as an order.
func converted(t *testing.T, instance, raw string) *order.Order {
	t.Helper()
	o, err := magento.Convert(instance, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return o
}
