package sapb1

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datawald/order"
)

// sessions says what a worker takes: the Service Layer shows nobody how many sessions there are.
func (c *checkup) sessions(context.Context) order.Finding {
	return ok(fmt.Sprintf("each worker process takes one (the doctor too, until its end), which ends after %s without a call; the Service Layer tells nobody how many there are", c.idleFor()))
}

// samples is how many cheap reads the latency is taken of.
const samples = 5

// orderCalls is how often an order that meets no trouble calls B1: Drafts and Orders are looked into, then it is sent.
const orderCalls = 3

// latency says what the times of cheap reads mean for the settings. It asks only for what is missing to five of them.
func (c *checkup) latency(ctx context.Context) order.Finding {
	for range samples - len(c.reads) {
		if err := c.timed(func() error {
			_, err := c.Client.FindOrders(ctx, Reference{NumAtCard: nobody})
			return err
		}); err != nil {
			return failed(err, "Look into the log of the Service Layer: the same call succeeded a moment ago.")
		}
	}
	times := slices.Sorted(slices.Values(c.reads))
	median, worst := times[len(times)/2], times[len(times)-1]
	s := c.Client.settings
	seen := fmt.Sprintf("%d cheap reads: median %s, worst %s; B1_MAX_CALLS=%d allows a worker %s orders/s at most, fewer by what writing takes", len(times), short(median), short(worst), s.MaxCalls, perSecond(s.MaxCalls, median))
	switch {
	case worst > s.Timeout/2:
		return warn(seen+fmt.Sprintf("; a call may take %s", s.Timeout), "Raise B1_TIMEOUT: writing an order takes many times as long as such a read, and an order whose answer is given up must be looked for.")
	case median > slow:
		return warn(seen, "B1 is slow even at rest: see the memory and load of the Service Layer's machine, and its number of nodes; more calls at once would make it slower.")
	}
	return ok(seen)
}

// slow is what one portal logs as a slow call of the Service Layer.
const slow = 1500 * time.Millisecond

// perSecond is how many orders so many calls at once can look up and send in a second, were writing as fast as reading.
func perSecond(calls int, each time.Duration) string {
	n := float64(calls) / (orderCalls * max(each, time.Millisecond).Seconds())
	switch {
	case n > 100:
		return "more than 100"
	case n >= 10:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1f", n)
}
