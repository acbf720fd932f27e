package mapping_test

import "github.com/shopspring/decimal"

// The two currencies in which Magento computes an order, each by itself.
const (
	baseSide  = 0
	orderSide = 1
)

// modelRow is a row of a cart. Prices are in base currency, as the catalogue has them.
type modelRow struct {
	kind     string
	sku      string
	item     string // its item in B1, where that is not the SKU: options are taken off
	qty      decimal.Decimal
	price    decimal.Decimal
	class    taxClass
	weee     decimal.Decimal // fixed product tax for one unit
	gift     bool            // another rule than for all others
	shown    bool            // its children show prices too, as in some releases (magento2 22562, 38603, 38687)
	original decimal.Decimal // catalogue price of a child that costs nothing by itself
	children []*modelRow
	options  bool

	shares map[int]decimal.Decimal
	on     [2]rowAmounts
	// left is how much of the quantity is neither cancelled nor refunded.
	left decimal.Decimal
}

// rowAmounts are what Magento keeps of a row in one currency.
type rowAmounts struct {
	price, priceIncl, total, totalIncl, discount, tax, comp decimal.Decimal
	rules                                                   []decimal.Decimal
	weee, weeeRow, weeeTax                                  decimal.Decimal
	weeeRules                                               []decimal.Decimal
	kept                                                    keptPart
}

// quote is a cart with its shop.
type quote struct {
	shop     shopTax
	rate     decimal.Decimal // order currency for one unit of base currency
	base     string
	currency string
	rows     []*modelRow
	rules    []priceRule
	unspent  map[int]decimal.Decimal
	shipping decimal.Decimal
	extras   extraParts
	on       [2]quoteTotals
	after    afterwards
}

// extraParts are what a cart may hold beside goods and shipping, in base currency.
type extraParts struct {
	giftWrap decimal.Decimal
	// wrapTaxed takes tax on gift wrapping; wrapBeside leaves it out of tax_amount.
	wrapTaxed, wrapBeside             bool
	surcharge                         decimal.Decimal
	giftCard, storeCredit, reward     decimal.Decimal
	giftCardAll, creditAll, rewardAll bool
}

// quoteTotals are the totals of an order in one currency. Discount is negative, as Magento writes it.
type quoteTotals struct {
	subtotal, subtotalIncl, discount, tax, comp, weee                      decimal.Decimal
	shipping, shippingIncl, shippingTax, shippingDiscount, shippingComp    decimal.Decimal
	shippingRules                                                          []decimal.Decimal
	giftWrap, giftWrapTax, surcharge, giftCard, storeCredit, reward, grand decimal.Decimal
	paid, canceled, refunded, shippingRefunded                             decimal.Decimal
}

// leaves are the rows that carry the money: the children of bundles with dynamic prices, all others by themselves.
func (q *quote) leaves() (rows []*modelRow) {
	for _, r := range q.rows {
		if r.dynamic() {
			rows = append(rows, r.children...)
			continue
		}
		rows = append(rows, r)
	}
	return rows
}

// dynamic reports whether the row is a bundle that costs what its parts cost.
func (r *modelRow) dynamic() bool {
	return r.kind == kindBundle && r.price.IsZero() && len(r.children) > 0
}

// convert gives an amount of base currency in the currency of a side, not rounded.
func (q *quote) convert(x decimal.Decimal, side int) decimal.Decimal {
	if side == baseSide {
		return x
	}
	return x.Mul(q.rate)
}

// compute works the order out, in base currency first: sums that are shared out among rows are split there.
func (q *quote) compute() {
	q.unspent = map[int]decimal.Decimal{}
	for _, r := range q.leaves() {
		r.shares = map[int]decimal.Decimal{}
		r.left = r.qty
	}
	for _, r := range q.rows {
		r.left = r.qty
		for _, c := range r.children {
			c.left = c.qty
		}
	}
	for side := range q.on {
		q.collect(side)
		for _, r := range q.rows {
			if r.shown && !r.dynamic() {
				q.showPrices(r, side)
			}
		}
	}
}

// showPrices gives the children of a row prices that say nothing: that of a configurable product, those of the catalogue.
func (q *quote) showPrices(r *modelRow, side int) {
	for _, c := range r.children {
		if c.on[side].price = r.on[side].price; r.kind == kindBundle {
			c.on[side].price = cents(q.convert(c.original, side))
		}
	}
}

