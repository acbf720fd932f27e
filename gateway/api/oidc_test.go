package api_test

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/sandbox/testkit"
	"datawald/sandbox/testkit/identity"
	"datawald/store"
)

// entrance is a gateway whose people come in by an identity provider.
type entrance struct {
	*world
	provider *identity.Provider
	handler  http.Handler
	browser  *http.Client
	// set are the cookies that the browser was given on its way, ways the addresses to which it was led.
	set  map[string]*http.Cookie
	ways []string
	// log is what the gateway logs.
	log logged
}

// logged is a log in memory.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) lines(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// Whoever comes back without having begun is led to the sign-in page each time, and leaves one line in the log. Fails without: told in back.
func TestProvider_NobodyFillsTheLog(t *testing.T) {
	c := newEntrance(t, nil)
	for range 20 {
		if at := c.walks(c.server.URL + "/api/oidc/callback?state=x&code=y"); !strings.HasPrefix(at, "/login?failed=expired") {
			t.Fatalf("it leads to %s", at)
		}
	}
	if n := c.log.lines("nobody was let in"); n != 1 {
		t.Errorf("%d lines of 20", n)
	}
}

// The next line comes a minute later, and says for how many it stands; other causes have their own. Fails without: since in say; why there; toldAgainAfter.
func TestSeldom(t *testing.T) {
	now := day(1)
	say := api.Seldom(func() time.Time { return now })
	for i, tc := range []struct {
		after time.Duration
		why   access.Refusal
		want  int
	}{{0, access.Expired, 1}, {time.Second, access.Expired, 0}, {0, access.Denied, 1}, {58 * time.Second, access.Expired, 0}, {time.Second, access.Expired, 3}, {time.Second, access.Expired, 0}} {
		now = now.Add(tc.after)
		if got := say(tc.why); got != tc.want {
			t.Errorf("%d: a line for %d, want %d", i, got, tc.want)
		}
	}
}

