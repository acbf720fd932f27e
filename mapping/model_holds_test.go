package mapping_test

import (
	"slices"

	"github.com/shopspring/decimal"

	"datawald/mapping"
)

// holdsAllowed are the reasons for which a cart may be held although the rules cover all of it: why it cannot be otherwise,
// and for which carts alone.
var holdsAllowed = map[string]struct {
	why  string
	fits func(trial) bool
}{
	"bundle_with_several_rates": {"a line of B1 has one tax code, and the rules want the bundle as one line",
		func(x trial) bool { return x.asOneLine() && x.quote.mixesRates() }},
	"amount_negative": {"Magento gives more than the order costs, or than what is left of it does: there is nothing to sell; or a row of less than a cent is taxed with one",
		func(x trial) bool {
			t := x.quote.on[x.side()]
			return t.anyNegative() || x.isOpen() && t.open().IsNegative() || x.quote.taxedAway(x.side())
		}},
	"discount_too_high": {"Magento takes more off a row than it costs, and no tax with it: B1 has no price for that",
		func(x trial) bool {
			return x.quote.shop.afterDiscount && x.quote.overdrawn(x.side()) || x.asOneLine() && x.quote.mixesRates()
		}},
	"shipping_discount_too_high": {"the same for shipping",
		func(x trial) bool { return x.quote.shop.afterDiscount && x.quote.on[x.side()].shippingOverdrawn() }},
	"total_differs": {"more than overdrawn within a bundle that the rules want as one line, whose tax is then not that of the line's price; or rules that allow less rounding than Magento's way makes",
		func(x trial) bool {
			return x.asOneLine() && x.quote.oversold() && x.quote.shop.afterDiscount && x.quote.overdrawn(x.side()) ||
				x.roundingBound().GreaterThan(x.books.roundingMax(x.currency()))
		}},
	"magento_tax_inconsistent": {"a fixed product tax of less than a cent, which Magento rounds away, with its tax, which it does not",
		func(x trial) bool { return x.weeeTaxOfNothing() }},
	"tax_rate_unclear": {"Magento names no rate, and several codes give the very tax",
		func(x trial) bool { return x.rateUnclear() }},
}

// mayBeHeld reports whether a hold is one of those, on a cart that has cause for it.
func (x trial) mayBeHeld(r mapping.Result) bool {
	allowed, ok := holdsAllowed[r.Hold.Code]
	if r.Hold.Code == "total_differs" && !x.beyondRounding(r.Proof) {
		return false
	}
	return ok && allowed.fits(x)
}

// beyondRounding reports whether both totals differ by more than the rules allow to be booked.
func (x trial) beyondRounding(p *mapping.Proof) bool {
	total := p.Components[len(p.Components)-1]
	return total.Difference.Abs().GreaterThan(x.books.roundingMax(x.currency()))
}

// asOneLine reports whether the rules want bundles as one line.
func (x trial) asOneLine() bool { return x.books.bundles == "parent" || x.books.bundles == "bom" }

// mixesRates reports whether a bundle has parts at several rates.
func (q *quote) mixesRates() bool {
	return slices.ContainsFunc(q.rows, func(r *modelRow) bool {
		return r.dynamic() && slices.ContainsFunc(r.children, func(c *modelRow) bool {
			return !c.class.percent().Equal(r.children[0].class.percent())
		})
	})
}

// oversold reports the settings under which Magento's discounts may be more than what they are taken off: they are computed
// on prices with tax, while the price without tax is what is paid.
func (q *quote) oversold() bool {
	return q.shop.discountOnTaxed && !(q.shop.pricesWithTax && q.shop.shippingWithTax)
}

// overdrawn reports whether a row costs less than nothing after its discount.
func (q *quote) overdrawn(side int) bool {
	return slices.ContainsFunc(q.leaves(), func(r *modelRow) bool {
		a := r.on[side]
		return a.total.Add(a.comp).LessThan(a.discount)
	})
}

// anyNegative reports whether the order costs less than nothing, or what was cancelled or refunded of it did.
func (t quoteTotals) anyNegative() bool {
	return t.grand.IsNegative() || t.canceled.IsNegative() || t.refunded.IsNegative()
}

// taxedAway reports whether a row has a price of less than nothing: it costs less than a cent with its tax, and what rounding the
// tax on the total carries from other rows makes a cent of that tax.
func (q *quote) taxedAway(side int) bool {
	return q.shop.pricesWithTax && q.shop.method == byTotal && slices.ContainsFunc(q.leaves(), func(r *modelRow) bool {
		return r.on[side].price.IsNegative() && r.on[side].totalIncl.LessThan(cent)
	})
}

func (t quoteTotals) shippingOverdrawn() bool {
	return t.shipping.Add(t.shippingComp).LessThan(t.shippingDiscount)
}

// weeeTaxOfNothing reports whether the tax on a fixed product tax is all that is left of it.
func (x trial) weeeTaxOfNothing() bool {
	t, tax := x.quote.on[x.side()], zero
	for _, r := range x.quote.leaves() {
		tax = tax.Add(r.on[x.side()].weeeTax)
	}
	return t.weee.IsZero() && tax.IsPositive()
}

// rateUnclear reports whether several of the booked percentages give the tax on shipping, or on gift wrapping, to the cent, on the price
// without tax or out of the price with it: shipping without its rates named, gift wrapping always.
func (x trial) rateUnclear() bool {
	t := x.quote.on[x.side()]
	shipping := x.noRates && severalGive(t.shippingTax, t.shipping, t.shipping.Sub(t.shippingDiscount).Add(t.shippingComp))
	return shipping || severalGive(t.giftWrapTax, t.giftWrap)
}

func severalGive(tax decimal.Decimal, bases ...decimal.Decimal) bool {
	giving := 0
	for _, percent := range bookedRates {
		if slices.ContainsFunc(bases, func(base decimal.Decimal) bool {
			near := func(x decimal.Decimal) bool { return cents(x).Sub(tax).Abs().LessThanOrEqual(cent) }
			return near(percentOf(base, d(percent))) || near(taxWithin(base.Add(tax), d(percent)))
		}) {
			giving++
		}
	}
	return giving > 1 && !tax.IsZero()
}
