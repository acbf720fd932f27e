package mapping_test

import (
	"reflect"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
)

// itemsOf gives code and free text of the only row by rules with the items settings, or the code of the hold.
func itemsOf(t testing.TB, items string, l order.Line, known map[string]string) (code, freeText string, r mapping.Result) {
	t.Helper()
	c := newCart()
	l.ProductType, l.QtyOrdered, l.Price = order.Simple, d("1"), d("5")
	c.add(l)
	c.o.Lines[0].ItemID = 11
	rules := rulesWith(t, "default:\n", "default:\n  items: "+items+"\n")
	r = rules.Map(mapping.Input{Order: c.order(), Source: mapping.NewSource([]byte(magentoOrder)), Now: today, Items: known})
	if len(r.Document.Lines) == 0 {
		return "", "", r
	}
	return r.Document.Lines[0].ItemCode, r.Document.Lines[0].FreeText, r
}

func TestItems_Codes(t *testing.T) {
	plain, options := order.Line{SKU: "TEE-M"}, order.Line{SKU: "MUG-ENG-WRAP", CustomOptions: true}
	for name, tc := range map[string]struct {
		items    string
		line     order.Line
		code     string
		freeText string
	}{
		"the SKU":                       {`{}`, plain, "TEE-M", ""},
		"a table":                       {`{table: {TEE-M: A100}}`, plain, "A100", ""},
		"a pattern":                     {`{table: {"TEE-*": A100, "T*": A200}}`, plain, "A100", ""},
		"a pattern over a slash":        {`{table: {"TEE*": A100}}`, order.Line{SKU: "TEE/M"}, "A100", ""},
		"exactly before a pattern":      {`{table: {TEE-M: A1, "TEE-M*": A2}}`, plain, "A1", ""},
		"a name that looks like a glob": {`{table: {"TEE[M": A1}}`, order.Line{SKU: "TEE[M"}, "A1", ""},
		"an expression":                 {`{code: 'item.erp ?? item.sku'}`, plain, "E-11", ""},
		"the table before it":           {`{code: item.erp, table: {TEE-M: A1}}`, plain, "A1", ""},
		"a number":                      {`{code: order.entity_id}`, plain, "7", ""},
		"a SKU with options":            {`{}`, options, "MUG-ENG-WRAP", ""},
		"options taken off":             {`{options: [ENG, WRAP]}`, options, "MUG", "ENG, WRAP"},
		"an option by pattern":          {`{options: ["EN*", WRAP]}`, options, "MUG", "ENG, WRAP"},
		"another option stays":          {`{options: [WRAP]}`, options, "MUG-ENG", "WRAP"},
		"an option inside stays":        {`{options: [ENG]}`, options, "MUG-ENG-WRAP", ""},
		"an option with a dash":         {`{options: [GIFT-WRAP]}`, order.Line{SKU: "MUG-GIFT-WRAP", CustomOptions: true}, "MUG", "GIFT-WRAP"},
		"a product named like one":      {`{options: [WRAP]}`, order.Line{SKU: "PAPER-WRAP"}, "PAPER-WRAP", ""},
		"each option once":              {`{options: [WRAP]}`, order.Line{SKU: "PAPER-WRAP-WRAP", CustomOptions: true}, "PAPER-WRAP", "WRAP"},
		"never all of it":               {`{options: [WRAP]}`, order.Line{SKU: "-WRAP", CustomOptions: true}, "-WRAP", ""},
		"the table, without options":    {`{options: [ENG, WRAP], table: {MUG: A9}}`, options, "A9", "ENG, WRAP"},
		"the table, with all options":   {`{options: [ENG, WRAP], table: {MUG: A9, MUG-ENG-WRAP: A10}}`, options, "A10", "ENG, WRAP"},
	} {
		code, freeText, r := itemsOf(t, tc.items, tc.line, nil)
		if r.Hold != nil || code != tc.code || freeText != tc.freeText {
			t.Errorf("%s: %q with %q (%v), want %q with %q", name, code, freeText, r.Hold, tc.code, tc.freeText)
		}
	}
}

