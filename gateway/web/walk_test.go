package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"datawald/gateway/access"
	"datawald/order"
)

// A clerk signs in with the password that the first start printed, sees that an order is held, reads why, mends the rule, sees what that would
// change, puts the rules into force, and sees the order in B1, on the page that was open.
func TestClerkMendsARule(t *testing.T) {
	f := newFactory(t, 0)
	placed := f.place("sofort")
	f.place("")
	f.start()
	f.eventually(order.Held, 1)
	f.eventually(order.Posted, 1)
	printed, created, err := f.gate.FirstAdmin(t.Context(), "")
	if err != nil || !created {
		t.Fatalf("no first admin: %v", err)
	}
	b := f.open()
	b.visit("/orders?state=held") // he followed a link
	b.sees("Sign in", "Afterwards you are back where you were")
	b.fill("#name", "admin")
	b.fill("#password", printed)
	b.click("Sign in")
	b.isAt("/orders?state=held")
	b.visit("/")
	b.sees("1 order needs a person", "2 orders from Magento: 1 in B1, 1 held.", "1 order is held. Each says why, and what mends it.")
	b.click("Show")
	b.sees(placed.IncrementID)
	b.click(placed.IncrementID)
	b.sees("Held", "Why it is held", "sofort", "What to do:", "Magento beside B1")

	b.visit("/rules")
	b.sees("In force is version")
	b.click("Try other rules")
	b.until("the editor has the rules", `document.querySelector("#rules-text").value.includes("checkmo: {")`)
	b.until("every line has its number", `document.querySelector(".lines").textContent.trim().split("\n").length === document.querySelector("#rules-text").value.split("\n").length`)
	b.edit("#rules-text", "checkmo: {", "sofort: { methd: Incoming CHK, terms: 1 }\n    checkmo: {")
	b.click("Check and compare on recent orders")
	b.sees("problem. These rules cannot be used.", "methd")
	b.edit("#rules-text", "methd", "method")
	b.click("Check and compare on recent orders")
	b.sees("These rules are sound", "Of 1 held order 1 would go to B1.")
	b.fill("#reason", "sofort is paid into the bank account")
	b.click("Put into force")
	b.sees("Rules are in force", "Of 1 held order 1 can go to B1 now.")

	b.visit(fmt.Sprintf("/orders/%s:1:%s", f.instance, placed.IncrementID))
	b.sees("In B1", "Considered: Pending", "Verified: Posted") // it says so when it has changed, without being loaded again
	b.until("it no longer says why it is held", `!document.body.innerText.includes("Why it is held")`)
}

// edit replaces a text in a field, as somebody does who types.
func (b *browser) edit(field, old, text string) {
	b.t.Helper()
	b.until(field+" holds "+old, `document.querySelector(`+quote(field)+`).value.includes(`+quote(old)+`)`)
	_ = value[bool](b, `(() => { const f = document.querySelector(`+quote(field)+`); f.value = f.value.replace(`+quote(old)+`, `+quote(text)+`); f.dispatchEvent(new Event("input", { bubbles: true })); return true })()`)
}

// Fifty orders that are held are tried again with one press, and all of them are in B1, once each.
func TestRetryFiftyAtOnce(t *testing.T) {
	f := newFactory(t, 50)
	f.held()
	f.start()
	b := f.open()
	b.signIn(f.world, access.Operator)
	b.visit("/orders?state=held")
	b.sees("Held 50")
	b.until("nothing is selected, so that nothing can be done", `[...document.querySelectorAll("[data-needs-picked]")].every(e => e.disabled)`)
	b.do(chromedp.Click("#all"))
	b.sees("50 selected")
	b.click("Try again")
	b.sees("Of 50 selected orders (50 orders) 50 orders would be tried again.")
	b.fill("#reason", "the items are there now")
	b.click("Try again: 50 orders")
	b.isAt("/orders?done=bulk-retry&n=50&state=held")
	b.sees("50 orders are tried again now.")
	b.sees("No order fits.") // the list empties itself
	f.eventually(order.Pending, 0)
	seen := map[string]int{}
	for _, d := range f.booked() {
		if seen[d.Key]++; seen[d.Key] > 1 {
			t.Errorf("B1 has the order %s %d times", d.Key, seen[d.Key])
		}
	}
	counts, err := f.db.Counts(t.Context(), f.instance)
	if err != nil || int64(len(seen)) != counts[order.Posted] || counts[order.Posted] < 40 {
		t.Errorf("B1 has %d orders, and the desk says %v (%v)", len(seen), counts, err)
	}
}

