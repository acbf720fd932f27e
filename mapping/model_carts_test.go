package mapping_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/mapping"
	"datawald/sapb1"
)

// tally counts what became of carts.
type tally struct {
	carts, posted int
	// tight counts holds because the rules allow next to no rounding.
	tight  int
	holds  map[string]int
	worlds map[string]*roundings
}

// roundings is how often and how much rounding was booked in a world.
type roundings struct {
	carts, rounded int
	largest        map[string]decimal.Decimal // by currency
}

func newTally() *tally { return &tally{holds: map[string]int{}, worlds: map[string]*roundings{}} }

func (c *tally) add(x trial, r mapping.Result) {
	c.carts++
	if r.Hold != nil {
		c.holds[r.Hold.Code]++
		if x.books.tight && r.Hold.Code == "total_differs" {
			c.tight++
		}
		return
	}
	c.posted++
	world := x.world()
	if c.worlds[world] == nil {
		c.worlds[world] = &roundings{largest: map[string]decimal.Decimal{}}
	}
	n := c.worlds[world]
	n.carts++
	booked := zero
	for _, e := range r.Document.Expenses {
		if e.Part == sapb1.PartRounding {
			booked = e.LineTotal.Abs()
		}
	}
	if !booked.IsZero() {
		n.rounded++
		n.largest[x.currency()] = decimal.Max(n.largest[x.currency()], booked)
	}
}

// world names what decides about rounding.
func (x trial) world() string {
	prices := "net prices"
	if x.quote.shop.pricesWithTax {
		prices = "gross prices"
	}
	return fmt.Sprintf("%s, tax by %s, B1 rounds by %s", prices, x.quote.shop.method, x.books.taxRounding)
}

// log writes the counts.
func (c *tally) log(t *testing.T) {
	t.Logf("%d carts: %d posted, %d held", c.carts, c.posted, c.carts-c.posted)
	for _, code := range slices.Sorted(maps.Keys(c.holds)) {
		t.Logf("held as %s: %d (%s)", code, c.holds[code], holdsAllowed[code].why)
	}
	for _, name := range slices.Sorted(maps.Keys(c.worlds)) {
		n := c.worlds[name]
		t.Logf("%s: rounding in %d of %d carts (%d %%), largest %v", name, n.rounded, n.carts, n.rounded*100/n.carts, n.largest)
	}
}

func drawTrial(t *rapid.T, method string) trial {
	x := trial{books: drawBooks(t), quote: drawQuote(t, method), rest: pick(t, "row_total of REST", restNet, restPlain, restByUnit),
		noRates: chance(t, "no rates named", 10), shipTo: pick(t, "ship to", america, germany), billTo: pick(t, "bill to", america, germany)}
	x.books.weeeTaxed = x.quote.shop.weeeTaxed
	if x.books.rate == "magento" && x.side() == orderSide {
		x.books.local = x.quote.base // Magento knows no rate to any other
	} else {
		x.books.rate = "b1"
	}
	return x
}

// Whatever a shop sells under whatever settings, B1 comes to Magento's own total to the smallest unit of the currency, with
// each row of goods once, and the proof says the same; or the order is held, for a reason that is on the list. The target
// `carts` of the Makefile tries 21,000.
func TestCarts_B1ComesToMagentosTotalOrTheOrderIsHeld(t *testing.T) {
	all, count := newBooks(t), newTally()
	t.Cleanup(func() { count.log(t) })
	for _, method := range []string{byUnit, byRow, byTotal} {
		t.Run("tax by "+method, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				x := drawTrial(rt, method)
				r, wrong := all.judge(x)
				if hold := r.Hold; wrong == "" && hold != nil && !x.mayBeHeld(r) {
					wrong = fmt.Sprintf("held as %s: %s", hold.Code, hold)
				}
				if wrong != "" {
					rt.Fatalf("%s\n%s", wrong, x.tell(r))
				}
				count.add(x, r)
			})
		})
	}
	if held := count.carts - count.posted - count.tight; held*20 > count.carts && count.carts > 1000 {
		t.Errorf("%d of %d carts are held, more than one in 20: %v", held, count.carts, count.holds)
	}
}
