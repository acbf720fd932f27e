package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
)

func TestCheck_ExpressionsInPlainWords(t *testing.T) {
	names := "order, billing, shipping, payment, info, key, instance, item, parent or a function ("
	for expression, want := range map[string]string{
		`web`:                                 `names web at its character 1, which there is not, want one of ` + names,
		`1 + foo(2)`:                          `names foo at its character 5, which there is not, want one of `,
		`order.`:                              `is no expression: `,
		`"a`:                                  `is no expression: literal not terminated at its character 3`,
		`order.grand_total.Pow(9)`:            `is no expression: a call of something that is no function at its character 1`,
		`round()`:                             `is no expression: round with 0 values in brackets, want 1 to 2 at its character 1`,
		`upper("a", "b")`:                     `is no expression: upper with 2 values in brackets, want 1 at its character 1`,
		`2 ** 3`:                              `is no expression: the operator **, which is not one of those for expressions at its character 3`,
		`1..9`:                                `is no expression: the operator .., which is not one of those for expressions at its character 2`,
		`$env`:                                `names $env at its character 1, which there is not, want one of `,
		`now()`:                               `names now at its character 1, which there is not, want one of `,
		`env("HOME")`:                         `names env at its character 1, which there is not, want one of `,
		`reduce(order.items, #acc + 1, 0)`:    `is no expression: `,
		`groupBy(order.items, .sku)`:          `is no expression: the function groupBy, which is not one of those for expressions at its character 1`,
		`order.sku matches billing.x`:         `is no expression: matches without a pattern in quotes behind it at its character 11`,
		`order.sku matches "("`:               `is no expression: `,
		`0.12345678901234567`:                 `is no expression: a number of more than 15 digits at its character 1`,
		`1234567890.1234567`:                  `is no expression: a number of more than 15 digits at its character 1`,
		`1e400`:                               `is no expression: `,
		`item.sku`:                            `reads item or parent, which only items.code and line_fields have; a loop reads rows of the order: sum(order.items, .qty_ordered)`,
		`"` + strings.Repeat("x", 4000) + `"`: `has 4002 characters, want at most 4000: use a hook`,
		`1` + strings.Repeat(" + 1", 600):     `is no expression: `,
		"1 +\n  foo":                          `names foo in its line 2 at character 3, which there is not, want one of `,
	} {
		text := strings.Replace(small, "  card_code: C\n", "  card_code: C\n  fields: {U_X: "+string(asJSON(t, expression))+"}\n", 1)
		got := problemsOf(t, text)
		if len(got) != 1 || !strings.HasPrefix(got[0], "6:12: default.fields.U_X: "+want) {
			t.Errorf("%.40s:\n  got  %.200q\n  want %q", expression, got, want)
		}
	}
	got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  fields: {U_X: web}\n", 1))
	if len(got) != 1 || !strings.HasSuffix(got[0], `; to write the text itself, put it in quotes: '"web"'`) {
		t.Errorf("a text without quotes: %q", got)
	}
}

func TestCheck_ExpressionsStandInExtrasAndLines(t *testing.T) {
	for setting, want := range map[string]string{
		`line_fields: {U_X: 'item.sku + parent.sku'}`:                           ``,
		`items: {code: 'item.sku'}`:                                             ``,
		`extras: {gift_card: {expense_code: 4, tax_code: E, amount: 'item.x'}}`: `6:54: default.extras.gift_card.amount: reads item or parent`,
		`extras: {gift_card: {expense_code: 4, tax_code: E, tax: 'x'}}`:         `6:54: default.extras.gift_card.tax: names x at its character 1`,
	} {
		got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  "+setting+"\n", 1))
		// A store may have other problems with the extra.
		named := slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) })
		if want == "" && len(got) != 0 || want != "" && !named {
			t.Errorf("%s: %q, want %q", setting, got, want)
		}
	}
}

