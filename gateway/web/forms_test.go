package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

// form is a form as a page has it, to be sent as a browser without JavaScript does.
type form struct {
	t      testing.TB
	client *http.Client
	at     *url.URL
	Action string
	Fields url.Values
	// Off is true when its button cannot be pressed.
	Off bool
}

// form finds the first form on a page whose address contains a text.
func (w *world) form(c *http.Client, path, action string) *form {
	w.t.Helper()
	res, err := c.Get(w.server.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	root, err := html.Parse(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	f := formIn(root, action)
	if f == nil {
		w.t.Fatalf("%s (%d) has no form for %s", path, res.StatusCode, action)
	}
	f.t, f.client, f.at = w.t, c, res.Request.URL
	return f
}

func formIn(root *html.Node, action string) *form {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attribute(n, "method") == "post" && strings.Contains(attribute(n, "action"), action) {
			f := &form{Action: attribute(n, "action"), Fields: url.Values{}}
			for field := range n.Descendants() {
				if field.Type != html.ElementNode {
					continue
				}
				switch {
				case field.Data == "input" && attribute(field, "type") == "hidden":
					f.Fields.Add(attribute(field, "name"), attribute(field, "value"))
				case field.Data == "button":
					_, off := attributeOf(field, "disabled")
					f.Off = f.Off || off
				}
			}
			return f
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string { value, _ := attributeOf(n, name); return value }

func attributeOf(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// send fills fields in, as pairs of name and value, and presses the button. It gives the page that one comes to.
func (f *form) send(pairs ...string) (status int, at, text string) {
	f.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Fields.Set(pairs[i], pairs[i+1])
	}
	to, err := f.at.Parse(f.Action)
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := f.client.PostForm(to.String(), f.Fields)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.RequestURI(), html.UnescapeString(string(body))
}

// comes wants the page that sending a form leads to.
func (f *form) comes(status int, at string, words ...string) func(pairs ...string) {
	return func(pairs ...string) {
		f.t.Helper()
		gotStatus, gotAt, text := f.send(pairs...)
		if gotStatus != status || !strings.HasPrefix(gotAt, at) {
			f.t.Errorf("%s leads to %s with %d, want %s with %d", f.Action, gotAt, gotStatus, at, status)
		}
		for _, word := range words {
			if !strings.Contains(text, word) {
				f.t.Errorf("%s: the page does not say %q", f.Action, word)
			}
		}
	}
}

func (w *world) is(key order.Key, want order.Status) {
	w.t.Helper()
	doc, err := w.db.Get(w.t.Context(), key)
	if err != nil || doc.Status != want {
		w.t.Errorf("the order %s is %s (%v), want %s", key, doc.Status, err, want)
	}
}

func (w *world) key(number string) order.Key { return order.Key(w.instance + ":1:" + number) }

// One order is skipped and resumed without JavaScript. What makes no sense is refused with the reason, and a form that is sent twice acts once.
func TestFormsOfOneOrder(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key("1"), heldNow)
	w.staged(w.key("2"), func(d *store.Staged) { booked(d, 1) })
	clerk, page := w.as(access.Operator), "/orders/"+string(w.key("1"))
	skip := w.form(clerk, page, "/skip")
	skip.comes(422, page+"/skip", "reason", "Order 1")("reason", " ")
	w.is(w.key("1"), order.Held)
	skip.comes(200, page+"?done=skipped", "It is skipped, and stays so", "Skipped by operator: sold over the counter")("reason", "sold over the counter", "once", "first-press")
	w.is(w.key("1"), order.Excluded)
	resume := w.form(clerk, page, "/resume")
	resume.comes(200, page+"?done=resumed", "It goes to B1 again.")()
	w.is(w.key("1"), order.Pending)
	skip.comes(200, page+"?done=skipped")("reason", "sold over the counter", "once", "first-press") // the browser sends the old form again
	w.is(w.key("1"), order.Pending)
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "skip-order", Limit: 10})
	if err != nil || len(entries) != 1 {
		t.Errorf("the audit has %+v (%v)", entries, err)
	}
	stale := w.form(clerk, page, "/skip")
	w.staged(w.key("1"), heldNow) // it changes while somebody reads
	stale.comes(409, page+"/skip", "It has changed since you looked")("reason", "late")
	w.is(w.key("1"), order.Held)
	posted := w.form(clerk, page, "/retry")
	posted.Action = strings.ReplaceAll(posted.Action, ":1:1/", ":1:2/")
	posted.comes(409, "/orders/"+string(w.key("2")), "B1 has it: there is nothing to try again.")("state", "")
}

// Forms of another session and of other sites do nothing, and neither do those of people who may not. Fails without: Shows in whoAsks; the origins in
// admit; the roles of the API.
func TestFormsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key("1"), heldNow)
	clerk, viewer := w.as(access.Operator), w.as(access.Viewer)
	page := "/orders/" + string(w.key("1"))
	for name, csrf := range map[string]string{"no token": "", "a wrong one": "x", "that of somebody else": w.form(w.as(access.Admin), page, "/skip").Fields.Get("csrf")} {
		f := w.form(clerk, page, "/skip")
		t.Log(name)
		f.comes(403, page, "The form is out of date")("reason", "x", "csrf", csrf)
	}
	f := w.form(clerk, page, "/skip")
	f.Fields.Set("reason", "x")
	for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
		req, err := http.NewRequest(http.MethodPost, w.server.URL+page+"/skip", strings.NewReader(f.Fields.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(name, value)
		res, err := clerk.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %d", name, value, res.StatusCode)
		}
	}
	own := w.form(viewer, "/account", "/password").Fields.Get("csrf")
	sneaky := &form{t: t, client: viewer, at: f.at, Action: page + "/skip", Fields: url.Values{"csrf": {own}}}
	sneaky.comes(403, page, "needs the role operator")("reason", "x")
	for _, action := range []string{"/orders/do?", "/rules/activate", "/schedule/pause", "/work/resync", "/users", "/keys"} {
		sneaky := &form{t: t, client: viewer, at: f.at, Action: action, Fields: url.Values{"csrf": {own}, "do": {"retry:all"}, "reason": {"x"}, "names": {"1"}, "text": {"x"}}}
		if status, _, text := sneaky.send(); status != 403 || !strings.Contains(text, "needs the role") {
			t.Errorf("%s as a viewer: %d", action, status)
		}
	}
	w.is(w.key("1"), order.Held)
}

