package mapping_test

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// The drawing of carts: whatever a shop may sell, under whatever settings it may have.

// chance is true so many times in a hundred.
func chance(t *rapid.T, label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(t, label) >= 100-percent
}

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

// money draws an amount of two digits.
func money(t *rapid.T, label string, low, high int64) decimal.Decimal {
	return decimal.New(rapid.Int64Range(low, high).Draw(t, label), -2)
}

func rule(rates ...string) taxRule {
	r := taxRule{}
	for _, percent := range rates {
		r.rates = append(r.rates, namedRate{"Rate " + percent, d(percent)})
	}
	return r
}

// taxClasses are the classes of goods that carts mix: none, zero-rated, one rate, state and county in one rule, and in two.
var taxClasses = []taxClass{
	{}, {rules: []taxRule{rule("0")}}, {rules: []taxRule{rule("19")}}, {rules: []taxRule{rule("7")}}, {rules: []taxRule{rule("20")}},
	{rules: []taxRule{rule("8.25")}}, {rules: []taxRule{rule("6", "2.25")}}, {rules: []taxRule{rule("6"), rule("2.875")}}, {rules: []taxRule{rule("10")}},
}

// drawQuote draws a cart with its shop, and computes it.
func drawQuote(t *rapid.T, method string) *quote {
	q := &quote{shop: drawShop(t, method)}
	drawCurrencies(t, q)
	abroad := q.shop.pricesWithTax && chance(t, "abroad", 10)
	for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
		q.rows = append(q.rows, drawRow(t, q, i+1, abroad))
	}
	drawRules(t, q)
	if !q.isVirtual() {
		q.shipping = drawPrice(t, q, "shipping")
	}
	drawExtras(t, q)
	q.compute()
	drawAfterwards(t, q)
	return q
}

func (q *quote) isVirtual() bool {
	return !slices.ContainsFunc(q.rows, func(r *modelRow) bool { return r.kind != kindVirtual && r.kind != kindDownload })
}

func drawShop(t *rapid.T, method string) shopTax {
	s := shopTax{method: method, pricesWithTax: rapid.Bool().Draw(t, "prices with tax"),
		afterDiscount:    !chance(t, "tax before discount", 30),
		carriedDiscounts: rapid.Bool().Draw(t, "carried discounts"),
		weeeTaxed:        rapid.Bool().Draw(t, "weee taxed"), shippingClass: drawClass(t, "shipping class", false)}
	s.shippingWithTax = s.pricesWithTax != chance(t, "shipping otherwise", 20)
	// Magento warns of discounts on prices with tax where prices have none: they may be more than what is paid.
	s.discountOnTaxed = s.pricesWithTax && rapid.Bool().Draw(t, "discounts on taxed") || chance(t, "discounts on taxed all the same", 5)
	s.weeeInSubtotal = chance(t, "weee in subtotal", 20)
	return s
}

func drawCurrencies(t *rapid.T, q *quote) {
	q.base = pick(t, "base", "USD", "EUR", "JPY", "BHD")
	q.currency, q.rate = q.base, one
	if chance(t, "another currency", 40) {
		q.currency = pick(t, "currency", "USD", "EUR", "JPY", "BHD")
	}
	if q.currency == q.base {
		return
	}
	q.rate = decimal.New(rapid.Int64Range(3000, 30000).Draw(t, "rate"), -4)
	switch {
	case q.currency == "JPY":
		q.rate = q.rate.Shift(2)
	case q.base == "JPY":
		q.rate = column(q.rate.Shift(-2))
	}
}

// drawPrice draws a catalogue price: whole yen, two digits otherwise, and now and then four.
func drawPrice(t *rapid.T, q *quote, label string) decimal.Decimal {
	switch {
	case q.base == "JPY":
		return decimal.NewFromInt(rapid.Int64Range(400, 30000).Draw(t, label))
	case chance(t, label+" of four digits", 5):
		return decimal.New(rapid.Int64Range(1_0000, 999_9999).Draw(t, label), -4)
	}
	return money(t, label, 1_00, 500_00)
}

func drawQty(t *rapid.T) decimal.Decimal {
	if chance(t, "decimal quantity", 15) {
		return decimal.New(rapid.Int64Range(1, 2000).Draw(t, "quantity"), -2)
	}
	return decimal.NewFromInt(rapid.Int64Range(1, 12).Draw(t, "quantity"))
}

func drawRow(t *rapid.T, q *quote, n int, abroad bool) *modelRow {
	r := &modelRow{kind: pick(t, "kind", kindSimple, kindConfigurable, kindBundle, "fixed bundle", kindGrouped, kindVirtual, kindDownload),
		sku: fmt.Sprintf("S%d", n), qty: drawQty(t), class: drawClass(t, "class", abroad)}
	r.item = r.sku
	switch r.kind {
	case kindBundle:
		drawParts(t, q, r, false, abroad)
	case "fixed bundle":
		r.kind, r.price, r.shown = kindBundle, drawPrice(t, q, "price"), chance(t, "shown", 20)
		drawParts(t, q, r, true, abroad)
	case kindConfigurable:
		r.price, r.shown = drawPrice(t, q, "price"), rapid.Bool().Draw(t, "shown")
		r.children = []*modelRow{{kind: kindSimple, sku: r.sku, qty: r.qty}}
	default:
		drawPlain(t, q, r)
	}
	return r
}

