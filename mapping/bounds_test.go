package mapping_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"datawald/mapping"
)

func TestParseRulesBoundsNestingAndValues(t *testing.T) {
	var stores strings.Builder
	stores.WriteString("stores:\n  1: &all { state_countries: [")
	stores.WriteString(strings.Repeat("US, ", 5_000) + "US] }\n")
	for n := range 3_000 {
		fmt.Fprintf(&stores, "  %d: *all\n", n+2)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"brackets":          {strings.Repeat("[", 100_000), "1:1: nests more than 50 lists and tables"},
		"brackets in lines": {strings.Repeat("{a:\n", 100_000), "51:1: nests more than 50"},
		"dashes":            {strings.Repeat("- ", 100_000), "1:1: nests more than 50"},
		"aliases":           {small + stores.String(), "is one value more than the 500000"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := mapping.ParseRules([]byte(tc.text))
			runtime.ReadMemStats(&after)
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 500 {
				t.Errorf("it took %d MB in all", mb)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("error %.300v, want %q alone", err, tc.want)
			}
		})
	}
}

// What looks like nesting and is none: rulers of dashes in comments, brackets that are closed, long tables.
func TestParseRulesTakesLongFiles(t *testing.T) {
	var b strings.Builder
	b.WriteString(strings.Repeat("# "+strings.Repeat("-", 110)+" [see]\n", 100) + small + "  items:\n    table:\n")
	for n := range 3_000 {
		fmt.Fprintf(&b, "      SKU-%d: ITEM-%d\n", n, n)
	}
	if _, err := mapping.ParseRules([]byte(b.String())); err != nil {
		t.Errorf("%.300v", err)
	}
}
