package mapping

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// toUnits rounds what is booked of the rows to whole units of the currency, so that it adds up to what Magento has of all
// goods: their nets, or, where Magento took the tax before the discount, their prices, and the discount beside them.
func (m *mapper) toUnits() *order.Reason {
	if m.fullTax = m.taxedInFull(); m.fullTax {
		return m.unitsOfGross()
	}
	parts := make([]decimal.Decimal, len(m.bookings))
	for i := range m.bookings {
		b := &m.bookings[i]
		if parts[i] = b.exactNet(); parts[i].IsNegative() {
			if parts[i].Neg().GreaterThan(m.slackOf(*b)) {
				return m.discountTooHigh(*b)
			}
			parts[i] = decimal.Zero // a discount of the whole row, rounded up
		}
	}
	nets := m.whole(parts, m.goodsNet())
	for i := range m.bookings {
		b := &m.bookings[i]
		b.net = nets[i]
		// The discount takes the cent that rounding price and net each by itself leaves over: the row keeps the shop's price.
		if b.gross = m.round(b.exact); b.gross.LessThan(b.net) || b.off.IsZero() {
			b.gross = b.net
		}
	}
	return nil
}

// unitsOfGross rounds the rows before their discounts; the discount is what then is too much of all of them.
func (m *mapper) unitsOfGross() *order.Reason {
	parts, sum := make([]decimal.Decimal, len(m.bookings)), decimal.Zero
	for i, b := range m.bookings {
		parts[i], sum = b.exact, sum.Add(b.exact)
	}
	total := m.goodsTotal()
	if m.open {
		total = sum
	}
	grosses, left := m.whole(parts, m.round(total)), decimal.Zero
	for i := range m.bookings {
		m.bookings[i].gross, m.bookings[i].net = grosses[i], grosses[i]
		left = left.Add(grosses[i])
	}
	m.fullDiscount = left.Sub(m.goodsNet())
	return nil
}

func (m *mapper) discountTooHigh(b booking) *order.Reason {
	return &order.Reason{Code: "discount_too_high", Field: place(*b.row),
		Message: fmt.Sprintf("%s: the discount of %s is more than the row's price of %s.", place(*b.row), m.money(b.row.Discount), m.money(b.exact)),
		Hint:    "Open the order in Magento: a price rule or a module takes off more than the row costs. Enter the order by hand."}
}

// goodsNet is what all goods cost after discount: by Magento's totals, or by the rows where only a part of them is left.
func (m *mapper) goodsNet() decimal.Decimal {
	if m.open {
		sum := decimal.Zero
		for _, b := range m.bookings {
			sum = sum.Add(b.exactNet())
		}
		return m.round(sum)
	}
	t := m.order.Totals
	return m.round(decimal.Sum(m.goodsTotal(), t.Discount, t.ShippingDiscount, t.TaxCompensation))
}

// whole rounds parts to whole units that add up to a sum. The units that rounding each by itself leaves over go to the parts
// that were rounded furthest, one to each. Parts of nothing stay nothing.
func (m *mapper) whole(parts []decimal.Decimal, sum decimal.Decimal) []decimal.Decimal {
	out, unit := make([]decimal.Decimal, len(parts)), m.unit()
	var some []int
	for i, p := range parts {
		out[i] = m.round(p)
		sum = sum.Sub(out[i])
		if !out[i].IsZero() {
			some = append(some, i)
		}
	}
	if sum.IsNegative() {
		unit = unit.Neg()
	}
	lacks := func(i int) decimal.Decimal { return parts[i].Sub(out[i]).Mul(unit) }
	slices.SortStableFunc(some, func(a, b int) int { return cmp.Or(lacks(b).Cmp(lacks(a)), cmp.Compare(a, b)) })
	for n := 0; !sum.IsZero() && n < mostUnits*len(some); n++ {
		i := some[n%len(some)]
		out[i], sum = out[i].Add(unit), sum.Sub(unit)
	}
	return out
}

// mostUnits is how many units a part is changed by. What is more is no rounding, and shows as a difference in the proof.
const mostUnits = 1
