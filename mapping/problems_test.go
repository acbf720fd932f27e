package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"datawald/mapping"
)

// faulty is a file of 60 KB with a fault in each line.
func faulty(line string) string {
	var b strings.Builder
	for n := 0; b.Len() < 60<<10; n++ {
		fmt.Fprintf(&b, line+"\n", n)
	}
	return b.String()
}

// Of a file with a fault in each line the first problems are named, and that there are more.
func TestParseRules_NamesSoManyProblemsAsAreReadAtOnce(t *testing.T) {
	for name, text := range map[string]string{
		"settings that there are not": "version: 1\n" + faulty("a%d: 1"),
		"given twice":                 "version: 1\n" + strings.Repeat("version: 1\n", 5_000),
		"wrong values":                "version: 1\neligibility:\n  states:\n" + faulty("    s%d: [1]"),
		"found by the check":          small + "eligibility:\n  states:\n" + faulty("    s%d: later"),
		"a fault in each store":       small + "stores:\n" + faulty("  %d: { due_days: 9999 }"),
		"aliases of nothing":          "version: 1\na:\n" + faulty("  - *x%d"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.ParseRules([]byte(text))
			all, _ := err.(mapping.Problems)
			if len(all) != 101 || !strings.Contains(all[100].Message, "has more problems than these 100") || len(err.Error()) > 100_000 {
				t.Fatalf("%d problems of %d bytes, the last is %q", len(all), len(err.Error()), all[max(len(all)-1, 0)])
			}
		})
	}
}

// One problem less than is too many: nothing is said of more.
func TestParseRules_AHundredProblemsAreAll(t *testing.T) {
	got := problemsOf(t, small+"stores:\n  2:\n    payments:\n"+strings.Repeat("      x: { terms: 1 }\n", 101))
	if len(got) != 100 || strings.Contains(got[99], "more problems") {
		t.Errorf("%d problems, the last is %q", len(got), got[len(got)-1])
	}
}

// A problem quotes no more of a value than helps to find it.
func TestParseRules_QuotesLongValuesInPart(t *testing.T) {
	_, err := mapping.ParseRules([]byte(strings.Replace(small, "card_code: C", "card_code: "+strings.Repeat("ü", 100_000), 1)))
	if err == nil || len(err.Error()) > 3_000 {
		t.Errorf("the problem has %d bytes", len(fmt.Sprint(err)))
	}
}
