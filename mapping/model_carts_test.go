package mapping_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/mapping"
	"datawald/order"
)

// holdsAllowed are the reasons for which a cart may be held although the rules cover all of it, and why each cannot be
// otherwise.
var holdsAllowed = map[string]string{}

// tally counts what became of carts.
type tally struct {
	carts, posted int
	holds         map[string]int
	worlds        map[string]*roundings
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
	for _, part := range r.Proof.Components {
		if part.Name == "rounding" {
			booked = part.B1.Abs()
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
	t.Logf("%d carts: %d posted, held: %v", c.carts, c.posted, c.holds)
	for _, name := range slices.Sorted(maps.Keys(c.worlds)) {
		n := c.worlds[name]
		t.Logf("%s: rounding in %d of %d carts (%d %%), largest %v", name, n.rounded, n.carts, n.rounded*100/n.carts, n.largest)
	}
}

func drawTrial(t *rapid.T) trial {
	return trial{books: drawBooks(t), quote: drawQuote(t), rest: pick(t, "row_total of REST", restNet, restPlain, restByUnit),
		noRates: chance(t, "no rates named", 20)}
}

// Whatever a shop sells under whatever settings, B1 comes to Magento's own total to the smallest unit of the currency, with
// each row of goods once, and the proof says the same; or the order is held, for a reason that is on the list. The target
// `carts` of the Makefile tries 20,000.
func TestCarts_B1ComesToMagentosTotalOrTheOrderIsHeld(t *testing.T) {
	all, count := newBooks(), newTally()
	t.Cleanup(func() { count.log(t) })
	rapid.Check(t, func(rt *rapid.T) {
		x := drawTrial(rt)
		r, wrong := all.judge(t, x)
		if wrong != "" {
			rt.Fatalf("%s\n%s", wrong, x.tell(r))
		}
		if hold := r.Hold; hold != nil && unexpected(hold) {
			rt.Fatalf("held as %s: %s\n%s", hold.Code, hold, x.tell(r))
		}
		count.add(x, r)
	})
}

// mappedNothing is a result for a cart that was not mapped.
var mappedNothing mapping.Result

func unexpected(hold *order.Reason) bool {
	_, allowed := holdsAllowed[hold.Code]
	return !allowed
}
