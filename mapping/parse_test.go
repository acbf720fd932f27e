package mapping_test

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/mapping"
)

const small = `version: 1
company:
  local_currency: USD
default:
  card_code: C
  tax:
    property: tax_code
    codes:
      - {code: E, percent: 0}
      - {code: F, percent: 19}
  freight: {expense_code: 1}
  rounding: {max: 0.05, expense_code: 3, tax_code: E}
`

// problemsOf are the lines of the error for a text; none when it is sound.
func problemsOf(t testing.TB, text string) []string {
	t.Helper()
	_, err := mapping.ParseRules([]byte(text))
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[mapping.Problems](err); !ok {
		t.Fatalf("the error is a %T, want mapping.Problems: %v", err, err)
	}
	return strings.Split(knownSettings.ReplaceAllString(err.Error(), "$1…"), "\n")
}

// knownSettings are listed behind a name that is none; the lists grow with the settings.
var knownSettings = regexp.MustCompile(`(is no setting[^\n]*, want one of )[^\n]*`)

func TestParseRules_NamesEachProblemAtItsPlace(t *testing.T) {
	tests := map[string]struct {
		old, new string
		want     []string
	}{
		"a setting that there is not": {"freight:", "frieght: 1\n  freight:", []string{`11:3: default.frieght: is no setting (did you mean freight?), want one of …`}},
		"one in a store": {"default:", "stores:\n  2:\n    due_days: 1\n    card: X\ndefault:", []string{
			`7:5: stores.2.card: is no setting (did you mean card_code?), want one of …`}},
		"one in a list":              {"{code: F, percent: 19}", "{code: F, percent: 19, land: DE}", []string{`10:32: default.tax.codes[1].land: is no setting, want one of …`}},
		"a word for a number":        {"version: 1", "version: x", []string{`1:1: version: is "x", want a whole number`}},
		"a fraction for a number":    {"expense_code: 3", "expense_code: 3.5", []string{`12:25: default.rounding.expense_code: is "3.5", want a whole number`}},
		"a word for a rate":          {"percent: 19", "percent: much", []string{`10:19: default.tax.codes[1].percent: is "much", want a number such as 8.25`}},
		"a rate with a percent sign": {"percent: 19", "percent: 19%", []string{`10:19: default.tax.codes[1].percent: is "19%", want a number such as 8.25`}},
		"a number without end":       {"percent: 19", "percent: 1e999999", []string{`10:19: default.tax.codes[1].percent: is "1e999999", want a number such as 8.25`}},
		"a list for a text":          {"card_code: C", "card_code: [C]", []string{`5:3: default.card_code: is a list, want a text`}},
		"a table for a text":         {"card_code: C", "card_code: {a: b}", []string{`5:3: default.card_code: is a table, want a text`}},
		"a text for a table":         {"freight: {expense_code: 1}", "freight: 1", []string{`11:3: default.freight: is "1", want a table of settings (name: value)`}},
		"a text for a list":          {"default:", "eligibility: {stores: 1}\ndefault:", []string{`4:15: eligibility.stores: is "1", want a list, such as [a, b]`}},
		"a time span that is none":   {"default:", "eligibility: {minimum_age: -7d}\ndefault:", []string{`4:15: eligibility.minimum_age: is "-7d", want a time span such as 90s, 10m, 36h or 7d`}},
		"given twice":                {"version: 1", "version: 1\nversion: 1", []string{`2:1: version: is given twice, first in line 1; want it once`}},
		"a store given twice":        {"default:", "stores:\n  2: {due_days: 1}\n  2: {due_days: 2}\ndefault:", []string{`6:3: stores.2: is given twice, first in line 5; want it once`}},
		"a store that is none":       {"default:", "stores: {eu: {}, 02: {}}\ndefault:", []string{`4:10: stores.eu: is no store, want a store_id such as 2`, `4:18: stores.02: is no store, want a store_id such as 2`}},
		"an item without a value":    {"default:", "company2: 1\neligibility:\n  states: {new: }\ndefault:", []string{`4:1: company2: is no setting (did you mean company?), want one of …`, `6:12: eligibility.states.new: is empty, want a value`}},
		"something missing":          {"  card_code: C\n", "", []string{`4:1: default.card_code: is "", want a business partner code of 1 to 15 characters`}},
		"a currency in small":        {"USD", "usd", []string{`3:3: company.local_currency: is "usd", want three capital letters such as USD`}},
		"currencies in small":        {"USD", "USD\n  currencies: [USD, eur]", []string{`4:21: company.currencies.eur: is no currency, want three capital letters such as USD (and USD: $ where B1 has another code)`}},
		"one currency for two":       {"USD", "USD\n  currencies: {USD: $, CAD: $}", []string{`4:16: company.currencies.USD: is "$" like CAD, want a code of its own`}},
		"a long currency":            {"USD", "USD\n  currencies: {USD: Dollar}", []string{`4:16: company.currencies.USD: is "Dollar", want B1's code for the currency, 1 to 3 characters`}},
		"currencies that are a word": {"USD", "USD\n  currencies: USD", []string{`4:3: company.currencies: is "USD", want a list such as [USD, EUR], or a table such as {USD: $, EUR: EUR}`}},
		"price decimals":             {"USD", "USD\n  price_decimals: 7", []string{`4:3: company.price_decimals: is 7, want 0 to 6`}},
		"a word for yes or no":       {"default:", "write_back: {ext_order_id: yes}\ndefault:", []string{`4:14: write_back.ext_order_id: is "yes", want true or false`}},
		"a comment of nothing": {"default:", "write_back: {comment: \"in B1: {docnum}\"}\ndefault:", []string{
			`4:14: write_back.comment: is "in B1: {docnum}", want {doc_num} or {doc_entry} in it, or it does not say which sales order`,
			`4:14: write_back.comment: {docnum} is unknown, want {doc_num}, {doc_entry} or {increment_id}`}},
		"a comment of two lines":      {"default:", "write_back:\n  comment: |\n    one {doc_num}\n    two\ndefault:", []string{`5:3: write_back.comment: is "one {doc_num}\ntwo", want one line without < and >`}},
		"a comment with a tag":        {"default:", "write_back: {comment: \"<b>{doc_num}</b>\"}\ndefault:", []string{`4:14: write_back.comment: is "<b>{doc_num}</b>", want one line without < and >`}},
		"a long comment":              {"default:", "write_back: {comment: \"{doc_num}" + strings.Repeat("ä", 192) + "\"}\ndefault:", []string{`4:14: write_back.comment: has 201 characters, want at most 200`}},
		"a write-back that is a word": {"default:", "write_back: true\ndefault:", []string{`4:1: write_back: is "true", want a table of settings (name: value)`}},
		"an alias of nothing":         {"card_code: C", "card_code: *c", []string{`5:3: default.card_code: is "", want a business partner code of 1 to 15 characters`, `5:15: *c stands for nothing, want &c before it`}},
		"no YAML":                     {"card_code: C", "card_code: \"C", []string{`5:14: this is no YAML: could not find end character of double-quoted text`}},
		"a second document":           {"default:", "---\ndefault:", []string{`5:1: is a second document, want one in a file`}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := problemsOf(t, strings.Replace(small, tc.old, tc.new, 1))
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
		})
	}
}

