package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// rateOfRow is the percentage at which a row is taxed: what Magento says of the row, else what its rates add up to, else
// the one of the codes of the place that gives the tax. Tax services and orders made in the Admin may say nothing.
func (m *mapper) rateOfRow(b booking) (decimal.Decimal, *order.Reason) {
	l := b.row
	if l.Tax.IsZero() {
		return decimal.Zero, nil
	}
	if !l.TaxPercent.IsZero() {
		return l.TaxPercent, nil
	}
	return m.rateOf(taxable{kind: kindOf(l), amount: b.tax, rates: l.Taxes, what: place(l)}, b.exact.Sub(b.discount), b.exact)
}

func kindOf(l order.Line) string {
	if l.Virtual || l.ProductType == order.VirtualGoods || l.ProductType == order.Downloadable {
		return kindVirtual
	}
	return kindGoods
}

// rateOf is the percentage of a tax on one of the bases that it may have been taken of.
func (m *mapper) rateOf(t taxable, bases ...decimal.Decimal) (decimal.Decimal, *order.Reason) {
	if t.amount.IsZero() {
		return decimal.Zero, nil
	}
	if len(t.rates) > 0 {
		sum := decimal.Zero
		for _, r := range t.rates {
			sum = sum.Add(r.Percent)
		}
		if !sum.IsZero() {
			return sum, nil
		}
	}
	rates := m.ratesThatGive(t, bases)
	switch len(rates) {
	case 1:
		return rates[0], nil
	case 0:
		return shownRate(t.amount, bases), nil // names the missing rate in the reason
	}
	return decimal.Zero, &order.Reason{Code: "tax_rate_unclear", Field: t.what,
		Message: fmt.Sprintf("%s: Magento does not say at which rate the tax of %s was taken; %s %% and %s %% both give it.", t.what, m.money(t.amount), rates[0], rates[1]),
		Hint:    "Open the order in Magento and enter it by hand, or let one of both codes hold for other goods or places."}
}

// ratesThatGive are the percentages of the codes here that give the tax to the smallest unit.
func (m *mapper) ratesThatGive(t taxable, bases []decimal.Decimal) (rates []decimal.Decimal) {
	known := map[string]bool{}
	for _, c := range m.codesHere(t.kind, t.rates) {
		for _, base := range bases {
			if !known[c.Percent.String()] && m.round(percentOf(base, c.Percent)).Equal(m.round(t.amount)) {
				known[c.Percent.String()] = true
				rates = append(rates, c.Percent)
			}
		}
	}
	return rates
}

// shownRate is the percentage that a tax seems to have.
func shownRate(amount decimal.Decimal, bases []decimal.Decimal) decimal.Decimal {
	for _, base := range bases {
		if !base.IsZero() {
			return amount.Mul(hundred).DivRound(base, 2)
		}
	}
	return hundred
}

// taxedInFull reports whether Magento took the tax of the goods before their discount ("Apply Customer Tax: Before
// Discount"): then the taxes fit the rows' prices better than what is paid for them.
func (m *mapper) taxedInFull() bool {
	after, before, slack := decimal.Zero, decimal.Zero, decimal.Zero
	for _, b := range m.bookings {
		if b.discount.IsZero() || b.code.Percent.IsZero() {
			continue
		}
		after = after.Add(percentOf(b.net, b.code.Percent).Sub(b.tax).Abs())
		before = before.Add(percentOf(b.gross(), b.code.Percent).Sub(b.tax).Abs())
		slack = slack.Add(m.roundingOf(b.qty))
	}
	return after.GreaterThan(slack) && before.LessThan(after)
}

// roundingOf is by how much Magento's tax on a row may differ from the exact one: half a unit for each piece where it
// rounds by piece, one unit for the row.
func (m *mapper) roundingOf(qty decimal.Decimal) decimal.Decimal {
	return m.unit().Mul(qty).Div(two).Add(m.unit())
}

var (
	two     = decimal.NewFromInt(2)
	hundred = decimal.NewFromInt(100)
)

func percentOf(amount, percent decimal.Decimal) decimal.Decimal {
	return amount.Mul(percent).Shift(-2)
}
