package mapping_test

import (
	"strings"
	"testing"

	"datawald/mapping"
)

func TestUnknownSettingsNameTheOneThatWasMeant(t *testing.T) {
	for wrong, want := range map[string]string{
		"cardcode":                            "card_code",
		"card_cdoe":                           "card_code",
		"CardCode":                            "card_code",
		"card":                                "card_code",
		"shiping":                             "shippings",
		"ware_house":                          "warehouse",
		"payment":                             "payments",
		"colour":                              "",
		"x":                                   "",
		"sales_perosn":                        "sales_person",
		strings.Repeat("_", 60) + "card_code": "", // no setting is so long
	} {
		_, err := mapping.ParseRules([]byte("version: 1\ndefault:\n  " + wrong + ": 1\n"))
		got := ""
		if _, rest, ok := strings.Cut(err.Error(), "did you mean "); ok {
			got, _, _ = strings.Cut(rest, "?")
		}
		if got != want {
			t.Errorf("%.20s: meant %q, want %q", wrong, got, want)
		}
	}
}
