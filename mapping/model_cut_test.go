package mapping_test

import (
	"strings"
	"testing"
)

// overdrawnCarts are carts of which Magento's web API hides what a row costs: less than its discount, which is taken off the price with
// tax while the tax stays. It then writes nothing as the row's total, and not less.
func overdrawnCarts() map[string]*quote {
	shop := shopTax{method: byRow, discountOnTaxed: true, shippingClass: class("10")}
	fixed := []priceRule{{action: byFixed, amount: d("1.63")}}
	totals := shop
	totals.method = byTotal
	twoRates := taxClass{rules: []taxRule{rule("6"), rule("2.875")}}
	return map[string]*quote{
		"8 at 0.59 cost 5.19 with tax, their discount is 5.20": shopping(shop, "USD", fixed, "0.43",
			item("S1", "1", "85.81", class("8.875")), item("S2", "8", "0.59", class("10"))),
		"all rows cost less than their discounts": shopping(totals, "USD", []priceRule{{action: byPercent, amount: d("100")}}, "1",
			item("S1", "6", "1", twoRates), item("S2", "6", "1", twoRates), item("S3", "6", "64.01", twoRates)),
		"the tax is on the total": shopping(totals, "USD", fixed, "0.43",
			item("S1", "1", "85.81", class("10")), item("S2", "8", "0.59", class("10")), item("S3", "7", "0.58", class("10"))),
	}
}

// A row of which Magento tells only what it costs at most is read as the subtotal has it. Fails without: the rows that are open
// in rowTotals (the first cart is held as magento_lines_inconsistent).
func TestCarts_RowsThatCostLessThanTheirDiscountAreBookedRight(t *testing.T) {
	all := newBooks(t)
	for name, q := range overdrawnCarts() {
		t.Run(name, func(t *testing.T) { all.wantBooked(t, q) })
	}
}

// Up to 2.2, row_total_incl_tax is what is stored. With fixed product taxes it may fit the subtotal by chance as the newer form:
// here both miss by 4.38. Fails without: least in nearerToTotals (held as magento_lines_inconsistent).
func TestCarts_AFormOfRowTotalsThatFitsByChanceIsNotTaken(t *testing.T) {
	shop := shopTax{method: byTotal, afterDiscount: true, weeeTaxed: true, shippingClass: class("8.25")}
	weee, gift := item("S3", "3", "1", class("7")), item("S4", "3", "1.34", class("8.875"))
	weee.weee, gift.gift = d("1.46"), true
	newBooks(t).wantBooked(t, shopping(shop, "EUR", []priceRule{{action: byPercent, amount: d("100"), gifts: true}}, "1.08",
		item("S1", "10", "2.26", class("8.25")), item("S2", "1", "9.46", class("20")), weee, gift))
}

// A discount of a cent leaves the newer form of row totals within rounding of the subtotal: the older one, which comes to it, counts.
// Fails without: off in nearerToTotals (held as magento_lines_inconsistent).
func TestCarts_TheFormOfRowTotalsThatComesToTheSubtotalCounts(t *testing.T) {
	shop := shopTax{method: byRow, afterDiscount: true, shippingWithTax: true, shippingClass: class("8.25")}
	newBooks(t).wantBooked(t, shopping(shop, "USD", []priceRule{{action: cartFixed, amount: d("0.01")}}, "2.22",
		item("S1", "0.01", "1", class("10")), item("S2", "2", "1.03", class("19"))))
}

// A row of less than a cent, of which the tax carried from the row before takes a whole one, has a price of less than nothing in
// Magento. No line of B1 has one: the order is held, and the judge knows why. Fails without: taxedAway.
func TestCarts_ARowThatIsTaxedAwayIsHeld(t *testing.T) {
	shop := shopTax{method: byTotal, pricesWithTax: true, afterDiscount: true, discountOnTaxed: true}
	q := shopping(shop, "EUR", nil, "5", item("S1", "1", "1.04", class("8.875")), item("S2", "0.02", "0.35", class("8.875")))
	x := trial{quote: q, books: everyBookkeeping("EUR")[0], rest: restNet, shipTo: america, billTo: germany}
	r, wrong := newBooks(t).judge(x)
	if wrong != "" || r.Hold == nil || r.Hold.Code != "amount_negative" || !x.mayBeHeld(r) {
		t.Errorf("held as %v (%s), want amount_negative\n%s", r.Hold, wrong, x.tell(r))
	}
}

// What is left of a cart costs less than nothing: the discount, computed on prices with tax, takes more off shipping than that costs, and the row beside it is given
// away. Nobody sells for less than nothing: the order is held, and the judge knows why. Fails without: open in holdsAllowed; the look at what is left in takeOpen.
func TestCarts_WhatIsLeftForLessThanNothingIsHeld(t *testing.T) {
	shop := shopTax{method: byUnit, pricesWithTax: true, afterDiscount: true, discountOnTaxed: true, shippingClass: class("19")}
	gift, gone := item("S1", "1", "1.07", class("10")), item("S2", "4", "132.26", class("10"))
	q := shopping(shop, "EUR", []priceRule{{action: byFixed, amount: d("5.82"), shipping: true}}, "1", gift, gone)
	gift.keep(one, true)
	gone.keep(d("0"), false)
	q.after.what = partCanceled
	q.happen()
	books := everyBookkeeping("EUR")[0]
	books.partly = "open"
	x := trial{quote: q, books: books, rest: restNet, shipTo: america, billTo: america}
	r, wrong := newBooks(t).judge(x)
	if wrong != "" || r.Hold == nil || r.Hold.Code != "amount_negative" || !strings.Contains(r.Hold.Message, "are left of") || !x.mayBeHeld(r) {
		t.Errorf("held as %v (%s), want amount_negative\n%s", r.Hold, wrong, x.tell(r))
	}
}

