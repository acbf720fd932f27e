package mapping_test

import (
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

// A row that is missing, or an amount that no row explains, is no rounding where all figures are in whole cents.
func TestMap_SpreadsNoMissingRowOverTheOthers(t *testing.T) {
	tests := map[string]struct {
		qty, price, subtotal string
	}{
		"30 cents of three rows":       {"20", "1", "60.30"},
		"a dime of a hundred pieces":   {"100", "0.10", "30.10"},
		"two cents of a piece":         {"1", "10", "30.02"},
		"two and a half of a thousand": {"1000", "0.10", "302.50"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("A", tc.qty, tc.price).simple("B", tc.qty, tc.price).simple("C", tc.qty, tc.price).order()
			o.Totals.Subtotal, o.Totals.Grand = d(tc.subtotal), d(tc.subtotal)
			if r := mapped(o, exampleRules(t), today); r.Hold == nil || r.Hold.Code != "magento_lines_inconsistent" {
				t.Errorf("held as %v, want magento_lines_inconsistent: %s", r.Hold, shape(r))
			}
		})
	}
}

func TestMap_HoldsATaxThatBelongsToNothing(t *testing.T) {
	c := newCart()
	for range 5 {
		c.simple("PEN", "1", "10").taxed("8.25", "0.83")
	}
	o := c.order()
	o.Totals.Tax, o.Totals.Grand = d("4.20"), d("54.20")
	if r := mapped(o, exampleRules(t), today); r.Hold == nil || r.Hold.Code != "magento_tax_inconsistent" || !strings.Contains(r.Hold.Message, "0.05 USD belong to nothing") {
		t.Errorf("held as %v, want magento_tax_inconsistent naming 0.05 USD", r.Hold)
	}
}

