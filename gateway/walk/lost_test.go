//go:build walk

package walk

import (
	"github.com/chromedp/chromedp"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
)

// A session ends while a page is open: the page leads to the login page by itself, and back to where one was. A form that is sent without a
// session does nothing, and one comes back to the page that had it. Fails without: signInAgain in live.js; next in toLogin.
func sessionEnds(d *desk) {
	p := d.place(paidBy("sofort"))
	d.schedule()
	d.eventually(order.Held, 1)
	b := d.as(access.Operator)
	name := "session-operator"
	b.Visit(d.at("/orders?state=held"))
	b.Sees("Live", p.IncrementID)
	d.endSessions(name)
	more := d.place(paidBy("sofort")) // what changes makes the page look
	b.Sees("Sign in to go on")
	d.signIn(b, name)
	b.IsAt(d.at("/orders?state=held"))
	b.Sees("Held 2", more.IncrementID)

	b.Do(chromedp.Click("#all"))
	b.Click("Skip…")
	b.Sees("2 orders would be skipped.")
	d.endSessions(name)
	b.Fill("#reason", "nobody may say that")
	b.Click("Skip: 2 orders")
	b.Sees("Sign in to go on")
	d.signIn(b, name)
	b.IsAt(d.at("/orders?state=held"))
	b.Sees("Held 2")
	if doc := d.doc(p.IncrementID); doc.Status != order.Held {
		d.t.Errorf("the form of a session that was over made the order %s", doc.Status)
	}
	b.Click("Sign out")
	b.Sees("Sign in")
	b.Visit(d.order(p.IncrementID))
	b.Sees("Sign in to go on")
}

func (d *desk) endSessions(name string) {
	d.t.Helper()
	if err := d.db.DeleteSessionsOf(d.t.Context(), name); err != nil {
		d.t.Fatal(err)
	}
}

// The gateway dies: the page says so, with since when, and is right again by itself when it is back, in the same session. Orders went on
// meanwhile. Fails without: lost and found in live.js.
func gatewayIsGone(d *desk) {
	first := d.place(nil)
	d.schedule()
	d.eventually(order.Posted, 1)
	b := d.as(access.Operator)
	b.Visit(d.at("/orders?state=posted"))
	b.Sees("Live", first.IncrementID)
	_ = browser.Value[bool](b, `(window.opened = true)`)
	d.world.shop.Parts()["gateway"].Kill()
	b.Sees("No connection to DataWald since", "It is tried again by itself.", first.IncrementID)
	second := d.place(nil)
	d.eventually(order.Posted, 2)
	d.startGateway(d.t)
	b.Until("the banner goes away", `document.querySelector("#connection").hidden`)
	b.Sees(second.IncrementID, "In B1 2", "Live")
	if !browser.Value[bool](b, `window.opened === true`) {
		d.t.Error("the page was loaded again, where it should bring itself up to date")
	}
}
