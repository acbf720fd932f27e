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
	if net.IsZero() {
		return nil
	}
	code, hold := m.taxCode(m.shippingPercent(net), t.ShippingTax, "shipping")
	if hold != nil {
		return hold
	}
	m.proof.addFreight(net, t.ShippingTax, code)
	if m.store.Freight.ItemCode != "" {
		line := sapb1.DocumentLine{ItemCode: m.store.Freight.ItemCode, Quantity: sapb1.NewAmount(decimal.NewFromInt(1)),
			UnitPrice: sapb1.NewAmount(net), Currency: m.order.Currency, WarehouseCode: m.store.Warehouse}
		m.setTax(&line.TaxCode, &line.VatGroup, code.Code)
		m.document.Lines = append(m.document.Lines, line)
		return nil
	}
	m.expense(m.store.Freight.ExpenseCode, net, code.Code, "Shipping")
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
	if rule == nil || gap.IsZero() || gap.Abs().GreaterThan(rule.Max) {
		return nil // the verdict speaks
	}
	m.expense(rule.ExpenseCode, gap, rule.TaxCode, "Rounding")
	m.proof.addRounding(gap)
	return nil
}
