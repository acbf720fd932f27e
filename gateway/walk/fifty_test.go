//go:build walk

package walk

import (
	"github.com/chromedp/chromedp"

	"datawald/gateway/access"
	"datawald/order"
)

// B1 lacks the shop's items. A clerk skips one of the orders that are held for it; the items are made, and one press tries the other fifty
// again: B1 has each of them once. The one that was skipped waits until somebody takes it up.
func fiftyAreTriedAgain(d *desk) {
	d.place(nil)
	skipped := d.place(nil)
	for range 49 {
		d.place(nil)
	}
	d.schedule()
	d.eventually(order.Held, 51)
	b := d.as(access.Operator)
	b.Visit(d.at("/orders?state=held&q=" + skipped.IncrementID))
	b.Click(skipped.IncrementID)
	b.Sees("Why it is held", "24-", "What to do:")
	b.Click("Skip…")
	b.Fill("#why-skip", "the customer ordered twice")
	b.Click("Skip the order")
	b.Sees("It is skipped", "Excluded", "Skipped by fifty-operator: the customer ordered twice")

	b.Visit(d.at("/orders?state=held"))
	b.Sees("Held 50")
	b.Until("nothing is selected, so that nothing can be done", `[...document.querySelectorAll("[data-needs-picked]")].every(e => e.disabled)`)
	d.addItems(d.t)
	b.Do(chromedp.Click("#all"))
	b.Sees("50 selected")
	b.Click("Try again")
	b.Sees("Of 50 selected orders (50 orders) 50 orders would be tried again.")
	b.Fill("#reason", "the items are there now")
	b.Click("Try again: 50 orders")
	b.Sees("50 orders are tried again now.")
	b.Sees("No order fits.") // the list empties itself
	d.eventually(order.Posted, 50)
	b.Sees("In B1 50")
	booked := d.booked()
	if _, there := booked[skipped.IncrementID]; len(booked) != 50 || there {
		d.t.Errorf("B1 has %d orders, want 50; among them the one that was skipped: %v", len(booked), there)
	}

	b.Visit(d.order(skipped.IncrementID))
	b.Sees("Excluded", "Live")
	b.Click("Resume")
	b.Fill("#why-resume", "it was no mistake")
	b.Click("Take the order to B1 after all")
	b.Sees("It goes to B1 again.", "In B1", "Verified: Posted", "it was no mistake")
	if len(d.booked()) != 51 {
		d.t.Errorf("B1 has %d orders, want 51", len(d.booked()))
	}
}
