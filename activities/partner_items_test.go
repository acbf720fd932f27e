package activities_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
)

// withSetting gives the rules of all workers one more setting of the stores, in one line.
func (c *counter) withSetting(line string) {
	c.t.Helper()
	rules, err := mapping.ParseRules([]byte(strings.Replace(exampleRulesText(c.t), "\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  "+line+"\n", 1)))
	if err != nil {
		c.t.Fatal(err)
	}
	*c.rules = *rules
}

const bundle = `{"item_id":1,"sku":"KIT","name":"Kit","product_type":"bundle","qty_ordered":2,"price":12},
	{"item_id":2,"parent_item_id":1,"sku":"PART","name":"Part","product_type":"simple","qty_ordered":4,"price":6}`

func TestInsertOrder_ABundleIsBrokenUpByB1(t *testing.T) {
	t.Parallel()
	part := b1sim.Item{Code: "PART", Sales: true}
	kit := b1sim.Item{Code: "KIT", Sales: true, Components: []b1sim.Component{{Code: "PART", Quantity: decimal.NewFromInt(2)}}}
	for name, tc := range map[string]struct {
		kit  b1sim.Item
		hold string
	}{"a bill of materials": {kit, ""}, "a plain item": {b1sim.Item{Code: "KIT", Sales: true}, "b1_bom_missing"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Items: []b1sim.Item{part, tc.kit}, Partners: []b1sim.Partner{webPartner}}, "{}", 1)
			c.withSetting("bundles: bom")
			old := `{"item_id":1,"sku":"A-1","name":"Mug","product_type":"simple","qty_ordered":2,"price":12}`
			doc := c.post(c.acts, c.buy(1, old, bundle))
			if tc.hold != "" {
				c.want(order.Held, tc.hold)
				return
			}
			if c.orderOf(doc); doc.BO.Lines != 1 || doc.BO.Total.Amount.String() != "24" {
				t.Errorf("B1 has %d lines without components, total %s", doc.BO.Lines, doc.BO.Total)
			}
		})
	}
}

func TestInsertOrder_AnItemIsFoundByItsBarcode(t *testing.T) {
	t.Parallel()
	mug := b1sim.Item{Code: "B1-MUG", Sales: true, Barcode: "A-1"}
	for name, tc := range map[string]struct {
		items []b1sim.Item
		hold  string
	}{"one": {[]b1sim.Item{mug}, ""}, "none": {nil, "barcode_unknown"}, "two": {[]b1sim.Item{mug, {Code: "CUP", Sales: true, Barcode: "A-1"}}, "barcode_ambiguous"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Items: tc.items, Partners: []b1sim.Partner{webPartner}}, "{}", 1)
			c.withSetting("items: {barcode: true}")
			doc := c.post(c.acts, c.buy(1))
			if tc.hold != "" {
				c.want(order.Held, tc.hold)
				return
			}
			c.orderOf(doc)
		})
	}
}
