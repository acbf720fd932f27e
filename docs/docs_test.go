// Package docs_test checks that docs/mapping.md names every setting of the rules and every reason that the code gives, and that calls of the
// gateway in the pages show a key.
package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/sandbox/magentosim"
)

func mappingPage(t *testing.T) string { return readPage(t, "mapping.md") }

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// settings are the names of all settings of the rules, as they are written in a file.
func settings() []string {
	seen, names := map[reflect.Type]bool{}, map[string]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[mapping.Rules]().PkgPath() || seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			if name := strings.Split(typ.Field(i).Tag.Get("yaml"), ",")[0]; name != "" && name != "-" {
				names[name] = true
			}
			visit(typ.Field(i).Type)
		}
	}
	visit(reflect.TypeFor[mapping.Rules]())
	return slices.Sorted(maps.Keys(names))
}

// A setting is named by itself: `place`, or with the one that holds it: `freight.item_code`, `payments: {}`.
func TestMappingNamesEverySetting(t *testing.T) {
	page, names := mappingPage(t), settings()
	for _, name := range names {
		if !regexp.MustCompile("`([a-z_]+\\.)*" + name + "[`:]").MatchString(page) {
			t.Errorf("docs/mapping.md: the setting %s is missing", name)
		}
	}
	if len(names) < 70 {
		t.Errorf("only %d settings were found", len(names))
	}
}

func TestExampleShowsEverySetting(t *testing.T) {
	text := example(t)
	for _, name := range settings() {
		if !regexp.MustCompile(`(?m)^[^:]*\b` + name + `: |[{,(] ?` + name + `: |\b` + name + `:$`).MatchString(text) {
			t.Errorf("rules.example.yaml: the setting %s is missing", name)
		}
	}
}

func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	// commented is a setting behind a #: a name and a colon, or an entry of a list. What follows deeper belongs to it.
	commented = regexp.MustCompile(`^( *)# (- \{|("[^"]+"|[A-Za-z_]\w*):\s)`)
	deeper    = regexp.MustCompile(`^( *)#   `)
)

// Whoever takes the # away from a setting of the example gets one that is valid, however many he takes.
func TestExampleIsValidWithEveryOptionalSetting(t *testing.T) {
	var out []string
	inside, taken := false, 0
	for line := range strings.Lines(example(t)) {
		switch {
		case commented.MatchString(line):
			inside = true
		case !inside || !deeper.MatchString(line):
			inside = false
		}
		if inside {
			line = strings.Replace(line, "# ", "", 1)
			taken++
		}
		out = append(out, line)
	}
	if _, err := mapping.ParseRules([]byte(strings.Join(out, ""))); err != nil {
		t.Errorf("with every optional setting rules.example.yaml has problems:\n%v\n%s", err, strings.Join(out, ""))
	}
	if taken < 30 {
		t.Errorf("only %d optional settings were found", taken)
	}
}

// given are the places in which the code gives a reason by its code, or gives the code a name.
var given = regexp.MustCompile(`(?:order\.Reason\{Code: ?|\.attend\(|\.cancelled\(ctx, |\bcode[A-Z]\w+ += )"([a-z][a-z0-9]*_[a-z0-9_]+)"`)

func TestMappingNamesEveryReason(t *testing.T) {
	page, operations := mappingPage(t), readPage(t, "operations.md")
	found := map[string]bool{}
	for _, dir := range []string{"activities", "mapping", "magento", "workflows"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// What a reconciliation finds holds no order: it is told of under "Reconciliation".
			in, name := page, "docs/mapping.md"
			if strings.HasPrefix(filepath.Base(file), "reconcile_") {
				in, name = operations, "docs/operations.md"
			}
			for _, m := range given.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = true
				if !strings.Contains(in, "`"+m[1]+"`") {
					t.Errorf("%s: the reason %s (%s) is missing", name, m[1], file)
				}
			}
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d reasons were found in the code", len(found))
	}
}