func TestMap_MagentosSideOfTheProofAddsUp(t *testing.T) {
	o := newCart().simple("A", "1", "1077.78").order()
	o.Currency = "JPY"
	rules := rulesWith(t, "currencies: [USD, EUR, BHD]", "currencies: [USD, EUR, JPY]")
	r := mapped(o, rules, today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	sum := d("0")
	for _, c := range r.Proof.Components {
		if c.Name == "total" {
			if !sum.Equal(c.Magento) || c.Magento.String() != "1078" {
				t.Errorf("the parts are %s, the total %s; want 1078 both", sum, c.Magento)
			}
		}
		sum = sum.Add(c.Magento)
	}
}

func TestMap_BlamesHooksOnlyWhereThereAreSome(t *testing.T) {
	dearer := hook{name: "dearer", after: func(d *sapb1.SalesOrder) *order.Reason {
		d.Lines[0].UnitPrice = sapb1.NewAmount(d.Lines[0].UnitPrice.Add(d.Lines[0].UnitPrice.Decimal))
		return nil
	}}
	r := mapped(teeOrder(), hooked(t, dearer), today)
	if r.Hold == nil || !strings.Contains(r.Hold.Message, "a hook changed the lines") {
		t.Errorf("held as %v, want a word on hooks", r.Hold)
	}
}

func TestMap_FreesOnlyPropertiesThatRulesMaySet(t *testing.T) {
	for name, set := range map[string]func(*sapb1.SalesOrder){
		"DocTotal":      func(d *sapb1.SalesOrder) { d.UserFields["DocTotal"] = 1 },
		"DocObjectCode": func(d *sapb1.SalesOrder) { d.UserFields["DocObjectCode"] = "13" },
		"UoMEntry":      func(d *sapb1.SalesOrder) { d.Lines[0].UserFields = map[string]any{"UoMEntry": 2} },
		"BaseEntry":     func(d *sapb1.SalesOrder) { d.Lines[0].UserFields = map[string]any{"BaseEntry": 2} },
		"":              func(d *sapb1.SalesOrder) { d.Lines[0].UserFields = map[string]any{"U_Row": 1, "ProjectCode": "P"} },
	} {
		r := mapped(teeOrder(), hooked(t, hook{name: "h", after: func(d *sapb1.SalesOrder) *order.Reason { set(d); return nil }}), today)
		if name == "" && r.Hold != nil {
			t.Errorf("free properties are held: %s", r.Hold)
		}
		if name != "" && (r.Hold == nil || r.Hold.Code != "property_not_free" || r.Hold.Field != name) {
			t.Errorf("%s: held as %v, want property_not_free", name, r.Hold)
		}
	}
}

func TestMap_AFaultOfOursHoldsTheOneOrder(t *testing.T) {
	hold := mapping.Faulty(exampleRules(t), mapping.Input{Order: teeOrder(), Now: today})
	if hold == nil || hold.Code != "rules_failed" || !strings.Contains(hold.Message, "nil pointer") || hold.Hint == "" {
		t.Errorf("held as %v, want rules_failed saying what happened", hold)
	}
}

func TestMap_SmallRowsStandUnderTheirOwnRate(t *testing.T) {
	tests := map[string]struct {
		rows int
		want string
	}{
		"where no tax comes of them":       {1, "CA825"},
		"but not where some would come up": {50, "Exempt"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCart()
			for range tc.rows {
				c.simple("SCREW", "1", "0.05").taxed("8.25", "0")
			}
			r := mapped(c.order(), exampleRules(t), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			if got := r.Document.Lines[0].TaxCode; got != tc.want || len(r.Document.Expenses) > 0 {
				t.Errorf("under %s with %d expenses, want %s and none", got, len(r.Document.Expenses), tc.want)
			}
		})
	}
}

func TestMap_ADiscountOnTheParentAloneMakesItAFixedBundle(t *testing.T) {
	c := newCart().add(order.Line{SKU: "KIT", ProductType: order.Bundle, QtyOrdered: d("1"), Price: d("30"), Discount: d("3")}).
		add(order.Line{ParentItemID: 1, SKU: "A", ProductType: order.Simple, QtyOrdered: d("1"), Price: d("30")})
	o := c.order()
	o.Totals.Discount, o.Totals.Grand = d("-3"), d("27")
	r := mapped(o, exampleRules(t), today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1 x KIT @ 30 -10% Exempt"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMap_ARowThatNamesItselfAsParentIsBooked(t *testing.T) {
	o := newCart().simple("MUG", "1", "10").simple("PEN", "1", "5").order()
	o.Lines[1].ParentItemID = o.Lines[1].ItemID
	r := mapped(o, exampleRules(t), today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1 x MUG @ 10 Exempt; 1 x PEN @ 5 Exempt"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMap_SaysWhatItLeavesOut(t *testing.T) {
	o := newCart().simple("MUG", "1", "10").simple("PEN", "0", "5").order()
	r := mapped(o, exampleRules(t), today)
	if r.Hold != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "item PEN left out") {
		t.Errorf("hold %v, notes %q; want a note on PEN", r.Hold, r.Notes)
	}
}

func TestMap_AFreeRowTakesNoDiscountedOneAlong(t *testing.T) {
	rules := rulesWith(t, "tax_rounding: document", "tax_rounding: line", "  freight: { expense_code: 1 }\n", "  freight: { expense_code: 1 }\n  discount: { as: item, item_code: OFF }\n",
		"    card_code: C-WEB-EU\n", "    card_code: C-WEB-EU\n    discount: { as: line, item_code: \"\" }\n")
	c := newCart().simple("GIFT", "1", "0").taxed("8.25", "0").simple("PEN", "3", "0.41").taxed("8.25", "0").discounted("1.23").simple("CAP", "1", "8.54").taxed("8.25", "0").discounted("8.54")
	r := mapped(c.order(), rules, today)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1 x GIFT @ 0 CA825; 3 x PEN @ 0.41 Exempt; 1 x CAP @ 8.54 Exempt; -1 x OFF @ 9.77 Exempt"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMap_HoldsWhatIsLeftOfLessThanNothing(t *testing.T) {
	o := newCart().simple("MUG", "2", "10").shipping("5").order()
	o.Lines[0].QtyRefunded, o.Totals.Refunded = d("1"), d("26")
	r := mapped(o, exampleRules(t), today)
	if r.Hold == nil || r.Hold.Code != "amount_negative" || !strings.Contains(r.Hold.Message, "-1.00 USD are left of 25.00 USD") {
		t.Errorf("held as %v, want amount_negative with both amounts", r.Hold)
	}
}