// Who has not signed in comes to the login page and back; what was sent meanwhile is not done. Wrong passwords are refused, and kept waiting.
func TestSigningIn(t *testing.T) {
	w := newWorld(t)
	w.user(access.Operator)
	w.staged(w.key("1"), heldNow)
	none := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{"/orders?state=held&q=a%26b": "/login?again=1&next=%2Forders%3Fstate%3Dheld%26q%3Da%2526b", "/": "/login?again=1&next=%2F", "/nothing": "/login?again=1&next=%2Fnothing"} {
		res, err := none.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != want {
			t.Errorf("%s: %d to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	res, err := none.PostForm(w.server.URL+"/orders/"+string(w.key("1"))+"/skip", url.Values{"reason": {"x"}, "back": {"/orders?state=held"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Location") != "/login?again=1&next=%2Forders%3Fstate%3Dheld" {
		t.Errorf("a form without a session leads to %s", res.Header.Get("Location"))
	}
	w.is(w.key("1"), order.Held)
	guess := w.form(&http.Client{}, "/login?next=%2Forders", "/login")
	guess.comes(401, "/login", "There is no user with this name and this password", `value="operator"`)("name", "operator", "password", "wrong wrong wrong")
	status := 0
	for range 6 {
		if status, _, _ = guess.send(); status == http.StatusTooManyRequests {
			break
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the last of seven wrong passwords gave %d", status)
	}
}

// Whoever signs out is out, and his cookie is worth nothing.
func TestSigningOut(t *testing.T) {
	w := newWorld(t)
	clerk := w.as(access.Operator)
	address, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookies := clerk.Jar.Cookies(address)
	w.form(clerk, "/", "/logout").comes(200, "/login", "Sign in")()
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(cookies) != 1 || res.StatusCode != http.StatusSeeOther {
		t.Errorf("%d cookies; the old one gives %d", len(cookies), res.StatusCode)
	}
}

// Many orders: first it is said what would be done and what not and why, then it is done; what changed meanwhile is not done blindly.
func TestFormsOfManyOrders(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.staged(w.key(fmt.Sprint(10+n)), heldNow)
	}
	w.staged(w.key("20"), func(d *store.Staged) { booked(d, 20) })
	clerk := w.as(access.Operator)
	list := w.form(clerk, "/orders?state=held", "/orders/do")
	list.comes(422, "/orders/do", "Nothing is selected")("do", "skip")
	list.Fields["key"] = []string{string(w.key("10")), string(w.key("20"))}
	_, _, text := list.send("do", "skip")
	if !strings.Contains(text, "Of 2 selected orders (2 orders) <strong>1 order</strong> would be skipped.") || !strings.Contains(text, "1: B1 has it already.") {
		t.Errorf("the page does not say what would be done: %s", text)
	}
	w.is(w.key("10"), order.Held)
	sure := formOf(t, clerk, list, text, "/orders/do")
	sure.comes(200, "/orders/do", "1 order was skipped.", "1 order was left", "B1 has it already")("reason", "sold elsewhere")
	w.is(w.key("10"), order.Excluded)
	w.is(w.key("20"), order.Posted)

	all := w.form(clerk, "/orders?state=held", "/orders/do")
	_, _, text = all.send("do", "skip:all")
	sure = formOf(t, clerk, all, text, "/orders/do")
	w.staged(w.key("13"), heldNow) // one comes in meanwhile
	sure.comes(409, "/orders/do", "3 orders match now, and you saw 2.")("reason", "sold elsewhere")
	w.is(w.key("11"), order.Held)
	_, _, text = sure.send("reason", "sold elsewhere", "expect", "3", "once", "after another look")
	w.is(w.key("11"), order.Excluded)
	w.is(w.key("13"), order.Excluded)
	if !strings.Contains(text, "3 orders are skipped.") {
		t.Errorf("it does not say what was done: %s", text)
	}
}

// formOf is a form on a page that was the answer to another.
func formOf(t *testing.T, c *http.Client, before *form, text, action string) *form {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	main := root
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "main" {
			main = n
		}
	}
	f := formIn(main, action)
	if f == nil {
		t.Fatalf("there is no form for %s in %s", action, text)
	}
	f.t, f.client, f.at = t, c, before.at
	return f
}

// An admin lets people in, changes what they may, and ends keys; the last admin stays. A key is shown once.
func TestFormsOfUsersAndKeys(t *testing.T) {
	w := newWorld(t)
	admin := w.as(access.Admin)
	add := w.form(admin, "/users", "/users")
	add.comes(422, "/users", "password")("name", "anna", "role", "operator", "password", "short")
	add.comes(200, "/users?done=user-added", "The user may sign in.", "anna")("name", "anna", "role", "operator", "password", "long enough for all", "once", "another")
	add.comes(409, "/users", "Choose another name", `value="anna"`)("name", "anna", "password", "long enough for all", "once", "a third")
	w.form(admin, "/users/anna", "/users/anna").comes(200, "/users?done=user-changed")("do", "role", "role", "viewer")
	w.form(admin, "/users/anna", "/users/anna").comes(200, "/users?done=user-changed", "disabled")("do", "disable")
	w.form(admin, "/users/admin", "/users/admin").comes(409, "/users/admin", "Make another user an admin first")("do", "disable")
	w.form(admin, "/users/anna", "/users/anna").comes(200, "/users?done=user-removed")("do", "remove")
	if text := w.fetch("/users/anna"); !strings.Contains(text, "No such user") {
		t.Error("he is still there")
	}
	_, _, text := w.form(admin, "/users", "/keys").send("name", "warehouse", "role", "viewer", "expires", time.Now().AddDate(0, 0, 30).Format(time.DateOnly))
	at := strings.Index(text, `<code class="secret">dw_`)
	if at < 0 {
		t.Fatalf("the key is not shown: %s", text)
	}
	secret, _, _ := strings.Cut(text[at+len(`<code class="secret">`):], "<")
	if status := bearer(t, w, secret); status != http.StatusOK {
		t.Errorf("the key gives %d", status)
	}
	if strings.Contains(w.fetch("/users"), secret) {
		t.Error("the key is shown again")
	}
	w.form(admin, "/users", "/revoke").comes(200, "/users?done=key-revoked", "revoked")()
	if status := bearer(t, w, secret); status != http.StatusUnauthorized {
		t.Errorf("the key that was revoked gives %d", status)
	}
}

func bearer(t *testing.T, w *world, key string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/api/v1/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// Everybody changes his own password, and stays signed in with the new session alone.
func TestFormOfOnesPassword(t *testing.T) {
	w := newWorld(t)
	clerk := w.as(access.Operator)
	f := w.form(clerk, "/account", "/account/password")
	f.comes(422, "/account/password", "not the same both times")("old", password(access.Operator), "new", "a new long password", "repeat", "another long password")
	f.comes(401, "/account/password", "no user with this name and this password")("old", "wrong wrong wrong", "new", "a new long password", "repeat", "a new long password")
	f.comes(200, "/account?done=password", "Your password is changed.")("old", password(access.Operator), "new", "a new long password", "repeat", "a new long password")
	w.form(&http.Client{}, "/login", "/login").comes(401, "/login")("name", "operator", "password", password(access.Operator))
}

// Other addresses, names and methods are refused in words. Fails without: the Host in access.Within.
func TestWhatIsNoPage(t *testing.T) {
	w := newWorld(t)
	c := w.as(access.Admin)
	for _, path := range []string{"/nothing", "/orders/" + string(w.key("404")), "/orders/nonsense", "/runs/x~y", "/work/resyncs/x", "/work/backfills/x", "/rules/versions/x", "/users/nobody"} {
		res, text := w.answer(path)
		if res.StatusCode < 400 || res.StatusCode >= 500 || !strings.Contains(text, "<h1>") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	address, _ := url.Parse(w.server.URL) // it was one before
	for _, cookie := range c.Jar.Cookies(address) {
		req.AddCookie(cookie)
	}
	req.Host = "evil.example"
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under a foreign name: %d", res.StatusCode)
	}
	for _, path := range []string{"/", "/orders"} {
		res, err := c.Post(w.server.URL+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
}
