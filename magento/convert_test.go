package magento_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/magento"
	"datawald/order"
)

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// convert wants the document to be understood.
func convert(t *testing.T, raw []byte) *order.Order {
	t.Helper()
	o, err := magento.Convert("main", raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return o
}

// value marks a member whose JSON is given as it is written.
func value(text string) json.RawMessage { return json.RawMessage(text) }

func TestConvert_TakesWhatB1MustKnow(t *testing.T) {
	o := convert(t, document(map[string]any{
		"is_virtual": 0, "customer_id": 17, "customer_group_id": 3, "customer_taxvat": "DE1",
		"discount_tax_compensation_amount": 0.38, "shipping_discount_amount": 1, "shipping_tax_amount": 0.5,
		"shipping_discount_tax_compensation_amount": 0.02, "total_paid": 10, "total_refunded": 4, "total_canceled": 1,
		"payment": map[string]any{"method": "purchaseorder", "po_number": "PO-7"},
		"extension_attributes": map[string]any{
			"shipping_assignments": []any{map[string]any{"shipping": map[string]any{"method": "flatrate_flatrate",
				"address": map[string]any{"firstname": "Li", "lastname": "Wu", "street": []any{"Südstraße 1", "2. OG"}, "city": "Ulm",
					"region": "Bayern", "region_code": "BAY", "region_id": 81, "postcode": "89073", "country_id": "DE", "telephone": "1", "vat_id": "DE9"}}}},
			"item_applied_taxes": []any{
				map[string]any{"type": "product", "applied_taxes": []any{map[string]any{"percent": 19, "amount": 1}}},
				map[string]any{"type": "shipping", "applied_taxes": []any{map[string]any{"percent": 7.5, "amount": 1}, map[string]any{"percent": 1}}}},
			"gift_cards_amount": 3, "customer_balance_amount": 2, "reward_currency_amount": 1,
			"gw_price": "1.10", "gw_items_price": "", "gw_card_price": nil, "gw_tax_amount": 0.2,
		},
	}))
	if o.Key != "main:1:000000007" || o.EntityID != 7 || o.Instance != "main" || o.StoreID != 1 || o.IncrementID != "000000007" {
		t.Errorf("named %+v", o)
	}
	if !o.CreatedAt.Equal(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)) || !o.UpdatedAt.Equal(time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("times %v, %v", o.CreatedAt, o.UpdatedAt)
	}
	if want := (order.Customer{ID: 17, GroupID: 3, Email: "jane.doe@example.com", FirstName: "Jane", LastName: "Doe", TaxVAT: "DE1"}); o.Customer != want {
		t.Errorf("customer %+v, want %+v", o.Customer, want)
	}
	if o.Payment != (order.Payment{Method: "purchaseorder", PONumber: "PO-7"}) || o.ShippingMethod != "flatrate_flatrate" || o.Virtual {
		t.Errorf("payment %+v, shipping %q, virtual %t", o.Payment, o.ShippingMethod, o.Virtual)
	}
	want := &order.Address{FirstName: "Li", LastName: "Wu", Street: []string{"Südstraße 1", "2. OG"}, City: "Ulm", Region: "Bayern",
		RegionCode: "BAY", RegionID: 81, Postcode: "89073", Country: "DE", Telephone: "1", VATID: "DE9"}
	if !reflect.DeepEqual(o.Shipping, want) {
		t.Errorf("shipping address %+v, want %+v", o.Shipping, want)
	}
	if o.Currency != "EUR" || o.BaseCurrency != "USD" || !o.BaseToOrderRate.Equal(num("0.9")) {
		t.Errorf("currencies %s, %s, rate %s", o.Currency, o.BaseCurrency, o.BaseToOrderRate)
	}
	x := o.Totals
	for name, c := range map[string]struct {
		got  decimal.Decimal
		want string
	}{
		"subtotal": {x.Subtotal, "24"}, "discount": {x.Discount, "-2"}, "shipping": {x.Shipping, "5"}, "tax": {x.Tax, "2.9"},
		"shipping discount": {x.ShippingDiscount, "1"}, "shipping tax": {x.ShippingTax, "0.5"}, "compensation": {x.TaxCompensation, "0.38"},
		"shipping compensation": {x.ShippingTaxCompensation, "0.02"}, "wrap": {x.GiftWrap, "1.1"}, "tax on wrap": {x.GiftWrapTax, "0.2"}, "cards": {x.GiftCards, "3"},
		"credit": {x.StoreCredit, "2"}, "points": {x.RewardPoints, "1"}, "grand": {x.Grand, "29.9"}, "paid": {x.Paid, "10"},
		"refunded": {x.Refunded, "4"}, "canceled": {x.Canceled, "1"},
		"qty": {o.Lines[0].QtyOrdered, "2"}, "price": {o.Lines[0].Price, "12"}, "price with tax": {o.Lines[0].PriceInclTax, "13.2"},
		"line discount": {o.Lines[0].Discount, "2"}, "line tax": {o.Lines[0].Tax, "2.4"}, "percent": {o.Lines[0].TaxPercent, "10"},
	} {
		if !c.got.Equal(num(c.want)) {
			t.Errorf("%s is %s, want %s", name, c.got, c.want)
		}
	}
	if len(o.ShippingRates) != 2 || !o.ShippingRates[0].Percent.Equal(num("7.5")) {
		t.Errorf("taxes on shipping %v, want 7.5 and 1", o.ShippingRates)
	}
	if l := o.Lines[0]; len(o.Lines) != 1 || l.ItemID != 1 || l.SKU != "A-1" || l.Name != "Mug" || l.ProductType != order.Simple || l.ParentItemID != 0 {
		t.Errorf("lines %+v", o.Lines)
	}
}