// A part of the shop's history is counted, and then brought to B1 with its progress on the page, to the end.
func TestBackfillToItsEnd(t *testing.T) {
	f := newFactory(t, 30)
	f.work() // without a schedule nothing else reads the shop
	b := f.open()
	b.signIn(f.world, access.Operator)
	b.visit("/work")
	_ = value[bool](b, `(document.querySelector("#from").value = new Date(Date.now() - 20 * 864e5).toISOString().slice(0, 10), true)`)
	b.click("Count first")
	b.sees("Count of a backfill", "counts only, nothing is sent")
	b.sees("Completed", "What would become of the orders")
	if counts, err := f.db.Counts(t.Context(), f.instance); err != nil || counts[order.Pending]+counts[order.Posted]+counts[order.Held] != 0 {
		t.Errorf("counting has staged orders: %v (%v)", counts, err)
	}
	b.click("Start it for real")
	b.until("it is another backfill", `document.querySelector("h1").textContent === "Backfill"`)
	b.sees("Completed", "What became of the orders")
	counts, err := f.db.Counts(t.Context(), f.instance)
	if err != nil || counts[order.Posted] == 0 || counts[order.Pending] != 0 {
		t.Errorf("it has ended with %v (%v)", counts, err)
	}
	b.sees(fmt.Sprintf("In B1 %d 0", counts[order.Posted]))
}

// An operator pauses the schedule, with a reason that everybody sees, and lets it go on.
func TestPauseAndResumeTheSchedule(t *testing.T) {
	f := newFactory(t, 0)
	f.start()
	b := f.open()
	b.signIn(f.world, access.Operator)
	b.visit("/runs")
	b.click("Pause…")
	b.fill("#pause-reason", "B1 is upgraded until six")
	b.click("Pause the schedule")
	b.sees("The schedule is paused: orders wait in Magento.", "paused by operator: B1 is upgraded until six")
	b.visit("/")
	b.sees("1 thing needs a person", "The schedule is paused", "B1 is upgraded until six")
	p := f.place("")
	b.visit("/runs")
	b.click("Let it go on")
	b.sees("The schedule goes on.")
	f.eventually(order.Posted, 1)
	b.visit("/orders?q=" + p.IncrementID)
	b.sees("In B1")
	b.visit("/runs")
	b.click("Run now")
	b.until("it is said what came of it", `/A run (has begun|was under way already)\./.test(document.body.innerText)`)
}