// Nothing that a rule or an order holds makes an expression run on, or grow.
func TestExpression_IsBounded(t *testing.T) {
	for expression, want := range map[string]string{
		`len(filter(split("` + strings.Repeat("a,", 950) + `", ","), len(filter(split("` + strings.Repeat("b,", 950) + `", ","), # == "x" or # == "y" or # == "z")) == 0))`: "more than 5000000 steps",
		`let a = "` + strings.Repeat("x", 1000) + `"; let b = a+a+a+a+a+a+a+a+a+a; let c = b+b+b+b+b+b+b+b+b+b; c`:                                                          "a text of more than",
		`let a = "xxxxxxxxxx"; let b = replace(replace(a, "x", a), "x", a); replace(replace(b, "x", a), "x", a)`:                                                            "a text of more than",
		`let a = join(map(split("` + strings.Repeat("b,", 1000) + `", ","), "` + strings.Repeat("y", 100) + `")); a`:                                                        "a text of more than",
		`len(filter(split("` + strings.Repeat("a,", 1000) + `", ","), len(map(map(split("` + strings.Repeat("b,", 800) + `", ","), #), #)) > 2000))`:                        "lists of more than a million elements",
		`let a = 123456789; let b = a*a*a*a; b*b*b`: "a number of more than",
	} {
		r := fieldOf(t, expression)
		if r.Hold == nil || !strings.Contains(r.Hold.Message, want) {
			t.Errorf("%.60s: %v, want %q", expression, r.Hold, want)
		}
	}
}

// The loops of all expressions of an order count together.
func TestExpression_LoopsCountTogether(t *testing.T) {
	loop := `'len(filter(split("` + strings.Repeat("a,", 1000) + `", ","), len(filter(split("` + strings.Repeat("b,", 700) + `", ","), # == "x" or # == "y")) == 0)) > 0'`
	settings := "  fields:\n    U_A: " + loop + "\n"
	if r := mappedBy(t, settings, teeOrder()); r.Hold != nil {
		t.Fatalf("one alone: %v", r.Hold)
	}
	r := mappedBy(t, settings+"    U_B: "+loop+"\n", teeOrder())
	if r.Hold == nil || r.Hold.Field != "fields.U_B" || !strings.Contains(r.Hold.Message, "5000000 steps") {
		t.Errorf("two of them: %v", r.Hold)
	}
}

// FuzzExpression: whatever a person writes and an order holds, there is a problem, a value or a hold, and soon.
func FuzzExpression(f *testing.F) {
	for _, e := range []string{`order.grand_total * 2`, `sum(order.items, .price)`, `date(order.created_at)`, `billing.street[0][1:3]`, `info.x ?? "-"`,
		`order.a matches "x+"`, `let x = order; x.items | filter(.sku in ["a"]) | map(.sku) | join(",")`, `-order.x % 3`, `item.sku`} {
		f.Add(e, magentoOrder)
	}
	f.Add(`order.x + order.y`, `{"x": 1e999999999, "y": -0.0e-99999999}`)
	f.Add(`order.items[order.n]`, `{"n": -9223372036854775808, "items": [[[[]]]]}`)
	f.Fuzz(func(t *testing.T, expression, document string) {
		text := strings.Replace(small, "  card_code: C\n", "  card_code: C\n  payments: {checkmo: {terms: 1}}\n  shippings: {flatrate_flatrate: 1}\n"+
			"  line_fields: {U_X: "+string(asJSON(t, expression))+"}\n", 1)
		r, err := mapping.ParseRules([]byte(text))
		if err != nil {
			return
		}
		result := r.Map(mapping.Input{Order: teeOrder(), Source: mapping.NewSource([]byte(document)), Now: today})
		again := r.Map(mapping.Input{Order: teeOrder(), Source: mapping.NewSource([]byte(document)), Now: today})
		if a, b := asJSON(t, result), asJSON(t, again); string(a) != string(b) {
			t.Errorf("twice the same order gives\n%s\n%s", a, b)
		}
	})
}
