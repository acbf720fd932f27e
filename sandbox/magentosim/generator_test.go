package magentosim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/sandbox/magentosim"
)

// doc reads a generated order the way a stranger would.
type doc map[string]any

func (d doc) money(name string) decimal.Decimal {
	n, ok := d[name].(json.Number)
	if !ok {
		return decimal.Decimal{}
	}
	return decimal.RequireFromString(n.String())
}

func (d doc) text(name string) string { return fmt.Sprint(d[name]) }

func (d doc) list(name string) []doc {
	var out []doc
	list, _ := d[name].([]any)
	for _, one := range list {
		out = append(out, one.(map[string]any))
	}
	return out
}

func (d doc) sub(name string) doc {
	m, _ := d[name].(map[string]any)
	return m
}

// allOrders reads a whole shop through its API.
func allOrders(t *testing.T, shop running) []doc {
	var out []doc
	return append(out, doc(shop.search(byID...).json(t)).list("items")...)
}

// moneyRows are the rows a careful reader counts: of a bundle whose parts have prices the parts, otherwise the parent.
func moneyRows(order doc) []doc {
	children := map[string][]doc{}
	for _, item := range order.list("items") {
		if item["parent_item_id"] != nil {
			children[item.text("parent_item_id")] = append(children[item.text("parent_item_id")], item)
		}
	}
	var rows []doc
	for _, item := range order.list("items") {
		if item["parent_item_id"] != nil {
			continue
		}
		parts := children[item.text("item_id")]
		priced := slices.ContainsFunc(parts, func(d doc) bool { return !d.money("base_price").IsZero() })
		if item.text("product_type") == "bundle" && priced {
			rows = append(rows, parts...)
		} else {
			rows = append(rows, item)
		}
	}
	return rows
}

// checkMoney checks the identities of an order in base ("base_") or order currency ("").
func checkMoney(order doc, base string) error {
	get := func(name string) decimal.Decimal { return order.money(base + name) }
	compensation := order.money("shipping_discount_tax_compensation_amount")
	if base != "" {
		compensation = order.money("base_shipping_discount_tax_compensation_amnt")
	}
	sum := get("subtotal").Add(get("discount_amount")).Add(get("shipping_amount")).Add(get("tax_amount")).
		Add(get("discount_tax_compensation_amount")).Add(compensation)
	want := map[string][2]decimal.Decimal{"grand_total": {get("grand_total"), sum}}
	var subtotal, incl, tax, discount, comp decimal.Decimal
	for _, row := range moneyRows(order) {
		subtotal = subtotal.Add(row.money(base + "price").Mul(row.money("qty_ordered")).Round(2))
		incl = incl.Add(row.money(base + "price_incl_tax").Mul(row.money("qty_ordered")).Round(2))
		tax = tax.Add(row.money(base + "tax_amount"))
		discount = discount.Add(row.money(base + "discount_amount"))
		comp = comp.Add(row.money(base + "discount_tax_compensation_amount"))
	}
	want["subtotal"] = [2]decimal.Decimal{get("subtotal"), subtotal}
	want["tax_amount"] = [2]decimal.Decimal{get("tax_amount"), tax.Add(get("shipping_tax_amount"))}
	want["discount_amount"] = [2]decimal.Decimal{get("discount_amount").Neg(), discount.Add(get("shipping_discount_amount"))}
	want["discount_tax_compensation_amount"] = [2]decimal.Decimal{get("discount_tax_compensation_amount"), comp}
	for name, pair := range want {
		if !pair[0].Equal(pair[1]) {
			return fmt.Errorf("%s%s is %s, the parts make %s", base, name, pair[0], pair[1])
		}
	}
	if get("grand_total").IsNegative() {
		return fmt.Errorf("%sgrand_total is %s", base, get("grand_total"))
	}
	if drift := incl.Sub(get("subtotal_incl_tax")).Abs(); drift.GreaterThan(decimal.New(int64(len(order.list("items")))*10, -2)) {
		return fmt.Errorf("%ssubtotal_incl_tax is %s, the rows make %s", base, get("subtotal_incl_tax"), incl)
	}
	return nil
}

// checkRowTax checks the row algorithm where prices are net.
func checkRowTax(order doc) error {
	if order.text("store_id") == "2" {
		return nil
	}
	for _, row := range moneyRows(order) {
		net := row.money("price").Mul(row.money("qty_ordered")).Round(2).Sub(row.money("discount_amount"))
		want := net.Mul(row.money("tax_percent")).Shift(-2).Round(2)
		if !row.money("tax_amount").Equal(want) {
			return fmt.Errorf("row %s: tax_amount is %s, want %s", row.text("sku"), row.money("tax_amount"), want)
		}
	}
	return nil
}

// checkTaxes checks that the applied taxes make up the tax of the order.
func checkTaxes(order doc) error {
	ext := order.sub("extension_attributes")
	var byRate, byItem decimal.Decimal
	for _, tax := range ext.list("applied_taxes") {
		byRate = byRate.Add(tax.money("amount"))
	}
	for _, item := range ext.list("item_applied_taxes") {
		for _, tax := range item.list("applied_taxes") {
			byItem = byItem.Add(tax.money("amount"))
		}
	}
	if tax := order.money("tax_amount"); !byRate.Equal(tax) || !byItem.Equal(tax) {
		return fmt.Errorf("tax_amount is %s, applied_taxes make %s, item_applied_taxes %s", tax, byRate, byItem)
	}
	return nil
}

