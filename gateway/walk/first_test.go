//go:build walk

package walk

import (
	"strings"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
)

// A merchant signs in with the password that the first start printed, sees that an order is held, reads why, mends the rule, sees what
// that would change, puts the rules into force, and sees the order in B1 on the page that was open all the time. Fails
// without: data-instance, by which the page of an order hears of its instance.
func firstLoginMendsARule(d *desk) {
	held := d.place(paidBy("sofort"))
	d.place(nil)
	d.schedule()
	d.eventually(order.Held, 1)
	d.eventually(order.Posted, 1)

	b := d.open()
	b.Visit(d.at("/")) // nobody has signed in yet
	b.Sees("Sign in")
	b.Fill("#name", "admin")
	b.Fill("#password", d.printed(d.t))
	b.Click("Sign in")
	b.IsAt(d.at("/"))
	b.Sees("1 order needs a person", "2 orders from Magento: 1 in B1, 1 held.", "1 order is held. Each says why, and what mends it.")
	b.Click("Show")
	b.Sees("Held 1")
	b.Click(held.IncrementID)
	b.Sees("Order "+held.IncrementID, "Why it is held", "sofort", "What to do:", "Magento beside B1")
	b.Click("What B1 would get")
	b.Sees("It would be held", "sofort")
	page := d.open2(b)

	d.mend(b)
	total := d.doc(held.IncrementID).Magento.Total
	says := total.Amount.StringFixed(2) + " " + total.Currency
	page.Sees("In B1", "Considered: Pending", "Verified: Posted", "Both totals agree") // it was not loaded again
	page.Until("it no longer says why it is held", `!document.body.innerText.includes("Why it is held")`)
	b.Visit(d.order(held.IncrementID) + "/preview")
	b.Sees("It would be posted, with a total of " + says)
	if got := d.booked()[held.IncrementID]; !got.Total.Equal(total.Amount) || got.Currency != total.Currency {
		d.t.Errorf("B1 has %s %s, Magento %s", got.Total, got.Currency, says)
	}
	b.Visit("/audit")
	b.Sees("sofort is paid into the bank account", d.instance)
	b.Visit(d.at("/"))
	b.Sees("All is well", "2 orders from Magento: 2 in B1.")
}

// open2 opens the order that is shown in a tab in a second one, of a clerk who waits for it.
func (d *desk) open2(b *browser.Tab) *browser.Tab {
	path := strings.TrimSuffix(browser.Value[string](b, `location.pathname`), "/preview")
	clerk := d.as(access.Operator)
	clerk.Visit(path)
	clerk.Sees("Live", "Why it is held") // the page hears of changes of its order's instance
	_ = browser.Value[bool](clerk, `(window.opened = true)`)
	d.t.Cleanup(func() {
		if !d.t.Failed() && !browser.Value[bool](clerk, `window.opened === true`) {
			d.t.Error("the clerk's page was loaded again, where it should bring itself up to date")
		}
	})
	return clerk
}

// mend lets the rules know a payment method: wrong at first, then right.
func (d *desk) mend(b *browser.Tab) {
	b.Visit(d.at("/rules"))
	b.Sees("In force is version")
	b.Click("Try other rules")
	b.Until("every line has its number", `document.querySelector(".lines").textContent.trim().split("\n").length === document.querySelector("#rules-text").value.split("\n").length`)
	b.Edit("#rules-text", "checkmo: {", "sofort: { methd: Incoming CHK, terms: 1 }\n    checkmo: {")
	b.Click("Check and compare on recent orders")
	b.Sees("problem. These rules cannot be used.", "methd")
	b.Edit("#rules-text", "methd", "method")
	b.Click("Check and compare on recent orders")
	b.Sees("These rules are sound", "They are not in force.", "Of 1 held order 1 would go to B1.")
	if held := d.counts()[order.Held]; held != 1 {
		d.t.Errorf("%d orders are held after rules were only tried, want 1", held)
	}
	b.Fill("#reason", "sofort is paid into the bank account")
	b.Click("Put into force")
	b.Sees("Rules are in force", "Of 1 held order 1 can go to B1 now.")
}
