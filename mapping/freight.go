package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// freight books shipping costs after their discount, with their own tax code.
func (m *mapper) freight() *order.Reason {
	t := m.order.Totals
	open := func(d decimal.Decimal) decimal.Decimal { return m.round(d.Mul(m.shippingOpen)) }
	full, discount, tax := open(t.Shipping), open(t.ShippingDiscount.Sub(t.ShippingTaxCompensation)), open(t.ShippingTax)
	net := open(t.Shipping.Sub(t.ShippingDiscount).Add(t.ShippingTaxCompensation))
	m.proof.tax = m.proof.tax.Add(t.ShippingTax.Mul(m.shippingOpen))
	if net.IsNegative() {
		return &order.Reason{Code: "shipping_discount_too_high", Field: "shipping_discount_amount",
			Message: fmt.Sprintf("The discount of %s on shipping is more than the shipping costs of %s.", t.ShippingDiscount, t.Shipping),
			Hint:    "Open the order in Magento: a price rule or a module takes off more than shipping costs. Enter the order by hand."}
	}
	ship := taxable{kind: kindShipping, amount: tax, rates: m.order.ShippingRates, what: "shipping"}
	percent, hold := m.rateOf(ship, net, full)
	if hold != nil {
		return hold
	}
	if ship.percent = percent; m.freightTaxedInFull(full, net, discount, tax, percent) && m.store.Discount.Untaxed != nil {
		m.untaxedDiscount(discount)
		net = full
	}
	if net.IsZero() && !tax.IsZero() {
		return m.taxOnNothing(tax)
	}
	if net.IsZero() {
		return nil
	}
	code, hold := m.taxCode(ship)
	if hold != nil {
		return hold
	}
	m.proof.freight = m.proof.freight.Add(net)
	rule := m.store.Freight
	m.book(rule.ItemCode, rule.ExpenseCode, net, code.Code, "Shipping", sapb1.PartFreight)
	return nil
}

// freightTaxedInFull reports whether Magento took the tax on shipping before its discount.
func (m *mapper) freightTaxedInFull(full, net, discount, tax, percent decimal.Decimal) bool {
	if !discount.IsPositive() || tax.IsZero() {
		return false
	}
	after, before := percentOf(net, percent).Sub(tax).Abs(), percentOf(full, percent).Sub(tax).Abs()
	return after.GreaterThan(m.unit()) && before.LessThan(after) || net.IsZero()
}

func (m *mapper) taxOnNothing(tax decimal.Decimal) *order.Reason {
	return &order.Reason{Code: "shipping_tax_without_freight", Field: "shipping_tax_amount",
		Message: fmt.Sprintf("Magento takes %s tax on shipping, which costs nothing after its discount.", m.money(tax)),
		Hint:    "B1 computes no tax on nothing. Name an item or an expense for discounts that leave the tax as it is (discount.untaxed in the rules), or let Magento take the tax after the discount (Stores > Configuration > Sales > Tax)."}
}
