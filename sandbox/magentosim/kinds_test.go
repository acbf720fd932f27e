package magentosim_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/sandbox/magentosim"
)

// TestVariety: a shop of the usual size shows every kind, store, state and payment, and two forgotten items.
func TestVariety(t *testing.T) {
	for seed := range int64(5) {
		shop := open(t, magentosim.Config{Seed: seed, Orders: magentosim.DefaultOrders})
		seen := map[string]int{}
		for _, p := range shop.Orders() {
			seen["kind "+p.Kind]++
			seen["state "+p.State]++
			seen[fmt.Sprint("store ", p.StoreID, " ", p.OrderCurrency)]++
		}
		for _, order := range allOrders(t, shop) {
			seen["payment "+order.sub("payment").text("method")]++
			seen["guest "+order.text("customer_is_guest")+fmt.Sprintf(" name %t", order["customer_firstname"] != nil)]++
			if !order.money("discount_amount").IsZero() {
				seen["discount"]++
			}
			if !order.money("shipping_discount_amount").IsZero() {
				seen["shipping discount"]++
			}
			if !order.money("shipping_tax_amount").IsZero() && order.text("store_id") == "1" {
				seen["shipping tax in Texas"]++
			}
		}
		for _, want := range []string{
			"kind simple", "kind configurable", "kind bundle_dynamic", "kind bundle_fixed", "kind grouped", "kind virtual",
			"kind downloadable", "kind mixed", "state new", "state processing", "state complete", "state canceled",
			"state closed", "state holded", "store 1 USD", "store 2 EUR", "store 3 USD", "payment checkmo",
			"payment banktransfer", "payment paypal_express", "payment purchaseorder", "guest 0 name true",
			"guest 1 name true", "guest 1 name false", "discount", "shipping discount", "shipping tax in Texas",
		} {
			if seen[want] == 0 {
				t.Errorf("seed %d: no order with %s", seed, want)
			}
		}
		if seen["kind forgotten"] != 2 {
			t.Errorf("seed %d: %d orders with a forgotten item, want 2", seed, seen["kind forgotten"])
		}
	}
}

// TestSameSeedSameDocuments: seed and time fix every byte, for placed orders too.
func TestSameSeedSameDocuments(t *testing.T) {
	make := func(seed int64) []byte {
		shop := open(t, magentosim.Config{Seed: seed, Orders: 50})
		if _, err := shop.Place(magentosim.Placement{}); err != nil {
			t.Fatal(err)
		}
		return shop.search(byID...).body
	}
	if !bytes.Equal(make(7), make(7)) {
		t.Error("the same seed gave different documents")
	}
	if bytes.Equal(make(7), make(8)) {
		t.Error("another seed gave the same documents")
	}
}

func TestIncrementIDs(t *testing.T) {
	shop := open(t, magentosim.Config{})
	for storeID, want := range map[int]string{1: "000000001", 2: "2000000001", 3: "3000000001"} {
		p, err := shop.Place(magentosim.Placement{StoreID: storeID})
		if err != nil || p.IncrementID != want {
			t.Errorf("store %d: got %s (%v), want %s", storeID, p.IncrementID, err, want)
		}
	}
}

// place returns the document of one order of a kind.
func place(t *testing.T, shop running, kind string, storeID int) doc {
	t.Helper()
	p, err := shop.Place(magentosim.Placement{Kind: kind, StoreID: storeID})
	if err != nil {
		t.Fatal(err)
	}
	return doc(shop.get(fmt.Sprintf("/rest/V1/orders/%d", p.EntityID)).json(t))
}

func TestKinds(t *testing.T) {
	shop := open(t, magentosim.Config{Version: "2.4.6"})
	for range 20 {
		for _, kind := range magentosim.Kinds() {
			order := place(t, shop, kind, 0)
			items := order.list("items")
			virtual := order.text("is_virtual") == "1"
			switch kind {
			case magentosim.KindConfigurable:
				parent, child := items[0], items[1]
				if parent.text("sku") != child.text("sku") || parent.text("product_type") != "configurable" || !child.money("price").IsZero() {
					t.Errorf("configurable: %v", items)
				}
			case magentosim.KindBundleDynamic:
				parent := items[0]
				if parent["tax_percent"] != nil || !strings.HasPrefix(parent.text("sku"), "24-WG080-") && !strings.HasPrefix(parent.text("sku"), "GYM-STARTER-") {
					t.Errorf("bundle_dynamic: %v", parent)
				}
				sum := decimal.Decimal{}
				for _, child := range items[1:] {
					if child.text("parent_item_id") == parent.text("item_id") {
						sum = sum.Add(child.money("price").Mul(child.money("qty_ordered")).Round(2))
					}
				}
				if got := parent.money("price").Mul(parent.money("qty_ordered")).Round(2); !got.Equal(sum) {
					t.Errorf("bundle_dynamic: parent %s, children %s", got, sum)
				}
			case magentosim.KindBundleFixed:
				for _, child := range items[1:] {
					if !child.money("price").IsZero() || !child.money("row_total").IsZero() {
						t.Errorf("bundle_fixed: %v", child)
					}
				}
			case magentosim.KindGrouped:
				for _, item := range items {
					if item.text("product_type") != "grouped" || item["parent_item_id"] != nil {
						t.Errorf("grouped: %v", item)
					}
				}
			case magentosim.KindVirtual, magentosim.KindDownloadable:
				if !virtual || items[0]["weight"] != nil || order["shipping_description"] != nil {
					t.Errorf("%s: %v", kind, order)
				}
			case magentosim.KindFree:
				if !order.money("grand_total").IsZero() || order.sub("payment").text("method") != "free" {
					t.Errorf("free: %v", order)
				}
			case magentosim.KindForeign:
				rate := order.money("base_to_order_rate")
				if order.text("order_currency_code") != "CAD" || order.text("base_currency_code") != "USD" || !rate.GreaterThan(decimal.NewFromInt(1)) {
					t.Errorf("foreign: %v", order)
				}
			case magentosim.KindForgotten:
				if items[0].text("sku") != "FORGOTTEN-ITEM" || slices.Contains(magentosim.Catalogue(), "FORGOTTEN-ITEM") {
					t.Errorf("forgotten: %v", items[0])
				}
			case magentosim.KindReceived:
				if order.text("status") != "received" || len(items) != 0 || order["grand_total"] != nil {
					t.Errorf("received: %v", order)
				}
			}
		}
	}
}

