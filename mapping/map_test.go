package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
)

// shape writes the lines and expenses of a document in short: "2 x A @ 10 -5% CA825; freight 1: 5 Exempt".
func shape(r mapping.Result) string {
	var parts []string
	for _, l := range r.Document.Lines {
		s := fmt.Sprintf("%s x %s @ %s", l.Quantity, l.ItemCode, l.UnitPrice)
		if l.DiscountPercent != nil {
			s += " -" + l.DiscountPercent.String() + "%"
		}
		parts = append(parts, s+" "+l.TaxCode+l.VatGroup)
	}
	for _, e := range r.Document.Expenses {
		parts = append(parts, fmt.Sprintf("expense %d: %s %s", e.ExpenseCode, e.LineTotal, e.TaxCode+e.VatGroup))
	}
	return strings.Join(parts, "; ")
}

func TestMap_BooksEachProductKindOnce(t *testing.T) {
	child := func(parent int64, sku, qty, price string) order.Line {
		return order.Line{ParentItemID: parent, SKU: sku, ProductType: order.Simple, QtyOrdered: d(qty), Price: d(price)}
	}
	parent := func(kind, sku, qty, price string) order.Line {
		return order.Line{SKU: sku, ProductType: kind, QtyOrdered: d(qty), Price: d(price)}
	}
	tests := map[string]struct {
		cart *cart
		want string
	}{
		"simple": {newCart().simple("MUG", "2", "12"), "2 x MUG @ 12 Exempt"},
		"configurable, child without a price": {newCart().add(parent(order.Configurable, "TEE-M", "2", "20")).add(child(1, "TEE-M", "2", "0")),
			"2 x TEE-M @ 20 Exempt"},
		"configurable, child with the parent's price": {newCart().add(parent(order.Configurable, "TEE-M", "2", "20")).add(child(1, "TEE-M", "2", "20")),
			"2 x TEE-M @ 20 Exempt"},
		"configurable, SKU on the child alone": {newCart().add(parent(order.Configurable, "", "1", "20")).add(child(1, "TEE-M", "1", "0")),
			"1 x TEE-M @ 20 Exempt"},
		"bundle with dynamic price": {newCart().add(parent(order.Bundle, "KIT-A-B", "1", "30")).add(child(1, "A", "1", "10")).add(child(1, "B", "2", "10")),
			"1 x A @ 10 Exempt; 2 x B @ 10 Exempt"},
		"bundle with fixed price": {newCart().add(parent(order.Bundle, "KIT", "1", "30")).add(child(1, "A", "1", "0")).add(child(1, "B", "2", "0")),
			"1 x KIT @ 30 Exempt"},
		"grouped":          {newCart().add(parent(order.Grouped, "A", "1", "10")).add(parent(order.Grouped, "B", "1", "5")), "1 x A @ 10 Exempt; 1 x B @ 5 Exempt"},
		"downloadable":     {newCart().add(parent(order.Downloadable, "EBOOK", "1", "9.99")), "1 x EBOOK @ 9.99 Exempt"},
		"decimal quantity": {newCart().simple("ROPE", "2.5", "3.1"), "2.5 x ROPE @ 3.1 Exempt"},
		"free gift":        {newCart().simple("MUG", "1", "12").simple("GIFT", "1", "0"), "1 x MUG @ 12 Exempt; 1 x GIFT @ 0 Exempt"},
		"wholly discounted": {newCart().simple("MUG", "1", "12").simple("GIFT", "1", "8").discounted("8"),
			"1 x MUG @ 12 Exempt; 1 x GIFT @ 0 Exempt"},
		"percent discount": {newCart().simple("MUG", "2", "12").discounted("2.4"), "2 x MUG @ 12 -10% Exempt"},
		"discount of an amount": {newCart().simple("MUG", "3", "9.99").discounted("1"), "3 x MUG @ 9.99 -3.34% Exempt"},
		"discount that no percentage of two digits gives": {newCart().simple("TV", "3", "999.99").discounted("1"), "3 x TV @ 999.99 -0.0333% Exempt"},
		"taxed in California, free of tax for shipping": {newCart().simple("MUG", "1", "100").taxed("8.25", "8.25").shipping("5"),
			"1 x MUG @ 100 CA825; expense 1: 5 Exempt"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := exampleRules(t).Map(mapping.Input{Order: tc.cart.order(), Now: today})
			if r.Hold != nil {
				t.Fatalf("held: %s", r.Hold)
			}
			if got := shape(r); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if !r.Proof.Equal {
				t.Error("the proof does not balance")
			}
		})
	}
}