// In yen, 1.25 off four rows come to nothing: the rows keep the shop's prices, and no discount stands beside them. Fails without:
// roundedAway.
func TestCarts_YenOfWhichRoundingLeavesNoDiscount(t *testing.T) {
	shop := shopTax{method: byRow, pricesWithTax: true, shippingWithTax: true, afterDiscount: true, discountOnTaxed: true}
	newBooks(t).wantBooked(t, shopping(shop, "JPY", []priceRule{{action: cartFixed, amount: d("1.48")}}, "400",
		item("S1", "2", "21233", class("20")), item("S2", "10", "400", class("19")), item("S3", "7", "405", taxClass{}), item("S4", "3", "854", class("10"))))
}

// A gift of which a discount took the tax too tells that Magento takes the tax after discounts, where those of other rows are too
// small to tell. Fails without: givenAway (the gift's discount stands beside the lines, as one that left the tax).
func TestCarts_AGiftWithoutTaxTellsWhenTaxIsTaken(t *testing.T) {
	shop := shopTax{method: byUnit, afterDiscount: true, carriedDiscounts: true}
	two := taxClass{rules: []taxRule{rule("6"), rule("2.875")}}
	gift := item("S2", "0.01", "1066", class("20"))
	gift.gift = true
	newBooks(t).wantBooked(t, shopping(shop, "JPY", []priceRule{{action: cartFixed, amount: d("1.08")}, {action: byPercent, amount: d("100"), gifts: true}}, "3622",
		item("S1", "1", "400", taxClass{}), gift, item("S3", "12", "401", two), item("S4", "7", "405", two)))
}

// A gift that costs too little tells nothing: of 0.12 each of two rates comes to less than a cent or was carried along, before the discount
// as after it. The other row tells that the tax was taken before discounts. Fails without: rates in givenAway.
func TestCarts_AGiftOfTooLittleTellsNothing(t *testing.T) {
	two := taxClass{rules: []taxRule{rule("6"), rule("2.875")}}
	for _, c := range []struct{ method, price, gift string }{{byTotal, "13.42", "0.12"}, {byRow, "50", "0.05"}} {
		gift := item("S2", "1", c.gift, two)
		gift.gift = true
		q := shopping(shopTax{method: c.method}, "USD", []priceRule{{action: byPercent, amount: d("10")}, {action: byPercent, amount: d("100"), gifts: true}}, "5",
			item("S1", "1", c.price, two), gift)
		x := trial{quote: q, books: everyBookkeeping("USD")[0], rest: restNet, shipTo: america, billTo: america}
		if r, wrong := newBooks(t).judge(x); r.Hold != nil || wrong != "" {
			t.Errorf("%s: held %v, wrong %q\n%s", c.method, r.Hold, wrong, x.tell(r))
		}
	}
}

// A bundle of cheap parts that is booked as one line was given away: of each part the tax rounds to nothing before the discount too, and tells
// nothing. S2 tells: 2.48 is the tax of 30, not of 27. Fails without: gathered in givenAway (S2 is booked at 27, and 0.25 as rounding).
func TestCarts_ABundleOfCheapPartsThatIsGivenAwayTellsNothing(t *testing.T) {
	taxed := class("8.25")
	parts := []*modelRow{item("S1a", "20", "0.05", taxed), item("S1b", "20", "0.04", taxed)}
	parts[0].gift, parts[1].gift = true, true
	bundle := &modelRow{kind: kindBundle, sku: "S1", item: "S1", qty: one, gift: true, class: taxed, children: parts}
	q := shopping(shopTax{method: byUnit}, "USD", []priceRule{{action: byPercent, amount: d("10")}, {action: byPercent, amount: d("100"), gifts: true}}, "5",
		bundle, item("S2", "1", "30", taxed))
	b := everyBookkeeping("USD")[0]
	b.bundles = "parent"
	x := trial{quote: q, books: b, rest: restNet, shipTo: america, billTo: america}
	r, wrong := newBooks(t).judge(x)
	if r.Hold != nil || wrong != "" || !r.Document.Expenses[0].LineTotal.Equal(d("-4.8")) {
		t.Errorf("held %v, wrong %q\n%s", r.Hold, wrong, x.tell(r))
	}
}

// Magento took tax on a piece of which less than a whole was given away, and more off the row than it costs without tax: the tax is of what it
// cost before. Fails without: less than nothing in taxFits (held as discount_too_high).
func TestCarts_ATaxIsNotOfLessThanNothing(t *testing.T) {
	shop := shopTax{method: byUnit, pricesWithTax: true, shippingWithTax: true, discountOnTaxed: true}
	gift := item("S2", "0.15", "1.32", taxClass{rules: []taxRule{rule("6"), rule("2.875")}})
	gift.gift = true
	newBooks(t).wantBooked(t, shopping(shop, "USD", []priceRule{{action: byPercent, amount: d("100"), gifts: true}}, "1.34", item("S1", "3", "2.04", taxClass{}), gift))
}

// wantBooked wants a cart booked right, however the company books, in every form of REST. It goes to Germany: the code of discounts
// that left the tax is one of America.
func (k *books) wantBooked(t *testing.T, q *quote) {
	t.Helper()
	for _, b := range everyBookkeeping(q.base) {
		b.weeeTaxed = q.shop.weeeTaxed
		for _, rest := range []restForm{restNet, restPlain, restByUnit} {
			x := trial{quote: q, books: b, rest: rest, shipTo: germany, billTo: america}
			r, wrong := k.judge(x)
			if r.Hold != nil {
				wrong = "held: " + r.Hold.Error()
			}
			if wrong != "" {
				t.Fatalf("%s\n%s", wrong, x.tell(r))
			}
		}
	}
}
