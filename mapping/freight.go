package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// shippingCosts are Magento's shipping costs, or what is left of them.
type shippingCosts struct {
	// full is before the discount, net after it, both without tax; tax is that on shipping.
	full, net, tax decimal.Decimal
}

func (m *mapper) shippingCosts() shippingCosts {
	t := m.order.Totals
	left := func(d decimal.Decimal) decimal.Decimal { return d.Mul(m.shippingOpen) }
	return shippingCosts{left(t.Shipping), left(t.Shipping.Sub(t.ShippingDiscount).Add(t.ShippingTaxCompensation)), left(t.ShippingTax)}
}

// freight books shipping costs after their discount, with their own tax code. Where Magento took the tax before the discount,
// the discount stands beside them.
func (m *mapper) freight() *order.Reason {
	s := m.shippingCosts()
	m.proof.tax = m.proof.tax.Add(s.tax)
	ship := taxable{kind: kindShipping, amount: s.tax, rates: m.order.ShippingRates, what: "shipping"}
	percent, hold := m.rateOf(ship, s.net, s.full)
	if hold != nil {
		return hold
	}
	ship.percent = percent
	if m.order.Totals.ShippingTaxCompensation.IsZero() && s.taxedInFull(percent) && m.store.Discount.Untaxed != nil {
		off := s.full.Sub(s.net)
		m.untaxedDiscount(m.round(s.full).Sub(m.round(s.net)))
		m.proof.discount = m.proof.discount.Sub(off)
		s.net = s.full
	}
	m.proof.freight = m.proof.freight.Add(s.net)
	if hold := m.checkFreight(s); hold != nil || m.round(s.net).IsZero() {
		return hold
	}
	code, hold := m.taxCode(ship)
	if hold != nil {
		return hold
	}
	rule := m.store.Freight
	m.book(rule.ItemCode, rule.ExpenseCode, m.round(s.net), code.Code, "Shipping", sapb1.PartFreight)
	return nil
}

// taxedInFull reports whether Magento took the tax on shipping before its discount.
func (s shippingCosts) taxedInFull(percent decimal.Decimal) bool {
	if !s.full.GreaterThan(s.net) || s.tax.IsZero() {
		return false
	}
	after, before := percentOf(s.net, percent).Sub(s.tax).Abs(), percentOf(s.full, percent).Sub(s.tax).Abs()
	return !s.net.IsPositive() || after.GreaterThan(roundingOf(decimal.NewFromInt(1))) && before.LessThan(after)
}

// checkFreight holds what B1 cannot book as freight: less than nothing, and tax on nothing.
func (m *mapper) checkFreight(s shippingCosts) *order.Reason {
	net, tax := m.round(s.net), m.round(s.tax)
	switch t := m.order.Totals; {
	case net.IsNegative():
		return &order.Reason{Code: "shipping_discount_too_high", Field: "shipping_discount_amount",
			Message: fmt.Sprintf("The discount of %s on shipping is more than the shipping costs of %s.", m.money(t.ShippingDiscount), m.money(t.Shipping)),
			Hint:    "Open the order in Magento: a price rule or a module takes off more than shipping costs. Enter the order by hand."}
	case net.IsZero() && !tax.IsZero():
		return &order.Reason{Code: "shipping_tax_without_freight", Field: "shipping_tax_amount",
			Message: fmt.Sprintf("Magento takes %s tax on shipping, which costs nothing after its discount.", m.money(s.tax)),
			Hint:    "B1 computes no tax on nothing. Name an item or an expense for discounts that leave the tax as it is (discount.untaxed in the rules), or let Magento take the tax after the discount (Stores > Configuration > Sales > Tax)."}
	}
	return nil
}
