//go:build walk

package walk

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
)

// marks are what a buyer is told from in the walk of the viewer: no word of the page has them by chance.
var marks = []string{"Zyxlinde", "Quorbach", "zyx.quorbach@example.com", "Wupperzeile", "Krambach GmbH", "555-7319-4402"}

// marked gives an order a buyer of that name.
func marked(method string) func(map[string]any) {
	return func(doc map[string]any) {
		paidBy(method)(doc)
		doc["customer_firstname"], doc["customer_lastname"], doc["customer_email"] = marks[0], marks[1], marks[2]
		to := func(a map[string]any) {
			a["firstname"], a["lastname"], a["email"], a["company"], a["telephone"] = marks[0], marks[1], marks[2], marks[4], marks[5]
			a["street"] = []any{marks[3] + " 7"}
		}
		to(doc["billing_address"].(map[string]any))
		for _, s := range doc["extension_attributes"].(map[string]any)["shipping_assignments"].([]any) {
			to(s.(map[string]any)["shipping"].(map[string]any)["address"].(map[string]any))
		}
	}
}

// A viewer follows every link that he is offered. No page names a buyer, and none has anything to press but what is his own; what an
// operator could press is refused to him when he sends it by hand. Fails without: order.Masked in the answers; the roles in the pages;
// the role that an operation needs.
func viewerSeesNobodyAndPressesNothing(d *desk) {
	held := d.place(marked("sofort"))
	posted := d.place(marked("checkmo"))
	d.schedule()
	d.eventually(order.Held, 1)
	d.eventually(order.Posted, 1)

	operator := d.as(access.Operator)
	operator.Visit(d.order(held.IncrementID))
	operator.Sees(marks[:4]...)
	var forms []form
	for _, path := range []string{d.at("/orders"), d.order(held.IncrementID), d.order(posted.IncrementID), d.at("/resync"), d.at("/rules/edit"), d.at("/runs")} {
		operator.Visit(path)
		operator.Until("it is whole", whole)
		forms = append(forms, browser.Value[[]form](operator, formsOfPage)...)
	}

	b := d.as(access.Viewer)
	d.look(b, d.order(held.IncrementID), d.order(posted.IncrementID), d.order(held.IncrementID)+"/preview", d.order(posted.IncrementID)+"/preview")
	before := []order.Status{d.doc(held.IncrementID).Status, d.doc(posted.IncrementID).Status}
	d.press(b, forms)
	if after := []order.Status{d.doc(held.IncrementID).Status, d.doc(posted.IncrementID).Status}; !slices.Equal(before, after) {
		d.t.Errorf("a viewer has made %v of %v", after, before)
	}
	for _, path := range []string{"/audit", "/users", d.order(held.IncrementID) + "/payloads/" + d.doc(held.IncrementID).PayloadHash, d.at("/rules/edit")} {
		b.Visit(path)
		b.Sees("Not allowed")
		d.nobody(b, path)
	}
	for _, path := range []string{"/api/v1/orders?instance=" + d.instance, "/api/v1/orders/export?instance=" + d.instance, "/api/v1" + d.order(held.IncrementID), "/api/v1" + d.order(held.IncrementID) + "/preview",
		"/api/v1" + d.order(posted.IncrementID) + "/comparison", "/api/v1" + d.order(posted.IncrementID) + "/payloads"} {
		text := browser.Value[string](b, `fetch(`+browser.Quote(path)+`).then(async r => { if (!r.ok) throw new Error(r.status); return r.text() })`, chromedp.EvalAwaitPromise)
		d.names(path, text)
	}
}

// whole is a page that has come to its end, and is not one that says why there is none. What cannot be read at this moment loads itself again.
const whole = `document.querySelector("h1") && document.readyState === "complete" && !document.querySelector("main .problem")`

