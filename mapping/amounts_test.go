package mapping_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
)

func TestMap_DecimalsOfZeroMeanZero(t *testing.T) {
	o := newCart().simple("MUG", "1", "9.99").order()
	whole := mapped(o, rulesWith(t, "price_decimals: 6", "price_decimals: 0", "percent_decimals: 6", "percent_decimals: 0"), today)
	if whole.Hold == nil || whole.Hold.Code != "line_not_exact" || !strings.Contains(whole.Hold.Message, "0 decimals") {
		t.Errorf("with price_decimals 0, 9.99 is held as %v; want line_not_exact", whole.Hold)
	}
	absent := mapped(o, rulesWith(t, "  price_decimals: 6\n", "", "  percent_decimals: 6\n", ""), today)
	if absent.Hold != nil {
		t.Errorf("without price_decimals: %s", absent.Hold)
	}
	o = newCart().simple("MUG", "1", "8").discounted("1").order() // 12.5 %
	if got, want := shape(mapped(o, rulesWith(t, "percent_decimals: 6", "percent_decimals: 0"), today)), "1 x MUG @ 7 Exempt"; got != want {
		t.Errorf("with percent_decimals 0: got %s, want %s", got, want)
	}
	if got, want := shape(exampleRules(t).Map(mapping.Input{Order: o, Now: today})), "1 x MUG @ 8 -12.5% Exempt"; got != want {
		t.Errorf("with percent_decimals 6: got %s, want %s", got, want)
	}
}

// Freight that is an item line is taxed together with the other lines of its code: B1 says 16.33, Magento 16.34.
func TestMap_FreightAsAnItemIsTaxedWithTheLines(t *testing.T) {
	rules := rulesWith(t, "freight: { expense_code: 1 }", "freight: { item_code: SHIP }")
	c := newCart().simple("MUG", "1", "10").taxed("8.25", "0.83").shipping("5.09")
	c.o.Totals.ShippingTax, c.o.ShippingRates = d("0.42"), []order.AppliedTax{{Percent: d("8.25")}}
	o := c.order()
	r := rules.Map(mapping.Input{Order: o, Now: today})
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1 x MUG @ 10 CA825; 1 x SHIP @ 5.09 CA825; expense 3: 0.01 Exempt"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, c := range r.Proof.Components {
		if c.Name == "tax" && !(c.Magento.Equal(d("1.25")) && c.B1.Equal(d("1.24"))) {
			t.Errorf("the proof has tax of %s in Magento and %s in B1, want 1.25 and 1.24", c.Magento, c.B1)
		}
	}
	created, err := b1(t, "MUG", "SHIP").CreateOrder(t.Context(), r.Document)
	if err != nil {
		t.Fatal(err)
	}
	if got := documentTotal(created); !got.Equal(o.Totals.Grand) {
		t.Errorf("B1 total %s, Magento %s", got, o.Totals.Grand)
	}
}

func TestMap_ShippingTaxIsPartOfTheProofAtOnce(t *testing.T) {
	c := newCart().simple("MUG", "1", "100").taxed("8.25", "8.25").shipping("5")
	c.o.Totals.ShippingDiscount, c.o.Totals.ShippingTax = d("5"), d("0.41")
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	if r.Hold == nil || r.Hold.Code != "shipping_tax_without_freight" || !strings.Contains(r.Hold.Message, "0.41 USD") || r.Hold.Hint == "" {
		t.Errorf("held as %v, want shipping_tax_without_freight with the amount and a hint", r.Hold)
	}
}

func TestMap_HoldsAmountsThatNoSaleHas(t *testing.T) {
	line := func(change func(*order.Line)) func(*order.Order) {
		return func(o *order.Order) { change(&o.Lines[0]) }
	}
	totals := func(change func(*order.Totals)) func(*order.Order) {
		return func(o *order.Order) { change(&o.Totals) }
	}
	tests := map[string]struct {
		change func(*order.Order)
		code   string
		says   string
	}{
		"a discount above the price": {func(o *order.Order) {
			o.Lines[0].Discount = d("100.02")
			o.Totals.Discount, o.Totals.Grand = d("-100.02"), d("15.98")
			o.Lines[0].Tax, o.Totals.Tax, o.Totals.Grand = d("0"), d("0"), d("10.98")
		}, "discount_too_high", "item MUG: the discount of 100.02 USD is more than the row's price of 100.00 USD"},
		"a discount above the freight": {func(o *order.Order) {
			o.Totals.ShippingDiscount, o.Totals.Discount = d("6"), d("-6")
			o.Totals.Grand = o.Totals.Grand.Sub(d("6"))
		}, "shipping_discount_too_high", "6.00 USD on shipping"},
		"a negative price":     {line(func(l *order.Line) { l.Price = d("-1") }), "amount_negative", "item MUG: price is -1"},
		"a negative quantity":  {line(func(l *order.Line) { l.QtyOrdered = d("-1") }), "amount_negative", "item MUG: qty_ordered is -1"},
		"a negative discount":  {line(func(l *order.Line) { l.Discount = d("-1") }), "amount_negative", "item MUG: discount_amount is -1"},
		"a negative tax":       {line(func(l *order.Line) { l.Tax = d("-1") }), "amount_negative", "item MUG: tax_amount is -1"},
		"a negative total":     {totals(func(s *order.Totals) { s.Grand = d("-1") }), "amount_negative", "grand_total is -1"},
		"negative freight":     {totals(func(s *order.Totals) { s.Shipping = d("-1") }), "amount_negative", "shipping_amount is -1"},
		"a price of 15 digits": {line(func(l *order.Line) { l.Price = d("123456789012345") }), "amount_too_large", "item MUG: price has 15 digits"},
		"a price without end":  {line(func(l *order.Line) { l.Price = decimal.New(1, 2_000_000_000) }), "amount_too_large", "item MUG: price has 2000000001 digits"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "100").taxed("8.25", "8.25").simple("PEN", "2", "3").shipping("5").order()
			tc.change(o)
			r := exampleRules(t).Map(mapping.Input{Order: o, Now: today})
			if r.Hold == nil {
				t.Fatalf("not held: %s", shape(r))
			}
			if r.Hold.Code != tc.code || !strings.Contains(r.Hold.Message, tc.says) || r.Hold.Hint == "" {
				t.Errorf("held as %s: %s; want %s saying %q, with a hint", r.Hold.Code, r.Hold, tc.code, tc.says)
			}
		})
	}
}
