package mapping_test

import (
	"slices"

	"github.com/shopspring/decimal"
)

// What a document of Magento does not tell for certain: where its figures fit two stories, the judge takes either, and no more.

// tied is by how much the readings of a row's total differ (price x quantity; price with tax x quantity less the tax) where
// both come to the subtotal of all rows, so that nothing but the rows' own totals could tell them apart.
func (x trial) tied(r *modelRow) decimal.Decimal {
	gap, sum := zero, zero
	for _, leaf := range x.quote.leaves() {
		of := x.readingsGap(leaf)
		sum = sum.Add(of)
		if leaf == r {
			gap = of.Abs()
		}
	}
	if !sum.IsZero() {
		return zero
	}
	return gap
}

func (x trial) readingsGap(r *modelRow) decimal.Decimal {
	a := r.on[x.side()]
	return a.priceIncl.Mul(r.qty).Sub(a.tax).Sub(a.comp).Sub(a.price.Mul(r.qty))
}

// allTied is the same of all rows together.
func (x trial) allTied() decimal.Decimal {
	sum := zero
	for _, r := range x.quote.leaves() {
		sum = sum.Add(x.tied(r))
	}
	return sum
}

// taxOnDiscount is the tax that would be on what is taken off the goods. Where it is no more than half a cent for each piece and
// rate, both ways, the figures do not tell whether Magento took the tax before the discount or after it; zero where they do.
func (x trial) taxOnDiscount() decimal.Decimal {
	sum, most := zero, zero
	for _, r := range x.quote.leaves() {
		a := r.on[x.side()]
		if off := a.discount.Sub(a.comp); off.IsPositive() && r.class.percent().IsPositive() {
			sum = sum.Add(percentOf(off, r.class.percent()))
			pieces := decimal.Max(one, x.pieces(r)).Mul(decimal.NewFromInt(int64(len(r.class.rules))))
			most = most.Add(pieces.Add(d("2")).Mul(cent))
		}
	}
	if sum.GreaterThan(most) {
		return zero
	}
	return sum
}

// pieces are those of a row, or of the parts that it is spread over.
func (x trial) pieces(r *modelRow) decimal.Decimal {
	if r.kind != kindBundle || x.books.bundles != "children" {
		return r.qty
	}
	sum := zero
	for _, c := range r.children {
		sum = sum.Add(c.qty)
	}
	return sum
}

// freightUntold reports the same of shipping: the tax on its discount is no more than a cent for each rate, and one more that is
// carried along.
func (x trial) freightUntold() bool {
	_, off := x.wantFreight()
	class := x.quote.shop.shippingClass
	most := cent.Mul(decimal.NewFromInt(int64(len(class.rules) + 1)))
	return percentOf(off, class.percent()).Abs().LessThanOrEqual(most) || off.Abs().LessThanOrEqual(cent) ||
		slices.ContainsFunc(bookedRates, func(percent string) bool { return x.mayBeRate(d(percent)) })
}

// untoldWeeeTax is the tax on fixed product taxes where it is no more than what the fractions of a cent in the taxes of rows may
// come to: Magento names it nowhere, and what is left of tax_amount may be either.
func (x trial) untoldWeeeTax() decimal.Decimal {
	tax, most := zero, zero
	for _, r := range x.quote.leaves() {
		a := r.on[x.side()]
		switch tax = tax.Add(a.weeeTax); {
		case r.kind == kindBundle && x.books.bundles == "children": // its tax is laid on its parts
			most = most.Add(cent.Mul(decimal.NewFromInt(int64(len(r.children)))))
		case !a.tax.Equal(cents(a.tax)):
			most = most.Add(cent)
		}
	}
	if tax.GreaterThan(most) {
		return zero
	}
	return tax
}

// mayBeRate reports whether a percentage gives the tax on shipping as well as the right one: Magento names no rate, and where
// rounding is carried from row to row, or each of several rates is rounded, the right one may miss by a cent.
func (x trial) mayBeRate(percent decimal.Decimal) bool {
	t, class := x.quote.on[x.side()], x.quote.shop.shippingClass
	if !x.noRates || x.quote.shop.method != byTotal && len(class.rules) < 2 {
		return false
	}
	for _, base := range []decimal.Decimal{t.shipping, t.shipping.Sub(t.shippingDiscount).Add(t.shippingComp)} {
		within := taxWithin(base.Add(t.shippingTax), percent)
		if cents(percentOf(base, percent)).Equal(cents(t.shippingTax)) || cents(within).Equal(cents(t.shippingTax)) {
			return true
		}
	}
	return false
}