// A code is explained once: in one row of the table of holds, or of one of the others.
func TestMappingExplainsEachHoldOnce(t *testing.T) {
	_, holds, found := strings.Cut(mappingPage(t), "## Why an order is held\n")
	if !found {
		t.Fatal("docs/mapping.md has no section on holds")
	}
	holds, _, _ = strings.Cut(holds, "Reasons of other states")
	rows := map[string]int{}
	for line := range strings.Lines(holds) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(cells[1], -1) {
				rows[m[1]]++
			}
		}
	}
	for code, n := range rows {
		if n > 1 {
			t.Errorf("docs/mapping.md: %s is explained %d times", code, n)
		}
	}
	if len(rows) < 50 {
		t.Errorf("only %d holds are explained", len(rows))
	}
}

// The rules that stand for all settings of 2016 are valid, and each of the table's settings is among them.
func TestMappingShowsTheSettingsOf2016AsValidRules(t *testing.T) {
	_, section, found := strings.Cut(mappingPage(t), "## From the settings of 2016\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, text, whole := strings.Cut(section, "\n    version: 1\n")
	if !found || !whole {
		t.Fatal("docs/mapping.md does not show the settings of 2016 as rules")
	}
	text = "version: 1\n" + strings.ReplaceAll("\n"+text, "\n    ", "\n")
	if _, err := mapping.ParseRules([]byte(text)); err != nil {
		t.Errorf("the rules for the settings of 2016 have problems: %v", err)
	}
	for _, old := range []string{"DWFEORDERSTATUS_METRICS", "TAX_METRICS", "TAXPOSTCODE", "TAXCOUNTRY", "PAYMENTMETHODS_METRICS", "SHIPMENTMETHODS",
		"ITEMASFREIGHTCOST", "EXPENSESFREIGHTNAME", "FEORDERIDUDF", "B1BPCARDCODE", "B1BPCARDCODE_LOOKUP", "DOCDUTEDATE", "B1SUPPORTCOUNTRIES", "TXMAP"} {
		if strings.Count(section, old) < 2 {
			t.Errorf("docs/mapping.md: the setting %s of 2016 is not in the table and in the rules", old)
		}
	}
}

// The hook that the page shows is the one that is tested.
func TestMappingShowsTheHookThatIsTested(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "worker", "hooks", "example_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, began := strings.Cut(string(text), "\n// FleetNumber takes")
	code, _, ended := strings.Cut(code, "\n// A company writes its hook")
	var shown strings.Builder
	for line := range strings.Lines("// FleetNumber takes" + strings.ReplaceAll(code, "\t", "    ")) {
		if line != "\n" {
			line = "    " + line
		}
		shown.WriteString(line)
	}
	if !began || !ended || !strings.Contains(mappingPage(t), "\n"+shown.String()) {
		t.Errorf("docs/mapping.md does not show the hook of worker/hooks/example_test.go, which is\n%s", shown.String())
	}
}

// The README says that its commands work in the sandbox as they stand, so the order that they name must be the one that the
// sandbox holds: an article that B1 is not given. Fails without: the number of the order with that article, as with 000000123.
func TestReadmeNamesTheOrderThatTheSandboxHolds(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b0000\d{5}\b`).FindAllString(string(text), -1)
	slices.Sort(named)
	if named = slices.Compact(named); len(named) != 1 {
		t.Fatalf("the README names the orders %v, want one", named)
	}
	shop, err := magentosim.New(magentosim.Config{Seed: 2016, Orders: 200}) // as .env.example has SANDBOX_SEED and SANDBOX_ORDERS
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	var held []string
	for _, o := range shop.Orders() {
		document, _ := shop.Document(o.EntityID)
		if o.StoreID == 1 && (o.State == "new" || o.State == "processing") && strings.Contains(string(document), `"FORGOTTEN-ITEM"`) {
			held = append(held, o.IncrementID)
		}
	}
	if !slices.Contains(held, named[0]) {
		t.Errorf("the README names %s, and B1 lacks the article of %v", named[0], held)
	}
}

// Fails without: the key in one of the calls.
func TestCallsOfTheGatewayShowAKey(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, filepath.Join("..", "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, "curl ") || !strings.Contains(line, "/api/v1/") {
				continue
			}
			found++
			if !strings.Contains(line, `-H "Authorization: Bearer $GATEWAY_KEY"`) && !strings.Contains(line, `-sH "Authorization: Bearer $GATEWAY_KEY"`) {
				t.Errorf("%s: %s", page, strings.TrimSpace(line))
			}
		}
	}
	if found < 10 {
		t.Errorf("%d calls were found, want 10 or more: are they still read?", found)
	}
}
