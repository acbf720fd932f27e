//go:build walk

package walk

import (
	"datawald/gateway/access"
	"datawald/order"
)

// An operator pauses the schedule, with a reason that everybody sees on Today, and lets it go on: what was placed meanwhile arrives.
func scheduleIsPausedAndGoesOn(d *desk) {
	first := d.place(nil)
	d.schedule()
	d.eventually(order.Posted, 1)
	b := d.as(access.Operator)
	b.Visit(d.at("/orders"))
	b.Sees(first.IncrementID)
	b.Visit(d.at("/runs"))
	b.Click("Pause…")
	b.Fill("#pause-reason", "B1 is upgraded until six")
	b.Click("Pause the schedule")
	b.Sees("The schedule is paused: orders wait in Magento.", "paused by schedule-operator: B1 is upgraded until six")
	b.Visit(d.at("/"))
	b.Sees("1 thing needs a person", "The schedule is paused", "B1 is upgraded until six")

	p := d.place(nil)
	b.Click("Show")
	b.Click("Let it go on")
	b.Sees("The schedule goes on.")
	b.Visit(d.at("/orders?state=posted"))
	d.eventually(order.Posted, 2)
	b.Sees(p.IncrementID, "In B1 2") // by itself
	b.Visit(d.at("/"))
	b.Sees("All is well", "2 orders from Magento: 2 in B1.")
	b.Visit(d.at("/runs"))
	b.Click("Run now")
	b.Until("it is said what came of it", `/A run (has begun|was under way already)\./.test(document.body.innerText)`)
}