func drawClass(t *rapid.T, label string, abroad bool) taxClass {
	class := taxClasses[rapid.IntRange(0, len(taxClasses)-1).Draw(t, label)]
	if abroad {
		class.home = decimal.NewNullDecimal(d("19"))
	}
	return class
}

// drawPlain draws what a row without children may have: options, gifts, fixed product taxes.
func drawPlain(t *rapid.T, q *quote, r *modelRow) {
	r.price = drawPrice(t, q, "price")
	switch {
	case chance(t, "free", 8):
		r.price = zero
	case chance(t, "next to nothing", 5):
		r.price = money(t, "price of next to nothing", 1, 99)
	case chance(t, "gift", 8):
		r.gift = true
	case chance(t, "weee", 10):
		r.weee = money(t, "weee", 1, 500)
	case chance(t, "options", 15):
		r.sku, r.options = r.sku+"-gold", true
	}
}

// drawParts draws what a bundle is made of: with a fixed price its parts cost nothing of their own.
func drawParts(t *rapid.T, q *quote, r *modelRow, fixed, abroad bool) {
	r.qty = decimal.NewFromInt(rapid.Int64Range(1, 4).Draw(t, "bundles"))
	mixed := chance(t, "several rates", 20)
	for i := range rapid.IntRange(1, 3).Draw(t, "parts") {
		c := &modelRow{kind: kindSimple, sku: fmt.Sprintf("%s%c", r.sku, 'a'+i), class: r.class}
		if c.item = c.sku; mixed {
			c.class = drawClass(t, "class", abroad)
		}
		c.qty = r.qty.Mul(decimal.NewFromInt(rapid.Int64Range(1, 3).Draw(t, "of each")))
		if price := drawPrice(t, q, "part price"); fixed {
			c.original, c.class = price, taxClass{}
		} else {
			c.price = price
		}
		r.children = append(r.children, c)
	}
}

func drawRules(t *rapid.T, q *quote) {
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 1, 2}).Draw(t, "rules") {
		r := priceRule{action: pick(t, "action", byPercent, byFixed, cartFixed), shipping: chance(t, "shipping discounted", 30)}
		switch r.action {
		case byPercent:
			r.amount = decimal.NewFromInt(pick[int64](t, "percent", 10, 5, 15, 20, 33, 50, 100))
		case byFixed:
			r.amount = money(t, "off each", 1, 20_00)
		case cartFixed:
			r.amount = money(t, "off the cart", 1, 200_00)
		}
		q.rules = append(q.rules, r)
	}
	if slices.ContainsFunc(q.rows, func(r *modelRow) bool { return r.gift }) {
		q.rules = append(q.rules, priceRule{action: byPercent, amount: d("100"), gifts: true})
	}
}

func drawExtras(t *rapid.T, q *quote) {
	x := &q.extras
	if chance(t, "gift wrap", 10) {
		x.giftWrap, x.wrapTaxed, x.wrapBeside = money(t, "gift wrap", 1, 20_00), rapid.Bool().Draw(t, "wrap taxed"), rapid.Bool().Draw(t, "wrap beside")
	}
	if chance(t, "surcharge", 10) {
		x.surcharge = money(t, "surcharge", 1, 20_00)
	}
	if chance(t, "gift card", 8) {
		x.giftCard, x.giftCardAll = money(t, "gift card", 1, 100_00), chance(t, "gift card pays all", 30)
	}
	if chance(t, "store credit", 8) {
		x.storeCredit, x.creditAll = money(t, "store credit", 1, 100_00), chance(t, "credit pays all", 30)
	}
	if chance(t, "points", 8) {
		x.reward, x.rewardAll = money(t, "points", 1, 50_00), chance(t, "points pay all", 30)
	}
}

// drawAfterwards cancels or refunds a part of the order, where enough is left of it that what was paid otherwise is paid.
func drawAfterwards(t *rapid.T, q *quote) {
	q.after.what = pick(t, "afterwards", nothingElse, nothingElse, nothingElse, partCanceled, partRefunded)
	if x := q.extras; q.after.what == nothingElse || !decimal.Sum(x.giftCard, x.storeCredit, x.reward).IsZero() {
		q.after.what = nothingElse
		return
	}
	q.after.refundShipping = q.after.what == partRefunded && rapid.Bool().Draw(t, "shipping refunded")
	for i, r := range q.rows {
		r.keep(decimal.NewFromInt(rapid.Int64Range(0, r.qty.Ceil().IntPart()).Draw(t, "kept")), i == 0)
	}
	q.happen()
}

// keep leaves so much of a row, at least a unit of the first, and of the parts of bundles accordingly.
func (r *modelRow) keep(n decimal.Decimal, first bool) {
	if first && n.IsZero() {
		n = one
	}
	r.left = decimal.Min(n, r.qty)
	for _, c := range r.children {
		if c.left = c.qty; r.kind == kindBundle {
			c.left = c.qty.Mul(r.left).Div(r.qty)
		}
	}
}
