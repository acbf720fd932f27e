package api_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// free are the operations that need no credential.
var free = map[string]bool{"health": true, "readiness": true, "sign-in": true, "take-hint": true, "answer-challenge": true}

var pathParam = regexp.MustCompile(`\{[^}]+\}`)

// each calls see with every operation of the OpenAPI document, and an address for it.
func each(t *testing.T, see func(op operation, method, address string)) {
	for path, methods := range document31(t).Paths {
		for method, op := range methods {
			see(op, strings.ToUpper(method), pathParam.ReplaceAllString(path, "x"))
		}
	}
}

// Fails without: known; or with an operation that is open and not in free.
func TestEveryOperation_NeedsACredential(t *testing.T) {
	w := newWorld(t)
	yesterday, secret := time.Now().Add(-24*time.Hour), strings.Repeat("a", 26)
	expired := "dw_old_" + secret
	if err := w.db.AddKey(t.Context(), store.Key{ID: "old", Role: "admin", Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(secret))), ExpiresAt: &yesterday}); err != nil {
		t.Fatal(err)
	}
	revoked, gone, err := api.Gate(w.settings, w.db).AddKey(t.Context(), "gone", access.Admin, "test", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.RevokeKey(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	each(t, func(op operation, method, address string) {
		if free[op.OperationID] {
			return
		}
		for name, shown := range map[string][]string{
			"nothing": {nameless, "1"}, "wrong key": {"Authorization", "Bearer dw_test_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "expired": {"Authorization", "Bearer " + expired},
			"revoked": {"Authorization", "Bearer " + revoked}, "another scheme": {"Authorization", "Basic YWRtaW46YWRtaW4="}, "wrong cookie": {"Cookie", access.Cookie + "=x"},
			"wrong key beside a cookie": {"Authorization", "Bearer x", "Cookie", access.Cookie + "=x"},
		} {
			r := call(t, w.server, method, address, "{}", append([]string{"Content-Type", "application/json"}, shown...))
			if r.status != 401 || !strings.Contains(string(r.body), "not-signed-in") || r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %s: %d %s", op.OperationID, name, r.status, r.body)
			}
		}
	})
	for _, path := range []string{"/", "/api", "/openapi.json", "/nothing", "/api/v1/nothing"} {
		call(t, w.server, http.MethodGet, path, "", []string{nameless, "1"}).problem(401, "not-signed-in", "POST /api/v1/session")
	}
	r := call(t, w.server, http.MethodGet, "/api/docs", "", []string{nameless, "1", "Accept", "application/json"})
	r.problem(401, "not-signed-in")
	person := *w.server.Client()
	person.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	asked, err := http.NewRequest(http.MethodGet, w.server.URL+"/api/docs", nil)
	if err != nil {
		t.Fatal(err)
	}
	asked.Header = http.Header{nameless: {"1"}, "Accept": {"text/html,*/*;q=0.8"}}
	led, err := person.Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	led.Body.Close()
	if at := led.Header.Get("Location"); led.StatusCode != http.StatusSeeOther || at != "/login?again=1&next=%2Fapi%2Fdocs" {
		t.Errorf("a browser that asks for /api/docs gets %d and %q", led.StatusCode, at)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		call(t, w.server, http.MethodGet, path, "", []string{nameless, "1"}).ok(200, &struct{}{})
	}
}

// needed is the least role of each operation. A new one has to be put here.
var needed = map[string]access.Role{
	"list-orders": access.Viewer, "get-order": access.Viewer, "preview-order": access.Viewer, "get-resync": access.Viewer, "get-backfill": access.Viewer, "list-reconciliations": access.Viewer, "get-reconciliation": access.Viewer,
	"get-rules": access.Viewer, "get-status": access.Viewer, "get-session": access.Viewer, "sign-out": access.Viewer, "change-own-password": access.Viewer,
	"count-orders": access.Viewer, "export-orders": access.Viewer, "compare-order": access.Viewer, "list-payloads": access.Viewer, "get-payload": access.Operator,
	"retry-order": access.Operator, "skip-order": access.Operator, "resume-order": access.Operator, "settle-order": access.Operator, "act-on-orders": access.Operator,
	"get-schedule": access.Viewer, "sync-now": access.Operator, "pause-schedule": access.Operator, "resume-schedule": access.Operator,
	"list-runs": access.Viewer, "get-run": access.Viewer, "get-statistics": access.Viewer, "get-events": access.Viewer,
	"list-rules-versions": access.Viewer, "get-rules-version": access.Operator, "activate-rules": access.Admin,
	"start-resync": access.Operator, "start-backfill": access.Operator, "start-reconciliation": access.Operator, "pause-backfill": access.Operator, "resume-backfill": access.Operator,
	"cancel-backfill": access.Operator, "release-backfill": access.Operator, "check-rules": access.Operator, "preview-rules": access.Operator,
	"decode-payloads": access.Operator, "encode-payloads": access.Operator,
	"diff-rules": access.Operator, "list-audit": access.Operator,
	"list-users": access.Admin, "add-user": access.Admin, "change-user": access.Admin, "remove-user": access.Admin,
	"list-keys": access.Admin, "add-key": access.Admin, "revoke-key": access.Admin,
}

// Fails without: allowed; or with an operation whose role is another than needed has it.
func TestEveryOperation_NeedsItsRole(t *testing.T) {
	w := newWorld(t)
	as := map[access.Role]string{access.Viewer: w.as(access.Viewer), access.Operator: w.as(access.Operator), access.Admin: w.as(access.Admin)}
	each(t, func(op operation, method, address string) {
		if free[op.OperationID] {
			return
		}
		need, listed := needed[op.OperationID]
		if !listed {
			t.Errorf("%s is not in the list of roles", op.OperationID)
		}
		if op.OperationID == "sign-out" {
			return // it has nothing to end with a key
		}
		if op.OperationID == "get-events" {
			address += "?instance=nobody" // it has no end otherwise
		}
		for role, shown := range as {
			r := call(t, w.server, method, address, "{}", []string{"Content-Type", "application/json", "Authorization", shown})
			refused := r.status == 403 && strings.Contains(string(r.body), "not-allowed")
			if op.OperationID == "change-own-password" {
				refused = refused && !strings.Contains(string(r.body), "API key has no password")
			}
			if refused == role.Allows(need) || r.status == 401 || r.status >= 500 {
				t.Errorf("%s as %s: %d %s", op.OperationID, role, r.status, r.body)
			}
			if refused && (!strings.Contains(string(r.body), "role "+string(need)) || !strings.Contains(string(r.body), "admin")) {
				t.Errorf("%s as %s does not say what is needed: %s", op.OperationID, role, r.body)
			}
		}
	})
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Actor: "key:viewer", Action: "add-user", Limit: 10})
	if err != nil || len(entries) != 1 || entries[0].State != store.AuditRefused || entries[0].Problem != "not-allowed" || entries[0].Status != 403 {
		t.Errorf("the refusal is written down as %+v, %v", entries, err)
	}
	if reads, err := w.db.ListAudit(t.Context(), store.AuditFilter{Actor: "key:viewer", Action: "list-users", Limit: 10}); err != nil || len(reads) != 0 {
		t.Errorf("reading is written down: %+v, %v", reads, err)
	}
}

