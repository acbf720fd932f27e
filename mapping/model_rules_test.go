package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/mapping"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// bookkeeping is how a company wants the orders: the settings of the rules that carts are judged under.
type bookkeeping struct {
	local, taxRounding, property           string
	discount, freight, bundles, partly, in string
	// negative is how lines less than nothing are written.
	negative string
	// weeeTaxed is as the shop is set: whether Magento takes tax on fixed product taxes.
	weeeTaxed bool
	// place is the address that decides about taxes, rate where the rate of a foreign document comes from.
	place, rate string
	// indirect is true where B1 quotes foreign currency for one unit of the company's own.
	indirect bool
	// tight allows next to no rounding.
	tight bool
}

// A discount of the whole document lowers freight too where that is an item; the rules refuse both together.
func drawBooks(t *rapid.T) bookkeeping {
	b := bookkeeping{
		local: pick(t, "local currency", "USD", "EUR", "JPY", "BHD"), taxRounding: pick(t, "tax rounding", "document", "line"),
		property: pick(t, "property", "vat_group", "tax_code"), discount: pick(t, "discount as", "line", "document", "item", "expense"),
		freight: pick(t, "freight as", "expense", "item"), bundles: pick(t, "bundles as", "as_priced", "children", "parent", "bom"),
		partly: pick(t, "partly cancelled", "open", "ordered"), in: pick(t, "document in", "order", "base"), negative: pick(t, "negative lines", "quantity", "price"),
		place: pick(t, "tax by", "ship_to", "bill_to"), rate: pick(t, "rate of", "b1", "b1", "magento"), indirect: chance(t, "indirect rates", 30), tight: chance(t, "tight", 10),
	}
	if b.discount == "document" {
		b.freight = "expense"
	}
	return b
}

// The countries that addresses of carts lie in. Each has tax codes of its own.
const (
	america = "US"
	germany = "DE"
)

// codeName is the code of a percentage (by its place in bookedRates) in a country. Sales tax codes and VAT groups differ.
func (b bookkeeping) codeName(i int, country string) string {
	return map[string]string{"tax_code": "T", "vat_group": "V"}[b.property] + fmt.Sprint(i) + country
}

// final is the code of amounts on which there is no tax.
func (b bookkeeping) final() string { return b.codeName(0, america) }

// roundingMax is the largest difference that may be booked as rounding.
func (b bookkeeping) roundingMax(currency string) decimal.Decimal {
	switch {
	case b.tight && currency == "JPY":
		return d("1")
	case b.tight:
		return d("0.01")
	case currency == "JPY":
		return d("15")
	}
	return d("0.3")
}

// bookedRates are the percentages that the classes of goods come to.
var bookedRates = []string{"0", "5.5", "7", "8.25", "8.875", "10", "19", "20", "22"}

// text is the rules file. Rounding may be generous, by what Magento's ways of rounding add up to in carts of up to fifteen rows
// of a dozen pieces each: half a cent for each piece and rate where tax is by unit, which hardly ever comes to more than 0.30 in
// all. Yen have whole units only, while Magento rounds all amounts to hundredths: each row, and its tax, may be half a yen off.
func (b bookkeeping) text() string {
	codes := []string{}
	for i, percent := range bookedRates {
		for _, country := range []string{america, germany} {
			codes = append(codes, fmt.Sprintf("      - { code: %s, percent: %s, country: %s }", b.codeName(i, country), percent, country))
		}
	}
	discount := map[string]string{"line": "", "document": "", "item": ", item_code: DISCOUNT", "expense": ", expense_code: 4"}[b.discount]
	freight := map[string]string{"item": "item_code: FREIGHT", "expense": "expense_code: 1"}[b.freight]
	return fmt.Sprintf(`
version: 1
company: { local_currency: %s, currencies: [USD, EUR, JPY, BHD], tax_rounding: %s, negative_lines: %s, indirect_rates: %t }
default:
  card_code: C-WEB
  warehouse: "01"
  currency: %s
  exchange_rate: %s
  partly_cancelled: %s
  bundles: %s
  items: { options: [gold] }
  tax:
    property: %s
    place: %s
    codes:
%s
  discount: { as: %s%s, untaxed: { expense_code: 5, tax_code: FINAL } }
  freight: { %s }
  payments: { "*": { method: Incoming BT, terms: 1 } }
  shippings: { "*": 1 }
  extras:
    gift_card: { expense_code: 6, tax_code: FINAL }
    store_credit: { expense_code: 7, tax_code: FINAL }
    reward_points: { expense_code: 8, tax_code: FINAL }
    gift_wrap: { expense_code: 2, taxed: true }
    weee: { expense_code: 9, %s }
    surcharge: { expense_code: 10, tax_code: FINAL, amount: order.extension_attributes.%spayment_surcharge_amount }
  rounding: { max: { "*": %s, JPY: %s }, expense_code: 3, tax_code: FINAL }
`, b.local, b.taxRounding, b.negative, b.indirect, b.in, b.rate, b.partly, b.bundles, b.property, b.place, strings.Join(codes, "\n"), b.discount, discount, freight,
		map[bool]string{true: "taxed: true", false: "tax_code: FINAL"}[b.weeeTaxed], map[string]string{"base": "base_"}[b.in],
		b.roundingMax("*"), b.roundingMax("JPY"))
}

