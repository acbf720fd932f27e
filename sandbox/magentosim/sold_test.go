package magentosim_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/sandbox/magentosim"
)

// What was bought comes to what the customer pays: the rows without tax, shipping without tax, and the tax, to a cent for each row that
// was rounded. A configurable product and a bundle count once, with the rows that have the prices. Fails without: the choice of rows in rows, the
// tax that gross prices include.
func TestSold_ComesToTheGrandTotal(t *testing.T) {
	dir := t.TempDir()
	raw, _ := open(t, magentosim.Config{Orders: 1}).Document(1)
	if err := os.WriteFile(filepath.Join(dir, "real.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	shop := open(t, magentosim.Config{Seed: 11, Orders: 400, OrdersDir: dir})
	sold, err := shop.Sold()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, p := range shop.Orders() {
		s, known := sold[p.EntityID]
		if known == (p.Kind == magentosim.KindDocument) {
			t.Errorf("order %d (%s): known %t", p.EntityID, p.Kind, known)
		}
		if !known {
			continue
		}
		kinds[p.Kind]++
		raw, _ := shop.Document(p.EntityID)
		var doc struct {
			Grand        decimal.Decimal `json:"grand_total"`
			Shipping     decimal.Decimal `json:"shipping_amount"`
			ShippingIncl decimal.Decimal `json:"shipping_incl_tax"`
			ShippingTax  decimal.Decimal `json:"shipping_tax_amount"`
			ShippingLess decimal.Decimal `json:"shipping_discount_amount"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		shipping := doc.Shipping
		if p.StoreID == 2 { // prices include tax there
			shipping = doc.ShippingIncl.Sub(doc.ShippingTax)
		}
		sum := s.Tax.Add(shipping).Sub(doc.ShippingLess)
		for _, r := range s.Rows {
			sum = sum.Add(r.Net)
			if r.SKU == "" || !r.Quantity.IsPositive() || r.Open != (p.State != "canceled" && p.State != "closed") {
				t.Errorf("order %d is %s and has row %+v", p.EntityID, p.State, r)
			}
		}
		if apart := sum.Sub(doc.Grand).Abs(); apart.GreaterThan(decimal.New(int64(len(s.Rows)), -2)) {
			t.Errorf("order %d (%s, store %d): rows, shipping and tax are %s, the grand total is %s", p.EntityID, p.Kind, p.StoreID, sum, doc.Grand)
		}
	}
	for _, kind := range []string{magentosim.KindConfigurable, magentosim.KindBundleDynamic, magentosim.KindBundleFixed, magentosim.KindMixed} {
		if kinds[kind] == 0 {
			t.Errorf("no order of kind %s", kind)
		}
	}
}
