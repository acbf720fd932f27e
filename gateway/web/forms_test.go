package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

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

// The page of an order tells that its buyer was erased, and how he comes back; that of another says nothing of it. Fails without: the line in order.html.
func TestOrderPage_TellsThatTheBuyerWasErased(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key("1"), func(d *store.Staged) { booked(d, 1); d.ErasedAt = d.PlacedAt })
	w.staged(w.key("2"), func(d *store.Staged) { booked(d, 2) })
	for number, want := range map[string]bool{"1": true, "2": false} {
		page := w.fetch("/orders/" + string(w.key(number)))
		if is := strings.Contains(page, "were erased") && strings.Contains(page, "A resync of its number"); is != want {
			t.Errorf("the page of order %s tells of it: %t", number, is)
		}
	}
}

// One order is skipped and resumed without JavaScript. What makes no sense is refused with the reason, and a form that is sent twice acts once.
func TestFormsOfOneOrder(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key("1"), heldNow)
	w.staged(w.key("2"), func(d *store.Staged) { booked(d, 1) })
	clerk, page := w.as(access.Operator), "/orders/"+string(w.key("1"))
	skip := w.form(clerk, page, "/skip")
	skip.comes(422, page+"/skip", "reason", "Order 1")("reason", " ")
	w.is(w.key("1"), order.Held)
	skip.comes(200, page+"?done=skipped", "It is skipped, and stays so", "Skipped by operator, who said why in the timeline.", "sold over the counter")("reason", "sold over the counter", "once", "first-press")
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
	for _, action := range []string{"/orders/do?", "/rules/activate", "/schedule/pause", "/resync/orders", "/reconciliation", "/users", "/keys"} {
		sneaky := &form{t: t, client: viewer, at: f.at, Action: action, Fields: url.Values{"csrf": {own}, "do": {"retry:all"}, "reason": {"x"}, "names": {"1"}, "text": {"x"}}}
		if status, _, text := sneaky.send(); status != 403 || !strings.Contains(text, "needs the role") {
			t.Errorf("%s as a viewer: %d", action, status)
		}
	}
	w.is(w.key("1"), order.Held)
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

// What asks for attention is settled for many at once where a list has some, with a reason; and the list says in the right words what happened since. Fails
// without: Settles; asksFor in the list.
func TestFormsSettleMany(t *testing.T) {
	w := newWorld(t)
	for n, code := range []string{"refunded", "refunded", store.CodeCreatedLate} {
		w.staged(w.key(fmt.Sprint(30+n)), func(d *store.Staged) {
			booked(d, 30+n)
			d.Attention = &order.Reason{Code: code, Message: "Something happened."}
		})
	}
	w.staged(w.key("40"), func(d *store.Staged) {
		heldNow(d)
		d.Status, d.Reason.Code, d.Attention = order.Excluded, store.CodeSkipped, &order.Reason{Code: "changed", Message: "Another address."}
	})
	w.staged(w.key("50"), heldNow)
	clerk := w.as(access.Operator)
	page := w.fetch("/orders")
	for _, word := range []string{"Changed since it was posted", "Perhaps twice in B1", "Changed since it was skipped", ">Settle…</button>"} {
		if !strings.Contains(page, word) {
			t.Errorf("the list does not say %q", word)
		}
	}
	if strings.Contains(w.fetch("/orders?state=held"), "Settle") {
		t.Error("a list where nothing can be settled offers it")
	}
	if page := w.fetch("/orders?q=+++"); !strings.Contains(page, ">30</a>") || strings.Contains(page, ">Clear</a>") {
		t.Error("a search of blanks is one")
	}
	list := w.form(clerk, "/orders?attention=true", "/orders/do")
	_, _, text := list.send("do", "settle:all")
	sure := formOf(t, clerk, list, text, "/orders/do")
	sure.comes(422, "/orders/do", "reason")("reason", " ")
	sure.comes(200, "/orders?attention=true&done=bulk-settle&n=4", "4 orders are settled")("reason", "credit memos are made", "once", "another press")
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Action: "act-on-orders", Limit: 50})
	if err != nil || len(entries) != 4 || !strings.Contains(entries[3].Target, "(dry run)") || entries[3].Why != "" {
		t.Errorf("the audit has %+v (%v)", entries, err)
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
