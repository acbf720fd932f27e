package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
)

// mappedBy maps an order with the document magentoOrder by rules with further settings of all stores.
func mappedBy(t testing.TB, settings string, o *order.Order) mapping.Result {
	t.Helper()
	r := rulesWith(t, "default:\n", "default:\n"+settings)
	return r.Map(mapping.Input{Order: o, Source: mapping.NewSource([]byte(magentoOrder)), Now: today})
}

// teeOrder has the rows of magentoOrder.
func teeOrder() *order.Order {
	c := newCart().simple("TEE-M", "2", "5")
	c.o.Lines[0].ItemID = 11
	return c.order()
}

const someFields = `  fields:
    U_Text: 'order.customer_note'
    U_Short: { value: 'order.customer_note', max: 8 }
    U_Number: 'order.grand_total'
    U_Flag: 'order.grand_total > 50'
    U_Day: 'date(order.created_at)'
    U_None: 'order.nothing'
    U_Empty: 'trim("  ")'
    Comments: '"Note:\t" + order.customer_note'
    JournalMemo: '"J" + order.increment_id'
    SalesPersonCode: 'order.store_id'
    TransportationCode: '"3"'
    TaxDate: 'order.created_at'
    Confirmed: 'order.is_virtual'
  line_fields:
    U_Erp: 'item.erp'
    U_Parent: 'parent.sku'
    FreeText: 'upper(item.sku)'
    ItemDescription: '"Tee " + item.sku'
    WarehouseCode: '"02"'
    ShipDate: 'date(order.created_at, 3)'
    CostingCode2: 'string(order.customer_group_id)'
`

func TestFields_AreSetInTheirTypes(t *testing.T) {
	r := mappedBy(t, someFields, teeOrder())
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	d := r.Document
	for name, want := range map[string]string{"U_Text": `"Müller \u0026 Söhne 上海 🎁"`, "U_Short": `"Müller \u0026"`, "U_Number": "59.411", "U_Flag": `"Y"`,
		"U_Day": `"2026-03-31"`, "JournalMemo": `"J000000007"`, "Confirmed": `"tNO"`} {
		if got := string(asJSON(t, d.UserFields[name])); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"U_None", "U_Empty"} {
		if v, ok := d.UserFields[name]; ok {
			t.Errorf("%s is %v, want it left out", name, v)
		}
	}
	if d.Comments != "Note: Müller & Söhne 上海 🎁" || *d.SalesPersonCode != 1 || *d.TransportationCode != 3 || d.TaxDate.Format("2006-01-02") != "2026-03-31" {
		t.Errorf("the members are %q, %d, %d, %v", d.Comments, *d.SalesPersonCode, *d.TransportationCode, d.TaxDate)
	}
	l := d.Lines[0]
	if l.FreeText != "TEE-M" || l.ItemDescription != "Tee TEE-M" || l.WarehouseCode != "02" || l.UserFields["U_Erp"] != "E-11" || l.UserFields["CostingCode2"] != "2" {
		t.Errorf("the line is %+v", l)
	}
	if got := string(asJSON(t, l.UserFields["ShipDate"])); got != `"2026-04-03"` {
		t.Errorf("ShipDate is %s", got)
	}
	if _, ok := l.UserFields["U_Parent"]; ok {
		t.Error("a row without a parent has one")
	}
	if !slices.Contains(r.Notes, "U_Short cut from 20 to 8 characters") {
		t.Errorf("the notes are %q", r.Notes)
	}
	for _, n := range r.Notes {
		if strings.Contains(n, "ller") {
			t.Errorf("a note quotes a value: %s", n)
		}
	}
}

// Every property that fields may set is taken by B1, in the type in which it is sent.
func TestFields_AreTakenByB1(t *testing.T) {
	o := teeOrder()
	head, line := "  fields:\n", "  line_fields:\n"
	for name, value := range mapping.SampleProperties(true) {
		// These must exist in the company; the simulated one has others than the samples.
		switch name {
		case "PaymentMethod":
			value = `"Incoming CHK"`
		case "Series":
			value = "8"
		case "ContactPersonCode":
			continue // a contact of the partner; the simulated one has none
		}
		head += fmt.Sprintf("    %s: '%s'\n", name, value)
	}
	for name, value := range mapping.SampleProperties(false) {
		if name == "WarehouseCode" {
			value = `"01"`
		}
		line += fmt.Sprintf("    %s: '%s'\n", name, value)
	}
	r := mappedBy(t, head+line, o)
	if r.Hold != nil {
		t.Fatal(r.Hold)
	}
	client := company(t, b1sim.Config{Items: []b1sim.Item{{Code: "TEE-M", Name: "TEE-M", Sales: true}}})
	if _, err := client.CreateOrder(t.Context(), r.Document); err != nil {
		t.Error(err)
	}
}

