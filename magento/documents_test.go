package magento_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// checkSound wants a document to convert, and its parts to add up: those of the order to its total, and its rows to the
// subtotal.
func checkSound(t interface{ Errorf(string, ...any) }, name string, raw []byte) {
	o, err := magento.Convert("main", raw)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !o.Totals.Sum().Equal(o.Totals.Grand) {
		t.Errorf("%s: the parts add up to %s, grand_total is %s", name, o.Totals.Sum(), o.Totals.Grand)
	}
	parents := map[int64]order.Line{}
	for _, l := range o.Lines {
		parents[l.ItemID] = l
	}
	rows := decimal.Zero
	for _, l := range o.Lines {
		if l.ParentItemID == 0 {
			rows = rows.Add(l.Price.Mul(l.QtyOrdered).Round(order.MinorUnits(o.Currency)))
		} else if _, ok := parents[l.ParentItemID]; !ok {
			t.Errorf("%s: line %d has the parent %d, which is not there", name, l.ItemID, l.ParentItemID)
		}
	}
	if !rows.Equal(o.Totals.Subtotal) {
		t.Errorf("%s: the rows add up to %s, subtotal is %s", name, rows, o.Totals.Subtotal)
	}
	checkExact(t, name, raw, o)
	if o.ContentHash() == "" || magento.PayloadHash(raw) == "" {
		t.Errorf("%s: no hash", name)
	}
}

// checkExact wants each amount of the order to be the number that stands in the document, to its last digit.
func checkExact(t interface{ Errorf(string, ...any) }, name string, raw []byte, o *order.Order) {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	same := func(what string, written any, read decimal.Decimal) {
		text := strings.TrimSpace(fmt.Sprint(written))
		if written == nil || text == "" {
			text = "0"
		}
		want, err := decimal.NewFromString(text)
		if strings.Contains(what, "].row_total") {
			want = want.Round(6) // added up in floating point
		}
		if err != nil || !want.Equal(read) {
			t.Errorf("%s: %s is written %s and read %s (%v)", name, what, text, read, err)
		}
	}
	x := o.Totals
	for member, read := range map[string]decimal.Decimal{"grand_total": x.Grand, "subtotal": x.Subtotal, "discount_amount": x.Discount,
		"shipping_amount": x.Shipping, "shipping_discount_amount": x.ShippingDiscount, "shipping_tax_amount": x.ShippingTax, "tax_amount": x.Tax,
		"discount_tax_compensation_amount": x.TaxCompensation, "shipping_discount_tax_compensation_amount": x.ShippingTaxCompensation,
		"total_paid": x.Paid, "total_refunded": x.Refunded, "total_canceled": x.Canceled, "base_to_order_rate": o.BaseToOrderRate} {
		same(member, doc[member], read)
	}
	items, _ := doc["items"].([]any)
	if len(items) != len(o.Lines) {
		t.Errorf("%s: %d items are read as %d lines", name, len(items), len(o.Lines))
		return
	}
	for n, l := range o.Lines {
		item := items[n].(map[string]any)
		for member, read := range map[string]decimal.Decimal{"qty_ordered": l.QtyOrdered, "qty_canceled": l.QtyCanceled, "qty_refunded": l.QtyRefunded,
			"price": l.Price, "price_incl_tax": l.PriceInclTax, "discount_amount": l.Discount, "tax_amount": l.Tax, "tax_percent": l.TaxPercent,
			"discount_tax_compensation_amount": l.TaxCompensation, "weee_tax_applied_row_amount": l.Weee,
			"row_total": l.RowTotal, "row_total_incl_tax": l.RowTotalInclTax} {
			same(fmt.Sprintf("items[%d].%s", n, member), item[member], read)
		}
	}
}

func TestConvert_UnderstandsEveryOrderOfAShop(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shop := newShop(t, magentosim.Config{
			Seed: rapid.Int64().Draw(t, "seed"), Orders: 30, ForeignPercent: 20,
			Version: rapid.SampledFrom([]string{"2.2.11", "2.3.5", "2.4.1", "2.4.6", "2.4.6-p4", "2.4.7", "2.4.8"}).Draw(t, "version"),
		})
		for _, kind := range magentosim.Kinds() {
			if kind == magentosim.KindReceived {
				continue
			}
			if _, err := shop.Place(magentosim.Placement{Kind: kind}); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range shop.Orders() {
			raw, _ := shop.Document(p.EntityID)
			checkSound(t, fmt.Sprint(p.Kind, " ", p.IncrementID), raw)
			o, err := magento.Convert("main", raw)
			if err != nil {
				continue
			}
			if o.EntityID != p.EntityID || o.IncrementID != p.IncrementID || o.StoreID != p.StoreID || o.State != p.State || o.Currency != p.OrderCurrency {
				t.Errorf("order %+v is read as %s of store %d", p, o.IncrementID, o.StoreID)
			}
			if virtual := o.Shipping == nil; virtual != o.Virtual {
				t.Errorf("order %s: no shipping address: %t, virtual: %t", p.IncrementID, virtual, o.Virtual)
			}
		}
	})
}