func TestConvert_BearsWhatRealShopsWrite(t *testing.T) {
	base := convert(t, document(nil))
	item := func(extra string) any {
		return value(`[{"item_id":"1","sku":" A-1 ","name":"Mug","product_type":"simple","qty_ordered":"2.0000","price":"12.0000",
			"price_incl_tax":"13.2","discount_amount":"2","tax_amount":"2.40","tax_percent":"10.0000"` + extra + `}]`)
	}
	address := func(street string) any {
		return value(`{"firstname":"Jane","lastname":"Doe","street":` + street + `,"city":"Bonn","country_id":"DE"}`)
	}
	for _, c := range []struct {
		name   string
		change map[string]any
		// same is true when the order must be the one of the document without the change.
		same  bool
		check func(o *order.Order) bool
	}{
		{"amounts as strings", map[string]any{"grand_total": "29.9000", "subtotal": "24", "tax_amount": " 2.9 ", "base_to_order_rate": "0.9000", "items": item("")}, true, nil},
		{"ids and flags as strings", map[string]any{"entity_id": "7", "store_id": "1", "is_virtual": "0", "customer_is_guest": "1"}, true, nil},
		{"flags as booleans", map[string]any{"is_virtual": true}, false, func(o *order.Order) bool { return o.Virtual }},
		{"flags as numbers", map[string]any{"is_virtual": 1, "items": item(`,"is_virtual":"1"`)}, false, func(o *order.Order) bool { return o.Virtual && o.Lines[0].Virtual }},
		{"a whole number with a point", map[string]any{"store_id": value("1.0"), "entity_id": "7.000"}, true, nil},
		{"nulls for optional amounts", map[string]any{"shipping_tax_amount": value("null"), "total_paid": value("null"), "discount_tax_compensation_amount": ""}, true, nil},
		{"noise of floats", map[string]any{"grand_total": value("29.900000000000002")}, false, func(o *order.Order) bool { return o.Totals.Grand.Equal(num("29.900000000000002")) }},
		{"exponents", map[string]any{"subtotal": value("2.4e1"), "tax_amount": value("29E-1")}, true, nil},
		{"no state", map[string]any{"state": nil}, false, func(o *order.Order) bool { return o.State == "" && o.Status == "processing" }},
		{"no status", map[string]any{"status": value("null")}, false, func(o *order.Order) bool { return o.Status == "" && o.State == "processing" }},
		{"an increment_id as a number", map[string]any{"increment_id": 100000007}, false, func(o *order.Order) bool { return o.Key == "main:1:100000007" }},
		{"an increment_id with space around it", map[string]any{"increment_id": " 000000007\n"}, true, nil},
		{"a deleted store", map[string]any{"store_id": nil}, false, func(o *order.Order) bool { return o.Key == "main:0:000000007" }},
		{"no updated_at", map[string]any{"updated_at": nil}, false, func(o *order.Order) bool { return o.UpdatedAt.Equal(o.CreatedAt) }},
		{"times with a T", map[string]any{"created_at": "2026-11-01T10:00:00", "updated_at": "2026-11-02T11:00:00Z"}, true, nil},
		{"times with an offset", map[string]any{"created_at": "2026-11-01T12:00:00+02:00", "updated_at": "2026-11-02T11:00:00+00:00"}, true, nil},
		{"a guest", map[string]any{"customer_is_guest": 1, "customer_firstname": nil, "customer_lastname": value("null")}, false,
			func(o *order.Order) bool { return o.Customer.Guest && o.Customer.FirstName == "" }},
		{"street as a string", map[string]any{"billing_address": address(`"Long Lane 5"`)}, true, nil},
		{"street with line ends", map[string]any{"billing_address": address(`"Long Lane 5\r\n\n 2nd floor "`)}, false,
			func(o *order.Order) bool { return strings.Join(o.Billing.Street, "|") == "Long Lane 5|2nd floor" }},
		{"street with empty lines", map[string]any{"billing_address": address(`["Long Lane 5","",null," "]`)}, true, nil},
		{"street as a number", map[string]any{"billing_address": address(`[5]`)}, false, func(o *order.Order) bool { return o.Billing.Street[0] == "5" }},
		{"street with its lines numbered", map[string]any{"billing_address": address(`{"0":"Long Lane 5","2":"2nd floor","10":"back"}`)}, false,
			func(o *order.Order) bool { return strings.Join(o.Billing.Street, "|") == "Long Lane 5|2nd floor|back" }},
		{"street null", map[string]any{"billing_address": address(`null`)}, false, func(o *order.Order) bool { return len(o.Billing.Street) == 0 }},
		{"no street", map[string]any{"billing_address": value(`{"city":"Bonn"}`)}, false, func(o *order.Order) bool { return o.Billing.City == "Bonn" }},
		{"a postcode as a number", map[string]any{"billing_address": value(`{"postcode":53111}`)}, false, func(o *order.Order) bool { return o.Billing.Postcode == "53111" }},
		{"no billing address", map[string]any{"billing_address": nil}, false, func(o *order.Order) bool { return o.Billing.City == "" }},
		{"no payment", map[string]any{"payment": nil}, false, func(o *order.Order) bool { return o.Payment.Method == "" }},
		{"no items", map[string]any{"items": nil}, false, func(o *order.Order) bool { return len(o.Lines) == 0 }},
		{"PHP's empty list for an empty object", map[string]any{"extension_attributes": value("[]"), "x": value("[]")}, true, nil},
		{"the same for address and payment", map[string]any{"billing_address": value("[]"), "payment": value("[]")}, false,
			func(o *order.Order) bool { return o.Billing.City == "" && o.Payment.Method == "" }},
		{"the same inside", map[string]any{"extension_attributes": value(`{"shipping_assignments":[{"shipping":{"method":"x","address":[]}}],"item_applied_taxes":[]}`)}, false,
			func(o *order.Order) bool { return o.ShippingMethod == "x" && o.Shipping == nil }},
		{"virtual goods", map[string]any{"extension_attributes": value(`{"shipping_assignments":[{"shipping":{"total":{}},"items":[]}]}`)}, true, nil},
		{"attributes of other modules", map[string]any{"extension_attributes": value(`{"payment_surcharge_amount":"5.3300","odd":[{"a":null}],"weee":"[]"}`)}, true, nil},
		{"an object where a text is expected", map[string]any{"status": value(`{"a":1}`)}, false, func(o *order.Order) bool { return o.Status == "" }},
		{"a child with its parent beside it", map[string]any{"items": item(`},{"item_id":2,"parent_item_id":"1","parent_item":{"price":"x"},"sku":"A-1","qty_ordered":2,"price":null`)}, false,
			func(o *order.Order) bool { return o.Lines[1].ParentItemID == 1 && o.Lines[1].Price.IsZero() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := convert(t, document(c.change))
			if c.same && (o.ContentHash() != base.ContentHash() || o.Key != base.Key || !o.UpdatedAt.Equal(base.UpdatedAt)) {
				t.Errorf("the order becomes\n%s\nwant\n%s", mustJSON(o), mustJSON(base))
			}
			if c.check != nil && !c.check(o) {
				t.Errorf("the order becomes\n%s", mustJSON(o))
			}
		})
	}
}

