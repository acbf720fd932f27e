package api_test

import (
	"strings"
	"testing"

	"datawald/gateway/access"
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
