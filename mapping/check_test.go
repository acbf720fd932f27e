package mapping_test

import (
	"strings"
	"testing"

	"datawald/mapping"
)

const smallRules = `version: 1
company:
  local_currency: USD
default:
  card_code: C
  tax:
    property: vat_group
    codes:
      - {code: E, percent: 0}
      - {code: F, percent: 19}
  freight: {expense_code: 1}
`

func TestParseRules_DemandsSettingsThatGoTogether(t *testing.T) {
	tests := map[string]struct{ add, want string }{
		"a bundle mode that is none":          {"  bundles: split", `12:3: default.bundles.*: is "split", want as_priced, children, parent or bom`},
		"a bundle mode of one":                {"  bundles: {\"KIT*\": split}", `12:13: default.bundles.KIT*: is "split", want as_priced, children, parent or bom`},
		"what is left":                        {"  partly_cancelled: all", `12:3: default.partly_cancelled: is "all", want hold, ordered or open`},
		"a currency of the document":          {"  currency: EUR", `12:3: default.currency: is "EUR", want order or base`},
		"a rate from elsewhere":               {"  exchange_rate: ecb", `12:3: default.exchange_rate: is "ecb", want b1 or magento`},
		"a date":                              {"  dates: {document: today}", `12:11: default.dates.document: is "today", want posting or placed`},
		"a discount as what":                  {"  discount: {as: gift}", `12:14: default.discount.as: is "gift", want line, document, item or expense`},
		"a document discount on another line": {"  discount: {as: document, untaxed: {item_code: D, tax_code: E}}", `12:14: default.discount.as: is "document", which lowers every line, discount.untaxed (an item) among them; want expense_code there`},
		"a discount without its item":         {"  discount: {as: item}", `12:3: default.discount.item_code: is missing, want the item that discounts are booked on`},
		"a discount without its expense":      {"  discount: {as: expense}", `12:3: default.discount.expense_code: is missing, want the number of a B1 additional expense`},
		"an item for discounts on lines":      {"  discount: {item_code: D}", `12:14: default.discount.item_code: is set, but discounts are no item (as)`},
		"an untaxed discount that is not":     {"  discount: {untaxed: {expense_code: 4, tax_code: F}}", `12:41: default.discount.untaxed.tax_code: is "F", on which B1 adds 19 % tax, want a code of tax.codes with percent 0: E`},
		"a document discount on freight": {"  discount: {as: document}\n  rounding: {max: 1, item_code: R, tax_code: E}",
			`12:14: default.discount.as: is "document", which lowers every line, rounding (an item) among them; want expense_code there`},
		"an extra of one's own":          {"  extras: {cod: {expense_code: 2, tax_code: E}}", `12:12: default.extras.cod: is unknown, want one of gift_card, store_credit, reward_points, gift_wrap, weee, or a name of your own with amount: where it stands in the order`},
		"an extra with two targets":      {"  extras: {weee: {expense_code: 2, item_code: W, tax_code: E}}", `12:36: default.extras.weee.item_code: is set beside expense_code, want one of both`},
		"an extra without a target":      {"  extras: {weee: {tax_code: E}}", `12:12: default.extras.weee.expense_code: is missing, want the number of a B1 additional expense, or item_code`},
		"an extra taxed twice":           {"  extras: {weee: {expense_code: 2, taxed: true, tax_code: E}}", `12:49: default.extras.weee.tax_code: is "E", but the code follows from the tax (taxed), want one of both`},
		"a tax that nobody knows":        {"  extras: {gift_card: {expense_code: 2, taxed: true}}", `12:41: default.extras.gift_card.taxed: is true, but the tax is not known, want tax: where it stands in the order, or a tax_code`},
		"a limit below nothing":          {"  rounding: {max: {EUR: -1}, expense_code: 3, tax_code: E}", `12:14: default.rounding.max: has -1 for EUR, want 0 or more`},
		"a limit that is a word":         {"  rounding: {max: little, expense_code: 3, tax_code: E}", `12:14: default.rounding.max: is "little", want an amount such as 0.05, or a table such as { "*": 0.05, JPY: 5 }`},
		"a limit of no currency":         {"  rounding: {max: {yen: 1}, expense_code: 3, tax_code: E}", `12:20: default.rounding.max.yen: is no currency, want three capital letters such as USD, or "*"`},
		"a payment pattern that is none": {"  payments: {\"[\": {terms: 1}}", `12:14: default.payments.[: is no pattern, want a code or one with *, such as paypal*`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.ParseRules([]byte(smallRules + tc.add + "\n"))
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s alone", err, tc.want)
			}
		})
	}
}

func TestParseRules_DemandsConditionsThatTellTaxCodesApart(t *testing.T) {
	tests := map[string]struct{ code, want string }{
		"none":              {"{code: G, percent: 19}", `11:19: default.tax.codes[2].percent: is that of F in codes[1], under the same conditions: G is never chosen; want a condition that tells them apart`},
		"a country":         {"{code: G, percent: 19, country: de}", `11:32: default.tax.codes[2].country: is "de", want two capital letters such as DE`},
		"several countries": {"{code: G, percent: 19, country: [DE, fr]}", `11:46: default.tax.codes[2].country[1]: is "fr", want two capital letters such as DE`},
		"goods of a kind":   {"{code: G, percent: 19, for: books}", `11:32: default.tax.codes[2].for: is "books", want goods, virtual, shipping or extras`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.ParseRules([]byte(strings.Replace(smallRules, "  freight", "      - "+tc.code+"\n  freight", 1)))
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s alone", err, tc.want)
			}
		})
	}
}

func TestParseRules_TakesCompanySettings(t *testing.T) {
	tests := map[string]struct{ add, want string }{
		"a time zone":                {"  time_zone: Europe/Berlin\n", ""},
		"a time zone that is none":   {"  time_zone: Berlin\n", `4:3: company.time_zone: is "Berlin", want a time zone such as Europe/Berlin or UTC`},
		"negative lines":             {"  negative_lines: price\n", ""},
		"negative lines of another":  {"  negative_lines: none\n", `4:3: company.negative_lines: is "none", want quantity or price`},
		"digits of a currency":       {"  currency_decimals: {TWD: 0}\n", ""},
		"too many digits":            {"  currency_decimals: {TWD: 7}\n", `4:23: company.currency_decimals.TWD: is 7, want 0 to 6`},
		"digits of no currency":      {"  currency_decimals: {yen: 0}\n", `4:23: company.currency_decimals.yen: is no currency, want three capital letters such as JPY`},
		"a reference of other parts": {"reference: {template: \"{increment_id}-{po_number}-{customer_id}\"}\n", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.ParseRules([]byte(strings.Replace(smallRules, "default:", tc.add+"default:", 1)))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
