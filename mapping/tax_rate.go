package mapping

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// rateOfRow is the percentage at which a row is taxed: what Magento says of the row, else what its rates add up to, else
// the one of the codes of the place that gives the tax. Tax services and orders made in the Admin may say nothing.
func (m *mapper) rateOfRow(b booking) (decimal.Decimal, *order.Reason) {
	l := *b.row
	if l.Tax.IsZero() {
		return decimal.Zero, nil
	}
	if percent := shownPercent(l); !percent.IsZero() {
		return percent, nil
	}
	return m.rateOf(taxable{kind: kindOf(l), amount: b.tax, rates: l.Taxes, what: place(l)}, b.exactNet(), b.exact)
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

// ratesThatGive are the percentages of the codes here that come nearest to the tax, within a cent: taken of a base, or out
// of the base with the tax in it, and rounded to cents as Magento does in every currency.
func (m *mapper) ratesThatGive(t taxable, bases []decimal.Decimal) (rates []decimal.Decimal) {
	nearest := magentoCent
	for _, c := range m.codesHere(t.kind, t.rates) {
		for _, base := range bases {
			of := percentOf(base, c.Percent)
			out := percentOf(base.Add(t.amount), c.Percent).Mul(hundred).DivRound(hundred.Add(c.Percent), 10)
			off := decimal.Min(missed(of, t.amount), missed(out, t.amount))
			if off.LessThan(nearest) {
				nearest, rates = off, nil
			}
			if off.Equal(nearest) && !slices.ContainsFunc(rates, c.Percent.Equal) {
				rates = append(rates, c.Percent)
			}
		}
	}
	return rates
}

// missed is by how much a tax, rounded to cents, misses Magento's.
func missed(tax, magento decimal.Decimal) decimal.Decimal {
	return tax.Round(2).Sub(magento.Round(2)).Abs()
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

// taxFits reports whether the tax of each discounted row is that on a base, as Magento rounds it: by row, with a cent of
// rounding carried along, or by piece. Of several rates each is rounded by itself.
func (m *mapper) taxFits(base func(booking) decimal.Decimal) bool {
	for _, b := range m.bookings {
		if b.off.IsZero() || b.code.Percent.IsZero() {
			continue
		}
		if base(b).LessThan(magentoCent.Neg()) && b.tax.GreaterThanOrEqual(magentoCent) {
			return false // no tax is taken of less than nothing, whatever its rounding
		}
		exact := percentOf(base(b), b.code.Percent)
		byPiece := exact.DivRound(b.qty, 10).Round(2).Mul(b.qty)
		more := decimal.NewFromInt(int64(max(len(b.row.Taxes), 1)))
		slack := magentoCent.Add(decimal.New(1, -4)).Mul(more)
		if _, gathered := m.pieces[b.row.ItemID]; gathered {
			slack = m.slackOf(b) // its parts were rounded, each by itself
		}
		ofPieces := magentoCent.Mul(b.qty).DivRound(two, 10).Mul(more.Sub(decimal.NewFromInt(1))).Add(decimal.New(1, -4))
		if exact.Sub(b.tax).Abs().GreaterThan(slack) && byPiece.Sub(b.tax).Abs().GreaterThan(ofPieces) {
			return false
		}
	}
	return true
}

// taxedInFull reports whether Magento took the tax of the goods before their discount ("Apply Customer Tax: Before
// Discount"): then the taxes fit the rows' prices better than what is paid for them.
func (m *mapper) taxedInFull() bool {
	if !m.order.Totals.TaxCompensation.IsZero() {
		return false // it is the tax that discounts took away
	}
	if slices.ContainsFunc(m.bookings, m.givenAway) {
		return false
	}
	switch after, before := m.taxFits(booking.exactNet), m.taxFits(func(b booking) decimal.Decimal { return b.exact }); {
	case after:
		return false
	case before:
		return true
	}
	after, before, slack := decimal.Zero, decimal.Zero, decimal.Zero
	for _, b := range m.bookings {
		if b.off.IsZero() || b.code.Percent.IsZero() {
			continue
		}
		if !b.exactNet().IsPositive() && b.tax.GreaterThanOrEqual(magentoCent) {
			return true // there is nothing left that could be taxed
		}
		after = after.Add(percentOf(b.exactNet(), b.code.Percent).Sub(b.tax).Abs())
		before = before.Add(percentOf(b.exact, b.code.Percent).Sub(b.tax).Abs())
		slack = slack.Add(m.slackOf(b))
	}
	return after.GreaterThan(slack) && before.LessThan(after)
}

// givenAway reports whether a discount took all of a row, and the tax that Magento states for it with it. A row that costs too little
// tells nothing: its tax before the discount may have been rounded down to nothing too, by piece, or with each rate by itself and a cent
// carried to the next row; rows without tax may name none of their rates. Nor does a bundle that is gathered into one row, of whose parts each
// may cost too little.
func (m *mapper) givenAway(b booking) bool {
	if _, gathered := m.pieces[b.row.ItemID]; gathered || !b.tax.IsZero() || !b.off.IsPositive() || b.exactNet().IsPositive() {
		return false
	}
	rates := 4
	for _, other := range m.bookings {
		rates = max(rates, len(other.row.Taxes))
	}
	piece := b.exact.DivRound(decimal.Max(b.qty, decimal.NewFromInt(1)), 10)
	return percentOf(piece, shownPercent(*b.row)).GreaterThan(magentoCent.Mul(decimal.NewFromInt(int64(rates))))
}

var (
	two     = decimal.NewFromInt(2)
	hundred = decimal.NewFromInt(100)
)

func percentOf(amount, percent decimal.Decimal) decimal.Decimal {
	return amount.Mul(percent).Shift(-2)
}