const goodPassword = "correct horse battery"

// signedIn adds a user and signs him in; it gives his headers Cookie and X-CSRF-Token.
func (w *world) signedIn(name string, role access.Role) (cookie, csrf string) {
	w.t.Helper()
	if _, err := api.Gate(w.settings, w.db).AddUser(w.t.Context(), name, role, goodPassword, "test"); err != nil {
		w.t.Fatal(err)
	}
	return w.signIn(name, goodPassword)
}

func (w *world) signIn(name, password string) (cookie, csrf string) {
	w.t.Helper()
	r := w.post("/api/v1/session", `{"name":"`+name+`","password":"`+password+`"}`, nameless, "1")
	var s api.Session
	r.ok(200, &s)
	cookies, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
	if err != nil || !cookies.HttpOnly || cookies.SameSite != http.SameSiteLaxMode || cookies.Path != "/" || cookies.MaxAge < 60 {
		w.t.Fatalf("the cookie is %v, %v", r.header["Set-Cookie"], err)
	}
	return access.Cookie + "=" + cookies.Value, s.CSRF
}

func TestSession_SignsInAndOut(t *testing.T) {
	w := newWorld(t)
	w.post("/api/v1/session", `{"name":"anna","password":"`+goodPassword+`"}`, nameless, "1").problem(401, "wrong-password", "admin")
	cookie, csrf := w.signedIn("anna", access.Operator)
	var s api.Session
	call(t, w.server, "GET", "/api/v1/session", "", []string{"Cookie", cookie}).ok(200, &s)
	if s.Actor != "anna" || s.Role != access.Operator || s.Kind != access.User || s.CSRF != csrf || s.EndsAt.IsZero() {
		t.Errorf("the session is %+v", s)
	}
	r := call(t, w.server, "DELETE", "/api/v1/session", "", []string{"Cookie", cookie, access.CSRFHeader, csrf})
	if r.status != 204 || !strings.Contains(r.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signing out: %d, %v", r.status, r.header)
	}
	call(t, w.server, "GET", "/api/v1/session", "", []string{"Cookie", cookie}).problem(401, "not-signed-in")
	s = api.Session{}
	w.get("/api/v1/session").ok(200, &s)
	if s.Actor != "test" || s.Kind != access.Key || s.CSRF != "" {
		t.Errorf("the key's is %+v", s)
	}
	w.post("/api/v1/session", `{"name":"`+strings.Repeat("a", 65)+`","password":""}`, nameless, "1").problem(422, "invalid-request")
}

