package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/mapping"
)

// class is goods with one rate.
func class(percent string) taxClass { return taxClass{rules: []taxRule{rule(percent)}} }

// item is a row of simple goods.
func item(sku, qty, price string, class taxClass) *modelRow {
	return &modelRow{kind: kindSimple, sku: sku, item: sku, qty: d(qty), price: d(price), class: class}
}

// shopping computes a cart in one currency.
func shopping(shop shopTax, currency string, rules []priceRule, shipping string, rows ...*modelRow) *quote {
	q := &quote{shop: shop, base: currency, currency: currency, rate: one, rows: rows, rules: rules, shipping: d(shipping)}
	q.compute()
	return q
}

func wantAmounts(t *testing.T, got map[string]decimal.Decimal, want map[string]string) {
	t.Helper()
	for name, amount := range want {
		if !got[name].Equal(d(amount)) {
			t.Errorf("%s is %s, want %s", name, got[name], amount)
		}
	}
}

func amountsOf(q *quote) map[string]decimal.Decimal {
	t := q.on[orderSide]
	return map[string]decimal.Decimal{"subtotal": t.subtotal, "discount": t.discount, "tax": t.tax, "comp": t.comp, "shipping": t.shipping,
		"shipping tax": t.shippingTax, "grand": t.grand, "subtotal incl": t.subtotalIncl}
}

// Orders met in real shops, and cases reported to Magento: the model must come to their figures.
func TestModel_ComesToTheFiguresOfRealOrders(t *testing.T) {
	net := shopTax{method: byTotal, afterDiscount: true}
	gross := shopTax{method: byRow, afterDiscount: true, pricesWithTax: true, shippingWithTax: true, discountOnTaxed: true}
	twenty := []priceRule{{action: byPercent, amount: d("20")}}
	tests := map[string]struct {
		q    *quote
		want map[string]string
	}{
		"138 at 8.25 %": {shopping(net, "USD", nil, "5", item("A", "2", "69", class("8.25")), item("B", "1", "224", class("8.25"))),
			map[string]string{"subtotal": "362", "tax": "29.87", "subtotal incl": "391.87", "grand": "396.87"}},
		"20 % off, tax on the total": {shopping(net, "USD", twenty, "0", item("A", "1", "69", class("8.25")), item("B", "1", "224", class("8.25"))),
			map[string]string{"discount": "-58.6", "tax": "19.34", "grand": "253.74"}},
		"coupon in dinars": {shopping(net, "BHD", []priceRule{{action: byPercent, amount: d("10")}}, "5", item("A", "1", "98", taxClass{})),
			map[string]string{"discount": "-9.8", "grand": "93.2"}},
		"voucher of 75 on 85 with tax": {shopping(gross, "EUR", []priceRule{{action: cartFixed, amount: d("75")}}, "0", item("A", "1", "85", class("19"))),
			map[string]string{"subtotal": "71.43", "discount": "-75", "tax": "1.60", "comp": "11.97", "grand": "10"}},
		"all of 20.50 with tax off": {shopping(gross, "EUR", []priceRule{{action: byPercent, amount: d("100")}}, "0", item("A", "1", "20.50", class("19"))),
			map[string]string{"comp": "3.27", "tax": "0", "grand": "0"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { wantAmounts(t, amountsOf(tc.q), tc.want) })
	}
}

func TestModel_TaxIncludesThatOnShipping(t *testing.T) {
	shop := shopTax{method: byRow, afterDiscount: true, shippingClass: class("8.25")}
	wantAmounts(t, amountsOf(shopping(shop, "USD", nil, "6.42", item("A", "1", "44", class("8.25")))),
		map[string]string{"tax": "4.16", "shipping tax": "0.53", "grand": "54.58"})
}

// Where prices include tax, a row's total is no multiple of its rounded price: 3 x 10.00 at 19 % are 25.21, not 3 x 8.40.
func TestModel_ARowWithTaxIsNoMultipleOfItsPrice(t *testing.T) {
	for method, want := range map[string]string{byUnit: "25.2", byRow: "25.21", byTotal: "25.21"} {
		q := shopping(shopTax{method: method, pricesWithTax: true, afterDiscount: true}, "EUR", nil, "0", item("A", "3", "10", class("19")))
		a := q.rows[0].on[orderSide]
		if !a.total.Equal(d(want)) || !a.price.Equal(d("8.4")) || !q.on[orderSide].grand.Equal(d("30")) {
			t.Errorf("tax by %s: a row of %s at %s, total %s, want %s at 8.4 and 30", method, a.total, a.price, q.on[orderSide].grand, want)
		}
	}
}

// The totals of every cart are those of its rows, and grand_total is the sum that real documents show.
func TestModel_TotalsAreTheSumsOfTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuote(t, pick(t, "method", byUnit, byRow, byTotal))
		raw := (&writer{q: q, rest: restNet, number: 1, virtual: q.isVirtual()}).document()
		o, err := magento.Convert("main", raw)
		if err != nil {
			t.Fatal(err)
		}
		for side, totals := range q.on {
			weee, beside := totals.weee, zero
			if q.shop.weeeInSubtotal {
				weee = zero
			}
			if q.extras.wrapBeside {
				beside = totals.giftWrapTax
			}
			of := o.Totals
			if side == baseSide {
				of = o.InBase().Totals
			}
			// Magento adds the parts up before it keeps each with four digits: the last may be one off.
			sum := decimal.Sum(of.Sum(), weee, beside, totals.surcharge)
			if sum.Sub(of.Grand).Abs().GreaterThan(decimal.New(5, -4)) {
				t.Fatalf("side %d: the parts are %s, the total is %s\n%s", side, sum, of.Grand, trial{quote: q}.tell(mapping.Result{}))
			}
			if totals.grand.IsNegative() && !q.oversold() {
				t.Fatalf("the total is %s", totals.grand)
			}
			if left := totals.open(); q.after.what != nothingElse && left.IsNegative() && !q.oversold() {
				t.Fatalf("what is left of %s is %s", totals.grand, left)
			}
		}
	})
}

func TestModel_WritesDocumentsThatAreJSON(t *testing.T) {
	q := shopping(shopTax{method: byRow}, "EUR", nil, "5", item("A", "2", "9.99", class("19")))
	var doc map[string]any
	if err := json.Unmarshal((&writer{q: q, rest: restNet, number: 12}).document(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["increment_id"] != "000000012" || doc["grand_total"] != 28.78 || len(doc["items"].([]any)) != 1 {
		t.Errorf("the document is %v", doc)
	}
}
