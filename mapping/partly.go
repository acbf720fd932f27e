package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// leaveOpen does with a partly cancelled or refunded order what the rules say. Magento keeps the quantities that are gone
// beside those that were ordered, and their amounts in the totals only.
func (m *mapper) leaveOpen() *order.Reason {
	gone := m.gone()
	if gone == "" {
		return nil
	}
	switch m.store.PartlyCancelled {
	case OrderedQuantity:
		m.notes = append(m.notes, "posted as ordered, though "+gone)
		return nil
	case OpenQuantity:
		return m.takeOpen(gone)
	}
	return &order.Reason{Code: "partly_cancelled", Field: "items",
		Message: fmt.Sprintf("In Magento %s.", gone),
		Hint:    "Say in the rules whether B1 gets what was ordered or what is left (partly_cancelled: ordered or open), or enter the order by hand."}
}

// gone says what of the order is cancelled or refunded; empty for nothing.
func (m *mapper) gone() string {
	t := m.order.Totals
	for _, b := range m.bookings {
		switch l := b.row; {
		case l.QtyCanceled.IsPositive():
			return fmt.Sprintf("%s of %s of %s are cancelled", l.QtyCanceled, l.QtyOrdered, place(*l))
		case l.QtyRefunded.IsPositive():
			return fmt.Sprintf("%s of %s of %s are refunded", l.QtyRefunded, l.QtyOrdered, place(*l))
		}
	}
	switch {
	case t.Refunded.IsPositive():
		return fmt.Sprintf("%s of %s are refunded", m.money(t.Refunded), m.money(t.Grand))
	case t.Canceled.IsPositive():
		return fmt.Sprintf("%s of %s are cancelled", m.money(t.Canceled), m.money(t.Grand))
	}
	return ""
}

// takeOpen leaves of each row what is neither cancelled nor refunded, with its part of discount and tax. The proof then
// compares with what is left of grand_total.
func (m *mapper) takeOpen(gone string) *order.Reason {
	m.open = true
	m.notes = append(m.notes, "posted without what is gone: "+gone)
	var left []booking
	for _, b := range m.bookings {
		open := b.row.QtyOrdered.Sub(b.row.QtyCanceled).Sub(b.row.QtyRefunded)
		if !open.IsPositive() {
			continue
		}
		if open.LessThan(b.qty) {
			b.exact, b.off = fraction(b.exact, open, b.qty), fraction(b.off, open, b.qty)
			b.tax = fraction(b.tax, open, b.qty)
			b.weee = fraction(b.weee, open, b.qty)
			b.qty = open
		}
		left = append(left, b)
	}
	m.bookings = left
	m.leaveWeee()
	t := m.order.Totals
	if left := m.expected(); left.IsNegative() {
		return &order.Reason{Code: "amount_negative", Field: "total_refunded",
			Message: fmt.Sprintf("Magento cancelled and refunded more than the order cost: %s are left of %s.", m.money(left), m.order.Total()),
			Hint:    "Open the order in Magento, and enter by hand what is left of it."}
	}
	if gone := t.ShippingCanceled.Add(t.ShippingRefunded); gone.IsPositive() && t.Shipping.IsPositive() {
		m.shippingOpen = decimal.Max(t.Shipping.Sub(gone), decimal.Zero).DivRound(t.Shipping, 10)
	}
	return nil
}

// leaveWeee leaves of the fixed product taxes those of the rows that are left, and of the tax on them as much.
func (m *mapper) leaveWeee() {
	left := decimal.Zero
	for _, b := range m.bookings {
		left = left.Add(b.weee)
	}
	for i := range m.extraParts {
		part := &m.extraParts[i]
		if part.name == weeeTax && part.amount.IsPositive() {
			part.amount, part.tax = left, fraction(part.tax, left, part.amount)
		}
	}
}

func fraction(amount, part, whole decimal.Decimal) decimal.Decimal {
	return amount.Mul(part).DivRound(whole, 10)
}

// expected is the total at which B1 must arrive: what the customer is charged, less what he got back. Magento keeps two
// digits of every currency and more of some; nobody is charged a fraction of the smallest unit.
func (m *mapper) expected() decimal.Decimal {
	t := m.order.Totals
	total := t.Grand
	if m.open {
		total = total.Sub(t.Canceled).Sub(t.Refunded)
	}
	return total.Round(order.MinorUnits(m.order.Currency))
}