// TestGrossPrices: store 2 has net prices with four decimals, and a discount leaves compensation.
func TestGrossPrices(t *testing.T) {
	shop := open(t, magentosim.Config{Seed: 3, Orders: 300})
	fine, compensated, rates := 0, 0, map[string]bool{}
	for _, order := range allOrders(t, shop) {
		if order.text("store_id") != "2" {
			continue
		}
		for _, row := range moneyRows(order) {
			rates[row.text("tax_percent")] = true
			if row.money("price").Exponent() == -4 {
				fine++
			}
			gross := row.money("price_incl_tax").Mul(row.money("qty_ordered")).Round(2)
			if want := gross.Sub(row.money("discount_amount")); !row.money("row_total_incl_tax").Round(6).Equal(want) {
				t.Errorf("order %s, %s: row_total_incl_tax %s, want %s", order.text("increment_id"), row.text("sku"), row.money("row_total_incl_tax"), want)
			}
		}
		if order.money("discount_tax_compensation_amount").IsPositive() {
			compensated++
		}
	}
	if fine == 0 || compensated == 0 || !rates["19"] || !rates["7"] {
		t.Errorf("%d prices with four decimals, %d compensations, rates %v", fine, compensated, rates)
	}
}

// TestReleases: what a release does to prices and row totals of the same order.
func TestReleases(t *testing.T) {
	tests := []struct {
		version    string
		childPrice bool
		rowTotal   func(row doc) decimal.Decimal
	}{
		{"2.2.11", false, func(row doc) decimal.Decimal { return row.money("price").Mul(row.money("qty_ordered")) }},
		{"2.3.5", true, afterDiscount},
		{"2.4.6", false, afterDiscount},
		{"2.4.6-p4", true, afterDiscount},
		{"2.4.8", true, func(row doc) decimal.Decimal { return row.money("price") }},
	}
	for _, tt := range tests {
		t.Run(tt.version, func(t *testing.T) {
			shop := open(t, magentosim.Config{Version: tt.version})
			for range 30 {
				items := place(t, shop, magentosim.KindConfigurable, 1).list("items")
				if want := tt.rowTotal(items[0]).Round(2); !items[0].money("row_total").Equal(want) {
					t.Errorf("row_total %s, want %s", items[0].money("row_total"), want)
				}
				want := decimal.Decimal{}
				if tt.childPrice {
					want = items[0].money("price")
				}
				if !items[1].money("price").Equal(want) || !items[1].money("row_total").IsZero() {
					t.Errorf("child price %s, want %s", items[1].money("price"), want)
				}
			}
		})
	}
}

func afterDiscount(row doc) decimal.Decimal {
	return row.money("price").Mul(row.money("qty_ordered")).Sub(row.money("discount_amount"))
}

// BenchmarkKeysetPage is the connector's most frequent call on a large shop.
func BenchmarkKeysetPage(b *testing.B) {
	shop, path := largeShop(b)
	for b.Loop() {
		pageOnce(b, shop, path)
	}
}

// BenchmarkKeysetPageFields is the same with a projection.
func BenchmarkKeysetPageFields(b *testing.B) {
	shop, path := largeShop(b)
	for b.Loop() {
		pageOnce(b, shop, path+"&fields=items[entity_id,increment_id,updated_at,status],total_count")
	}
}

func largeShop(b *testing.B) (*magentosim.Shop, string) {
	shop, err := magentosim.New(magentosim.Config{Seed: 1, Orders: 20_000, BearerToken: token, Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	parts := append(where(0, 0, "updated_at", "gt", "2026-10-25 12:00:00"), sortBy("updated_at ASC", "entity_id ASC")...)
	return shop, "/rest/V1/orders?" + criteria(append(parts, "[pageSize]=100")...)
}

func pageOnce(b *testing.B, shop *magentosim.Shop, path string) {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	shop.ServeHTTP(w, req)
	if w.Code != 200 || w.Body.Len() < 1000 {
		b.Fatalf("status %d: %s", w.Code, w.Body)
	}
}
