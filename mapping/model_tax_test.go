package mapping_test

import (
	"github.com/shopspring/decimal"
)

// What Magento's setting "Tax Calculation Method Based On" may be.
const (
	byUnit  = "unit"
	byRow   = "row"
	byTotal = "total"
)

// shopTax are the tax settings of a shop (Stores > Configuration > Sales > Tax).
type shopTax struct {
	method           string
	pricesWithTax    bool // catalogue prices include tax
	shippingWithTax  bool // shipping prices include tax
	afterDiscount    bool // tax is computed on the discounted price
	discountOnTaxed  bool // discounts are computed on prices with tax
	shippingClass    taxClass
	weeeTaxed        bool // tax is taken on fixed product taxes too
	weeeInSubtotal   bool // fixed product taxes are part of the subtotal
	carriedDiscounts bool // percent discounts carry their rounding from row to row (releases before 2.4.4)
}

// taxRule is what Magento computes at once: the rates of one priority, which add up.
type taxRule struct {
	rates []namedRate
}

type namedRate struct {
	code    string
	percent decimal.Decimal
}

func (r taxRule) percent() decimal.Decimal {
	sum := zero
	for _, rate := range r.rates {
		sum = sum.Add(rate.percent)
	}
	return sum
}

// taxClass is what applies to goods of a kind at the buyer's place: a rule each for state and county, say.
type taxClass struct {
	rules []taxRule
	// home is the rate at the shop's own place, which prices with tax include, where it is not the buyer's.
	home decimal.NullDecimal
}

func (c taxClass) percent() decimal.Decimal {
	sum := zero
	for _, r := range c.rules {
		sum = sum.Add(r.percent())
	}
	return sum
}

// taxable is what tax is computed of: a row, its fixed product tax, or shipping.
type taxable struct {
	code     string // of the row that its rounding belongs to
	price    decimal.Decimal
	qty      decimal.Decimal
	discount decimal.Decimal
	withTax  bool
	weee     bool
	class    taxClass
}

// taxedRow is what comes of it. Rule has the tax by rule of the class.
type taxedRow struct {
	price, priceIncl, total, totalIncl, tax, comp decimal.Decimal
	rules                                         []decimal.Decimal
}

// taxer computes the taxes of one order in one currency. What rounding leaves over goes from one amount to the next:
// between rows where tax is based on the total, and between a row and its fixed product tax.
type taxer struct {
	shop  *shopTax
	carry *carrier
}

func newTaxer(shop *shopTax) *taxer { return &taxer{shop, newCarrier("0.000001")} }

func (t *taxer) compute(x taxable) taxedRow {
	switch {
	case x.withTax && t.shop.method == byUnit:
		return t.unitWithTax(x)
	case x.withTax:
		return t.rowWithTax(x)
	case t.shop.method == byUnit:
		return t.unitWithoutTax(x)
	}
	return t.rowWithoutTax(x)
}

// round rounds a tax under its kind: before discount, or the final one.
func (t *taxer) round(x taxable, kind, rate string, amount decimal.Decimal) decimal.Decimal {
	name := kind + "|" + rate
	if t.shop.method != byTotal {
		name += "|" + x.code
	}
	return t.carry.round(name, amount)
}

// kindBefore is under which kind a tax before discount is rounded.
func (t *taxer) kindBefore() string {
	if t.shop.afterDiscount {
		return "before"
	}
	return "final"
}

// homePrice is the price with the buyer's tax of a catalogue price with the shop's.
func (t *taxer) homePrice(x taxable) decimal.Decimal {
	incl, percent := cents(x.price), x.class.percent()
	if !x.class.home.Valid || x.class.home.Decimal.Equal(percent) {
		return incl
	}
	net := incl.Sub(taxWithin(incl, x.class.home.Decimal))
	return cents(net.Add(percentOf(net, percent)))
}