// books keeps the rules and companies that carts need, made once each.
type books struct {
	t         testing.TB
	rules     map[bookkeeping]*mapping.Rules
	companies map[string]*sapb1.Client
}

func newBooks(t testing.TB) *books {
	return &books{t: t, rules: map[bookkeeping]*mapping.Rules{}, companies: map[string]*sapb1.Client{}}
}

func (k *books) rulesOf(b bookkeeping) (*mapping.Rules, error) {
	if r, ok := k.rules[b]; ok {
		return r, nil
	}
	r, err := mapping.ParseRules([]byte(strings.ReplaceAll(b.text(), "FINAL", b.final())))
	if err == nil {
		k.rules[b] = r
	}
	return r, err
}

// company is a simulated B1 company, which adds documents up by itself.
func (k *books) company(b bookkeeping) *sapb1.Client {
	name := b.local + b.taxRounding + b.negative
	if k.companies[name] == nil {
		k.companies[name] = company(k.t, b.config())
	}
	return k.companies[name]
}

func (b bookkeeping) config() b1sim.Config {
	cfg := b1sim.Config{LocalCurrency: b.local, TaxRounding: b1sim.TaxRounding(b.taxRounding), Rates: map[string]decimal.Decimal{}, NegativeLines: b1sim.NegativeLines(b.negative),
		TaxCodes: map[string]decimal.Decimal{}, VatGroups: map[string]decimal.Decimal{}, KeepAliveMax: 1 << 30}
	for currency, rate := range ratesOfDay {
		if currency != b.local {
			cfg.Rates[currency] = d(rate)
		}
	}
	for i, percent := range bookedRates {
		for _, country := range []string{america, germany} {
			cfg.TaxCodes[bookkeeping{property: "tax_code"}.codeName(i, country)] = d(percent)
			cfg.VatGroups[bookkeeping{property: "vat_group"}.codeName(i, country)] = d(percent)
		}
	}
	for i := 1; i <= 10; i++ {
		cfg.Expenses = append(cfg.Expenses, b1sim.Expense{Code: i, Name: fmt.Sprintf("Expense %d", i)})
	}
	for _, code := range itemCodes() {
		cfg.Items = append(cfg.Items, b1sim.Item{Code: code, Name: code, Sales: true})
	}
	return cfg
}

// ratesOfDay are B1's own rates.
var ratesOfDay = map[string]string{"USD": "0.9", "EUR": "1.1", "JPY": "0.0067", "BHD": "2.6"}

// itemCodes are the items that carts may need.
func itemCodes() []string {
	codes := []string{"FREIGHT", "DISCOUNT"}
	for n := 1; n <= 9; n++ {
		row := fmt.Sprintf("S%d", n)
		codes = append(codes, row, row+"a", row+"b", row+"c")
	}
	return codes
}

// digits are the digits that B1 keeps of amounts in a currency.
func digits(currency string) int32 {
	switch currency {
	case "JPY":
		return 0
	case "BHD":
		return 3
	}
	return 2
}