// look follows all links of the walk's instance, from Today and some pages more.
func (d *desk) look(b *browser.Tab, from ...string) {
	d.t.Helper()
	seen := map[string]bool{}
	for todo := append([]string{d.at("/")}, from...); len(todo) > 0; todo = todo[1:] {
		path := todo[0]
		if kind := kindOf(path); seen[kind] || strings.HasPrefix(path, "/api/") {
			continue
		} else {
			seen[kind] = true
		}
		b.Visit(path)
		b.Until("it is whole: "+path, whole)
		d.nobody(b, path)
		for _, what := range browser.Value[[]string](b, pressable) {
			if !slices.Contains(ownPresses, what) {
				d.t.Errorf("%s offers %q to a viewer", path, what)
			}
		}
		for _, link := range browser.Value[[]string](b, `[...document.querySelectorAll("a[href]")].filter(a => a.origin === location.origin && !a.hasAttribute("download")).map(a => a.pathname + a.search)`) {
			if strings.Contains(link, d.instance) || !ofInstance.MatchString(link) {
				todo = append(todo, link)
			} else if strings.Contains(path, d.instance) {
				d.t.Errorf("%s, of the instance %s, leads to another one: %s", path, d.instance, link)
			}
		}
	}
	if len(seen) < 20 {
		d.t.Errorf("only %d pages were found: %v", len(seen), seen)
	}
}

// ofInstance are the pages that show one instance, or may.
var ofInstance = regexp.MustCompile(`^/(orders|resync|rules|runs)?(\?|/|$)`)

// kindOf is a path with the parameters that choose what is shown; runs of the schedule are of one kind.
func kindOf(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	if strings.HasPrefix(u.Path, "/runs/sync-orders:") {
		return "a run"
	}
	return u.Path + "?" + u.Query().Encode()
}

// ownPresses are the buttons that are a viewer's own: they change nothing but his session, his password, his colours and what he looks at.
var ownPresses = []string{"Sign out", "Change the password", "Search", "Show", "theme"}

// pressable are the buttons that can be pressed, and the fields of forms that are sent.
const pressable = `[...document.querySelectorAll("button, input[type=submit], input[type=checkbox], form[method=post] :is(input, select, textarea)")]
	.filter(e => !e.matches(":disabled") && e.type !== "hidden" && !e.closest("form[action='/account/password']"))
	.map(e => e.id === "theme" ? "theme" : (e.innerText || e.name || e.id).trim())`

// nobody checks that the whole of a page, not only what is seen of it, names no buyer.
func (d *desk) nobody(b *browser.Tab, path string) {
	d.t.Helper()
	d.names(path, browser.Value[string](b, `document.documentElement.outerHTML`))
}

func (d *desk) names(path, text string) {
	d.t.Helper()
	for _, mark := range marks {
		if strings.Contains(strings.ToLower(text), strings.ToLower(mark)) {
			d.t.Errorf("%s shows a viewer %q", path, mark)
		}
	}
}

// form is what a page sends where.
type form struct {
	Action string `json:"action"`
	// Button is the name and value of what is pressed, as in a query.
	Button string `json:"button"`
	Fields string `json:"fields"`
}

// formsOfPage are the forms of a page that change something, once for each button.
const formsOfPage = `[...document.querySelectorAll("form[method=post]")].filter(f => !["/logout", "/account/password"].includes(f.getAttribute("action"))).flatMap(f => {
	for (const e of f.elements) if (e.required && !e.value) e.value = e.type === "date" ? "2026-01-01" : "4711";
	for (const e of f.querySelectorAll("input[name=key]")) e.checked = true;
	const data = new FormData(f);
	data.delete("csrf");
	const fields = new URLSearchParams(data).toString();
	return [...f.querySelectorAll("button")].map(e => ({ action: e.getAttribute("formaction") ?? f.getAttribute("action"), button: e.name ? new URLSearchParams([[e.name, e.value]]).toString() : "", fields }));
})`

// press sends the forms of somebody else with the viewer's own token.
func (d *desk) press(b *browser.Tab, forms []form) {
	d.t.Helper()
	b.Visit(d.at("/"))
	b.Until("it is whole", whole)
	if len(forms) < 12 {
		d.t.Errorf("only %d forms were found: %v", len(forms), forms)
	}
	for _, f := range forms {
		body := f.Fields + "&" + f.Button + "&sure=1&expect=2"
		status := browser.Value[int](b, `fetch(`+browser.Quote(f.Action)+`, { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" },
			body: `+browser.Quote(body)+` + "&csrf=" + document.querySelector("input[name=csrf]").value }).then(r => r.status)`, chromedp.EvalAwaitPromise)
		if status != http.StatusForbidden {
			d.t.Errorf("POST %s with %s, by a viewer, gave %d", f.Action, f.Button, status)
		}
	}
}