// Several at once, from reading and from checking, in the order of the file, the same each time.
func TestParseRules_NamesAllProblemsAtOnce(t *testing.T) {
	text := `version: two
company: {local_currency: usd, curency: USD}
eligibility:
  states: {new: maybe, complete: later}
default:
  card_code: ""
  tax: {property: taxes, codes: [{code: E, percent: 0}]}
  freight: {expense_code: 1}
  due_days: soon
stores:
  2: {warehouse: "02"}
  3: {card_code: "", due_days: 4000}
`
	want := []string{
		`1:1: version: is "two", want a whole number`,
		`2:11: company.local_currency: is "usd", want three capital letters such as USD`,
		`2:32: company.curency: is no setting, want one of …`,
		`4:12: eligibility.states.new: is "maybe", want post or exclude`,
		`4:24: eligibility.states.complete: is "later", want post or exclude`,
		`6:3: default.card_code: is "", want a business partner code of 1 to 15 characters`,
		`7:9: default.tax.property: is "taxes", want tax_code or vat_group`,
		`9:3: default.due_days: is "soon", want a whole number`,
		`12:7: stores.3.card_code: is "", want a business partner code of 1 to 15 characters`,
		`12:22: stores.3.due_days: is 4000, want 0 to 3650`,
	}
	for range 20 {
		if got := problemsOf(t, text); !reflect.DeepEqual(got, want) {
			t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
}

// Expenses whose amount is final must not be taxed, and one code of B1 has one rate, or the proof is wrong.
func TestParseRules_DemandsTaxCodesThatTheProofCanReckonWith(t *testing.T) {
	tests := map[string]struct {
		old, new string
		want     []string
	}{
		"rounding with a taxed code":    {"tax_code: E}", "tax_code: F}", []string{`12:42: default.rounding.tax_code: is "F", on which B1 adds 19 % tax, want a code of tax.codes with percent 0: E`}},
		"rounding with another code":    {"tax_code: E}", "tax_code: G}", []string{`12:42: default.rounding.tax_code: is "G", which tax.codes does not list, want a code of tax.codes with percent 0: E`}},
		"rounding without a code":       {", tax_code: E}", "}", []string{`12:3: default.rounding.tax_code: is missing, want a code of tax.codes with percent 0: E`}},
		"an extra with a taxed code":    {"  rounding:", "  extras: {weee: {expense_code: 2, tax_code: F}}\n  rounding:", []string{`12:36: default.extras.weee.tax_code: is "F", on which B1 adds 19 % tax, want a code of tax.codes with percent 0: E`}},
		"one code with two rates":       {"percent: 19}", "percent: 19}\n      - {code: F, percent: 7, country: DE}", []string{`11:19: default.tax.codes[2].percent: is 7, but code F has 19 in codes[1], want the same: a code of B1 has one rate`}},
		"one code in two places":        {"percent: 19}", "percent: 19, country: DE}\n      - {code: F, percent: 19.0, country: AT}", nil},
		"codes of a store without them": {"default:", "stores: {2: {tax: {codes: [{code: A0, percent: 0}]}}}\ndefault:", []string{`4:10: stores.2.rounding.tax_code: is "E", which tax.codes does not list, want a code of tax.codes with percent 0: A0`}},
		"codes that cannot be read":     {"- {code: F, percent: 19}", "- {kode: F}", []string{`10:9: default.tax.codes[1].code: is "", want a tax code of B1`, `10:10: default.tax.codes[1].kode: is no setting (did you mean code?), want one of …`}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := problemsOf(t, strings.Replace(small, tc.old, tc.new, 1)); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
		})
	}
}

func TestParseRules_ReadsWhatIsWritten(t *testing.T) {
	text := strings.Replace(small, "default:", `stores:
  2: {warehouse: 01, series: null, payments: {a: {terms: 3}}, rounding: {max: 1}, tax: {property: vat_group}}
  3: {rounding: null}
  4:
  5: {<<: *us, due_days: 5}
default:`, 1)
	text = strings.Replace(text, "default:\n", "default: &us\n  series: 8\n  due_days: 2\n  payments: {b: {terms: 1}}\n", 1)
	r, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	base, two := r.Store(1), r.Store(2)
	if base.Series == nil || *base.Series != 8 || base.Rounding.Max.In("USD").String() != "0.05" || *base.Payments["b"].Terms != 1 {
		t.Errorf("the defaults are %+v", base)
	}
	if two.Warehouse != "01" || two.Series != nil || len(two.Payments) != 1 || *two.Payments["a"].Terms != 3 {
		t.Errorf("store 2 is %+v; want the warehouse 01, no series, its own payments alone", two)
	}
	if two.Rounding.Max.In("USD").String() != "1" || two.Rounding.ExpenseCode != 3 || two.Tax.Property != "vat_group" || len(two.Tax.Codes) != 2 || two.CardCode != "C" {
		t.Errorf("store 2 is %+v; want what it does not set from the defaults", two)
	}
	if r.Store(3).Rounding != nil || !reflect.DeepEqual(r.Store(4), base) {
		t.Errorf("store 3 rounds by %v, want not at all; store 4 is %+v, want the defaults", r.Store(3).Rounding, r.Store(4))
	}
	if five := r.Store(5); five.DueDays != 5 || *five.Series != 8 {
		t.Errorf("store 5 is %+v, want the merged table with its own due_days", five)
	}
}

// Whatever a file holds, it is accepted or its problems are named, with places inside of it.
func TestParseRules_NeverFails(t *testing.T) {
	whole := exampleText(t)
	pieces := []string{":", "-", "[", "]", "{", "}", "&a ", "*a", "<<: *a", "\n", "  ", "!!str ", "'", "\"", "|", "? ", "#", "null", "\t", "---\n", "%", "\x00", "é"}
	rapid.Check(t, func(t *rapid.T) {
		text := whole
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			end := min(len(text), at+rapid.IntRange(0, 30).Draw(t, "cut"))
			text = text[:at] + rapid.SampledFrom(pieces).Draw(t, "piece") + text[end:]
		}
		r, err := mapping.ParseRules([]byte(text))
		if err == nil {
			if r.ID() == "" || r.Default.CardCode == "" {
				t.Fatalf("accepted without its content: %+v", r)
			}
			return
		}
		problems, ok := errors.AsType[mapping.Problems](err)
		if !ok || len(problems) == 0 {
			t.Fatalf("the error is %v", err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Line > strings.Count(text, "\n")+2 || p.Message == "" || strings.Contains(p.String(), "\n") {
				t.Fatalf("a problem without a place in the file: %+v", p)
			}
		}
	})
}
