package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// checkMagento is the gate before everything: a document whose own parts do not add up is not booked. Releases and modules
// differ in what they count where; the one reading that arrives at grand_total is taken:
//   - the tax on gift wrapping, and on parts with a name of their own, is part of tax_amount or stands beside it;
//   - fixed product taxes are part of the subtotal or stand beside it.
func (m *mapper) checkMagento() *order.Reason {
	grand := m.order.Totals.Grand
	var best reading
	var sum decimal.Decimal
	for i, r := range readings {
		if r.weeeInside && m.weee().IsZero() {
			break // nothing that could be inside
		}
		// The nearest counts, not the first that agrees: in yen, a fixed product tax of 0.16 makes no difference to the total.
		if s := m.sumBy(r); i == 0 || s.Sub(grand).Abs().LessThan(sum.Sub(grand).Abs()) {
			best, sum = r, s
		}
	}
	if !m.charged(sum).Equal(m.charged(grand)) {
		return &order.Reason{Code: "magento_total_inconsistent", Field: "grand_total",
			Message: fmt.Sprintf("Magento's parts add up to %s, its grand_total is %s.", m.money(sum), m.order.Total()),
			Hint:    "A module of the shop adds a charge that the document does not name. Where an attribute has its amount, name it in extras; else enter the order by hand."}
	}
	m.weeeInside = best.weeeInside
	m.taxInside(best)
	return nil
}

// sumBy adds Magento's parts up as a reading has them.
func (m *mapper) sumBy(r reading) decimal.Decimal {
	sum := m.order.Totals.Sum()
	for _, part := range m.extraParts {
		sum = sum.Add(r.of(part))
	}
	return sum
}

// charged is an amount in the smallest unit of its currency, as a customer pays it.
func (m *mapper) charged(d decimal.Decimal) decimal.Decimal {
	return d.Round(order.MinorUnits(m.order.Currency))
}

// reading is one way to read Magento's totals.
type reading struct{ wrapTaxBeside, ownTaxBeside, weeeInside bool }

var readings = func() (all []reading) {
	for n := range 8 {
		all = append(all, reading{n&1 != 0, n&2 != 0, n&4 != 0})
	}
	return all
}()

// of is what a part adds to Magento's own sums, which have gift wrapping, gift cards, credit and points already.
func (r reading) of(part extra) decimal.Decimal {
	switch part.name {
	case giftWrap:
		return onlyIf(r.wrapTaxBeside, part.tax)
	case giftCard, storeCredit, rewardPoints:
		return decimal.Zero
	case weeeTax:
		return onlyIf(!r.weeeInside, part.amount)
	}
	return part.amount.Add(onlyIf(r.ownTaxBeside, part.tax))
}

func onlyIf(yes bool, d decimal.Decimal) decimal.Decimal {
	if yes {
		return d
	}
	return decimal.Zero
}

// taxInside leaves of tax_amount, in taxLeft, what belongs to the parts that stand in it.
func (m *mapper) taxInside(r reading) {
	m.taxLeft = m.order.Totals.Tax
	for _, part := range m.extraParts {
		inside := part.name == giftWrap && !r.wrapTaxBeside || part.name != giftWrap && !r.ownTaxBeside
		m.taxLeft = m.taxLeft.Sub(onlyIf(inside, part.tax))
	}
}

// checkTax compares tax_amount with the taxes of rows, shipping and other parts. What is left is the tax on fixed product
// taxes, where the order has them.
func (m *mapper) checkTax() *order.Reason {
	sum, slack := m.order.Totals.ShippingTax, decimal.Zero
	for _, l := range m.chosen {
		if sum = sum.Add(l.Tax); !wholeCents(l.Tax) {
			slack = slack.Add(magentoCent)
		}
	}
	rest := m.taxLeft.Sub(sum)
	if rest.Abs().LessThanOrEqual(slack) {
		return nil
	}
	for i, part := range m.extraParts {
		if part.name == weeeTax && part.amount.IsPositive() && rest.IsPositive() {
			m.extraParts[i].tax = rest
			return nil
		}
	}
	if rest.Round(2).IsZero() {
		return nil
	}
	return &order.Reason{Code: "magento_tax_inconsistent", Field: "tax_amount",
		Message: fmt.Sprintf("Magento's tax_amount is %s, its lines, shipping and other parts have %s: %s belong to nothing.",
			m.money(m.order.Totals.Tax), m.money(m.order.Totals.Tax.Sub(rest)), m.money(rest)),
		Hint: "A module of the shop takes tax on something that the document does not name. Where attributes have amount and tax, name both in extras; else enter the order by hand."}
}