func TestMap_HoldsWhatItCannotProve(t *testing.T) {
	tests := map[string]struct {
		change func(*order.Order)
		code   string
		says   string
	}{
		"Magento's parts do not add up": {func(o *order.Order) { o.Totals.Grand = d("500") }, "magento_total_inconsistent", "500.00 USD"},
		"a line is missing":             {func(o *order.Order) { o.Lines = o.Lines[:1] }, "magento_lines_inconsistent", "subtotal"},
		"no code for the rate":          {func(o *order.Order) { o.Lines[0].TaxPercent = d("8.3") }, "tax_code_missing", "8.3 % in US-CA"},
		"the rate belongs elsewhere":    {func(o *order.Order) { o.Shipping.RegionCode = "OR" }, "tax_code_missing", "US-OR"},
		"unknown payment":               {func(o *order.Order) { o.Payment.Method = "bitcoin" }, "payment_method_unmapped", "bitcoin"},
		"unknown shipping":              {func(o *order.Order) { o.ShippingMethod = "drone_fast" }, "shipping_method_unmapped", "drone_fast"},
		"unknown currency":              {func(o *order.Order) { o.Currency = "CHF" }, "currency_unmapped", "CHF"},
		"a line without a SKU":          {func(o *order.Order) { o.Lines[0].SKU = "" }, "sku_missing", "item 1"},
		"tax beyond the rounding limit": {func(o *order.Order) {
			o.Lines[0].Tax = o.Lines[0].Tax.Add(d("0.06"))
			o.Totals.Tax = o.Totals.Tax.Add(d("0.06"))
			o.Totals.Grand = o.Totals.Grand.Add(d("0.06"))
		}, "total_differs", "tax"},
		"a gift card without a rule": {func(o *order.Order) { o.Totals.GiftCards = d("10"); o.Totals.Grand = o.Totals.Grand.Sub(d("10")) }, "gift_card_unmapped", "gift card, 10.00 USD"},
		"no lines at all":            {func(o *order.Order) { o.Lines = nil; o.Totals = order.Totals{} }, "no_lines", "no line"},
		"shipping tax that has no code": {func(o *order.Order) {
			o.Totals.ShippingTax = d("0.53")
			o.Totals.Tax = o.Totals.Tax.Add(d("0.53"))
			o.Totals.Grand = o.Totals.Grand.Add(d("0.53"))
		}, "tax_code_missing", "shipping: tax 0.53"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "100").taxed("8.25", "8.25").simple("PEN", "2", "3").shipping("5").order()
			tc.change(o)
			r := exampleRules(t).Map(mapping.Input{Order: o, Now: today})
			if r.Hold == nil {
				t.Fatal("not held")
			}
			if r.Hold.Code != tc.code || !strings.Contains(r.Hold.Error(), tc.says) || r.Hold.Hint == "" {
				t.Errorf("held as %s: %s; want %s saying %q, with a hint", r.Hold.Code, r.Hold, tc.code, tc.says)
			}
		})
	}
}

func TestMap_BooksRoundingWithinItsLimit(t *testing.T) {
	// Magento rounds each row (3 x 0.01), B1 the sum of the code (0.03 x 8.25 % of 0.60 = 0.05).
	c := newCart()
	for range 3 {
		c.simple("PEN", "1", "0.2").taxed("8.25", "0.02")
	}
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got, want := shape(r), "1 x PEN @ 0.2 CA825; 1 x PEN @ 0.2 CA825; 1 x PEN @ 0.2 CA825; expense 3: 0.01 Exempt"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMap_WritesTheHeader(t *testing.T) {
	o := newCart().simple("MUG", "1", "12").order()
	o.Shipping.FirstName = "John"
	doc := exampleRules(t).Map(mapping.Input{Order: o, Now: today}).Document
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"CardCode":"C-WEB"`, `"CardName":"Jane Doe"`, `"NumAtCard":"000000001"`, `"DocDueDate":"2026-11-26"`, `"DocCurrency":"USD"`,
		`"TransportationCode":1`, `"PaymentMethod":"Incoming CHK"`, `"PaymentGroupCode":1`, `"BillToState":"CA"`, `"ShipToBlock":"John Doe, Flat 2"`, `"Quantity":1,`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the document lacks %s:\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "DocTotal") {
		t.Error("the document holds DocTotal, which B1 turns into a discount")
	}
}

func TestMap_StoreSettingsReplaceTheDefaults(t *testing.T) {
	c := newCart().simple("MUG", "1", "16.81").taxed("19", "3.19")
	c.o.StoreID, c.o.Currency = 2, "EUR"
	c.o.Billing.Country, c.o.Billing.RegionID = "DE", 0
	c.o.Shipping = &c.o.Billing
	r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	if got := shape(r); got != "1 x MUG @ 16.81 A1" || r.Document.CardCode != "C-WEB-EU" || r.Document.Lines[0].VatGroup != "A1" {
		t.Errorf("got %s for %s", got, r.Document.CardCode)
	}
	if a := r.Document.Address; a.BillToState != "" || a.BillToCounty != "California" {
		t.Errorf("state %q, county %q; want the region in the county outside of state_countries", a.BillToState, a.BillToCounty)
	}
}

func TestMap_CurrenciesKeepTheirDigits(t *testing.T) {
	tests := map[string]struct{ currency, price, discount string }{
		"three digits": {"BHD", "9.875", "0.123"},
		"two digits":   {"EUR", "9.99", "0.33"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCart().simple("MUG", "3", tc.price).discounted(tc.discount)
			c.o.Currency = tc.currency
			r := exampleRules(t).Map(mapping.Input{Order: c.order(), Now: today})
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			want := d(tc.price).Mul(decimal.NewFromInt(3)).Sub(d(tc.discount))
			if last := r.Proof.Components[len(r.Proof.Components)-1]; !last.B1.Equal(want) {
				t.Errorf("B1 total %s, want %s", last.B1, want)
			}
		})
	}
}
