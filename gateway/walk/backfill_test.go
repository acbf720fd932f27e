//go:build walk

package walk

import (
	"fmt"
	"time"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit/browser"
)

// A part of the shop's history is counted and then brought to B1. On the way it is paused: then only what is asked for by name goes to B1,
// and the history waits. It goes on to its end, with its progress on the page.
func backfillIsPausedAndGoesOn(d *desk) {
	b := d.as(access.Operator)
	b.Visit(d.at("/resync"))
	_ = browser.Value[bool](b, `(document.querySelector("#from").value = new Date(Date.now() - 20 * 864e5).toISOString().slice(0, 10), true)`)
	b.Click("Count first")
	b.Sees("Count of a backfill", "Completed", "What would become of the orders")
	counts := d.counts()
	if counts[order.Pending]+counts[order.Posted]+counts[order.Held] != 0 {
		d.t.Errorf("counting has staged orders: %v", counts)
	}

	// B1 is slow once it has some of them, so that the backfill is still under way when it is paused.
	d.company.SetLatency(b1sim.Latency{Write: 300 * time.Millisecond})
	b.Click("Start it for real")
	d.until("some are in B1", func() bool { return d.counts()[order.Posted] > 10 })
	d.company.SetLatency(b1sim.Latency{Write: 4 * time.Second})
	b.Sees("settled")
	b.Click("Pause")
	b.Sees("Paused by backfill-operator")
	d.company.SetLatency(b1sim.Latency{})

	wanted := d.place(nil)
	b.Visit(d.at("/resync"))
	b.Fill("#names", wanted.IncrementID)
	b.Click("Read again")
	b.Sees("Resync", "1 order read: 1 new", "In B1")
	waiting := d.counts()[order.Pending]
	if waiting == 0 {
		d.t.Error("nothing waits any more, although the backfill is paused")
	}

	b.Visit(d.at("/resync"))
	b.Sees("A backfill is under way", "Paused by backfill-operator")
	d.until("some are settled, and some are not", func() bool { // it is told when those in hand have come to their end
		b.Visit(d.at("/resync"))
		return browser.Value[bool](b, `(p => p.value > 0 && p.value < p.max)(document.querySelector("progress"))`)
	})
	b.Click("Show it")
	b.Click("Go on")
	b.Until("it goes on", `!document.body.innerText.includes("Paused by")`)
	b.Sees("Completed", "What became of the orders")
	counts = d.counts()
	booked := d.booked()
	if counts[order.Pending] != 0 || int64(len(booked)) != counts[order.Posted] || counts[order.Posted] < waiting {
		d.t.Errorf("it has ended with %v, and B1 has %d orders", counts, len(booked))
	}
	b.Sees(fmt.Sprintf("In B1 %d 0", counts[order.Posted]-1)) // the one that was asked for by name is none of it
}