// checkShape checks the copies, the state's traces and the kinds of value.
func checkShape(order doc) error {
	items := order.list("items")
	byID := map[string]doc{}
	for _, item := range items {
		byID[item.text("item_id")] = item
		if item["parent_item_id"] != nil && !same(item["parent_item"], map[string]any(byID[item.text("parent_item_id")])) {
			return fmt.Errorf("row %s: parent_item is not its parent", item.text("item_id"))
		}
	}
	assignment := order.sub("extension_attributes").list("shipping_assignments")[0]
	if !same(assignment["items"], order["items"]) {
		return fmt.Errorf("shipping_assignments do not repeat the items")
	}
	if has := assignment.sub("shipping")["address"] != nil; has == (order.text("is_virtual") == "1") {
		return fmt.Errorf("is_virtual %s, shipping address %t", order.text("is_virtual"), has)
	}
	due := order.money("grand_total").Sub(order.money("total_paid"))
	if !order.money("total_due").Equal(due) {
		return fmt.Errorf("total_due is %s, want %s", order.money("total_due"), due)
	}
	if order.text("customer_is_guest") == "1" && order["customer_id"] != nil {
		return fmt.Errorf("a guest has customer_id %s", order.text("customer_id"))
	}
	if free := order.money("grand_total").IsZero(); free != (order.sub("payment").text("method") == "free") {
		return fmt.Errorf("grand_total %s is paid by %s", order.money("grand_total"), order.sub("payment").text("method"))
	}
	return checkValues("", map[string]any(order))
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// mayBeNull are the fields that Magento sends as null; everything else that is null is left out.
var mayBeNull = []string{"account_status", "cc_last4", "is_customer_notified", "additional_information"}

// checkValues looks at every value: no null where none may be, numbers plain and with at most four decimals.
func checkValues(name string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			if err := checkValues(key, one); err != nil {
				return err
			}
		}
	case []any:
		for _, one := range v {
			if err := checkValues(name, one); err != nil {
				return err
			}
		}
	case nil:
		if !slices.Contains(mayBeNull, name) {
			return fmt.Errorf("%s is null", name)
		}
	case json.Number:
		if strings.HasSuffix(name, "row_total_incl_tax") {
			return nil // added up in floating point
		}
		_, decimals, _ := strings.Cut(v.String(), ".")
		if len(decimals) > 4 || strings.ContainsAny(v.String(), "eE") {
			return fmt.Errorf("%s is %s", name, v)
		}
	case bool:
		if name != "converting_from_quote" {
			return fmt.Errorf("%s is a boolean", name)
		}
	case string:
		if strings.Contains(v, "@") && !strings.HasSuffix(v, "@example.com") {
			return fmt.Errorf("%s is %s", name, v)
		}
	}
	return nil
}

// TestGeneratedOrders: whatever the seed and the release, every order adds up and looks like Magento's.
func TestGeneratedOrders(t *testing.T) {
	catalogue := magentosim.Catalogue()
	rapid.Check(t, func(rt *rapid.T) {
		cfg := magentosim.Config{
			Seed: rapid.Int64().Draw(rt, "seed"), Orders: 25, ForeignPercent: rapid.IntRange(0, 100).Draw(rt, "foreign"),
			Version: rapid.SampledFrom([]string{"2.2.11", "2.3.5", "2.4.6", "2.4.6-p4", "2.4.8"}).Draw(rt, "version"),
		}
		shop := open(t, cfg)
		for _, kind := range magentosim.Kinds() {
			if kind == magentosim.KindReceived {
				continue // has no amounts
			}
			if _, err := shop.Place(magentosim.Placement{Kind: kind}); err != nil {
				rt.Fatal(err)
			}
		}
		numbers := map[string]bool{}
		for _, order := range allOrders(t, shop) {
			for _, err := range []error{
				checkMoney(order, ""), checkMoney(order, "base_"), checkRowTax(order), checkTaxes(order), checkShape(order),
				checkStamps(order), checkSKUs(order, catalogue),
			} {
				if err != nil {
					rt.Fatalf("order %s of store %s: %v", order.text("increment_id"), order.text("store_id"), err)
				}
			}
			key := order.text("store_id") + ":" + order.text("increment_id")
			if numbers[key] {
				rt.Fatalf("%s exists twice", key)
			}
			numbers[key] = true
		}
		if want := 25 + len(magentosim.Kinds()) - 1; len(numbers) != want {
			rt.Fatalf("%d orders, want %d", len(numbers), want)
		}
	})
}

func checkStamps(order doc) error {
	created, err := time.Parse("2006-01-02 15:04:05", order.text("created_at"))
	if err != nil {
		return err
	}
	updated, err := time.Parse("2006-01-02 15:04:05", order.text("updated_at"))
	if err != nil {
		return err
	}
	if updated.Before(created) || updated.After(noon) || noon.Sub(created) > 14*24*time.Hour {
		return fmt.Errorf("created_at %s, updated_at %s", created, updated)
	}
	return nil
}

func checkSKUs(order doc, catalogue []string) error {
	for _, row := range moneyRows(order) {
		if sku := row.text("sku"); !slices.Contains(catalogue, sku) && sku != "FORGOTTEN-ITEM" {
			return fmt.Errorf("%s is not in the catalogue", sku)
		}
	}
	return nil
}

// TestLines: a shop of equal orders, for measurements.
func TestLines(t *testing.T) {
	shop := open(t, magentosim.Config{Seed: 4, Orders: 50, Lines: 2})
	bytes := 0
	for _, placed := range shop.Orders() {
		raw, _ := shop.Document(placed.EntityID)
		bytes += len(raw)
		var doc struct {
			Items []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Items) != 2 || placed.Kind != magentosim.KindSimple {
			t.Errorf("a %s order of %d lines, %v", placed.Kind, len(doc.Items), err)
		}
	}
	if bytes /= 50; bytes < 7500 || bytes > 8500 {
		t.Errorf("%d bytes on average, want about 8,000", bytes)
	}
}
