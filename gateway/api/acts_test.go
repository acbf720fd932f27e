package api_test

import (
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/store"
)

// Fails without: the keys and the parts of the filter in Audit of actOnOrdersInput, one by one; with the text that was searched for.
func TestAudit_NamesTheOrdersOfABulk(t *testing.T) {
	w := newWorld(t)
	one, two := string(w.key(1, "000000001")), string(w.key(1, "000000002"))
	w.post("/api/v1/orders/actions", `{"action":"skip","keys":["`+one+`","`+two+`","Jane Doe"],"reason":"sold elsewhere"}`)
	w.post("/api/v1/orders/actions", `{"action":"retry","dry_run":true,"filter":{"instance":"`+w.instance+`","states":["held"],"reason":"item_unknown","attention":true,
		"write_back":"given_up","store":2,"from":"2026-11-01","to":"Jane","q":"Doe"}}`)
	acts := w.acts("act-on-orders")
	if len(acts) != 2 {
		t.Fatalf("%d entries", len(acts))
	}
	if want := "skip of 3 orders: " + one + " " + two; acts[1].Target != want {
		t.Errorf("by keys: %q, want %q", acts[1].Target, want)
	}
	if want := "retry by filter " + w.instance + " held item_unknown attention write_back given_up store 2 from 2026-11-01 and a text (dry run)"; acts[0].Target != want {
		t.Errorf("by filter: %q, want %q", acts[0].Target, want)
	}
}

// A refusal for what passes by itself is no answer for later: the same request is looked at anew.
//
// Fails without: passing in keepAnswer; the instance that noteBegun fills in.
func TestIdempotencyKey_KeepsNoRefusalThatPasses(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.post("/api/v1/schedule/sync", `{}`, idempotency, "one").problem(409, "no-worker")
	}
	if acts := w.acts("sync-now"); len(acts) != 2 || acts[0].Target != w.instance || acts[0].Problem != "no-worker" {
		t.Errorf("written down: %+v", acts)
	}
}

// Fails without: the instance that noteBegun fills in.
func TestAudit_NamesTheOnlyInstance(t *testing.T) {
	w := newWorld(t)
	w.post("/api/v1/resyncs", `{"increment_ids":["000000007"]}`).ok(202, &struct{}{})
	w.post("/api/v1/schedule/pause", `{"reason":"upgrade"}`)
	if acts := w.acts("start-resync"); len(acts) != 1 || acts[0].Target != w.instance+": 000000007" {
		t.Errorf("resync: %+v", acts)
	}
	if acts := w.acts("pause-schedule"); len(acts) != 1 || acts[0].Target != w.instance {
		t.Errorf("pause: %+v", acts)
	}
}

// Fails without: the look at more in noteRefused.
func TestAudit_IsNotFilledByWhoMayNotAct(t *testing.T) {
	w := newWorld(t)
	viewer := w.as(access.Viewer)
	for range 70 {
		w.post("/api/v1/schedule/sync", `{}`, "Authorization", viewer).problem(403, "not-allowed")
	}
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Actor: "key:viewer", Limit: 100})
	if err != nil || len(entries) == 0 || len(entries) > 60 {
		t.Errorf("%d refusals of a minute are written down, %v; want at most 60", len(entries), err)
	}
}

// Whether a name is somebody's is not to be seen at how long the answer takes: both are written down.
//
// Fails without: nobody in signIn; with the name itself.
func TestSignIn_WritesDownTriesAtNamesThatNobodyHas(t *testing.T) {
	w := newWorld(t)
	w.post("/api/v1/session", `{"name":"hunter2hunter2","password":"wrong wrong wrong"}`, nameless, "1").problem(401, "wrong-password")
	acts := w.acts("sign-in")
	if len(acts) != 1 || acts[0].Target != "(nobody)" || acts[0].State != store.AuditRefused || strings.Contains(acts[0].Actor, "hunter2") {
		t.Errorf("written down: %+v", acts)
	}
}

// Fails without: Audit of keyPath.
func TestAudit_HoldsNoKeyThatWasSentAsItsName(t *testing.T) {
	w := newWorld(t)
	call(t, w.server, "DELETE", "/api/v1/keys/"+adminKey, "", nil).problem(404, "key-not-found")
	if acts := w.acts("revoke-key"); len(acts) != 1 || acts[0].Target != "(no key)" {
		t.Errorf("written down: %+v", acts)
	}
}
