package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
)

// update writes the documents of testdata/golden anew: go test ./mapping -run Golden -update. Look at every difference
// before it is kept: `git diff mapping/testdata/golden` is what changes in B1.
var update = flag.Bool("update", false, "write testdata/golden/*/b1.json anew")

// goldenDir has a folder for each case: order.json is the Magento document, b1.json what becomes of it; rules.yaml are the
// rules where they are not rules.example.yaml, and facts.json what B1 has answered.
const goldenDir = "testdata/golden"

// goldenNow is the moment at which the documents are posted: a Tuesday afternoon in Europe, and in America the morning.
var goldenNow = time.Date(2026, 11, 24, 15, 30, 0, 0, time.UTC)

// golden is one case, mapped.
type golden struct {
	name   string
	raw    []byte
	order  *order.Order
	rules  *mapping.Rules
	result mapping.Result
}

// facts are what B1 has said of the buyer and of the goods.
type facts struct {
	Partner *struct {
		CardCode string `json:"card_code"`
		Contact  *int   `json:"contact"`
	} `json:"partner"`
	Items map[string]string `json:"items"`
}

func (f facts) partner() *mapping.Partner {
	if f.Partner == nil {
		return nil
	}
	return &mapping.Partner{CardCode: f.Partner.CardCode, Contact: f.Partner.Contact}
}

// goldenNames are the names of all cases.
func goldenNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// loadGolden maps a case. A document that Magento's side cannot understand is held before the mapping sees it.
func loadGolden(t testing.TB, name string) golden {
	t.Helper()
	g := golden{name: name, raw: goldenFile(t, name, "order.json"), rules: goldenRules(t, name)}
	var known facts
	if text := goldenFile(t, name, "facts.json"); text != nil {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&known); err != nil {
			t.Fatalf("%s/facts.json: %v", name, err)
		}
	}
	var err error
	if g.order, err = magento.Convert("main", g.raw); err != nil {
		if !errors.As(err, &g.result.Hold) {
			t.Fatalf("%s/order.json: %v", name, err)
		}
		return g
	}
	g.result = g.rules.Map(mapping.Input{Order: g.order, Source: mapping.NewSource(g.raw), Now: goldenNow,
		Partner: known.partner(), Items: known.Items})
	return g
}

// goldenFile is a file of a case; nil where it has none of that name.
func goldenFile(t testing.TB, name, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(goldenDir, name, file))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

func goldenRules(t testing.TB, name string) *mapping.Rules {
	t.Helper()
	text := goldenFile(t, name, "rules.yaml")
	if text == nil {
		text = []byte(exampleText(t))
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		t.Fatalf("%s/rules.yaml: %v", name, err)
	}
	return rules
}

// outcome is what is kept in b1.json: the document, its proof or the hold, the notes, and what B1 is asked before.
func (g golden) outcome(t testing.TB) []byte {
	t.Helper()
	kept := struct {
		mapping.Result
		Partner  *mapping.PartnerPlan `json:"partner,omitempty"`
		Barcodes []string             `json:"barcodes,omitempty"`
	}{Result: g.result}
	if g.order != nil {
		kept.Barcodes = g.rules.Barcodes(g.order, mapping.NewSource(g.raw))
		if plan := g.rules.PartnerPlan(g.order); len(plan.Find) > 0 || plan.Create != nil || plan.Contact != nil {
			kept.Partner = &plan
		}
	}
	return indented(t, kept)
}

func indented(t testing.TB, v any) []byte {
	t.Helper()
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func TestGolden_EachOrderBecomesTheDocumentThatWasReviewed(t *testing.T) {
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			got, want := loadGolden(t, name).outcome(t), goldenFile(t, name, "b1.json")
			if bytes.Equal(got, want) {
				return
			}
			if *update {
				if err := os.WriteFile(filepath.Join(goldenDir, name, "b1.json"), got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("order %s becomes another document than the one that was reviewed:\n%s\nIf that is meant: go test ./mapping -run Golden -update, and look at the difference in git.",
				name, diff.Diff(name+"/b1.json", want, "now", got))
		})
	}
}
