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
	return notChecked(fmt.Sprintf("the Service Layer tells nobody how many there are. Each worker process takes one (the doctor too, until its end), which ends after %s without a call", c.idleFor()))
}

// samples is how many cheap reads the latency is taken of.
const samples = 5

// latency says how long cheap reads take, and what that means for the settings. It asks only for what is missing to five of them.
// How many orders a second B1 bears does not follow from reads: writing one takes many times as long, and more the more lines it has.
func (c *checkup) latency(ctx context.Context) []order.Finding {
	for range samples - len(c.reads) {
		if err := c.timed(func() error {
			_, err := c.Client.FindOrders(ctx, Reference{NumAtCard: nobody})
			return err
		}); err != nil {
			return []order.Finding{failed(err, "Look into the log of the Service Layer: the same call succeeded a moment ago.")}
		}
	}
	return []order.Finding{c.judged(slices.Sorted(slices.Values(c.reads))), notChecked("how long B1 takes to write an order: the doctor writes nothing. The worker finds out how many at once B1 bears")}
}

// judged is the finding of how long reads took, the shortest first.
func (c *checkup) judged(times []time.Duration) order.Finding {
	median, worst := times[len(times)/2], times[len(times)-1]
	limit := c.Client.settings.Timeout
	seen := fmt.Sprintf("%d cheap reads: median %s, worst %s", len(times), short(median), short(worst))
	switch {
	case worst > limit/2:
		return warn(seen+fmt.Sprintf("; a call may take %s", limit), "Raise B1_TIMEOUT: writing an order takes many times as long as such a read, and an order whose answer is given up must be looked for.")
	case median > slow:
		return warn(seen, "B1 is slow even at rest: see the memory and load of the Service Layer's machine, and its number of nodes; more calls at once would make it slower.")
	}
	return ok(seen)
}

// slow is what one portal logs as a slow call of the Service Layer.
const slow = 1500 * time.Millisecond
