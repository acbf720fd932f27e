package mapping

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// booking is a row of the order with the amounts that are booked for it, in the digits that B1 keeps of the currency.
type booking struct {
	row order.Line
	// qty is what goes to B1: what was ordered, or what is left of it.
	qty decimal.Decimal
	// exact is the row without tax before discount, as far as Magento's figures tell; net is it after discount, in whole
	// units of the currency; discount is what was taken off, without the tax in it.
	exact, net, discount decimal.Decimal
	// tax is Magento's tax on the row.
	tax  decimal.Decimal
	code TaxCode
}

// gross is the row before its discount.
func (b booking) gross() decimal.Decimal { return b.net.Add(b.discount) }

// price is the price of one before the discount.
func (b booking) price() decimal.Decimal { return b.exact.DivRound(b.qty, 10) }

// takeRows works out what is booked for each row. The nets add up to what Magento has of goods after their discounts.
func (m *mapper) takeRows() *order.Reason {
	inclusive := m.readInclusive()
	for _, l := range m.chosen {
		if l.QtyOrdered.IsZero() {
			continue
		}
		b := booking{row: l, qty: l.QtyOrdered, exact: exactGross(l, inclusive), tax: l.Tax}
		b.discount = l.Discount.Sub(l.TaxCompensation)
		m.bookings = append(m.bookings, b)
	}
	if hold := m.checkRows(); hold != nil {
		return hold
	}
	if hold := m.leaveOpen(); hold != nil {
		return hold
	}
	return m.toUnits()
}

// readInclusive decides how the rows are read: price x quantity, or, where prices include tax and have been rounded to
// four digits without it, price with tax x quantity less the tax. What comes nearer to the subtotal is right.
func (m *mapper) readInclusive() bool {
	plain, inclusive := decimal.Zero, decimal.Zero
	for _, l := range m.chosen {
		plain, inclusive = plain.Add(exactGross(l, false)), inclusive.Add(exactGross(l, true))
	}
	subtotal := m.goodsTotal()
	return inclusive.Sub(subtotal).Abs().LessThan(plain.Sub(subtotal).Abs())
}

func exactGross(l order.Line, inclusive bool) decimal.Decimal {
	if inclusive {
		return l.PriceInclTax.Mul(l.QtyOrdered).Sub(l.Tax).Sub(l.TaxCompensation)
	}
	return l.Price.Mul(l.QtyOrdered)
}

// goodsTotal is Magento's subtotal without the fixed product taxes that some shops count into it.
func (m *mapper) goodsTotal() decimal.Decimal {
	if m.weeeInside {
		return m.order.Totals.Subtotal.Sub(m.weee())
	}
	return m.order.Totals.Subtotal
}

// checkRows compares the rows with the order's own sums: Magento keeps four digits of a price, so that a row of many
// pieces may be off by as many ten-thousandths.
func (m *mapper) checkRows() *order.Reason {
	rows, discounts, slack := decimal.Zero, decimal.Zero, m.unit()
	for _, b := range m.bookings {
		rows, discounts = rows.Add(b.exact), discounts.Add(b.row.Discount)
		slack = slack.Add(m.unit()).Add(b.qty.Mul(decimal.New(1, -4)))
	}
	t := m.order.Totals
	if total := m.goodsTotal(); rows.Sub(total).Abs().GreaterThan(slack) {
		return &order.Reason{Code: "magento_lines_inconsistent", Field: "subtotal",
			Message: fmt.Sprintf("Magento's lines add up to %s, its subtotal is %s.", m.money(rows), m.money(t.Subtotal)),
			Hint:    "Open the order in Magento: a line is missing or has another price than its subtotal."}
	}
	if total := t.Discount.Add(t.ShippingDiscount).Neg(); discounts.Sub(total).Abs().GreaterThan(slack) {
		return &order.Reason{Code: "magento_discount_inconsistent", Field: "discount_amount",
			Message: fmt.Sprintf("Magento's lines have discounts of %s, the order %s.", m.money(discounts), m.money(total)),
			Hint:    "A module of the shop takes something off without saying of what. If it writes the amount into an attribute of its own, name that in extras; else enter the order by hand."}
	}
	return nil
}

// toUnits rounds the nets to whole units of the currency so that they add up to Magento's goods after discount. The cents
// that rounding row by row leaves over go to the rows that were rounded furthest.
func (m *mapper) toUnits() *order.Reason {
	want, sum := decimal.Zero, decimal.Zero
	exact := make([]decimal.Decimal, len(m.bookings))
	for i := range m.bookings {
		b := &m.bookings[i]
		exact[i] = b.exact.Sub(b.discount)
		b.net, b.discount = m.round(exact[i]), m.round(b.discount)
		if b.net.IsNegative() && exact[i].Neg().LessThan(m.unit()) {
			b.net = decimal.Zero // a discount of the whole row, rounded up
		}
		sum = sum.Add(b.net)
		if b.net.IsNegative() {
			return &order.Reason{Code: "discount_too_high", Field: place(b.row),
				Message: fmt.Sprintf("%s: the discount of %s is more than the row's price of %s.", place(b.row), m.money(b.row.Discount), m.money(b.exact)),
				Hint:    "Open the order in Magento: a price rule or a module takes off more than the row costs. Enter the order by hand."}
		}
	}
	want = m.goodsNet(exact)
	m.spreadCents(exact, want.Sub(sum))
	return nil
}

// goodsNet is what all goods cost after discount: by Magento's totals, or by the rows where only a part of them is left.
func (m *mapper) goodsNet(exact []decimal.Decimal) decimal.Decimal {
	if m.open {
		return m.round(decimal.Sum(decimal.Zero, exact...))
	}
	t := m.order.Totals
	return m.round(decimal.Sum(m.goodsTotal(), t.Discount, t.ShippingDiscount, t.TaxCompensation))
}

// spreadCents changes the nets by a few units in all, one for a row, and one more when every row has had one.
func (m *mapper) spreadCents(exact []decimal.Decimal, cents decimal.Decimal) {
	unit := m.unit()
	if cents.IsNegative() {
		unit = unit.Neg()
	}
	rows := make([]int, 0, len(m.bookings))
	for i, b := range m.bookings {
		if !b.net.IsZero() {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return
	}
	lacks := func(i int) decimal.Decimal { return exact[i].Sub(m.bookings[i].net).Mul(unit) }
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Or(lacks(b).Cmp(lacks(a)), cmp.Compare(a, b)) })
	for n := 0; !cents.IsZero() && n < 10*len(rows); n++ {
		b := &m.bookings[rows[n%len(rows)]]
		b.net, cents = b.net.Add(unit), cents.Sub(unit)
	}
}
