package mapping

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// booking is a row of the order with the amounts that are booked for it.
type booking struct {
	row *order.Line
	// qty is what goes to B1: what was ordered, or what is left of it.
	qty decimal.Decimal
	// exact is the row without tax before its discount, off what was taken off, without the tax in it, and tax Magento's tax
	// on it, all as far as Magento's figures tell.
	exact, off, tax decimal.Decimal
	// weee are the fixed product taxes on it.
	weee decimal.Decimal
	code *TaxCode
	// gross and net are the row before and after its discount in whole units of the currency, as they are booked.
	gross, net decimal.Decimal
}

// exactNet is the row after its discount, as far as Magento's figures tell.
func (b booking) exactNet() decimal.Decimal { return b.exact.Sub(b.off) }

// discount is what was taken off the row, in whole units.
func (b booking) discount() decimal.Decimal { return b.gross.Sub(b.net) }

// price is the price of one before the discount.
func (b booking) price() decimal.Decimal { return b.exact.DivRound(b.qty, 10) }

// takeRows works out what is booked for each row, and at which tax code.
func (m *mapper) takeRows() *order.Reason {
	inclusive := m.readInclusive()
	m.bookings = make([]booking, 0, len(m.chosen))
	for i := range m.chosen {
		l := &m.chosen[i]
		if l.QtyOrdered.IsZero() {
			m.notes = append(m.notes, place(*l)+" left out: its quantity is 0")
			continue
		}
		m.bookings = append(m.bookings, booking{row: l, qty: l.QtyOrdered, exact: exactGross(*l, inclusive),
			off: l.Discount.Sub(l.TaxCompensation), tax: l.Tax, weee: l.Weee})
	}
	for _, step := range []func() *order.Reason{m.checkRows, m.checkTax, m.leaveOpen, m.codes, m.toUnits} {
		if hold := step(); hold != nil {
			return hold
		}
	}
	return nil
}

// goodsTotal is Magento's subtotal without the fixed product taxes that some shops count into it.
func (m *mapper) goodsTotal() decimal.Decimal {
	if m.weeeInside {
		return m.order.Totals.Subtotal.Sub(m.weee())
	}
	return m.order.Totals.Subtotal
}

// magentoCent is the unit to which Magento rounds, whatever the currency (PriceCurrency::round).
var magentoCent = decimal.New(1, -2)

// roundingOf is by how much an amount of a row may differ from the exact one: half a cent for each piece where Magento
// rounds by piece, and a cent for the row.
func roundingOf(qty decimal.Decimal) decimal.Decimal {
	return magentoCent.Mul(qty).DivRound(two, 10).Add(magentoCent)
}

// slackOf is by how much the figures of a row may differ; a bundle that is gathered into one row has the slack of its parts.
func (m *mapper) slackOf(b booking) decimal.Decimal {
	return roundingOf(decimal.Max(b.qty, m.pieces[b.row.ItemID]))
}

// wholeCents reports whether an amount has no fraction of a cent: then Magento's rounding has nothing to do with it.
func wholeCents(d decimal.Decimal) bool { return d.Equal(d.Round(2)) }

// checkRows compares the rows with the order's own sums. Only rows whose figures have fractions of a cent leave room for
// rounding: others that do not add up are others than those that were ordered.
func (m *mapper) checkRows() *order.Reason {
	rows, discounts, slack := decimal.Zero, decimal.Zero, decimal.Zero
	for _, b := range m.bookings {
		rows, discounts = rows.Add(b.exact), discounts.Add(b.row.Discount)
		if !wholeCents(b.exact) || !wholeCents(b.row.Discount) {
			slack = slack.Add(m.slackOf(b))
		}
	}
	t := m.order.Totals
	if rows.Sub(m.goodsTotal()).Abs().GreaterThan(slack) {
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

// withoutTax reports whether a row has no tax and could stand under the code of its rate all the same. Where discounts are
// lines of their own, a row that is discounted could not: its price would be taxed, and the discount apart from it.
func (m *mapper) withoutTax(b booking) bool {
	apart := m.store.Discount.As == DiscountAsItem || m.store.Discount.As == DiscountAsExpense
	return b.tax.IsZero() && !(apart && !b.off.IsZero())
}

// tooSmallToTax are the percentages at which the rows without tax, all together, cost too little for a cent of it: free goods
// and the like. Under the code of their rate B1 takes no tax of them either.
func (m *mapper) tooSmallToTax() map[string]bool {
	sums := map[string]decimal.Decimal{}
	small := map[string]bool{}
	for _, b := range m.bookings {
		percent := shownPercent(*b.row)
		if !m.withoutTax(b) || percent.IsZero() {
			continue
		}
		key := percent.String()
		sums[key] = sums[key].Add(percentOf(b.exactNet(), percent))
		small[key] = sums[key].Round(m.digits).IsZero() && sums[key].Round(2).IsZero()
	}
	return small
}

// hasCode reports whether a row could stand under a percentage.
func (m *mapper) hasCode(l order.Line, percent decimal.Decimal) bool {
	return slices.ContainsFunc(m.codesHere(kindOf(l), l.Taxes), func(c *TaxCode) bool { return c.Percent.Equal(percent) })
}

// codes finds the tax code of every row.
func (m *mapper) codes() *order.Reason {
	small := m.tooSmallToTax()
	for i := range m.bookings {
		b := &m.bookings[i]
		percent, hold := m.rateOfRow(*b)
		if hold != nil {
			return hold
		}
		// What costs too little has no tax, whatever its rate: it stands under the code of its rate where there is one.
		if shown := shownPercent(*b.row); percent.IsZero() && small[shown.String()] && m.withoutTax(*b) && m.hasCode(*b.row, shown) {
			percent = shown
		}
		if b.code, hold = m.taxCode(taxable{kind: kindOf(*b.row), percent: percent, amount: b.tax, rates: b.row.Taxes, what: place(*b.row)}); hold != nil {
			return hold
		}
	}
	return nil
}
