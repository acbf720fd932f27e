package mapping_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// holdPattern finds the codes that the mapping gives its holds.
var holdPattern = regexp.MustCompile(`Reason\{Code: "([a-z0-9_]+)"`)

// notGolden are codes that no order document can bring about by itself, each with what does.
var notGolden = map[string]string{
	"cancelled_in_magento": "the eligibility rules give it, not the mapping",
	"payment_overdue":      "the eligibility rules give it, not the mapping",
	"partner_unknown":      "it is known when B1 has been asked for the buyer",
	"source_missing":       "the document of a golden order is always there",
	"hook_failed":          "there is no hook",
	"hook_not_allowed":     "there is no hook",
	"tax_code_unknown":     "only a hook can write such a code",
	"rules_failed":         "only a fault of the mapping or a hook brings it about",
	"tax_negative":         "the rules book no more discount under a code than goods",
	"property_not_free":    "only a hook can write such a property",
}

// Each hold is shown once as a clerk reads it.
func TestGolden_ShowsEachHoldOfTheMapping(t *testing.T) {
	shown := map[string]bool{}
	for _, name := range goldenNames(t) {
		if hold := loadGolden(t, name).result.Hold; hold != nil {
			shown[hold.Code] = true
			if hold.Message == "" || hold.Hint == "" {
				t.Errorf("%s: %s has no message or no hint", name, hold.Code)
			}
		}
	}
	codes := holdCodes(t)
	for _, extra := range []string{"gift_card", "store_credit", "reward_points", "gift_wrap", "weee"} {
		codes[extra+"_unmapped"] = true
	}
	for code := range codes {
		if !shown[code] && notGolden[code] == "" {
			t.Errorf("no golden order is held as %s", code)
		}
	}
	for code, why := range notGolden {
		if shown[code] || !codes[code] {
			t.Errorf("%s is excepted (%s), but a golden order shows it, or there is no such code", code, why)
		}
	}
}

// holdCodes reads the codes off the source text of the mapping.
func holdCodes(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range holdPattern.FindAllStringSubmatch(string(text), -1) {
			codes[m[1]] = true
		}
	}
	if len(codes) < 30 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	return codes
}