func (t *taxer) unitWithTax(x taxable) taxedRow {
	percent, incl := x.class.percent(), t.homePrice(x)
	tax := cents(taxWithin(incl, percent))
	r := taxedRow{price: incl.Sub(tax), priceIncl: incl}
	if t.shop.afterDiscount && !x.discount.IsZero() {
		left := atLeastZero(incl.Sub(over(x.discount, x.qty)))
		after := cents(taxWithin(left, percent))
		r.comp = tax.Sub(after).Mul(x.qty)
		tax = after
	}
	r.tax, r.total, r.totalIncl = tax.Mul(x.qty), r.price.Mul(x.qty), incl.Mul(x.qty)
	r.rules = t.split(x, r.tax)
	return r
}

func (t *taxer) rowWithTax(x taxable) taxedRow {
	percent := x.class.percent()
	r := taxedRow{priceIncl: t.homePrice(x)}
	r.totalIncl = r.priceIncl.Mul(x.qty)
	key := "with " + percent.String()
	r.tax = t.round(x, t.kindBefore(), key, taxWithin(r.totalIncl, percent))
	r.total = r.totalIncl.Sub(r.tax)
	r.price = cents(over(r.total, x.qty))
	if t.shop.afterDiscount {
		after := t.round(x, "final", key, taxWithin(atLeastZero(r.totalIncl.Sub(x.discount)), percent))
		r.comp, r.tax = r.tax.Sub(after), after
	}
	r.rules = t.split(x, r.tax)
	return r
}

func (t *taxer) unitWithoutTax(x taxable) taxedRow {
	r := taxedRow{price: cents(x.price)}
	r.priceIncl = r.price
	for _, rule := range x.class.rules {
		key, percent := rule.key(), rule.percent()
		tax := t.round(x, t.kindBefore(), key, percentOf(r.price, percent))
		r.priceIncl = r.priceIncl.Add(tax)
		if t.shop.afterDiscount {
			tax = t.round(x, "final", key, percentOf(atLeastZero(r.price.Sub(over(x.discount, x.qty))), percent))
		}
		r.rules = append(r.rules, tax.Mul(x.qty))
		r.tax = r.tax.Add(tax.Mul(x.qty))
	}
	r.total, r.totalIncl = r.price.Mul(x.qty), r.priceIncl.Mul(x.qty)
	return r
}

func (t *taxer) rowWithoutTax(x taxable) taxedRow {
	r := taxedRow{price: cents(x.price)}
	r.total = r.price.Mul(x.qty)
	r.totalIncl = r.total
	for _, rule := range x.class.rules {
		key, percent := rule.key(), rule.percent()
		tax := percentOf(r.total, percent)
		if x.weee {
			tax = cents(tax)
		} else {
			tax = t.round(x, t.kindBefore(), key, tax)
		}
		r.totalIncl = r.totalIncl.Add(tax)
		if t.shop.afterDiscount {
			tax = t.round(x, "final", key, percentOf(atLeastZero(r.total.Sub(x.discount)), percent))
		}
		r.rules = append(r.rules, tax)
		r.tax = r.tax.Add(tax)
	}
	r.priceIncl = cents(over(r.totalIncl, x.qty))
	return r
}

// split shares a tax out among the rules by their percentages, the last cent to the next row.
func (t *taxer) split(x taxable, tax decimal.Decimal) []decimal.Decimal {
	shares, given := make([]decimal.Decimal, len(x.class.rules)), zero
	for i, rule := range x.class.rules {
		if rule.percent().IsZero() {
			continue
		}
		share := t.carry.round("applied|"+rule.key(), over(tax.Mul(rule.percent()), x.class.percent()))
		if given.Add(share).GreaterThan(tax) {
			share = tax.Sub(given)
		}
		shares[i], given = share, given.Add(share)
	}
	return shares
}

func (r taxRule) key() string {
	key := ""
	for _, rate := range r.rates {
		key += rate.code + ";"
	}
	return key
}
