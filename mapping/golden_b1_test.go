package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// companyFor is a B1 company that has what a document names, set up as the rules say. Items that are trees have a part.
func companyFor(r *mapping.Rules, store int64, d *sapb1.SalesOrder, trees []string) b1sim.Config {
	c := r.Company
	cfg := b1sim.Config{LocalCurrency: r.B1Currency(c.LocalCurrency), PriceDecimals: c.PriceDecimals, PercentDecimals: c.PercentDecimals,
		TaxRounding: b1sim.TaxRounding(c.TaxRounding), NegativeLines: b1sim.NegativeLines(c.NegativeLines), Rates: map[string]decimal.Decimal{}, SumDecimals: map[string]int32{},
		Partners: []b1sim.Partner{{Code: d.CardCode, Name: "Web"}}, TaxCodes: map[string]decimal.Decimal{}, VatGroups: map[string]decimal.Decimal{},
		ShippingTypes: map[int]string{}, PaymentTerms: map[int]string{}, SalesPersons: map[int]string{}, Branches: map[int]string{},
		PaymentMethods: map[string]string{d.PaymentMethod: "any"}, Warehouses: map[string]string{"01": "any"},
		Now: func() time.Time { return goldenNow }}
	for iso, code := range c.Currencies {
		cfg.Rates[code], cfg.SumDecimals[code] = decimal.RequireFromString("1.25"), r.Digits(iso)
	}
	for _, t := range r.Store(store).Tax.Codes {
		cfg.TaxCodes[t.Code], cfg.VatGroups[t.Code] = t.Percent, t.Percent
	}
	for list, number := range map[*map[int]string]*int{&cfg.ShippingTypes: d.TransportationCode, &cfg.PaymentTerms: d.PaymentGroupCode,
		&cfg.SalesPersons: d.SalesPersonCode, &cfg.Branches: d.BranchID} {
		if number != nil {
			(*list)[*number] = "any"
		}
	}
	if d.Series != nil {
		cfg.Series = []int{*d.Series}
	}
	for _, l := range d.Lines {
		item := b1sim.Item{Code: l.ItemCode, Name: l.ItemCode, Sales: true}
		if slices.Contains(trees, l.ItemCode) {
			item.Components = []b1sim.Component{{Code: "PART", Quantity: decimal.NewFromInt(2)}}
			cfg.Items = append(cfg.Items, b1sim.Item{Code: "PART", Name: "Part", Sales: true})
		}
		cfg.Items = append(cfg.Items, item)
		cfg.Warehouses[l.WarehouseCode] = "any"
	}
	for _, e := range d.Expenses {
		cfg.Expenses = append(cfg.Expenses, b1sim.Expense{Code: e.ExpenseCode, Name: fmt.Sprint("Expense ", e.ExpenseCode)})
	}
	return cfg
}

// plain is a document without what a company must be set up for by hand: user-defined fields, contacts and owners.
func plain(d sapb1.SalesOrder) *sapb1.SalesOrder {
	d.UserFields, d.ContactPersonCode, d.DocumentsOwner = nil, nil, nil
	lines := make([]sapb1.DocumentLine, len(d.Lines))
	for i, l := range d.Lines {
		l.UserFields = nil
		lines[i] = l
	}
	d.Lines = lines
	return &d
}

// The simulator adds a document up by itself, and shares no code with the mapping.
func TestGolden_B1ArrivesAtTheTotalThatIsExpected(t *testing.T) {
	posted := 0
	for _, name := range goldenNames(t) {
		g := loadGolden(t, name)
		if held := strings.HasPrefix(name, "hold-") || strings.HasSuffix(name, "-hold"); held != (g.result.Hold != nil) {
			t.Errorf("%s: held: %v; the name says: %t", name, g.result.Hold, held)
		}
		if g.result.Hold != nil || g.result.Document.CardCode == "" {
			continue // nothing that could be sent
		}
		posted++
		t.Run(name, func(t *testing.T) {
			d := plain(*g.result.Document)
			created, err := company(t, companyFor(g.rules, g.order.StoreID, d, g.result.Trees)).CreateOrder(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if total := g.rules.Total(created); !total.Equal(g.result.Expect) {
				t.Errorf("B1's total is %s, expected %s", total, g.result.Expect)
			}
			if want := len(d.Lines) + len(g.result.Trees); len(created.Lines) != want {
				t.Errorf("B1 has %d lines, want %d: those that were sent, and a part for each tree", len(created.Lines), want)
			}
			checkCharged(t, g)
		})
	}
	if posted < 60 {
		t.Errorf("only %d documents were posted", posted)
	}
}

// checkCharged wants the expected total to be what the customer pays, read off the Magento document itself.
func checkCharged(t *testing.T, g golden) {
	t.Helper()
	o := g.order
	if g.rules.Store(o.StoreID).Currency == mapping.DocumentInBaseCurrency {
		o = o.InBase()
	}
	want := o.Totals.Grand
	if g.rules.Store(o.StoreID).PartlyCancelled == mapping.OpenQuantity {
		want = want.Sub(o.Totals.Canceled).Sub(o.Totals.Refunded)
	}
	if total := (order.Money{Amount: want.Round(order.MinorUnits(o.Currency)), Currency: o.Currency}); !total.Equal(g.result.Expect) {
		t.Errorf("expected is %s, the customer pays %s", g.result.Expect, total)
	}
}
