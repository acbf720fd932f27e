package mapping_test

import (
	"os"
	"path/filepath"
	"testing"

	"datawald/magento"
	"datawald/mapping"
)

// realRules fit the real documents: shops in Michigan, Mumbai and Taipei.
const realRules = `version: 1
company: { local_currency: USD, currencies: [USD, BHD, TWD] }
default:
  card_code: C-WEB
  partly_cancelled: ordered
  tax:
    property: tax_code
    codes:
      - { code: Exempt, percent: 0 }
      - { code: MI825, percent: 8.25, country: US, region: MI }
      - { code: CA825, percent: 8.25, country: US, region: CA }
  freight: { expense_code: 1 }
  payments: { "*": { terms: 1 } }
  shippings: { "*": 1 }
  rounding: { max: 0.02, expense_code: 3, tax_code: Exempt }
`

// realOrders are what is known of real documents, by file: lines and expenses of the document, and its total. The last two
// are copies of golden orders, for machines that have no real ones.
var realOrders = map[string]struct{ shape, total string }{
	"01-oca-registered-configurable-tax.json":     {"2 x MH09-XS-Blue @ 69 MI825; 1 x RACER @ 224 MI825; expense 1: 5 Exempt", "396.87 USD"},
	"02-oca-edited-order-child-000000013-1.json":  {"1 x MH09-XS-Blue @ 69 MI825; 1 x RACER @ 224 MI825; expense 1: 5 Exempt", "322.17 USD"},
	"04-oca-discount-percent-rule.json":           {"1 x MH09-XS-Blue @ 69 -20% MI825; 1 x RACER @ 224 -20% MI825", "253.74 USD"},
	"07-oca-guest-configurable.json":              {"1 x WP13-28-Blue @ 49 Exempt; expense 1: 5 Exempt", "54.00 USD"},
	"11-adobe-commerce-guest-coupon-bhd.json":     {"1 x Test @ 98 -10% Exempt; expense 1: 5 Exempt", "93.200 BHD"},
	"12-guest-canceled-twd-free-text-region.json": {"1 x 4411.HW566.503-1 @ 499 Exempt; expense 1: 1 Exempt", "500.00 TWD"},
	"kind-configurable-child-priced.json":         {"2 x TEE-M-NAVY @ 20 -10% CA825; 2 x MUG-STONE @ 12.5 -10% CA825; expense 1: 5 Exempt", "68.33 USD"},
	"kind-bundle-dynamic.json":                    {"2 x LAMP-ARC @ 49.9 -15% CA825; 4 x MAT-OAK @ 15.25 -15% CA825; expense 1: 10 Exempt", "157.96 USD"},
}

// realOrdersDir is the folder of real documents; without one, a folder of golden ones.
func realOrdersDir(t *testing.T) string {
	t.Helper()
	if dir := ordersDir(); dir != "" {
		return dir
	}
	dir := t.TempDir()
	for _, name := range []string{"kind-configurable-child-priced", "kind-bundle-dynamic"} {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), goldenFile(t, name, "order.json"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMap_RealOrdersBecomeTheDocumentsThatAreKnown(t *testing.T) {
	rules, err := mapping.ParseRules([]byte(realRules))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(realOrdersDir(t), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		want, known := realOrders[filepath.Base(file)]
		if !known {
			continue // no order, or one of somebody else
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o, err := magento.Convert("main", raw)
			if err != nil {
				t.Fatal(err)
			}
			r := rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: goldenNow})
			if r.Hold != nil {
				t.Fatalf("held: %s", r.Hold)
			}
			if got := shape(r); got != want.shape {
				t.Errorf("got  %s\nwant %s", got, want.shape)
			}
			if got := r.Expect.String(); got != want.total || !r.Proof.Equal {
				t.Errorf("total %s, proven: %t, want %s", got, r.Proof.Equal, want.total)
			}
		})
	}
}
