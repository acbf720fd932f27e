package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
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
  freight: { expense_code: 1 }
  payments: { "*": { terms: 1 } }
  shippings: { "*": 1 }
  rounding: { max: 0.02, expense_code: 3, tax_code: Exempt }
`

// realDir has a folder for each real Magento document, by the name of its file, with what becomes of it: b1.json. The documents
// themselves stay outside of the project; so does whatever names a person, or a place to find him.
const realDir = "testdata/real"

// personal are the properties of a document that name a person or a place, with the words that are kept instead.
var personal = map[string]string{
	"CardName": "a buyer", "Comments": "a comment", "FreeText": "an option",
	"Street": "a street", "Block": "a block", "City": "a city", "ZipCode": "a postcode", "County": "a county",
}

// wordFor is what stands for the value of a personal property; empty for others.
func wordFor(property string) string {
	for _, side := range []string{"ShipTo", "BillTo"} {
		property = strings.TrimPrefix(property, side)
	}
	return personal[property]
}

// anonymous puts fixed words in the place of all personal values.
func anonymous(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if v[name] = anonymous(value); wordFor(name) != "" {
				v[name] = wordFor(name)
			}
		}
	case []any:
		for i := range v {
			v[i] = anonymous(v[i])
		}
	}
	return v
}

// realOutcome is what becomes of a real document, without a word on who ordered.
func realOutcome(t *testing.T, raw []byte) []byte {
	t.Helper()
	var outcome any
	d := json.NewDecoder(bytes.NewReader(indented(t, mapReal(t, raw))))
	d.UseNumber()
	if err := d.Decode(&outcome); err != nil {
		t.Fatal(err)
	}
	return indented(t, anonymous(outcome))
}

// mapReal maps a document; one that is no order is held.
func mapReal(t *testing.T, raw []byte) mapping.Result {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(realRules))
	if err != nil {
		t.Fatal(err)
	}
	o, err := magento.Convert("main", raw)
	if hold := (*order.Reason)(nil); errors.As(err, &hold) {
		return mapping.Result{Hold: hold}
	}
	if err != nil {
		t.Fatal(err)
	}
	return rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: goldenNow})
}

// realNames are the real documents whose outcome is kept.
func realNames(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(realDir)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRealOrders_BecomeTheDocumentsThatWereReviewed(t *testing.T) {
	dir := ordersDir()
	if dir == "" {
		t.Logf("left out, there is no folder of real orders (SANDBOX_ORDERS_DIR): %s", strings.Join(realNames(t), ", "))
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) { checkReal(t, name, file) })
	}
}

func checkReal(t *testing.T, name, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(realDir, name, "b1.json")
	got := realOutcome(t, raw)
	want, err := os.ReadFile(kept)
	switch {
	case bytes.Equal(got, want):
	case *update:
		if err := errors.Join(os.MkdirAll(filepath.Dir(kept), 0o755), os.WriteFile(kept, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	case errors.Is(err, os.ErrNotExist):
		t.Logf("left out, none of the orders that were reviewed. To review and keep it: go test ./mapping -run Real -update")
	default:
		t.Errorf("order %s becomes another document than the one that was reviewed:\n%s\nIf that is meant: go test ./mapping -run Real -update, and look at the difference in git.",
			name, diff.Diff(kept, want, "now", got))
	}
}

// What is kept of real orders says nothing of who ordered, wherever the tests run.
func TestRealOrders_WhatIsKeptNamesNoOne(t *testing.T) {
	words := 0
	for _, name := range realNames(t) {
		text, err := os.ReadFile(filepath.Join(realDir, name, "b1.json"))
		if err != nil {
			t.Fatal(err)
		}
		var outcome any
		if err := json.Unmarshal(text, &outcome); err != nil {
			t.Fatal(err)
		}
		words += countWords(t, name, outcome)
	}
	if words < 40 {
		t.Errorf("only %d personal values were looked at", words)
	}
}

// countWords counts the personal properties, and wants the fixed word in each.
func countWords(t *testing.T, name string, v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for property, value := range v {
			if word := wordFor(property); word != "" {
				if n++; value != word {
					t.Errorf("%s: %s is kept as it was", name, property)
				}
			}
			n += countWords(t, name, value)
		}
	case []any:
		for _, value := range v {
			n += countWords(t, name, value)
		}
	}
	return n
}