// Fails without: the look at Pass.Shows in known; with a token of another session.
func TestSession_ChangesNeedItsToken(t *testing.T) {
	w := newWorld(t)
	cookie, csrf := w.signedIn("anna", access.Operator)
	_, others := w.signedIn("bert", access.Operator)
	text := body(w.instance, "1")
	for _, token := range []string{"", "x", others} {
		w.post("/api/v1/resyncs", text, "Cookie", cookie, access.CSRFHeader, token).problem(403, "csrf-token-missing", access.CSRFHeader)
	}
	w.post("/api/v1/resyncs", text, "Cookie", cookie, access.CSRFHeader, csrf, "Origin", "https://evil.example").problem(403, "cross-origin")
	w.post("/api/v1/resyncs", text, "Cookie", cookie, access.CSRFHeader, csrf, "Sec-Fetch-Site", "cross-site").problem(403, "cross-origin")
	w.post("/api/v1/resyncs", text, "Cookie", cookie, access.CSRFHeader, csrf).ok(202, &struct{}{})
	call(t, w.server, "GET", "/api/v1/orders", "", []string{"Cookie", cookie}).ok(200, &struct{}{})
}

// Fails without: Session and change of package access between the cookie and the request.
func TestSession_EndsWithItsUser(t *testing.T) {
	w := newWorld(t)
	cookie, _ := w.signedIn("anna", access.Operator)
	look := func() reply { return call(t, w.server, "GET", "/api/v1/orders", "", []string{"Cookie", cookie}) }
	look().ok(200, &struct{}{})
	call(t, w.server, "PATCH", "/api/v1/users/anna", `{"disabled":true}`, []string{"Content-Type", "application/json"}).ok(200, &struct{}{})
	look().problem(401, "not-signed-in")
	w.post("/api/v1/session", `{"name":"anna","password":"`+goodPassword+`"}`, nameless, "1").problem(401, "wrong-password")
	call(t, w.server, "PATCH", "/api/v1/users/anna", `{"disabled":false}`, []string{"Content-Type", "application/json"}).ok(200, &struct{}{})
	look().problem(401, "not-signed-in")
	w.signIn("anna", goodPassword)
}