func TestFields_HoldWhatIsNotOfTheirType(t *testing.T) {
	for setting, want := range map[string]string{
		"fields: {SalesPersonCode: 'order.grand_total'}": "fields.SalesPersonCode gives a number, want a whole number",
		"fields: {SalesPersonCode: '3000000000'}":        "fields.SalesPersonCode gives a number, want a whole number",
		"fields: {SalesPersonCode: '\"x\"'}":             "fields.SalesPersonCode gives a text, want a whole number",
		"fields: {TaxDate: 'order.customer_note'}":       "fields.TaxDate gives a text, want a date",
		"fields: {TaxDate: 'order.store_id'}":            "fields.TaxDate gives a number, want a date",
		"fields: {Confirmed: '\"yes\"'}":                 "fields.Confirmed gives a text, want true or false",
		"fields: {U_X: 'order.items'}":                   "fields.U_X gives a list",
		"line_fields: {ShippingMethod: '1.5'}":           "item TEE-M: The expression of line_fields.ShippingMethod gives a number, want a whole number",
	} {
		r := mappedBy(t, "  "+setting+"\n", teeOrder())
		if r.Hold == nil || r.Hold.Code != "field_not_computed" || !strings.Contains(r.Hold.Message, want) {
			t.Errorf("%s: %v, want %q", setting, r.Hold, want)
		}
	}
}

// B1 refuses a due date before the posting.
func TestFields_DueDateIsNeverOver(t *testing.T) {
	r := mappedBy(t, "  fields: {DocDueDate: 'order.created_at'}\n", teeOrder())
	if got := r.Document.DocDueDate.Format("2006-01-02"); r.Hold != nil || got != today.Format("2006-01-02") || len(r.Notes) != 1 {
		t.Errorf("it is %s (%v, %q), want the day of posting and a note", got, r.Hold, r.Notes)
	}
	r = mappedBy(t, "  fields: {DocDueDate: '\"2027-01-02\"'}\n", teeOrder())
	if got := r.Document.DocDueDate.Format("2006-01-02"); got != "2027-01-02" || len(r.Notes) != 0 {
		t.Errorf("it is %s (%q), want 2027-01-02", got, r.Notes)
	}
}

// What an expression takes out of an order may be personal: B1's answers must not bring it into logs.
func TestFields_ArePersonal(t *testing.T) {
	r := mappedBy(t, "  fields: {U_Note: 'order.customer_note', Comments: 'billing.firstname'}\n  line_fields: {U_Line: '\"for Jane\"', FreeText: '\"to Ann\"'}\n", teeOrder())
	got := mapping.Personal(teeOrder(), r.Document)
	for _, want := range []string{"Müller & Söhne 上海 🎁", "Jane", "for Jane", "to Ann"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	keyed := rulesWith(t, `user_field: ""`, `user_field: U_Key`).Map(mapping.Input{Order: teeOrder(), Now: today})
	if got := mapping.Personal(teeOrder(), keyed.Document); slices.Contains(got, "main:1:000000001") || slices.Contains(got, keyed.Document.Comments) {
		t.Errorf("the key is taken for personal: %q", got)
	}
	remark := mappedBy(t, "  fields: {Comments: '\"Magento order for \" + billing.firstname'}\n", teeOrder())
	if got := mapping.Personal(teeOrder(), remark.Document); !slices.Contains(got, "Magento order for Jane") {
		t.Errorf("a remark that the rules write is taken for the mapping's own: %q", got)
	}
}

func TestCheck_FieldsNeverTouchWhatIsProven(t *testing.T) {
	for setting, want := range map[string]string{
		"fields: {DocTotal: '1'}":                          `6:12: default.fields.DocTotal: decides the total, which is proven before an order is sent`,
		"line_fields: {UnitPrice: '1'}":                    `6:17: default.line_fields.UnitPrice: decides the total, which is proven before an order is sent`,
		"line_fields: {TaxCode: '\"E\"'}":                  `6:17: default.line_fields.TaxCode: decides the tax: see tax.codes`,
		"fields: {NumAtCard: '\"x\"'}":                     `6:12: default.fields.NumAtCard: is how the order is found again in B1: see reference and partner`,
		"fields: {DocCurrency: '\"EUR\"'}":                 `6:12: default.fields.DocCurrency: is the currency of the document: see currency`,
		"line_fields: {ItemCode: '\"x\"'}":                 `6:17: default.line_fields.ItemCode: says what is sold: see items`,
		"fields: {DocDate: '\"2026-01-01\"'}":              `6:12: default.fields.DocDate: is the day of posting: see dates`,
		"fields: {U_X: }":                                  `6:12: default.fields.U_X.value: is empty, want an expression; a text stands in quotes: '"web"'`,
		"fields: {U_X: {max: 5}}":                          `6:12: default.fields.U_X.value: is empty, want an expression; a text stands in quotes: '"web"'`,
		"fields: {U_X: {value: '1', max: -1}}":             `6:30: default.fields.U_X.max: is -1, want 0 to 65536`,
		"fields: {SalesPersonCode: {value: '1', max: 4}}":  `6:42: default.fields.SalesPersonCode.max: is 4, but the property is a whole number, want no max`,
		"fields: {U_X: [1]}":                               `6:12: default.fields.U_X: is a list, want a table of settings (name: value)`,
		"fields: {U_X: {value: [1]}}":                      `6:18: default.fields.U_X.value: is a list, want a single value`,
		"fields: {U_K: '1'}\nreference: {user_field: U_K}": `6:12: default.fields.U_K: is reference.user_field, want another field: it takes the order key`,
	} {
		setting, more, _ := strings.Cut(setting, "\n")
		got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  "+setting+"\n", 1)+more+"\n")
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s:\n  got  %q\n  want %q", setting, got, want)
		}
	}
	got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  fields: {Commments: '1'}\n", 1))
	if len(got) != 1 || !strings.HasPrefix(got[0], "6:12: default.fields.Commments: is no property that fields may set, want a user-defined one such as U_Source, or one of AgentCode, ") {
		t.Errorf("a wrong name is reported as %q", got)
	}
}
