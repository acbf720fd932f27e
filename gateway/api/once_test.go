package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func newUser(name string) string {
	return fmt.Sprintf(`{"name":%q,"role":"viewer","password":%q}`, name, goodPassword)
}

// acts are the audit entries of an action, the newest first.
func (w *world) acts(action string) []store.AuditEntry {
	w.t.Helper()
	entries, err := w.db.ListAudit(w.t.Context(), store.AuditFilter{Action: action, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

// Fails without: again in exchanged, or keepAnswer; the comparison of fingerprints; the actor in requestID.
func TestIdempotencyKey_GivesTheFirstAnswerAgain(t *testing.T) {
	w := newWorld(t)
	first := w.post("/api/v1/users", newUser("anna"), idempotency, "click 1")
	again := w.post("/api/v1/users", " "+newUser("anna"), idempotency, "click 1")
	if first.status != 201 || again.status != 201 || !bytes.Equal(first.body, again.body) || first.header.Get("Location") != "/api/v1/users/anna" ||
		again.header.Get("Location") != "/api/v1/users/anna" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("first %d %s %v, again %d %s %v", first.status, first.body, first.header, again.status, again.body, again.header)
	}
	if acts := w.acts("add-user"); len(acts) != 1 || acts[0].State != store.AuditDone || acts[0].Target != "anna" || acts[0].Actor != "key:test" ||
		acts[0].Role != "admin" || acts[0].By != "key" || acts[0].KeyID != "test" || acts[0].Status != 201 {
		t.Errorf("written down: %+v", acts)
	}
	w.post("/api/v1/users", newUser("bert"), idempotency, "click 1").problem(422, "idempotency-key-reused", "new Idempotency-Key")
	call(t, w.server, "PATCH", "/api/v1/users/anna", `{"disabled":true}`, []string{"Content-Type", "application/json", idempotency, "click 1"}).problem(422, "idempotency-key-reused")

	refused := w.post("/api/v1/users", newUser("anna"), idempotency, "click 2")
	refused.problem(409, "user-exists")
	if again := w.post("/api/v1/users", newUser("anna"), idempotency, "click 2"); again.status != 409 || !bytes.Equal(again.body, refused.body) ||
		again.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a refusal is answered again as %d %s", again.status, again.body)
	}
	if acts := w.acts("add-user"); len(acts) != 2 || acts[0].State != store.AuditRefused || acts[0].Problem != "user-exists" {
		t.Errorf("written down: %+v", acts)
	}
	other, _, err := api.Gate(w.settings, w.db).AddKey(t.Context(), "other", access.Admin, "test", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if r := w.post("/api/v1/users", newUser("carl"), idempotency, "click 1", "Authorization", "Bearer "+other); r.status != 201 {
		t.Errorf("somebody else's key of the same text: %d %s", r.status, r.body)
	}
	w.post("/api/v1/users", newUser("dora"), idempotency, strings.Repeat("k", 256)).problem(422, "invalid-request", idempotency)
}

const idempotency = "Idempotency-Key"

// Fails without: the claim before the act.
func TestIdempotencyKey_OfManyAtOnceActsOnce(t *testing.T) {
	w := newWorld(t)
	var made, waiting atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := w.post("/api/v1/keys", `{"name":"erp","role":"viewer"}`, idempotency, "one")
			switch {
			case r.status == 201:
				made.Add(1)
			case r.status == 409 && r.header.Get("Retry-After") == "1" && strings.Contains(string(r.body), "request-under-way"):
				waiting.Add(1)
			default:
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
	keys, err := w.db.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || len(w.acts("add-key")) != 1 { // one of them is the test's own
		t.Errorf("%d keys, %d entries; %d answers, %d told to wait", len(keys), len(w.acts("add-key")), made.Load(), waiting.Load())
	}
}

// Fails without: Kept of the answer.
func TestIdempotencyKey_KeepsNoSecret(t *testing.T) {
	w := newWorld(t)
	var first, again api.NewAPIKey
	w.post("/api/v1/keys", `{"name":"erp","role":"viewer"}`, idempotency, "one").ok(201, &first)
	w.post("/api/v1/keys", `{"name":"erp","role":"viewer"}`, idempotency, "one").ok(201, &again)
	if first.Key == "" || again.Key != "" || again.ID != first.ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
	call(t, w.server, "GET", "/api/v1/orders", "", []string{"Authorization", "Bearer " + first.Key}).ok(200, &struct{}{})
}

// What was begun by a gateway that is gone is not done again blindly, but where the operation itself does nothing twice.
//
// Fails without: the look at BegunAt in claim, and metaRepeatable.
func TestIdempotencyKey_OfAGatewayThatIsGone(t *testing.T) {
	w := newWorld(t)
	lost := func(operation, key string, in any) {
		t.Helper()
		r, err := api.BegunRequest(operation, key, in)
		if err != nil {
			t.Fatal(err)
		}
		r.BegunAt = time.Now().Add(-2 * time.Minute)
		if _, err := w.db.BeginRequest(t.Context(), r, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	lost("add-user", "one", api.AddUserInput("anna", access.Viewer, goodPassword))
	w.post("/api/v1/users", newUser("anna"), idempotency, "one").problem(409, "outcome-unknown", "audit", "add-user")
	if _, err := w.db.User(t.Context(), "anna"); err == nil {
		t.Error("it was done again")
	}
	lost("start-resync", "two", api.StartResyncInput("two", w.instance, "1"))
	w.post("/api/v1/resyncs", body(w.instance, "1"), idempotency, "two").ok(202, &struct{}{})
}

// An answer that says that something failed is not kept, and what is not written down is not done.
//
// Fails without: DropRequest in keepAnswer; the entry before the act.
func TestAudit_ThatCannotBeWrittenStopsTheAct(t *testing.T) {
	w := newWorld(t)
	_, database := testkit.Database(t)
	var deaf atomic.Bool
	db := testkit.DeafStore(t, database, &deaf, "insert", "audit")
	if err := api.Gate(w.settings, db).KeepKey(t.Context(), adminKey, "test", access.Admin); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	handler, err := api.New(w.settings, db, w.temporal, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.server = listen(t, handler)
	deaf.Store(true)
	w.post("/api/v1/users", newUser("anna"), idempotency, "one").problem(503, "unavailable", "store")
	deaf.Store(false)
	if users, err := db.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("it was done: %v, %v", users, err)
	}
	if r := w.post("/api/v1/users", newUser("anna"), idempotency, "one"); r.status != 201 {
		t.Errorf("sent again: %d %s", r.status, r.body)
	}
	if strings.Contains(log.String(), goodPassword) {
		t.Errorf("the log has the password: %s", log.String())
	}
}

// Fails without: the deferred end in exchanged.
func TestAudit_OfAnActThatPanicsFails(t *testing.T) {
	w := newWorld(t)
	handler, err := api.New(w.settings, w.db, panicking{w.temporal}, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	w.server = listen(t, handler)
	for range 2 { // the key is free again
		w.post("/api/v1/backfills/x/cancel", "", idempotency, "one").problem(500, "internal")
	}
	acts := w.acts("cancel-backfill")
	if len(acts) != 2 || acts[0].State != store.AuditFailed || acts[0].Status != 500 || acts[0].Target != "x" {
		t.Errorf("written down: %+v", acts)
	}
}

// Fails without: Audit of the inputs, or with an entry that has a password.
func TestAudit_TellsWhatWasDoneAndNoSecret(t *testing.T) {
	w := newWorld(t)
	w.post("/api/v1/users", newUser("anna"))
	call(t, w.server, "PATCH", "/api/v1/users/anna", `{"role":"operator","password":"another good password","disabled":true}`, []string{"Content-Type", "application/json"}).ok(200, &struct{}{})
	if r := call(t, w.server, "DELETE", "/api/v1/users/anna", "", nil); r.status != 204 {
		t.Errorf("removed: %d %s", r.status, r.body)
	}
	var key api.NewAPIKey
	w.post("/api/v1/keys", `{"name":"erp","role":"viewer"}`).ok(201, &key)
	if r := call(t, w.server, "DELETE", "/api/v1/keys/"+key.ID, "", nil); r.status != 204 {
		t.Errorf("revoked: %d %s", r.status, r.body)
	}
	var list struct {
		Entries []store.AuditEntry `json:"entries"`
		Next    string             `json:"next"`
	}
	r := w.get("/api/v1/audit")
	r.ok(200, &list)
	var told []string
	for _, e := range list.Entries {
		told = append(told, fmt.Sprintf("%s %s %q %s", e.Action, e.Target, e.Why, e.State))
	}
	want := []string{"revoke-key " + key.ID + ` "" done`, `add-key erp "role viewer" done`, `remove-user anna "" done`,
		`change-user anna "role operator, disabled, new password" done`, `add-user anna "role viewer" done`}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	for _, secret := range []string{goodPassword, "another good", key.Key, adminKey} {
		if strings.Contains(string(r.body), secret) {
			t.Errorf("an entry has %q", secret)
		}
	}
	var ids []string
	for cursor := ""; ; cursor = list.Next {
		list.Next, list.Entries = "", nil
		w.get("/api/v1/audit?limit=2&cursor="+cursor).ok(200, &list)
		for _, e := range list.Entries {
			ids = append(ids, e.ID)
		}
		if list.Next == "" {
			break
		}
	}
	if len(ids) != len(want) {
		t.Errorf("by pages there are %d, want %d", len(ids), len(want))
	}
	for query, n := range map[string]int{"actor=key:test": 5, "actor=anna": 0, "action=add-key": 1, "target=anna": 3, "from=2100-01-01": 0, "to=2100-01-01": 5} {
		list.Entries = nil
		w.get("/api/v1/audit?"+query).ok(200, &list)
		if len(list.Entries) != n {
			t.Errorf("%s: %d, want %d", query, len(list.Entries), n)
		}
	}
	for _, query := range []string{"from=x", "to=x", "from=2026-02-01&to=2026-01-01", "cursor={}", "limit=0", "limit=501"} {
		w.get("/api/v1/audit?"+query).problem(422, "invalid-request")
	}
}

// Fails without: Audit of the inputs; the bound of a target.
func TestAudit_NamesTheOrdersOfARun(t *testing.T) {
	w := newWorld(t)
	many := make([]string, 100)
	for i := range many {
		many[i] = fmt.Sprintf("%09d", i)
	}
	w.post("/api/v1/resyncs", body(w.instance, "000000007", "000000008")).ok(202, &struct{}{})
	w.post("/api/v1/resyncs", body(w.instance, many...)).ok(202, &struct{}{})
	acts := w.acts("start-resync")
	if want := w.instance + ": 000000007 000000008"; len(acts) != 2 || acts[1].Target != want || len([]rune(acts[0].Target)) != 300 {
		t.Errorf("written down: %+v, want %q", acts, want)
	}
	w.post("/api/v1/backfills", `{"from":"2026-01-01T00:00:00Z","store_id":2,"status":"complete","dry_run":true}`).ok(202, &struct{}{})
	if acts := w.acts("start-backfill"); len(acts) != 1 || acts[0].Target != w.instance+": from 2026-01-01T00:00:00Z store 2 status complete dry run" {
		t.Errorf("written down: %+v", acts)
	}
}

func TestUsersAndKeys_RefuseWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.signedIn("boss", access.Admin)
	patch := func(name, text string) reply {
		return call(t, w.server, "PATCH", "/api/v1/users/"+name, text, []string{"Content-Type", "application/json"})
	}
	for _, text := range []string{`{}`, `{"name":"a","role":"boss","password":"` + goodPassword + `"}`, `{"name":"a","role":"viewer","password":"short"}`, `{"name":"a b","role":"viewer","password":"` + goodPassword + `"}`} {
		w.post("/api/v1/users", text).problem(422, "invalid-request")
	}
	w.post("/api/v1/users", newUser("boss")).problem(409, "user-exists", "another name")
	patch("boss", `{}`).problem(422, "invalid-request")
	patch("boss", `{"role":"x"}`).problem(422, "invalid-request")
	patch("nobody", `{"role":"viewer"}`).problem(404, "user-not-found", "GET /api/v1/users")
	patch("boss", `{"role":"viewer"}`).problem(409, "last-admin", "another user an admin")
	patch("boss", `{"disabled":true}`).problem(409, "last-admin")
	call(t, w.server, "DELETE", "/api/v1/users/boss", "", nil).problem(409, "last-admin")
	call(t, w.server, "DELETE", "/api/v1/users/nobody", "", nil).problem(404, "user-not-found")
	var users struct{ Users []api.User }
	w.get("/api/v1/users").ok(200, &users)
	if len(users.Users) != 1 || users.Users[0].Role != access.Admin || users.Users[0].Disabled {
		t.Errorf("users %+v", users)
	}
	for _, text := range []string{`{}`, `{"name":"","role":"viewer"}`, `{"name":"a","role":"x"}`, `{"name":"a","role":"viewer","expires_at":"2020-01-01T00:00:00Z"}`} {
		w.post("/api/v1/keys", text).problem(422, "invalid-request")
	}
	call(t, w.server, "DELETE", "/api/v1/keys/nothing", "", nil).problem(404, "key-not-found", "GET /api/v1/keys")
	r := w.get("/api/v1/keys")
	var keys struct{ Keys []api.APIKey }
	r.ok(200, &keys)
	if len(keys.Keys) != 1 || keys.Keys[0].ID != "test" || strings.Contains(string(r.body), "hash") {
		t.Errorf("keys %s", r.body)
	}
	if text, _ := json.Marshal(users); strings.Contains(string(text), "argon2") {
		t.Errorf("the list has password hashes: %s", text)
	}
}
