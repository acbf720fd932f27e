package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// An address that somebody types where an order's number or key belongs gets neither into a workflow nor into the audit, whatever he may do.
// Fails without: CheckNumber in resyncRequest and backfillRequest; keyOf in each Audit and in pathTarget; numbersOf.
func TestAudit_NamesNoPersonTypedAsAnOrder(t *testing.T) {
	w := newWorld(t)
	person := "anna@example.com"
	w.post("/api/v1/resyncs", `{"increment_ids":[" `+person+`","000000007"]}`).problem(422, "invalid-request", "not an e-mail address")
	w.post("/api/v1/resyncs", `{"keys":["`+person+`"]}`).problem(422, "invalid-request")
	w.post("/api/v1/backfills", `{"increment_ids":["`+person+`"]}`).problem(422, "invalid-request", "not an e-mail address")
	w.post("/api/v1/backfills", `{"keys":["`+person+`"]}`).problem(422, "invalid-request")
	for _, action := range []string{"retry", "skip", "resume", "settle"} {
		w.post("/api/v1/orders/"+person+"/"+action, `{"reason":"called"}`)
		call(t, w.server, "POST", "/api/v1/orders/"+person+"/"+action, `{"reason":"called"}`,
			[]string{"Authorization", w.as(access.Viewer), "Content-Type", "application/json"}).problem(403, "not-allowed")
	}
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	unnamed := 0
	for _, e := range entries {
		if strings.Contains(e.Target+e.Why, person) {
			t.Errorf("the audit names the person: %s by %s: %q", e.Action, e.Role, e.Target)
		}
		if strings.Contains(e.Target, "(no key)") {
			unnamed++
		}
	}
	if unnamed != 12 {
		t.Errorf("%d entries say that no order was named, want 12", unnamed)
	}
	if acts := w.acts("start-resync"); len(acts) != 2 || acts[1].Target != w.instance+": (no key) 000000007" {
		t.Errorf("resyncs: %+v", acts)
	}
}

// An entry whose target does not name all of its orders keeps no words: an erasure finds them by the orders that are named.
// Fails without: the look at the target's length in noteBegun.
func TestAudit_KeepsNoWordsOfOrdersThatItDoesNotName(t *testing.T) {
	w := newWorld(t)
	w.stock(15, func(_ int, d *store.Staged) { d.Status, d.Reason = order.Held, &order.Reason{Code: "item_unknown"} })
	all, err := w.db.List(t.Context(), store.Filter{Instance: w.instance, Limit: 15})
	if err != nil || len(all) != 15 {
		t.Fatalf("%d orders, %v", len(all), err)
	}
	keys := make([]string, len(all))
	for n, d := range all {
		keys[n] = string(d.Key)
	}
	act := func(keys []string) string {
		names, _ := json.Marshal(keys)
		w.post("/api/v1/orders/actions", `{"action":"skip","dry_run":true,"reason":"sold","keys":`+string(names)+`}`).ok(200, &struct{}{})
		return w.acts("act-on-orders")[0].Why
	}
	if why := act(keys[:2]); why != "sold" {
		t.Errorf("of two orders the audit says %q", why)
	}
	if why := act(keys); why != "(see the timeline)" {
		t.Errorf("of %d orders, more than its target names, the audit says %q", len(keys), why)
	}
}

// What is written about an order that was erased stands neither in the audit nor in the timeline, and what an earlier release kept is not shown to viewers.
// Fails without: Erased in withoutBuyers; Erased in masked; KeptWord in masked.
func TestViewers_SeeNoWordsAboutAnErasedOrder(t *testing.T) {
	w := newWorld(t)
	var key order.Key
	w.stock(1, func(_ int, d *store.Staged) {
		key = d.Key
		d.Status, d.Reason, d.Order, d.ErasedAt = order.Held, &order.Reason{Code: "item_unknown"}, d.Order.Erased(), time.Now().UTC()
		d.Note(store.Event{Step: "desk", Outcome: "settled", Detail: "Frau Mustermann called"})
	})
	w.post("/api/v1/orders/"+string(key)+"/skip", `{"reason":"Frau Mustermann called again"}`).ok(200, &struct{}{})
	if acts := w.acts("skip-order"); len(acts) != 1 || acts[0].Why != store.WordsNotKept {
		t.Errorf("the audit says %+v", acts)
	}
	r := call(t, w.server, http.MethodGet, "/api/v1/orders/"+string(key), "", []string{"Authorization", w.as(access.Viewer)})
	if r.ok(200, &struct{}{}); strings.Contains(string(r.body), "Mustermann") || !strings.Contains(string(r.body), store.WordsNotKept) {
		t.Errorf("a viewer sees %s", r.body)
	}
}
