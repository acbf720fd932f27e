package preview_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/mapping"
	"datawald/preview"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// now is when the shops of the tests and their rules live.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// shopOf is a shop with so many orders, always the same ones.
func shopOf(t *testing.T, orders int) *magentosim.Shop {
	t.Helper()
	shop, err := magentosim.New(magentosim.Config{Seed: 4, Orders: orders, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

// stagedShop stages a shop in a store of its own.
func stagedShop(t *testing.T, orders int, change func(n int, doc *store.Staged)) preview.Range {
	t.Helper()
	db, instance := testkit.Store(t), testkit.Name(t)
	testkit.Stage(t, db, instance, shopOf(t, orders), change)
	return preview.Range{Store: db, Filter: store.Filter{Instance: instance}}
}

// rules are those of the project, with some texts replaced by others.
func rules(t *testing.T, replace ...string) *mapping.Rules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the rules do not hold %q", replace[i])
		}
	}
	r, err := mapping.ParseRules([]byte(strings.NewReplacer(replace...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
