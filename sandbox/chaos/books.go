package chaos

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
)

// euro is the rate of the German store's currency, as people enter it.
var euro = decimal.RequireFromString("1.08")

// A clerk mends B1's books; so long they are not ready for any order, or for none in euro.
var (
	troubleGap  = span{20 * time.Second, 35 * time.Second}
	troubleTime = span{1 * time.Second, 3 * time.Second}
)

// troubleMeets is how much longer a trouble lasts at most when no order has met it yet.
const troubleMeets = 12 * time.Second

// manyOrders for B1 are so many that a trouble should meet one: the last few may all be of another currency, or wait for something else.
const manyOrders = 50

// trouble is something that is wrong in B1's books for a while. It has the name of the fault by which B1 refuses orders.
type trouble struct {
	fault      b1sim.Fault
	begin, end func(*b1sim.Company)
}

var troubles = []trouble{
	{b1sim.MissingRate,
		func(c *b1sim.Company) { c.SetRate("EUR", decimal.Zero) },
		func(c *b1sim.Company) { c.SetRate("EUR", euro) }},
	{b1sim.LockedPeriod,
		func(c *b1sim.Company) { c.SetPostingPeriod("", time.Now().AddDate(0, 0, -2).Format(time.DateOnly)) },
		func(c *b1sim.Company) { c.SetPostingPeriod("", "") }},
}

func troubleWays() (all []string) {
	for _, t := range troubles {
		all = append(all, string(t.fault))
	}
	return all
}

// bookkeeping locks the posting period now and then, or has no exchange rate, each in its turn. What is refused meanwhile is held, or
// waits; when it is mended the clerk resumes it.
func (w *world) bookkeeping(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.options.Seed, 5))
	for n := 0; sleep(ctx, troubleGap.draw(r)) && w.whenLoaded(ctx); n++ {
		t, had := troubles[n%len(troubles)], w.struck(troubles[n%len(troubles)].fault)
		many := w.backlog() >= manyOrders
		w.unready.Store(true)
		t.begin(w.company)
		whole := sleep(ctx, troubleTime.draw(r))
		for limit := time.Now().Add(troubleMeets); whole && w.struck(t.fault) == had && time.Now().Before(limit); {
			whole = sleep(ctx, 50*time.Millisecond)
		}
		t.end(w.company)
		w.unready.Store(false)
		if !whole {
			break // the end of the run cut it short
		}
		w.wrong.add(string(t.fault))
		met := w.struck(t.fault) > had
		if met {
			w.met.add(string(t.fault))
		}
		if met || many {
			w.due.add(string(t.fault))
		}
		w.say("the books of B1 were not ready for a while: %s", t.fault)
	}
	return nil
}

// struck is how often a fault has struck.
func (w *world) struck(f b1sim.Fault) int {
	_, struck := w.company.Faults()
	return struck[f]
}
