package mapping_test

import (
	"strings"
	"testing"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

// codeFor is the code of the first line under these tax codes, or the code of the hold.
func codeFor(t *testing.T, codes string, change func(*order.Order)) string {
	t.Helper()
	text := strings.Replace(smallRules, "      - {code: F, percent: 19}\n", codes, 1) + "  payments: {\"*\": {terms: 1}}\n  shippings: {\"*\": 1}\n"
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o := newCart().simple("MUG", "1", "100").taxed("19", "19").order()
	change(o)
	r := mapped(o, rules, today)
	if r.Hold != nil {
		return r.Hold.Code
	}
	return r.Document.Lines[0].VatGroup
}

func TestMap_FindsTheTaxCodeByItsConditions(t *testing.T) {
	const plain = "      - {code: PLAIN, percent: 19}\n"
	nothing := func(*order.Order) {}
	tests := map[string]struct {
		codes  string
		change func(*order.Order)
		want   string
	}{
		"by percent alone":               {plain, nothing, "PLAIN"},
		"the country wins over any":      {plain + "      - {code: US, percent: 19, country: US}\n", nothing, "US"},
		"one of several countries":       {plain + "      - {code: NA, percent: 19, country: [CA, US]}\n", nothing, "NA"},
		"another country":                {plain + "      - {code: DE, percent: 19, country: DE}\n", nothing, "PLAIN"},
		"the region wins over a country": {"      - {code: CAL, percent: 19, region: CA}\n      - {code: US, percent: 19, country: US}\n", nothing, "CAL"},
		"the customer group":             {plain + "      - {code: TRADE, percent: 19, customer_groups: [2]}\n", func(o *order.Order) { o.Customer.GroupID = 2 }, "TRADE"},
		"another customer group":         {plain + "      - {code: TRADE, percent: 19, customer_groups: [2]}\n", nothing, "PLAIN"},
		"a buyer with a tax number":      {plain + "      - {code: B2B, percent: 19, tax_number: true}\n", func(o *order.Order) { o.Customer.TaxVAT = "DE1" }, "B2B"},
		"a tax number on the bill":       {plain + "      - {code: B2B, percent: 19, tax_number: true}\n", func(o *order.Order) { o.Billing.VATID = "DE1" }, "B2B"},
		"a buyer without a tax number":   {plain + "      - {code: B2C, percent: 19, tax_number: false}\n", nothing, "B2C"},
		"goods":                          {plain + "      - {code: G, percent: 19, for: goods}\n", nothing, "G"},
		"virtual goods":                  {"      - {code: G, percent: 19, for: goods}\n      - {code: V, percent: 19, for: [virtual]}\n", func(o *order.Order) { o.Lines[0].Virtual = true }, "V"},
		"goods are no freight":           {"      - {code: S, percent: 19, for: shipping}\n", nothing, "tax_code_missing"},
		"the name of Magento's rate":     {plain + "      - {code: R, percent: 19, rate: \"US-CA-*\"}\n", func(o *order.Order) { o.Lines[0].Taxes = []order.AppliedTax{{Code: "US-CA-Rate 1", Percent: d("19")}} }, "R"},
		"where the bill goes": {"      - {code: US, percent: 19, country: US}\n      - {code: DE, percent: 19, country: DE}\n    place: bill_to\n",
			func(o *order.Order) { o.Billing.Country = "DE" }, "DE"},
		"where the goods go": {"      - {code: US, percent: 19, country: US}\n      - {code: DE, percent: 19, country: DE}\n",
			func(o *order.Order) { o.Billing.Country = "DE" }, "US"},
		"what Magento's rates add up to": {plain, func(o *order.Order) {
			o.Lines[0].TaxPercent, o.Lines[0].Taxes = d("0"), []order.AppliedTax{{Percent: d("15")}, {Percent: d("4")}}
		}, "PLAIN"},
		"the rate that gives the tax":        {plain, func(o *order.Order) { o.Lines[0].TaxPercent = d("0") }, "PLAIN"},
		"two rates that give the tax":        {plain + "      - {code: NEAR, percent: 19.001}\n", func(o *order.Order) { o.Lines[0].TaxPercent = d("0") }, "tax_rate_unclear"},
		"no rate that gives the tax":         {"      - {code: NEAR, percent: 7}\n", func(o *order.Order) { o.Lines[0].TaxPercent = d("0") }, "tax_code_missing"},
		"a tolerance would take another one": {"      - {code: NEAR, percent: 19.4}\n", nothing, "tax_code_missing"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := codeFor(t, tc.codes, tc.change); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestMap_SaysWhereAMissingTaxCodeIs(t *testing.T) {
	for name, tc := range map[string]struct{ region, percent, says string }{
		"under other conditions": {"NV", "8.25", "the percentage has a code under other conditions (CA825, TX825, MI825)"},
		"another one here":       {"CA", "9", "here there are Exempt (0 %), CA825 (8.25 %)"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "100").taxed(tc.percent, tc.percent).order()
			o.Shipping.RegionCode = tc.region
			r := mapped(o, exampleRules(t), today)
			if r.Hold == nil || !strings.Contains(r.Hold.Hint, tc.says) {
				t.Errorf("held as %v, want a hint saying %q", r.Hold, tc.says)
			}
		})
	}
}

func TestMap_DatesCountInTheCompanysTimeZone(t *testing.T) {
	// 22:00 UTC on 23 November is already the 24th in Tokyo; the order was placed on the 21st there.
	const zone, days = "company:\n", "  due_days: 3\n"
	tests := map[string]struct{ dates, doc, tax, due string }{
		"days of posting":       {"", "", "", "2026-11-27"},
		"the day of the order":  {"  dates: { document: placed, tax: placed }\n", "2026-11-21", "2026-11-21", "2026-11-27"},
		"due from the order on": {"  dates: { due_from: placed }\n", "", "", "2026-11-24"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "1").order()
			o.CreatedAt = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)
			r := mapped(o, rulesWith(t, zone, zone+"  time_zone: Asia/Tokyo\n", days, days+tc.dates), today)
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			d := r.Document
			day := func(p *sapb1.Date) string {
				if p == nil {
					return ""
				}
				return p.Format(time.DateOnly)
			}
			if got, want := day(d.DocDate)+", "+day(d.TaxDate)+", "+day(&d.DocDueDate), tc.doc+", "+tc.tax+", "+tc.due; got != want {
				t.Errorf("document, tax and due date are %s, want %s", got, want)
			}
		})
	}
}
