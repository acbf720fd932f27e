package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// Names of the parts of a total that Magento itself knows beside goods and freight.
const (
	giftWrap     = "gift_wrap"
	weeeTax      = "weee"
	giftCard     = "gift_card"
	storeCredit  = "store_credit"
	rewardPoints = "reward_points"
)

var extraNames = []string{giftCard, storeCredit, rewardPoints, giftWrap, weeeTax}

// extra is a part of the total that is neither goods nor freight.
type extra struct {
	name string
	// amount is without tax, less than nothing for what pays a part of the order; tax is Magento's tax on it.
	amount, tax decimal.Decimal
}

// takeExtras gathers the parts that the order has. Those with names of their own come from expressions.
func (m *mapper) takeExtras() *order.Reason {
	t := m.order.Totals
	m.extraParts = []extra{{giftWrap, t.GiftWrap, t.GiftWrapTax}, {weeeTax, m.weee(), decimal.Zero},
		{giftCard, t.GiftCards.Neg(), decimal.Zero}, {storeCredit, t.StoreCredit.Neg(), decimal.Zero}, {rewardPoints, t.RewardPoints.Neg(), decimal.Zero}}
	for _, name := range slices.Sorted(maps.Keys(m.store.Extras)) {
		rule := m.store.Extras[name]
		if !rule.Amount.IsSet() {
			continue
		}
		amount, hold := m.evalAmount("extras."+name+".amount", rule.Amount)
		if hold != nil {
			return hold
		}
		tax, hold := m.evalAmount("extras."+name+".tax", rule.Tax)
		if hold != nil {
			return hold
		}
		m.extraParts = append(m.extraParts, extra{name, amount, tax})
	}
	return nil
}

// weee are the fixed product taxes of the rows that are booked.
func (m *mapper) weee() decimal.Decimal {
	sum := decimal.Zero
	for _, l := range m.chosen {
		sum = sum.Add(l.Weee)
	}
	return sum
}

// extras books what is neither goods nor freight, as the rules say, or holds the order.
func (m *mapper) extras() *order.Reason {
	for _, part := range m.extraParts {
		if part.amount.IsZero() && part.tax.IsZero() {
			continue
		}
		rule, ok := m.store.Extras[part.name]
		if !ok {
			return &order.Reason{Code: part.name + "_unmapped", Field: part.name,
				Message: fmt.Sprintf("A part of the total has no rule: %s, %s.", strings.ReplaceAll(part.name, "_", " "), m.money(part.amount.Abs())),
				Hint:    "Add extras." + part.name + " to the rules."}
		}
		if hold := m.extra(part, rule); hold != nil {
			return hold
		}
	}
	return nil
}

// extra books one part: its amount with the tax on it as it stands, or its amount under the code that makes the tax.
func (m *mapper) extra(part extra, rule Extra) *order.Reason {
	switch {
	case !rule.Taxed:
		amount := part.amount.Add(part.tax)
		m.proof.extras = m.proof.extras.Add(amount)
		m.book(rule.ItemCode, rule.ExpenseCode, m.round(amount), rule.TaxCode, part.name, sapb1.PartExtra)
		return nil
	case part.name == weeeTax:
		return m.weeeByCode(part, rule)
	}
	t := taxable{kind: kindExtras, amount: part.tax, what: part.name}
	percent, hold := m.rateOf(t, part.amount)
	if hold != nil {
		return hold
	}
	t.percent = percent
	code, hold := m.taxCode(t)
	if hold != nil {
		return hold
	}
	m.proof.extras, m.proof.tax = m.proof.extras.Add(part.amount), m.proof.tax.Add(part.tax)
	m.book(rule.ItemCode, rule.ExpenseCode, m.round(part.amount), code.Code, part.name, sapb1.PartExtra)
	return nil
}

// weeeByCode books fixed product taxes that are taxed themselves under the codes of their rows. A row that costs nothing
// after its discount, and has no tax of its own, says at which percentage it would be taxed.
func (m *mapper) weeeByCode(part extra, rule Extra) *order.Reason {
	sums := map[string]decimal.Decimal{}
	for _, b := range m.bookings {
		code := b.code
		if percent := shownPercent(*b.row); b.tax.IsZero() && !b.weee.IsZero() && !percent.IsZero() {
			var hold *order.Reason
			if code, hold = m.taxCode(taxable{kind: kindOf(*b.row), percent: percent, rates: b.row.Taxes, what: place(*b.row)}); hold != nil {
				return hold
			}
		}
		sums[code.Code] = sums[code.Code].Add(b.weee)
	}
	for _, one := range byCode(sums) {
		m.proof.extras = m.proof.extras.Add(one.amount)
		m.book(rule.ItemCode, rule.ExpenseCode, m.round(one.amount), one.code, part.name, sapb1.PartExtra)
	}
	m.proof.tax = m.proof.tax.Add(part.tax)
	return nil
}