func TestItems_Hold(t *testing.T) {
	for name, tc := range map[string]struct {
		items, code string
		line        order.Line
		known       map[string]string
	}{
		"no SKU":               {`{}`, "sku_missing", order.Line{}, nil},
		"a table and no SKU":   {`{table: {"*": A1}}`, "sku_missing", order.Line{}, nil},
		"nothing computed":     {`{code: item.nothing}`, "item_code_missing", order.Line{SKU: "A"}, nil},
		"only space":           {`{code: '"\t "'}`, "item_code_missing", order.Line{SKU: "A"}, nil},
		"a list":               {`{code: order.items}`, "field_not_computed", order.Line{SKU: "A"}, nil},
		"51 characters":        {`{}`, "item_code_too_long", order.Line{SKU: strings.Repeat("x", 51)}, nil},
		"51 units":             {`{}`, "item_code_too_long", order.Line{SKU: strings.Repeat("🎁", 25) + "x"}, nil},
		"an unknown barcode":   {`{barcode: true}`, "barcode_unknown", order.Line{SKU: "4006381333931"}, map[string]string{}},
		"a barcode of no item": {`{barcode: true}`, "barcode_unknown", order.Line{SKU: "4006381333931"}, map[string]string{"4006381333931": ""}},
	} {
		if _, _, r := itemsOf(t, tc.items, tc.line, tc.known); r.Hold == nil || r.Hold.Code != tc.code {
			t.Errorf("%s: %v, want %s", name, r.Hold, tc.code)
		}
	}
	if code, _, r := itemsOf(t, `{}`, order.Line{SKU: strings.Repeat("🎁", 25)}, nil); r.Hold != nil || len(code) != 100 {
		t.Errorf("50 units are %q, %v", code, r.Hold)
	}
}

func TestItems_BarcodesAreAskedOfB1(t *testing.T) {
	c := newCart().simple("4006381333931", "1", "5").simple("A1", "1", "5").simple("4006381333931", "2", "5").simple("200", "1", "5")
	rules := rulesWith(t, "default:\n", "default:\n  items: {barcode: true, table: {A1: ITEM-1}}\n")
	o := c.order()
	if got := rules.Barcodes(o, nil); !reflect.DeepEqual(got, []string{"200", "4006381333931"}) {
		t.Errorf("B1 is asked for %q", got)
	}
	if got := exampleRules(t).Barcodes(o, nil); got != nil {
		t.Errorf("without barcodes B1 is asked for %q", got)
	}
	before := rules.Map(mapping.Input{Order: o, Now: today})
	if got := shape(before); before.Hold != nil || !strings.HasPrefix(got, "1 x 4006381333931 @ 5") || len(before.Notes) != 3 {
		t.Errorf("before B1 was asked: %s (%v, %q)", got, before.Hold, before.Notes)
	}
	after := rules.Map(mapping.Input{Order: o, Now: today, Items: map[string]string{"200": "ITEM-3", "4006381333931": "ITEM-2"}})
	if got, want := shape(after), "1 x ITEM-2 @ 5 Exempt; 1 x ITEM-1 @ 5 Exempt; 2 x ITEM-2 @ 5 Exempt; 1 x ITEM-3 @ 5 Exempt"; got != want || len(after.Notes) != 0 {
		t.Errorf("after: %s (%q), want %s", got, after.Notes, want)
	}
	missing := rules.Map(mapping.Input{Order: o, Now: today, Items: map[string]string{"200": "ITEM-3"}})
	if missing.Hold == nil || missing.Hold.Code != "barcode_unknown" || missing.Hold.Field != "item 4006381333931" {
		t.Errorf("without one: %v", missing.Hold)
	}
}

func TestCheck_Items(t *testing.T) {
	for setting, want := range map[string]string{
		`items: {table: {A: ""}}`:                              `6:19: default.items.table.A: is "", want an item code of 1 to 50 characters`,
		`items: {table: {A: ` + strings.Repeat("x", 51) + `}}`: `6:19: default.items.table.A: is "` + strings.Repeat("x", 51) + `", want an item code of 1 to 50 characters`,
		`items: {options: ["*"]}`:                              `6:11: default.items.options: has "*", want SKUs of options, or patterns such as ENG*`,
		`items: {code: sku}`:                                   `6:11: default.items.code: names sku at its character 1, which there is not, `,
	} {
		got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  "+setting+"\n", 1))
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s:\n  got  %q\n  want %q", setting, got, want)
		}
	}
}