func TestConvert_UnderstandsARowThatAsynchronousOrderingHasNotFinished(t *testing.T) {
	shop := newShop(t, magentosim.Config{})
	p, err := shop.Place(magentosim.Placement{Kind: magentosim.KindReceived})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []string{"received", "rejected"} {
		if err := shop.Update(p.EntityID, func(doc map[string]any) { doc["status"] = status }); err != nil {
			t.Fatal(err)
		}
		raw, _ := shop.Document(p.EntityID)
		o := convert(t, raw)
		if o.Status != status || o.IncrementID != p.IncrementID || len(o.Lines) != 0 || !o.Totals.Grand.IsZero() {
			t.Errorf("it is read as %s", mustJSON(o))
		}
	}
	// The same gaps in an order that claims to be finished are faults.
	if err := shop.Update(p.EntityID, func(doc map[string]any) { doc["status"] = "processing" }); err != nil {
		t.Fatal(err)
	}
	raw, _ := shop.Document(p.EntityID)
	if o, err := magento.Convert("main", raw); err == nil {
		t.Errorf("without total and currency, processing, it is read as %s", mustJSON(o))
	}
}

// TestConvert_UnderstandsRealDocuments reads the documents of SANDBOX_ORDERS_DIR where it is set, and two written here
// otherwise. What in that folder is no order (searches, invoices) the simulated shop tells apart.
func TestConvert_UnderstandsRealDocuments(t *testing.T) {
	dir := os.Getenv("SANDBOX_ORDERS_DIR")
	if dir == "" {
		dir = t.TempDir()
		for name, text := range map[string]string{"configurable.json": configurable, "bundle.json": bundle, "search.json": `{"items":[],"total_count":0}`} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	shop := newShop(t, magentosim.Config{OrdersDir: dir})
	orders := shop.Orders()
	if len(orders) == 0 {
		t.Fatalf("no orders among the documents: %+v", shop.Loaded())
	}
	for _, p := range orders {
		raw, _ := shop.Document(p.EntityID)
		checkSound(t, p.IncrementID, raw)
	}
}

// configurable is a guest's order of a configurable product whose child repeats the price (2.3), with a discount on
// prices that include tax.
const configurable = `{"base_currency_code":"EUR","base_to_order_rate":1,"created_at":"2020-04-20 09:41:11","customer_email":"guest@example.com",
	"customer_is_guest":1,"discount_amount":-11.9,"discount_tax_compensation_amount":1.9,"entity_id":12,"grand_total":107.1,"increment_id":"000000012",
	"is_virtual":0,"order_currency_code":"EUR","protect_code":"c29d","shipping_amount":0,"state":"new","status":"pending","store_id":1,"subtotal":100,
	"tax_amount":17.1,"updated_at":"2020-04-20 09:41:12","items":[
	{"item_id":21,"sku":"TEE-XS","product_type":"configurable","qty_ordered":2,"price":50,"price_incl_tax":59.5,"discount_amount":11.9,"tax_amount":17.1,
	 "tax_percent":19,"discount_tax_compensation_amount":1.9,"row_total":88.1},
	{"item_id":22,"parent_item_id":21,"sku":"TEE-XS","product_type":"simple","qty_ordered":2,"price":50,"parent_item":{"item_id":21,"price":50}}],
	"billing_address":{"city":"Bonn","country_id":"DE","firstname":"Jane","lastname":"Doe","street":["Long Lane 5"],"region_code":"NRW"},
	"payment":{"account_status":null,"additional_information":["Check",null],"method":"checkmo"},"status_histories":[],
	"extension_attributes":{"shipping_assignments":[{"shipping":{"address":{"city":"Ulm","country_id":"DE","street":["A 1","B"]},"method":"freeshipping_freeshipping"}}]}}`

// bundle is an order of a dynamic bundle and a download by a customer, without any tax, in a currency of three digits.
const bundle = `{"base_currency_code":"USD","base_to_order_rate":0.376,"created_at":"2021-02-03 04:05:06","customer_id":5,"customer_is_guest":0,
	"discount_amount":0,"entity_id":13,"grand_total":"30.1500","increment_id":"WA0003003","order_currency_code":"BHD","shipping_amount":"2.0500",
	"state":"processing","status":"closed_exchange_success","store_id":"2","subtotal":"28.1000","tax_amount":0,"updated_at":"2021-02-03 04:05:06","items":[
	{"item_id":1,"sku":"24-WG080-24-WG084","product_type":"bundle","qty_ordered":1,"price":23.1},
	{"item_id":2,"parent_item_id":1,"sku":"24-WG080","product_type":"simple","qty_ordered":1,"price":14},
	{"item_id":3,"parent_item_id":1,"sku":"24-WG084","product_type":"simple","qty_ordered":1,"price":9.1},
	{"item_id":4,"sku":"EBOOK","product_type":"downloadable","is_virtual":"1","qty_ordered":2,"price":2.5}],
	"billing_address":{"city":"Manama","country_id":"BH","postcode":null,"street":["Road 1"]},"payment":{"method":"purchaseorder","po_number":"77"},
	"extension_attributes":{"gw_price":"","gift_cards":[],"shipping_assignments":[{"shipping":{"method":"flatrate_flatrate"}}]}}`
