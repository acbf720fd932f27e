package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"datawald/mapping"
)

// magentoOrder is a Magento order as expressions see it.
const magentoOrder = `{
 "entity_id": 7, "increment_id": "000000007", "store_id": 1, "is_virtual": 0, "grand_total": 59.4110, "customer_group_id": "2",
 "created_at": "2026-03-31 22:30:00", "customer_note": "Müller & Söhne 上海 🎁", "total_qty_ordered": 3, "empty": "",
 "billing_address": {"firstname": "Jane", "lastname": "Doe", "street": ["5 Long Lane", "Flat 2"], "postcode": null},
 "payment": {"method": "checkmo", "po_number": "PO-1"},
 "items": [
  {"item_id": 11, "sku": "TEE-M", "qty_ordered": 2, "price": 0.1, "erp": "E-11"},
  {"item_id": "12", "parent_item_id": "11", "sku": "TEE-M-c", "qty_ordered": 1, "price": 0.2}
 ],
 "extension_attributes": {
  "payment_surcharge_amount": "5.3300", "big": 1e999999999, "weee": "[{\"amount\": 1.10}, {\"amount\": 2.20}]",
  "payment_additional_info": [{"key": "cc_type", "value": "VI"}, {"key": "last4", "value": "null"}],
  "shipping_assignments": [{"shipping": {"address": {"company": "ACME", "region_code": "CA"}}}]
 }}`

// fieldOf computes an expression as the rules' field U_X of an order with the document.
func fieldOf(t testing.TB, expression string) mapping.Result {
	t.Helper()
	quoted, _ := json.Marshal(expression)
	r := rulesWith(t, "default:\n", "default:\n  fields: {U_X: "+string(quoted)+"}\n")
	return r.Map(mapping.Input{Order: newCart().simple("MUG", "1", "5").order(), Source: mapping.NewSource([]byte(magentoOrder)), Now: today})
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExpression_Values(t *testing.T) {
	for expression, want := range map[string]any{
		`"web"`:              "web",
		`order.increment_id`: "000000007",
		`order.grand_total`:  "59.411",
		`0.1 + 0.2 == 0.3`:   "Y",
		`order.items[0].price + order.items[1].price`: "0.3",
		`order.grand_total * 3`:                       "178.233",
		`1 / 3`:                                       "0.333333",
		`-1 / 6`:                                      "-0.166667",
		`2 / 3 + 1`:                                   "1.666667",
		`7 % 4`:                                       "3",
		`-order.grand_total`:                          "-59.411",
		`order.nothing`:                               nil,
		`order.nothing.deeper[3].still`:               nil,
		`order.increment_id.x`:                        nil,
		`order.items[9]?.sku`:                         nil,
		`order.items[-1].sku`:                         "TEE-M-c",
		`order.nothing ?? "none"`:                     "none",
		`order.nothing + 2`:                           "2",
		`2 - order.nothing`:                           "2",
		`order.nothing - 2`:                           "-2",
		`order.nothing * 2`:                           nil,
		`order.nothing < 2`:                           "N",
		`order.nothing == nil`:                        "Y",
		`upper(order.nothing)`:                        nil,
		`billing.firstname + " " + billing.lastname`:  "Jane Doe",
		`billing.postcode`:                            nil,
		`shipping.company`:                            "ACME",
		`payment.po_number`:                           "PO-1",
		`info.cc_type`:                                "VI",
		`info.last4`:                                  nil,
		`key`:                                         "main:1:000000001",
		`instance + ":" + string(order.store_id)`:     "main:1",
		`order.is_virtual ? "v" : "g"`:                "g",
		`!order.is_virtual and order.store_id == 1`:   "Y",
		`order.customer_group_id == 2`:                "Y",
		`order.customer_group_id in [1, 2]`:           "Y",
		`{"2": "retail"}[order.customer_group_id]`:    "retail",
		`order.customer_note[0:6]`:                    "Müller",
		`order.customer_note[-1:]`:                    "🎁",
		`order.customer_note contains "上海"`:           "Y",
		`order.customer_note matches "^M.ller"`:       "Y",
		`order.store_id matches "^1$"`:                "Y",
		`join(billing.street, ", ")`:                  "5 Long Lane, Flat 2",
		`sum(order.items, .qty_ordered)`:              "3",
		`sum(order.items, .price * .qty_ordered)`:     "0.4",
		`sum(fromJSON(order.extension_attributes.weee), .amount)`:         "3.3",
		`sum(order.nothing, .x)`:                                          "0",
		`len(filter(order.items, .parent_item_id == nil))`:                "1",
		`count(order.items, .price > 0.15)`:                               "1",
		`find(order.items, .sku startsWith "TEE").item_id`:                "11",
		`any(order.items, .weee)`:                                         "N",
		`join(map(order.items, .sku), "+")`:                               "TEE-M+TEE-M-c",
		`order.items | map(.sku) | first()`:                               "TEE-M",
		`number(order.extension_attributes.payment_surcharge_amount) + 1`: "6.33",
		`round(order.grand_total, 2)`:                                     "59.41",
		`round(2.5)`:                                                      "3",
		`floor(order.grand_total) + ceil(0.1)`:                            "60",
		`max(1, order.grand_total, 2)`:                                    "59.411",
		`min(map(order.items, .price))`:                                   "0.1",
		`date(order.created_at)`:                                          "2026-03-31",
		`date(order.created_at, 2)`:                                       "2026-04-02",
		`date(order.empty)`:                                               nil,
		`date(order.created_at) < date("2026-04-01")`:                     "Y",
		`let x = order.grand_total; x - 9`:                                "50.411",
		`split("a-b-c", "-")[1]`:                                          "b",
		`replace(upper("a-b"), "-", "")`:                                  "AB",
		`if order.store_id > 1 { "more" } else { "one" }`:                 "one",
	} {
		r := fieldOf(t, expression)
		if r.Hold != nil {
			t.Errorf("%s is held: %s", expression, r.Hold.Message)
			continue
		}
		got, ok := r.Document.UserFields["U_X"]
		if want == nil && ok || want != nil && strings.Trim(string(asJSON(t, got)), `"`) != want {
			t.Errorf("%s is %v (%t), want %v", expression, got, ok, want)
		}
	}
}

func TestExpression_HoldsWhatIsNoValue(t *testing.T) {
	for expression, want := range map[string]string{
		`order.items`:                        "gives a list",
		`billing`:                            "gives a table",
		`order.customer_note + 1`:            "a text + a number",
		`order.customer_note * 2`:            "a text, where a number is wanted",
		`1 / order.is_virtual`:               "a division by zero",
		`order.extension_attributes.big + 1`: "a text, where a number is wanted",
		`order.customer_note ? 1 : 2`:        "a text, where true or false is wanted",
		`filter(order.grand_total, true)`:    "a number, where a list is wanted",
		`date(order.customer_note)`:          "no date such as 2026-01-31",
		`order.customer_note < 3`:            "a text, where a number is wanted",
		`billing.street < 3`:                 "a list, where a number is wanted",
	} {
		r := fieldOf(t, expression)
		if r.Hold == nil || r.Hold.Code != "field_not_computed" || !strings.Contains(r.Hold.Message, want) {
			t.Errorf("%s: %+v, want field_not_computed with %q", expression, r.Hold, want)
			continue
		}
		if strings.Contains(r.Hold.Message, "ller") || strings.Contains(r.Hold.Message, "Long Lane") {
			t.Errorf("%s: the hold quotes a value: %s", expression, r.Hold.Message)
		}
	}
}
