// Package docs_test checks that docs/mapping.md names every setting of the rules and every reason that the code gives.
package docs_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"datawald/mapping"
)

func mappingPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMappingNamesEverySetting(t *testing.T) {
	page := mappingPage(t)
	seen := map[reflect.Type]bool{}
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
			f := typ.Field(i)
			if name := strings.Split(f.Tag.Get("yaml"), ",")[0]; name != "" && name != "-" && !strings.Contains(page, name) {
				t.Errorf("docs/mapping.md: the setting %s (%s.%s) is missing", name, typ.Name(), f.Name)
			}
			visit(f.Type)
		}
	}
	visit(reflect.TypeFor[mapping.Rules]())
	if len(seen) < 8 {
		t.Errorf("only %d groups of settings were found", len(seen))
	}
}

// given are the places in which the code gives a reason by its code, or gives the code a name.
var given = regexp.MustCompile(`(?:order\.Reason\{Code: ?|\.attend\(|\.cancelled\(ctx, |\bcode[A-Z]\w+ += )"([a-z][a-z0-9]*_[a-z0-9_]+)"`)

func TestMappingNamesEveryReason(t *testing.T) {
	page := mappingPage(t)
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
			for _, m := range given.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = true
				if !strings.Contains(page, "`"+m[1]+"`") {
					t.Errorf("docs/mapping.md: the reason %s (%s) is missing", m[1], file)
				}
			}
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d reasons were found in the code", len(found))
	}
}