func TestConvert_SaysWhereItCannotUnderstandAndQuotesNothing(t *testing.T) {
	const private = "Jane_Secret_Doe"
	for _, c := range []struct {
		name  string
		raw   []byte
		field string
	}{
		{"nothing", nil, ""},
		{"no JSON", []byte(private), ""},
		{"cut off", document(nil)[:150], ""},
		{"a list", []byte(`["` + private + `"]`), ""},
		{"a text", []byte(`"` + private + `"`), ""},
		{"no object", []byte(`null`), "increment_id"},
		{"a total in words", document(map[string]any{"grand_total": private}), "grand_total"},
		{"a total that is a list", document(map[string]any{"grand_total": []any{private}}), "grand_total"},
		{"a total that is a flag", document(map[string]any{"grand_total": true}), "grand_total"},
		{"a total with a comma", document(map[string]any{"grand_total": "29,90"}), "grand_total"},
		{"a total beyond all sums", document(map[string]any{"grand_total": value("1e999999999")}), "grand_total"},
		{"a total of endless digits", document(map[string]any{"grand_total": value("1e-999999999")}), "grand_total"},
		{"no total", document(map[string]any{"grand_total": nil}), "grand_total"},
		{"total null", document(map[string]any{"grand_total": value("null")}), "grand_total"},
		{"an empty total", document(map[string]any{"grand_total": ""}), "grand_total"},
		{"no currency", document(map[string]any{"order_currency_code": nil}), "order_currency_code"},
		{"no number", document(map[string]any{"increment_id": nil}), "increment_id"},
		{"a number that is none", document(map[string]any{"increment_id": private + " x"}), "increment_id"},
		{"a store that is none", document(map[string]any{"store_id": -3}), "store_id"},
		{"no date", document(map[string]any{"created_at": nil}), "created_at"},
		{"a date in words", document(map[string]any{"created_at": private}), "created_at"},
		{"items that are a text", document(map[string]any{"items": private}), "items"},
		{"items that are an object", document(map[string]any{"items": map[string]any{"0": map[string]any{}}}), "items"},
		{"a price in words", document(map[string]any{"items": []any{map[string]any{"price": private}}}), "items.price"},
		{"a quantity that is an object", document(map[string]any{"items": []any{map[string]any{"qty_ordered": map[string]any{"a": private}}}}), "items.qty_ordered"},
		{"an address that is a text", document(map[string]any{"billing_address": private}), "billing_address"},
		{"a payment that is a text", document(map[string]any{"payment": private}), "payment"},
		{"attributes that are a text", document(map[string]any{"extension_attributes": private}), "extension_attributes"},
		{"a rate in words", document(map[string]any{"extension_attributes": map[string]any{"item_applied_taxes": []any{
			map[string]any{"type": "shipping", "applied_taxes": []any{map[string]any{"percent": private}}}}}}), "extension_attributes.item_applied_taxes.applied_taxes.percent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := magento.Convert("main", c.raw)
			reason, ok := errors.AsType[*order.Reason](err)
			if !ok || o != nil {
				t.Fatalf("gives %v and %v (%T), want a reason alone", o, err, err)
			}
			if reason.Field != c.field || reason.Code != "document_unreadable" || reason.Message == "" || reason.Hint == "" {
				t.Errorf("reason is %+v, want one about %q", reason, c.field)
			}
			if strings.Contains(mustJSON(reason), private) || strings.Contains(mustJSON(reason), "29,90") {
				t.Errorf("reason %+v quotes the document", reason)
			}
			if c.field != "" && !strings.Contains(reason.Message, c.field) {
				t.Errorf("message %q does not name %s", reason.Message, c.field)
			}
		})
	}
}

func TestConvert_LeavesTheDocumentAlone(t *testing.T) {
	raw := document(nil)
	before := bytes.Clone(raw)
	convert(t, raw)
	magento.PayloadHash(raw)
	if !bytes.Equal(raw, before) {
		t.Errorf("the document became %s", raw)
	}
}