func newEntrance(t *testing.T, change func(*config.Gateway)) *entrance {
	t.Helper()
	c := &entrance{world: newWorld(t), provider: identity.New(t)}
	c.provider.Is("1", map[string]any{"preferred_username": "anna", "groups": []string{"ops"}})
	c.settings.OIDC = config.OIDC{Issuer: c.provider.URL, ClientID: identity.ClientID, ClientSecret: identity.ClientSecret, ProviderName: "Example Ltd", RoleClaim: "groups",
		RoleMap: []string{"ops=operator", "boss=admin"}, NameClaim: "preferred_username", Scopes: []string{"profile"}, ProviderSessionLife: time.Hour, LocalSignIn: "all"}
	server := httptest.NewUnstartedServer(nil)
	c.settings.URL = "http://" + server.Listener.Addr().String()
	if change != nil {
		change(c.settings)
	}
	var err error
	if c.handler, err = api.New(c.settings, c.db, c.temporal, slog.New(slog.NewTextHandler(&c.log, nil))); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = c.handler
	server.Start()
	t.Cleanup(server.Close)
	c.server = server
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.browser = &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// walks follows where the gateway and the provider lead, until that is a page, and gives its address.
func (c *entrance) walks(address string) string {
	c.t.Helper()
	c.set, c.ways = map[string]*http.Cookie{}, nil
	for range 10 {
		res, err := c.browser.Get(address)
		if err != nil {
			c.t.Fatal(err)
		}
		res.Body.Close()
		for _, cookie := range res.Cookies() {
			c.set[cookie.Name] = cookie
		}
		to, err := res.Location()
		if err != nil {
			c.t.Fatalf("%s answers %d after %v", address, res.StatusCode, c.ways)
		}
		address = to.String()
		c.ways = append(c.ways, address)
		if strings.HasPrefix(address, c.server.URL) && !strings.HasPrefix(to.Path, "/api/oidc/") {
			return to.RequestURI()
		}
	}
	c.t.Fatalf("it leads in a circle: %v", c.ways)
	return ""
}

func (c *entrance) signsIn() string {
	c.t.Helper()
	return c.walks(c.server.URL + "/api/oidc/sign-in?next=%2Forders%3Fstate%3Dheld")
}

// audited are the entries of sign-ins.
func (c *entrance) audited() []store.AuditEntry {
	c.t.Helper()
	entries, err := c.db.ListAudit(c.t.Context(), store.AuditFilter{Action: "sign-in", Limit: 50})
	if err != nil {
		c.t.Fatal(err)
	}
	return entries
}

// Fails without: HttpOnly, SameSite and MaxAge of the cookies, one by one; the note in callback; OIDC_SESSION_LIFE.
func TestProvider_LetsIn(t *testing.T) {
	c := newEntrance(t, nil)
	if at := c.signsIn(); at != "/orders?state=held" {
		t.Fatalf("it leads to %s: %v", at, c.ways)
	}
	session, flow := c.set[access.Cookie], c.set["datawald_sign_in"]
	if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.MaxAge > 3600 {
		t.Errorf("the session is %+v", session)
	}
	if flow == nil || flow.MaxAge >= 0 || flow.Path != "/api/oidc/callback" {
		t.Errorf("what was kept is not taken away: %+v", flow)
	}
	res, err := c.browser.Get(c.server.URL + "/api/v1/session")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the session gives %d", res.StatusCode)
	}
	entries := c.audited()
	if len(entries) != 1 || entries[0].Actor != "anna" || entries[0].Role != "operator" || entries[0].State != store.AuditDone || entries[0].Why != "by the identity provider" {
		t.Errorf("audited: %+v", entries)
	}
	begin, err := url.Parse(c.ways[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := begin.Query().Get("redirect_uri"); got != c.settings.URL+"/api/oidc/callback" || begin.Query().Get("scope") != "openid profile" || begin.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("the provider is asked with %v", begin.Query())
	}
}

// Who is not let in comes to the sign-in page, which says why. The audit has whom the provider named, and nothing that anybody can make up.
//
// Fails without: noteRefusal; its look at known.
func TestProvider_SaysWhyNobodyIsLetIn(t *testing.T) {
	c := newEntrance(t, nil)
	c.provider.Is("1", map[string]any{"preferred_username": "anna", "groups": []string{"sales"}})
	if at := c.signsIn(); at != "/login?failed=no-role&next=%2Forders%3Fstate%3Dheld" || c.set[access.Cookie] != nil {
		t.Errorf("it leads to %s", at)
	}
	c.provider.Break(identity.Broken{Alter: func(claims map[string]any) { claims["nonce"] = "x" }})
	if at := c.signsIn(); !strings.HasPrefix(at, "/login?failed=untrusted&") || c.set[access.Cookie] != nil {
		t.Errorf("it leads to %s", at)
	}
	c.provider.Break(identity.Broken{Deny: "access_denied"})
	if at := c.signsIn(); !strings.HasPrefix(at, "/login?failed=denied&") {
		t.Errorf("it leads to %s", at)
	}
	if at := c.walks(c.server.URL + "/api/oidc/callback?state=x&code=y"); at != "/login?failed=expired&next=%2F" {
		t.Errorf("it leads to %s", at)
	}
	entries := c.audited()
	if len(entries) != 2 || entries[1].Actor != "anna" || entries[1].Problem != "no-role" || entries[0].Actor != "(nobody)" || entries[0].Problem != "untrusted" || entries[0].State != store.AuditRefused {
		t.Errorf("audited: %+v", entries)
	}
	for _, code := range []access.Refusal{access.Unreachable, access.Expired, access.Denied, access.Untrusted, access.NoRole, access.NoName, access.Unverified, access.NameTaken, access.OutOfUse,
		access.NoRoom, access.Throttled, "store", "no-sign-out"} {
		if p := api.ProviderProblem(string(code)); p == nil || p.Title == "" || p.Detail == "" {
			t.Errorf("nothing is said of %s", code)
		}
	}
	if p := api.ProviderProblem("<b>made up</b>"); p != nil {
		t.Errorf("%+v is said of what was made up", p)
	}
}

// Who has an account at the provider and no role here may come as often as he likes: the audit has him 60 times a minute, others all the same. Fails without: more in noteRefusal.
func TestProvider_NobodyFillsTheAudit(t *testing.T) {
	c := newEntrance(t, nil)
	begun := time.Now()
	comes := func(name string, times int) {
		c.provider.Is(name, map[string]any{"preferred_username": name, "groups": []string{"sales"}})
		for range times {
			if at := c.signsIn(); !strings.HasPrefix(at, "/login?failed=no-role&") {
				t.Fatalf("it leads to %s", at)
			}
		}
	}
	comes("anna", 70)
	comes("bert", 1)
	got := map[string]int{}
	entries, err := c.db.ListAudit(t.Context(), store.AuditFilter{Action: "sign-in", Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got[e.Actor]++
	}
	// On a machine that does much else it takes more than a minute: then there are 60 for each.
	if most := 60 * (1 + int(time.Since(begun)/time.Minute)); got["anna"] < 60 || got["anna"] > min(most, 70) || got["bert"] != 1 {
		t.Errorf("written down within %s: %v", time.Since(begun), got)
	}
}

// The provider is told the address of the settings, whatever a request says of its host.
//
// Fails without: Callback from the settings, of r.Host; ownHosts before begin; the way to the public name; at, with which it ends.
func TestProvider_LeadsBackToTheNameOfTheSettings(t *testing.T) {
	c := newEntrance(t, nil)
	c.settings.URL = "https://datawald.example.com"
	c.settings.Hosts = []string{"datawald.example.com", "other.example.com"}
	handler, err := api.New(c.settings, c.db, c.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(target, host string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Host, r.RemoteAddr, r.TLS = host, "127.0.0.1:1", &tls.ConnectionState{}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask("/api/oidc/sign-in", "evil.example"); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("under a foreign name: %d to %s", w.Code, w.Header().Get("Location"))
	}
	for _, host := range []string{"other.example.com", "datawald.example.com:444"} {
		w := ask("/api/oidc/sign-in?next=/orders", host)
		if got := w.Header().Get("Location"); got != "https://datawald.example.com/api/oidc/sign-in?at=1&next=%2Forders" {
			t.Errorf("from %s it leads to %s", host, got)
		}
	}
	for _, w := range []*httptest.ResponseRecorder{ask("/api/oidc/sign-in", "datawald.example.com"), ask("/api/oidc/sign-in?at=1", "other.example.com")} {
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || !strings.HasPrefix(to.String(), c.provider.URL) || to.Query().Get("redirect_uri") != "https://datawald.example.com/api/oidc/callback" {
			t.Errorf("%d to %v, %v", w.Code, to, err)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].MaxAge != 600 {
			t.Errorf("it keeps %+v", cookies)
		}
	}
}

// Fails without: the look at Private in begin; in callback.
func TestProvider_SignsNobodyInInTheClear(t *testing.T) {
	c := newEntrance(t, nil)
	for _, path := range []string{"/api/oidc/sign-in?at=1", "/api/oidc/callback?state=x&code=y"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host, r.RemoteAddr = "localhost", "192.0.2.1:1"
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Header().Get("Location") != "/login" {
			t.Errorf("%s leads to %s", path, w.Header().Get("Location"))
		}
	}
}

// Without a provider there is no way to one; one that does not answer stops neither the gateway nor who has a password.
func TestProvider_ThatIsNotThere(t *testing.T) {
	none := newEntrance(t, func(g *config.Gateway) { g.OIDC = config.OIDC{} })
	if r := call(t, none.server, http.MethodGet, "/api/oidc/sign-in", "", []string{"Authorization", "Bearer " + adminKey}); r.status != http.StatusNotFound {
		t.Errorf("without a provider: %d", r.status)
	}
	if w := api.Way(none.settings); w.Name != "" {
		t.Errorf("the page names %s", w.Name)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := newEntrance(t, func(g *config.Gateway) { g.Issuer = gone.URL })
	if at := c.signsIn(); !strings.HasPrefix(at, "/login?failed=unreachable&") {
		t.Errorf("it leads to %s", at)
	}
	if _, err := api.Gate(c.settings, c.db).AddUser(t.Context(), "bert", access.Viewer, "correct horse battery", "test"); err != nil {
		t.Fatal(err)
	}
	if r := c.post("/api/v1/session", `{"name":"bert","password":"correct horse battery"}`); r.status != http.StatusOK {
		t.Errorf("with a password: %d %s", r.status, r.body)
	}
}

// Fails without: passwordsOf in signIn; its look at the role.
func TestProvider_BesideWhichPasswordsAreForAdmins(t *testing.T) {
	c := newEntrance(t, func(g *config.Gateway) { g.LocalSignIn = "admins" })
	gate := api.Gate(c.settings, c.db)
	for name, role := range map[string]access.Role{"bert": access.Operator, "root": access.Admin} {
		if _, err := gate.AddUser(t.Context(), name, role, "correct horse battery", "test"); err != nil {
			t.Fatal(err)
		}
	}
	r := c.post("/api/v1/session", `{"name":"bert","password":"correct horse battery"}`)
	r.problem(http.StatusForbidden, "not-allowed", "identity provider")
	if r.header.Get("Set-Cookie") != "" {
		t.Error("he has a session")
	}
	if r := c.post("/api/v1/session", `{"name":"root","password":"correct horse battery"}`); r.status != http.StatusOK {
		t.Errorf("an admin: %d %s", r.status, r.body)
	}
}

// Where passwords are for admins alone, nobody else stays in by changing his own, whose session is older than the setting. An admin may. Fails without: passwordsOf in
// noOwnPassword.
func TestProvider_BesideWhichAnOperatorsPasswordIsNotChanged(t *testing.T) {
	c := newEntrance(t, nil)
	change := func(cookie, csrf string) reply {
		return c.post("/api/v1/session/password", `{"old":"`+goodPassword+`","new":"another good password"}`, "Cookie", cookie, access.CSRFHeader, csrf)
	}
	cookie, csrf := c.signedIn("bert", access.Operator)
	rootCookie, rootCSRF := c.signedIn("root", access.Admin)
	c.settings.LocalSignIn = "admins"
	r := change(cookie, csrf)
	r.problem(http.StatusForbidden, "not-allowed", "Passwords are for admins")
	if r.header.Get("Set-Cookie") != "" {
		t.Error("he has a new session")
	}
	change(rootCookie, rootCSRF).ok(http.StatusOK, &struct{}{})
	entries, err := c.db.ListAudit(t.Context(), store.AuditFilter{Action: "change-own-password", Actor: "bert", Limit: 50})
	if err != nil || len(entries) != 1 || entries[0].State != store.AuditRefused || entries[0].Problem != "not-allowed" {
		t.Errorf("written down: %+v, %v", entries, err)
	}
}

// Who comes in by the provider has no password here: what he tries is none that is wrong. Fails without: Provided in noOwnPassword (it counts, and after five he waits);
// in passOf.
func TestProvider_WhosePeopleHaveNoPasswordHere(t *testing.T) {
	c := newEntrance(t, nil)
	c.signsIn()
	cookie := access.Cookie + "=" + c.set[access.Cookie].Value
	var session api.Session
	call(t, c.server, http.MethodGet, "/api/v1/session", "", []string{"Cookie", cookie}).ok(http.StatusOK, &session)
	for range 10 {
		r := c.post("/api/v1/session/password", `{"old":"`+goodPassword+`","new":"another good password"}`, "Cookie", cookie, access.CSRFHeader, session.CSRF)
		r.problem(http.StatusForbidden, "not-allowed", "identity provider's")
	}
}

func TestProvider_EndsItsOwnSession(t *testing.T) {
	c := newEntrance(t, nil)
	if at := c.walks(c.server.URL + "/api/oidc/sign-out"); at != "/login" || !strings.HasPrefix(c.ways[0], c.provider.URL+"/end?") {
		t.Errorf("it leads by %v", c.ways)
	}
	c.provider.Break(identity.Broken{NoEnd: true})
	without := newEntrance(t, func(g *config.Gateway) { g.Issuer = c.provider.URL })
	if at := without.walks(without.server.URL + "/api/oidc/sign-out"); at != "/login?failed=no-sign-out" {
		t.Errorf("without such an address it leads to %s", at)
	}
}
