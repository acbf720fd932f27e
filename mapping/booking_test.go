package mapping_test

import (
	"strings"
	"testing"

	"datawald/order"
)

// taxedCart is a cart of two taxed goods, of which one is discounted.
func taxedCart() *cart {
	return newCart().simple("MUG", "2", "50").taxed("8.25", "7.43").discounted("10").simple("PEN", "1", "10").taxed("8.25", "0.83")
}

func TestMap_BooksDiscountsWhereTheRulesSay(t *testing.T) {
	const freight = "  freight: { expense_code: 1 }\n"
	tests := map[string]struct {
		discount string
		cart     *cart
		want     string
	}{
		"on lines":    {"{ as: line }", taxedCart(), "2 x MUG @ 50 -10% CA825; 1 x PEN @ 10 CA825; expense 3: 0.01 Exempt"},
		"as an item":  {"{ as: item, item_code: DISCOUNT }", taxedCart(), "2 x MUG @ 50 CA825; 1 x PEN @ 10 CA825; -1 x DISCOUNT @ 10 CA825; expense 3: 0.01 Exempt"},
		"as expenses": {"{ as: expense, expense_code: 4 }", taxedCart(), "2 x MUG @ 50 CA825; 1 x PEN @ 10 CA825; expense 4: -10 CA825; expense 3: 0.01 Exempt"},
		"on the document, where it is the same for all": {"{ as: document }",
			newCart().simple("MUG", "2", "50").discounted("10").simple("PEN", "1", "10").discounted("1"), "2 x MUG @ 50 Exempt; 1 x PEN @ 10 Exempt; all -10%"},
		"on lines, where it is not the same for all": {"{ as: document }", taxedCart(), "2 x MUG @ 50 -10% CA825; 1 x PEN @ 10 CA825; expense 3: 0.01 Exempt"},
		"beside the tax, where Magento took it before": {"{ untaxed: { expense_code: 4, tax_code: Exempt } }",
			newCart().simple("MUG", "2", "50").taxed("8.25", "8.25").discounted("40"), "2 x MUG @ 50 CA825; expense 4: -40 Exempt"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(tc.cart.order(), rulesWith(t, freight, freight+"  discount: "+tc.discount+"\n",
				"    card_code: C-WEB-EU\n", "    card_code: C-WEB-EU\n    discount: { untaxed: null }\n"), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			got := shape(r)
			if r.Document.DiscountPercent != nil {
				got += "; all -" + r.Document.DiscountPercent.String() + "%"
			}
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestMap_HoldsADiscountAfterTaxWithoutARule(t *testing.T) {
	r := mapped(newCart().simple("MUG", "2", "50").taxed("8.25", "8.25").discounted("40").order(), exampleRules(t), today)
	if r.Hold == nil || r.Hold.Code != "discount_after_tax" || !strings.Contains(r.Hold.Message, "40.00 USD") || !strings.Contains(r.Hold.Hint, "discount.untaxed") {
		t.Errorf("held as %v, want discount_after_tax with the amount and the setting", r.Hold)
	}
}

func TestMap_BooksBundlesAsTheRulesSay(t *testing.T) {
	kit := func(fixed bool) *cart {
		c := newCart()
		part := func(sku, qty, price, original string) order.Line {
			return order.Line{ParentItemID: 1, SKU: sku, ProductType: order.Simple, QtyOrdered: d(qty), Price: d(price), OriginalPrice: d(original)}
		}
		c.add(order.Line{SKU: "KIT", ProductType: order.Bundle, QtyOrdered: d("1"), Price: d("30")})
		if fixed {
			return c.add(part("A", "1", "0", "20")).add(part("B", "2", "0", "10"))
		}
		return c.add(part("A", "1", "10", "10")).add(part("B", "2", "10", "10"))
	}
	tests := map[string]struct {
		mode  string
		fixed bool
		want  string
		trees int
	}{
		"dynamic as priced":   {"as_priced", false, "1 x A @ 10 Exempt; 2 x B @ 10 Exempt", 0},
		"dynamic as children": {"children", false, "1 x A @ 10 Exempt; 2 x B @ 10 Exempt", 0},
		"dynamic as parent":   {"parent", false, "1 x KIT @ 30 Exempt", 0},
		"dynamic as BOM":      {"bom", false, "1 x KIT @ 30 Exempt", 1},
		"fixed as priced":     {"as_priced", true, "1 x KIT @ 30 Exempt", 0},
		"fixed as children":   {"children", true, "1 x A @ 15 Exempt; 2 x B @ 7.5 Exempt", 0},
		"fixed as BOM":        {"{ \"K*\": bom, \"*\": children }", true, "1 x KIT @ 30 Exempt", 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(kit(tc.fixed).order(), rulesWith(t, "  due_days: 3\n", "  due_days: 3\n  bundles: "+tc.mode+"\n"), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			if got := shape(r); got != tc.want || len(r.Trees) != tc.trees {
				t.Errorf("got  %s, trees %v\nwant %s, %d of them", got, r.Trees, tc.want, tc.trees)
			}
		})
	}
}

func TestMap_FollowsTheRuleForPartlyCancelledOrders(t *testing.T) {
	partly := func() *order.Order {
		o := newCart().simple("MUG", "4", "25").taxed("8.25", "7.43").discounted("10").shipping("5").order()
		o.Lines[0].QtyCanceled = d("1")
		o.Totals.Canceled = d("24.36") // a quarter of 100 - 10 + 7.43
		return o
	}
	tests := map[string]struct{ rule, want, expect, hold string }{
		"ordered": {"ordered", "4 x MUG @ 25 -10% CA825; expense 1: 5 Exempt", "102.43 USD", ""},
		"open":    {"open", "3 x MUG @ 25 -10% CA825; expense 1: 5 Exempt", "78.07 USD", ""},
		"hold":    {"hold", "", "", "partly_cancelled"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(partly(), rulesWith(t, "partly_cancelled: open", "partly_cancelled: "+tc.rule), today)
			if tc.hold != "" {
				if r.Hold == nil || r.Hold.Code != tc.hold || !strings.Contains(r.Hold.Message, "1 of 4 of item MUG") {
					t.Errorf("held as %v, want %s with the quantities", r.Hold, tc.hold)
				}
				return
			}
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			if got := shape(r); got != tc.want || r.Expect.String() != tc.expect || len(r.Notes) == 0 {
				t.Errorf("got  %s for %s, notes %v\nwant %s for %s, and a note", got, r.Expect, r.Notes, tc.want, tc.expect)
			}
		})
	}
}

// The worked example of SAP Note 3379849: 4 + 3 + 3 at 17.5 % are 1.75 and not 0.70 + 0.53 + 0.53.
func TestMap_ProofSpreadsTheTaxOfTheDocumentOverItsLines(t *testing.T) {
	rules := rulesWith(t, "{ code: CA825, percent: 8.25, country: US, region: CA }", "{ code: UK, percent: 17.5 }")
	r := mapped(newCart().simple("A", "1", "4").taxed("17.5", "0.70").simple("B", "1", "3").taxed("17.5", "0.53").simple("C", "1", "3").taxed("17.5", "0.53").order(), rules, today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	var got []string
	for _, l := range r.Proof.Lines {
		got = append(got, l.ItemCode+" "+l.Tax.String())
	}
	if want := "A 0.7, B 0.52, C 0.53"; strings.Join(got, ", ") != want {
		t.Errorf("taxes %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestMap_ReadsWhatReleasesCountWhere(t *testing.T) {
	const extras = "    weee: { expense_code: 2, tax_code: Exempt }\n"
	tests := map[string]struct {
		change func(*order.Order)
		extras string
		want   string
	}{
		"tax on gift wrapping beside tax_amount": {func(o *order.Order) {
			o.Totals.GiftWrap, o.Totals.GiftWrapTax, o.Totals.Grand = d("4"), d("0.33"), d("112.58")
		}, extras, "1 x MUG @ 100 CA825; expense 2: 4.33 Exempt"},
		"tax on gift wrapping in tax_amount": {func(o *order.Order) {
			o.Totals.GiftWrap, o.Totals.GiftWrapTax, o.Totals.Tax, o.Totals.Grand = d("4"), d("0.33"), d("8.58"), d("112.58")
		}, extras, "1 x MUG @ 100 CA825; expense 2: 4.33 Exempt"},
		"fixed product tax beside the subtotal": {func(o *order.Order) { o.Lines[0].Weee, o.Totals.Grand = d("2"), d("110.25") }, extras,
			"1 x MUG @ 100 CA825; expense 2: 2 Exempt"},
		"fixed product tax in the subtotal": {func(o *order.Order) {
			o.Lines[0].Weee, o.Totals.Subtotal, o.Totals.Grand = d("2"), d("102"), d("110.25")
		}, extras,
			"1 x MUG @ 100 CA825; expense 2: 2 Exempt"},
		"taxed fixed product tax": {func(o *order.Order) { o.Lines[0].Weee, o.Totals.Tax, o.Totals.Grand = d("20"), d("9.9"), d("129.9") },
			"    weee: { expense_code: 2, taxed: true }\n", "1 x MUG @ 100 CA825; expense 2: 20 CA825"},
		"taxed gift wrapping": {func(o *order.Order) {
			o.Totals.GiftWrap, o.Totals.GiftWrapTax, o.Totals.Tax, o.Totals.Grand = d("4"), d("0.33"), d("8.58"), d("112.58")
		}, extras + "    gift_wrap: { item_code: WRAP, taxed: true }\n", "1 x MUG @ 100 CA825; 1 x WRAP @ 4 CA825"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "100").taxed("8.25", "8.25").order()
			tc.change(o)
			text := []string{extras, tc.extras}
			if strings.Contains(tc.extras, "gift_wrap") {
				text = append(text, "    gift_wrap: { expense_code: 2, tax_code: Exempt }\n", "")
			}
			r := mapped(o, rulesWith(t, text...), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			if got := shape(r); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestMap_ReadsGrossPricesOfManyPieces(t *testing.T) {
	// 1,000 pieces at 10.00 with 19 %: the net price has four digits, 8.4034, and 1,000 of it are 4 cents too many.
	c := newCart().add(order.Line{SKU: "PEN", ProductType: order.Simple, QtyOrdered: d("1000"), Price: d("8.4034"), PriceInclTax: d("10"), Tax: d("1596.64"), TaxPercent: d("8.25")})
	o := c.order()
	o.Totals.Subtotal, o.Totals.Grand = d("8403.36"), d("10000")
	rules := rulesWith(t, "{ code: CA825, percent: 8.25, country: US, region: CA }", "{ code: DE, percent: 19 }")
	o.Lines[0].TaxPercent = d("19")
	r := mapped(o, rules, today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1000 x PEN @ 8.40336 DE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMap_DocumentInTheCurrencyThatTheRulesWant(t *testing.T) {
	const days = "  due_days: 3\n"
	abroad := func() *order.Order {
		o := newCart().simple("MUG", "1", "9.26").order()
		o.Currency, o.BaseToOrderRate = "EUR", d("0.926")
		o.Base = &order.BaseAmounts{Totals: order.Totals{Subtotal: d("10"), Grand: d("10")}, Lines: []order.LineAmounts{{Price: d("10")}}}
		return o
	}
	tests := map[string]struct{ rule, want, rate string }{
		"as ordered":                 {"", "1 x MUG @ 9.26 Exempt; 9.26 EUR", ""},
		"in base currency":           {"  currency: base\n", "1 x MUG @ 10 Exempt; 10.00 USD", ""},
		"as ordered, Magento's rate": {"  exchange_rate: magento\n", "1 x MUG @ 9.26 Exempt; 9.26 EUR", "1.079914"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(abroad(), rulesWith(t, days, days+tc.rule), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			rate := ""
			if r.Document.DocRate != nil {
				rate = r.Document.DocRate.String()
			}
			if got := shape(r) + "; " + r.Expect.String(); got != tc.want || rate != tc.rate {
				t.Errorf("got  %s, rate %s\nwant %s, rate %s", got, rate, tc.want, tc.rate)
			}
		})
	}
}

func TestMap_SaysWhatMakesTheTotalsDiffer(t *testing.T) {
	tests := map[string]struct {
		cart *cart
		says string
	}{
		"a tax that is none of the rate": {newCart().simple("MUG", "1", "100").taxed("8.25", "5"), "item MUG: Magento's tax of 5.00 USD is not 8.25 % of 100.00 USD (8.25 USD)"},
		"rounding beyond the limit":      {manyPens(t), "Magento rounds the tax by row or by piece, B1 by document; the limit for rounding is 0.05 USD"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(tc.cart.order(), exampleRules(t), today)
			if r.Hold == nil || r.Hold.Code != "total_differs" || !strings.Contains(r.Hold.Message, tc.says) {
				t.Errorf("held as %v, want total_differs saying %q", r.Hold, tc.says)
			}
		})
	}
}

// manyPens is an order whose rows are all rounded up.
func manyPens(t *testing.T) *cart {
	t.Helper()
	c := newCart()
	for range 60 {
		c.simple("PEN", "1", "0.1").taxed("8.25", "0.01") // 0.00825
	}
	return c
}

func TestRules_DigitsAreThoseThatB1Keeps(t *testing.T) {
	rules := rulesWith(t, "  local_currency: USD\n", "  local_currency: USD\n  currency_decimals: { TWD: 0 }\n")
	for iso, want := range map[string]int32{"TWD": 0, "JPY": 0, "BHD": 3, "EUR": 2} {
		if got := rules.Digits(iso); got != want {
			t.Errorf("%s has %d digits, want %d", iso, got, want)
		}
	}
}