func (q *quote) collect(side int) {
	t := &q.on[side]
	*t = quoteTotals{}
	for _, r := range q.leaves() {
		r.on[side] = rowAmounts{}
	}
	q.tax(side, zero) // prices first: discounts are computed on them
	d := newDiscounter(q, side)
	d.rows(q.leaves())
	t.shippingDiscount = d.shipping(q.shippingForDiscount(side))
	q.tax(side, t.shippingDiscount)
	for _, r := range q.leaves() {
		a := r.on[side]
		t.subtotal, t.subtotalIncl = t.subtotal.Add(a.total), t.subtotalIncl.Add(a.totalIncl)
		t.discount = t.discount.Sub(a.discount)
		t.tax = t.tax.Add(a.tax).Add(a.weeeTax)
		t.comp = t.comp.Add(a.comp)
		t.weee = t.weee.Add(a.weeeRow)
	}
	t.discount = t.discount.Sub(t.shippingDiscount)
	t.tax = t.tax.Add(t.shippingTax)
	if q.shop.weeeInSubtotal {
		t.subtotal = t.subtotal.Add(t.weee)
	}
	q.addExtras(side)
	for _, r := range q.rows {
		if r.dynamic() {
			r.sumUp(side)
		}
	}
}

// shippingForDiscount is what a discount on shipping is computed on.
func (q *quote) shippingForDiscount(side int) decimal.Decimal {
	if q.shop.discountOnTaxed {
		return q.on[side].shippingIncl
	}
	return q.on[side].shipping
}

// tax computes all rows, their fixed product taxes, and shipping, in Magento's order.
func (q *quote) tax(side int, shippingDiscount decimal.Decimal) {
	tax := newTaxer(&q.shop)
	for _, r := range q.leaves() {
		a := &r.on[side]
		got := tax.compute(taxable{code: r.sku, price: q.convert(r.price, side), qty: r.qty, discount: a.discount,
			withTax: q.shop.pricesWithTax, class: r.class})
		a.price, a.priceIncl, a.total, a.totalIncl = got.price, got.priceIncl, got.total, got.totalIncl
		a.tax, a.comp, a.rules = got.tax, got.comp, got.rules
		q.taxWeee(tax, r, side)
	}
	t := &q.on[side]
	got := tax.compute(taxable{code: "shipping", price: q.convert(q.shipping, side), qty: one, discount: shippingDiscount,
		withTax: q.shop.shippingWithTax, class: q.shop.shippingClass})
	t.shipping, t.shippingIncl, t.shippingTax, t.shippingComp = got.total, got.totalIncl, got.tax, got.comp
	t.shippingRules = got.rules
}

func (q *quote) taxWeee(tax *taxer, r *modelRow, side int) {
	if r.weee.IsZero() {
		return
	}
	a := &r.on[side]
	a.weee = cents(q.convert(r.weee, side))
	a.weeeRow = cents(a.weee.Mul(r.qty))
	if q.shop.weeeTaxed {
		got := tax.compute(taxable{code: r.sku, price: a.weee, qty: r.qty, weee: true, class: r.class})
		a.weeeTax, a.weeeRules = got.tax, got.rules
	}
}

// addExtras adds what is neither goods nor shipping, then pays what gift cards, credit and points pay.
func (q *quote) addExtras(side int) {
	t, x := &q.on[side], q.extras
	t.giftWrap, t.surcharge = cents(q.convert(x.giftWrap, side)), cents(q.convert(x.surcharge, side))
	beside := zero
	if x.wrapTaxed {
		t.giftWrapTax = cents(percentOf(t.giftWrap, q.shop.shippingClass.percent()))
		if x.wrapBeside {
			beside = t.giftWrapTax
		} else {
			t.tax = t.tax.Add(t.giftWrapTax)
		}
	}
	t.grand = decimal.Sum(t.subtotal, t.discount, t.shipping, t.tax, t.comp, t.shippingComp, t.giftWrap, beside, t.surcharge)
	if !q.shop.weeeInSubtotal {
		t.grand = t.grand.Add(t.weee)
	}
	pay := func(amount decimal.Decimal, all bool) decimal.Decimal {
		amount = decimal.Min(cents(q.convert(amount, side)), atLeastZero(t.grand))
		if all {
			amount = atLeastZero(t.grand)
		}
		t.grand = t.grand.Sub(amount)
		return amount
	}
	t.reward = pay(x.reward, x.rewardAll)
	t.giftCard = pay(x.giftCard, x.giftCardAll)
	t.storeCredit = pay(x.storeCredit, x.creditAll)
	t.grand = column(t.grand)
}

// sumUp gives the parent of a dynamic bundle what its parts come to.
func (r *modelRow) sumUp(side int) {
	sum := rowAmounts{}
	for _, c := range r.children {
		a := c.on[side]
		sum.total, sum.totalIncl, sum.tax = sum.total.Add(a.total), sum.totalIncl.Add(a.totalIncl), sum.tax.Add(a.tax)
	}
	sum.price, sum.priceIncl = cents(over(sum.total, r.qty)), cents(over(sum.totalIncl, r.qty))
	r.on[side] = sum
}
