package mapping_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// namedFields are the user-defined fields that the rules name for orders of a store.
func namedFields(r *mapping.Rules, store int64) []string {
	s := r.Store(store)
	return slices.Concat([]string{r.Reference.UserField, s.Partner.Create.UserField},
		slices.Collect(maps.Keys(s.Fields)), slices.Collect(maps.Keys(s.LineFields)))
}

// checkSent wants whatever would be sent for an order to be in order: the document, and the partner and contact to create.
func checkSent(t testing.TB, known []schema, name string, r *mapping.Rules, o *order.Order, result mapping.Result) {
	t.Helper()
	for _, s := range known {
		check := func(typeName string, body any) {
			for _, p := range s.problems(typeName, body, namedFields(r, o.StoreID)) {
				t.Errorf("%s, by %s: %s", name, s.name, p)
			}
		}
		if result.Hold == nil {
			check("Document", result.Document)
		}
		if plan := r.PartnerPlan(o); plan.Create != nil {
			check("BusinessPartner", plan.Create)
		}
		if plan := r.PartnerPlan(o); plan.Contact != nil {
			check("ContactEmployee", plan.Contact)
		}
	}
}

func TestMetadata_WhatIsSentForTheGoldenOrdersIsWhatB1Takes(t *testing.T) {
	known := schemas(t)
	for _, name := range goldenNames(t) {
		if g := loadGolden(t, name); g.order != nil {
			checkSent(t, known, name, g.rules, g.order, g.result)
		}
	}
}

// creating are the example rules with a partner to create for every buyer.
const creating = "  partner: { customers: find_or_create, guests: find_or_create, find_by: [email], contact: true,\n" +
	"    create: { prefix: \"M-\", group: { \"*\": 100 }, currency: \"##\", terms: 1, sales_person: 2, price_list: 1, user_field: U_MagentoCustomer } }\n"

// The orders of a shop that makes them up, and the real ones beside the project where they are there.
func TestMetadata_WhatIsSentForTheOrdersOfShopsIsWhatB1Takes(t *testing.T) {
	rules, known := rulesWith(t, "  due_days:", creating+"  due_days:"), schemas(t)
	posted, created := 0, 0
	for name, raw := range shopDocuments(t) {
		o, err := magento.Convert("main", raw)
		if err != nil {
			continue // held before it is mapped
		}
		r := rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: today, Partner: &mapping.Partner{CardCode: "M-1"}})
		checkSent(t, known, name, rules, o, r)
		if r.Hold == nil {
			posted++
		}
		if rules.PartnerPlan(o).Create != nil {
			created++
		}
	}
	if posted < 200 || created < 200 {
		t.Errorf("only %d documents and %d partners were looked at", posted, created)
	}
}

// shopDocuments are the documents of a generated shop, with those of SANDBOX_ORDERS_DIR where it is set.
func shopDocuments(t testing.TB) map[string][]byte {
	t.Helper()
	shop, err := magentosim.New(magentosim.Config{Seed: 4, Orders: 300, ForeignPercent: 20, OrdersDir: ordersDir()})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, p := range shop.Orders() {
		raw, _ := shop.Document(p.EntityID)
		all[fmt.Sprintf("store %d, order %s (%s)", p.StoreID, p.IncrementID, p.Kind)] = raw
	}
	return all
}

func TestMetadata_TheCheckFindsWhatB1DoesNotTake(t *testing.T) {
	sound, named, known := loadGolden(t, "header-fields").outcome(t), namedFields(goldenRules(t, "header-fields"), 1), schemas(t)
	type object = map[string]any
	tests := map[string]struct {
		change func(doc, line object)
		want   string
	}{
		"a total, which becomes a discount":    {func(doc, _ object) { doc["DocTotal"] = 10 }, "Document.DocTotal is a figure that B1 computes"},
		"a tax sum":                            {func(doc, _ object) { doc["VatSum"] = 1.5 }, "Document.VatSum is not writable"},
		"a second price":                       {func(_, line object) { line["PriceAfterVAT"] = 5 }, "Document.DocumentLines[0].PriceAfterVAT is a figure that B1 computes"},
		"a number as text":                     {func(_, line object) { line["UnitPrice"] = "12.50" }, "Document.DocumentLines[0].UnitPrice is string, which is no Edm.Double"},
		"a text as number":                     {func(doc, _ object) { doc["NumAtCard"] = 77 }, "Document.NumAtCard is json.Number, which is no Edm.String"},
		"half a sales person":                  {func(doc, _ object) { doc["SalesPersonCode"] = 1.5 }, "Document.SalesPersonCode is json.Number, which is no Edm.Int32"},
		"a day with a time":                    {func(doc, _ object) { doc["DocDueDate"] = "2026-11-24 15:00" }, "Document.DocDueDate is string, which is no Edm.DateTime"},
		"a property that is misspelt":          {func(doc, _ object) { doc["Comment"] = "x" }, "Document.Comment does not exist"},
		"a property in the wrong place":        {func(doc, _ object) { doc["ItemCode"] = "x" }, "Document.ItemCode does not exist"},
		"an address field that is misspelt":    {func(doc, _ object) { doc["AddressExtension"].(object)["ShipToZip"] = "1" }, "Document.AddressExtension.ShipToZip does not exist"},
		"a member that an enumeration has not": {func(doc, _ object) { doc["HandWritten"] = true }, "Document.HandWritten is bool, which is no BoYesNoEnum"},
		"a user-defined field of nobody":       {func(doc, _ object) { doc["U_Other"] = "x" }, "Document.U_Other is a user-defined field that the rules do not name"},
		"one line that is no list":             {func(doc, line object) { doc["DocumentLines"] = line }, "Document.DocumentLines is map[string]interface {}, want a list"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var r struct {
				Document object `json:"document"`
			}
			d := json.NewDecoder(bytes.NewReader(sound))
			d.UseNumber()
			if err := d.Decode(&r); err != nil {
				t.Fatal(err)
			}
			tc.change(r.Document, r.Document["DocumentLines"].([]any)[0].(object))
			for _, s := range known {
				if got := s.problems("Document", r.Document, named); !slices.Equal(got, []string{tc.want}) {
					t.Errorf("%s: found %q, want %q", s.name, got, tc.want)
				}
			}
		})
	}
}

// Every property that fields and line_fields may set is one that B1 takes, in the type in which it is sent.
func TestMetadata_FieldsMaySetOnlyWhatB1Takes(t *testing.T) {
	block := func(samples map[string]string) (text string) {
		for _, name := range slices.Sorted(maps.Keys(samples)) {
			text += fmt.Sprintf("    %s: '%s'\n", name, samples[name])
		}
		return text
	}
	rules := rulesWith(t, "default:\n", "default:\n  fields:\n"+block(mapping.SampleProperties(true))+"  line_fields:\n"+block(mapping.SampleProperties(false)))
	g := loadGolden(t, "kind-simple")
	r := rules.Map(mapping.Input{Order: g.order, Source: mapping.NewSource(g.raw), Now: goldenNow})
	if r.Hold != nil {
		t.Fatalf("held: %s", r.Hold)
	}
	checkSent(t, schemas(t), "all fields", rules, g.order, r)
	for _, name := range slices.Sorted(maps.Keys(mapping.SampleProperties(true))) {
		if text := string(indented(t, r)); !strings.Contains(text, `"`+name+`"`) {
			t.Errorf("the field %s is not in the document", name)
		}
	}
}