// A viewer sees no personal data, and can press nothing that changes anything. Fails without: the roles in the templates, order.Masked.
func TestViewerSeesNobodyAndChangesNothing(t *testing.T) {
	f := newFactory(t, 12)
	f.held()
	b := f.open()
	b.signIn(f.world, access.Viewer)
	docs, err := f.db.List(t.Context(), listOf(f.instance, "held"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := f.db.Get(t.Context(), docs[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	o := doc.Order
	personal := []string{o.Customer.Email, o.Billing.LastName, o.Billing.Telephone, o.Billing.Postcode + " " + o.Billing.City}
	at := "/orders/" + string(doc.Key)
	for _, path := range []string{"/", "/orders", at, at + "/preview", "/work", "/rules", "/runs", "/account"} {
		b.visit(path)
		b.until("it is whole", `document.querySelector("h1") && document.readyState === "complete"`)
		text := value[string](b, `document.documentElement.outerHTML`)
		for _, word := range personal {
			if word != "" && strings.Contains(text, word) {
				t.Errorf("%s shows %q", path, word)
			}
		}
		for _, button := range value[[]string](b, `[...document.querySelectorAll("main form[method=post] button:not(:disabled)")].map(e => e.textContent)`) {
			if path != "/account" {
				t.Errorf("%s offers %q to a viewer", path, button)
			}
		}
	}
	b.visit(at)
	b.sees("That is for operators.")
	for _, path := range []string{"/audit", "/users", at + "/payloads/" + doc.PayloadHash, "/rules/versions/x"} {
		b.visit(path)
		b.until("it is refused: "+path, `/Not allowed|Not found/.test(document.body.innerText)`)
	}
	b.visit("/orders")
	if n := value[int](b, `document.querySelectorAll("input[name=key], nav.main a[href='/users'], nav.main a[href='/audit']").length`); n != 0 {
		t.Errorf("%d things are offered that are for others", n)
	}
}

// When a session has ended the page leads to the login page by itself, and back to where one was. Fails without: signInAgain in live.js, and next.
func TestSessionThatEnds(t *testing.T) {
	w := newWorld(t)
	w.stock(16)
	b := w.open()
	b.signIn(w, access.Operator)
	b.visit("/orders?state=held")
	b.sees("Live")
	if err := w.db.DeleteSessionsOf(t.Context(), string(access.Operator)); err != nil {
		t.Fatal(err)
	}
	w.staged(order.Key(w.instance+":1:999"), heldNow) // what changes makes the page look
	b.sees("Sign in to go on")
	b.fill("#password", password(access.Operator))
	b.fill("#name", string(access.Operator))
	b.do(chromedp.SendKeys("#password", kb.Enter))
	b.isAt("/orders?state=held")
	b.sees("999")
}

// A gateway that is gone is said on the page at once, and the page is right again when it is back. Fails without: lost and found in live.js.
func TestGatewayThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.stock(16)
	b := w.open()
	b.signIn(w, access.Operator)
	b.visit("/orders?state=held")
	b.sees("Live")
	w.down.Store(true)
	w.server.CloseClientConnections()
	b.sees("No connection to DataWald since")
	w.staged(order.Key(w.instance+":1:999"), heldNow)
	w.down.Store(false)
	b.until("the banner goes away", `document.querySelector("#connection").hidden`)
	b.sees("999")
}

// A list brings itself up to date and keeps what was ticked, and where the focus is. Fails without: the keys in morph.js.
func TestListKeepsFocusAndTicks(t *testing.T) {
	w := newWorld(t)
	w.stock(32)
	b := w.open()
	b.signIn(w, access.Operator)
	b.visit("/orders?state=held")
	b.sees("Live")
	b.do(chromedp.Focus("tbody tr:nth-child(2) input"), chromedp.KeyEvent(" "))
	key := value[string](b, `document.activeElement.value`)
	w.staged(order.Key(w.instance+":1:999"), heldNow)
	b.sees("999", "1 selected")
	if now := value[string](b, `document.activeElement.value`); now != key {
		t.Errorf("the focus went from %s to %s", key, now)
	}
	if ticked := value[[]string](b, `[...document.querySelectorAll("input[name=key]:checked")].map(e => e.value)`); len(ticked) != 1 || ticked[0] != key {
		t.Errorf("ticked are %q, want %s", ticked, key)
	}
}

// By keyboard: / goes to the search, j and k go through the list, Enter opens an order.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	w.stock(16)
	b := w.open()
	b.signIn(w, access.Operator)
	b.visit("/orders")
	b.sees("Live")
	b.do(chromedp.KeyEvent("/"))
	b.until("the search has the focus", `document.activeElement.id === "q"`)
	b.do(chromedp.KeyEvent("j"))
	b.until("a letter is a letter there", `document.activeElement.id === "q" && document.activeElement.value.endsWith("j")`)
	b.do(chromedp.Blur("#q"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
	b.until("the second order has the focus", `document.activeElement === document.querySelectorAll("table.list tbody th a")[1]`)
	second := value[string](b, `document.activeElement.textContent`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.sees("Order " + second)
}