// Fails without: the throttle in verify, or Retry-After.
func TestSession_KeepsWhoGuessesWaiting(t *testing.T) {
	w := newWorld(t)
	w.signedIn("anna", access.Viewer)
	wrong := 0
	try := func() reply {
		return w.post("/api/v1/session", `{"name":"anna","password":"wrong wrong wrong"}`, nameless, "1")
	}
	r := try()
	for ; r.status == 401 && wrong < 20; r = try() { // a machine so slow that a wait is over by the next try meets one twice as long
		wrong++
	}
	r.problem(429, "too-many-tries", "Retry-After")
	if seconds, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 300 || wrong < 5 {
		t.Errorf("after %d wrong ones Retry-After %q, want five or more and seconds", wrong, r.header.Get("Retry-After"))
	}
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "sign-in", Target: "anna", Limit: 50})
	if err != nil || len(entries) != wrong+1 || entries[0].State != store.AuditRefused || entries[wrong].State != store.AuditDone {
		t.Errorf("written down: %+v, %v", entries, err)
	}
}

func TestSession_OfOnesOwnPassword(t *testing.T) {
	w := newWorld(t)
	cookie, csrf := w.signedIn("anna", access.Viewer)
	change := func(old, fresh string) reply {
		return w.post("/api/v1/session/password", `{"old":"`+old+`","new":"`+fresh+`"}`, "Cookie", cookie, access.CSRFHeader, csrf)
	}
	change("wrong wrong wrong", "another good password").problem(401, "wrong-password")
	change(goodPassword, "short").problem(422, "invalid-request", "body.new")
	change(goodPassword, strings.Repeat("a", 20)).problem(422, "invalid-request", "body.new")
	r := change(goodPassword, "another good password")
	r.ok(200, &struct{}{})
	call(t, w.server, "GET", "/api/v1/session", "", []string{"Cookie", cookie}).problem(401, "not-signed-in")
	fresh, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	call(t, w.server, "GET", "/api/v1/session", "", []string{"Cookie", fresh}).ok(200, &struct{}{})
	w.signIn("anna", "another good password")
	w.post("/api/v1/session/password", `{"old":"`+goodPassword+`","new":"another good password"}`).problem(403, "not-allowed", "key")
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "change-own-password", Target: "anna", Limit: 50})
	if err != nil || len(entries) != 3 || entries[0].State != store.AuditDone || entries[0].Status != 200 || entries[2].State != store.AuditRefused || entries[2].Problem != "wrong-password" {
		t.Errorf("written down: %+v, %v", entries, err) // a password that is too short for the document is refused before
	}
}

// A page of this process asks as somebody whose credential it has seen.
//
// Fails without: the look at the context in known; with a request from outside that is taken for one.
func TestWithin_AsksAsTheActorOfThePage(t *testing.T) {
	w := newWorld(t)
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(pass access.Pass, method, path, text string) int {
		outer := httptest.NewRequest("POST", "/page", nil)
		outer.Host, outer.RemoteAddr = "localhost", "127.0.0.1:1"
		inner, err := access.Within(outer, pass, method, path, text)
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, inner)
		return answer.Code
	}
	anna := access.Pass{Actor: access.Actor{Name: "anna", Role: access.Viewer, Kind: access.User}, CSRF: "x"}
	if got := ask(anna, "GET", "/api/v1/orders", ""); got != 200 {
		t.Errorf("reading: %d", got)
	}
	if got := ask(anna, "POST", "/api/v1/resyncs", body(w.instance, "1")); got != 403 {
		t.Errorf("acting as a viewer: %d", got)
	}
	anna.Actor.Role = access.Operator
	if got := ask(anna, "POST", "/api/v1/resyncs", body(w.instance, "1")); got != 202 {
		t.Errorf("acting: %d", got)
	}
	if got := ask(access.Pass{}, "GET", "/api/v1/orders", ""); got != 401 {
		t.Errorf("as nobody: %d", got)
	}
}
