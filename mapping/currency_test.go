package mapping_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// rulesWith are the rules of the example with some of its text replaced: old, new, old, new.
func rulesWith(t testing.TB, changes ...string) *mapping.Rules {
	t.Helper()
	text := exampleText(t)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the example has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	r, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const exampleCurrencies = "currencies: [USD, EUR, BHD]"

func TestMap_SendsB1sOwnCurrencyCodes(t *testing.T) {
	rules := rulesWith(t, exampleCurrencies, "currencies: {USD: $, EUR: EU, BHD: BHD}", "freight: { expense_code: 1 }", "freight: { item_code: SHIP }")
	tests := map[string]struct{ iso, b1 string }{"the local one": {"USD", "$"}, "a foreign one": {"EUR", "EU"}, "one of the same name": {"BHD", "BHD"}}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCart().simple("MUG", "1", "12").shipping("5")
			c.o.Currency = tc.iso
			r := rules.Map(mapping.Input{Order: c.order(), Now: today})
			if r.Hold != nil {
				t.Fatal(r.Hold)
			}
			if r.Document.DocCurrency != tc.b1 || r.Proof.Currency != tc.iso {
				t.Errorf("document in %q, proof in %q; want %q and %q", r.Document.DocCurrency, r.Proof.Currency, tc.b1, tc.iso)
			}
			for _, l := range r.Document.Lines {
				if l.Currency != tc.b1 {
					t.Errorf("line %s is in %q, want %q", l.ItemCode, l.Currency, tc.b1)
				}
			}
		})
	}
}

func TestRules_TotalIsThatOfTheDocumentsCurrency(t *testing.T) {
	named := rulesWith(t, exampleCurrencies, "currencies: {USD: $, EUR: EU}")
	plain := exampleRules(t)
	tests := map[string]struct {
		rules    *mapping.Rules
		currency string
		want     string
	}{
		"local, under B1's name":         {named, "$", "10.00 USD"},
		"local, left out":                {named, "", "10.00 USD"},
		"foreign, under B1's name":       {named, "EU", "9.00 EUR"},
		"foreign, not in the rules":      {named, "GBP", "9.00 GBP"},
		"local, named as in ISO":         {plain, "USD", "10.00 USD"},
		"foreign, named as in ISO":       {plain, "EUR", "9.00 EUR"},
		"ISO, which B1 uses for another": {named, "USD", "9.00 USD"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := &sapb1.Document{DocCurrency: tc.currency, DocTotal: sapb1.NewAmount(decimal.NewFromInt(10)), DocTotalFc: sapb1.NewAmount(decimal.NewFromInt(9))}
			if got := tc.rules.Total(d).String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// A company that calls its currency $ makes the document and gives Magento's total back.
func TestMap_B1WithItsOwnCurrencyCodeArrivesAtMagentosTotal(t *testing.T) {
	rules := rulesWith(t, exampleCurrencies, "currencies: {USD: $}")
	client := company(t, b1sim.Config{LocalCurrency: "$", Items: []b1sim.Item{{Code: "MUG", Name: "MUG", Sales: true}}})
	o := newCart().simple("MUG", "3", "9.99").discounted("1").shipping("5").order()
	r := rules.Map(mapping.Input{Order: o, Now: today})
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	created, err := client.CreateOrder(t.Context(), r.Document)
	if err != nil {
		t.Fatal(err)
	}
	if got := rules.Total(created); !got.Equal(o.Total()) {
		t.Errorf("B1 total %s, Magento %s", got, o.Total())
	}
}

// company is a simulated company of its own.
func company(t testing.TB, cfg b1sim.Config) *sapb1.Client {
	t.Helper()
	c, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	t.Cleanup(func() { server.Close(); c.Close() })
	client, err := sapb1.New(sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
