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
	net := m.round(t.Shipping.Sub(t.ShippingDiscount).Add(t.ShippingTaxCompensation))
	m.proof.addShippingTax(t.ShippingTax)
	if hold := m.checkFreight(net); hold != nil || net.IsZero() {
		return hold
	}
	code, hold := m.taxCode(m.shippingPercent(net), t.ShippingTax, "shipping")
	if hold != nil {
		return hold
	}
	if m.store.Freight.ItemCode != "" {
		m.proof.addFreightLine(net, code)
		line := sapb1.DocumentLine{ItemCode: m.store.Freight.ItemCode, Quantity: sapb1.NewAmount(decimal.NewFromInt(1)),
			UnitPrice: sapb1.NewAmount(net), Currency: m.document.DocCurrency, WarehouseCode: m.store.Warehouse}
		m.setTax(&line.TaxCode, &line.VatGroup, code.Code)
		m.document.Lines = append(m.document.Lines, line)
		return nil
	}
	m.proof.addFreightExpense(net, code)
	m.expense(m.store.Freight.ExpenseCode, net, code.Code, "Shipping")
	return nil
}

// checkFreight holds what B1 cannot book as freight: less than nothing, and tax on nothing.
func (m *mapper) checkFreight(net decimal.Decimal) *order.Reason {
	t := m.order.Totals
	switch {
	case net.IsNegative():
		return &order.Reason{Code: "shipping_discount_too_high", Field: "shipping_discount_amount",
			Message: fmt.Sprintf("The discount of %s on shipping is more than the shipping costs of %s.", t.ShippingDiscount, t.Shipping),
			Hint:    "Open the order in Magento: a price rule or a module takes off more than shipping costs. Enter the order by hand."}
	case net.IsZero() && !t.ShippingTax.IsZero():
		return &order.Reason{Code: "shipping_tax_without_freight", Field: "shipping_tax_amount",
			Message: fmt.Sprintf("Magento takes %s tax on shipping, which costs nothing after its discount.", order.Money{Amount: t.ShippingTax, Currency: m.order.Currency}),
			Hint:    "B1 computes no tax on nothing. In Magento, let tax be computed after the discount (Stores > Configuration > Sales > Tax), and enter this order by hand."}
	}
	return nil
}

func (m *mapper) expense(expense int, amount decimal.Decimal, taxCode, remarks string) {
	e := sapb1.AdditionalExpense{ExpenseCode: expense, LineTotal: sapb1.NewAmount(amount), Remarks: remarks}
	m.setTax(&e.TaxCode, &e.VatGroup, taxCode)
	m.document.Expenses = append(m.document.Expenses, e)
}

// extras books what is neither goods nor freight, as the rules say, or holds the order.
func (m *mapper) extras() *order.Reason {
	t := m.order.Totals
	weee := decimal.Zero
	for _, l := range booked(m.order.Lines) {
		weee = weee.Add(l.Weee)
	}
	parts := []struct {
		name   string
		amount decimal.Decimal
	}{
		{"gift_wrap", t.GiftWrap}, {"weee", weee},
		{"gift_card", t.GiftCards.Neg()}, {"store_credit", t.StoreCredit.Neg()}, {"reward_points", t.RewardPoints.Neg()},
	}
	for _, p := range parts {
		amount := m.round(p.amount)
		if amount.IsZero() {
			continue
		}
		rule, ok := m.store.Extras[p.name]
		if !ok {
			return &order.Reason{Code: p.name + "_unmapped", Field: p.name,
				Message: fmt.Sprintf("The order has %s of %s %s, which has no rule.", p.name, amount, m.order.Currency),
				Hint:    "Add extras." + p.name + " to the rules."}
		}
		m.expense(rule.ExpenseCode, amount, rule.TaxCode, p.name)
		m.proof.addExtra(p.name, amount)
	}
	return nil
}

// rounding books the cents by which B1's tax differs from Magento's, within the limit that the rules state.
func (m *mapper) rounding() *order.Reason {
	m.proof.computeTax(m.rules.Company.TaxRounding)
	rule := m.store.Rounding
	gap := m.proof.gap()
	if rule == nil || gap.IsZero() || gap.Abs().GreaterThan(rule.Max.In(m.order.Currency)) {
		return nil // the verdict speaks
	}
	m.expense(rule.ExpenseCode, gap, rule.TaxCode, "Rounding")
	m.proof.addRounding(gap)
	return nil
}
