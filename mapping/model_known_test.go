package mapping_test

import (
	"testing"
)

// everyBookkeeping is every setting of a company under which a cart may be booked.
func everyBookkeeping(local string) (all []bookkeeping) {
	for _, rounding := range []string{"document", "line"} {
		for _, discount := range []string{"line", "document", "item", "expense"} {
			for _, freight := range []string{"expense", "item"} {
				if discount == "document" && freight == "item" {
					continue // the rules refuse it: such a discount lowers freight too
				}
				all = append(all, bookkeeping{local: local, taxRounding: rounding, property: "vat_group", discount: discount, negative: "quantity",
					freight: freight, bundles: "as_priced", partly: "ordered", in: "order", place: "ship_to", rate: "b1"})
			}
		}
	}
	return all
}

// Carts that are known to go wrong elsewhere: each is booked, to the unit, however the company books.
func TestCarts_KnownComplaintsAreBookedRight(t *testing.T) {
	gross := shopTax{method: byRow, afterDiscount: true, pricesWithTax: true, shippingWithTax: true, discountOnTaxed: true, shippingClass: class("19")}
	net := shopTax{method: byTotal, afterDiscount: true, carriedDiscounts: true}
	percent := func(n string) priceRule { return priceRule{action: byPercent, amount: d(n)} }
	gift := item("S2", "1", "299", class("19"))
	gift.gift = true
	tests := map[string]struct {
		q    *quote
		want string
	}{
		"a voucher of 75 became a discount of 104.998 % (OCA/connector-magento 116)": {
			shopping(gross, "EUR", []priceRule{{action: cartFixed, amount: d("75")}}, "0", item("S1", "1", "85", class("19"))), "10"},
		"the voucher with shipping, over two rates": {
			shopping(gross, "EUR", []priceRule{{action: cartFixed, amount: d("75"), shipping: true}}, "4.90", item("S1", "1", "69", class("19")), item("S2", "3", "5.35", class("7"))), "14.95"},
		"a free gift, and one with all of its price taken off (MRLIVING/magento 11, 43)": {
			shopping(gross, "EUR", []priceRule{percent("10"), {action: byPercent, amount: d("100"), gifts: true}}, "4.90",
				item("S1", "1", "1299", class("19")), gift, item("S3", "1", "0", class("19"))), "1174"},
		"yen that a discount leaves in parts (MRLIVING/magento 43)": {
			shopping(net, "JPY", []priceRule{percent("15")}, "80", item("S1", "1", "1299", taxClass{}), item("S2", "3", "455", taxClass{})), "2344"},
		"two cents that are missing where rounding is carried along (magento2 38455)": {
			shopping(net, "EUR", []priceRule{percent("10")}, "0", item("S1", "3", "733.61", class("22")), item("S2", "2", "569.67", class("22"))), "3667.50"},
		"the same where each row is rounded": {
			shopping(shopTax{method: byRow, afterDiscount: true}, "EUR", []priceRule{percent("10")}, "0",
				item("S1", "3", "733.61", class("22")), item("S2", "2", "569.67", class("22"))), "3667.52"},
		"three at 10.00 with tax, whose price without is 8.40 (magento2 13903)": {
			shopping(gross, "EUR", nil, "0", item("S1", "3", "10", class("19"))), "30"},
		"1.5 at 20.67 (magento2 37817)": {
			shopping(net, "USD", nil, "7.5", item("S1", "1.5", "20.67", taxClass{})), "38.51"},
		"two quarters at 16.50 (magento2 31237)": {
			shopping(net, "USD", nil, "0", item("S1", "0.25", "16.5", taxClass{}), item("S2", "0.25", "16.5", taxClass{})), "8.25"},
		"all of 20.50 with tax off (magento2 32270)": {
			shopping(gross, "EUR", []priceRule{percent("100")}, "0", item("S1", "1", "20.50", class("19"))), "0"},
	}
	all := newBooks(t)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, b := range everyBookkeeping(tc.q.base) {
				x := trial{quote: tc.q, books: b, rest: restNet, shipTo: america, billTo: germany}
				r, wrong := all.judge(x)
				if r.Hold != nil {
					wrong = "held: " + r.Hold.Error()
				}
				if wrong == "" && !x.expected().Equal(d(tc.want)) {
					wrong = "Magento's total is not " + tc.want
				}
				if wrong != "" {
					t.Fatalf("%s\n%s", wrong, x.tell(r))
				}
			}
		})
	}
}
