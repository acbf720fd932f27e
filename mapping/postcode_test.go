package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/mapping"
)

func postcodes(t interface{ Fatalf(string, ...any) }, entries ...string) mapping.Postcodes {
	p, want := mapping.PostcodesOf(entries...)
	if want != "" {
		t.Fatalf("%q: want %s", entries, want)
	}
	return p
}

func TestPostcodes_Fit(t *testing.T) {
	for _, tc := range []struct{ entry, in, out string }{
		{"90001", "90001|90001-1234| 90001 ", "90002|900010|9000|1234|"},
		// Both ends are in: the system of 2016 left the last one out, and failed at letters (peers.md, defect 13).
		{"90001-90099", "90001|90050|90099|90099-9999", "90000|90100|9005|900500|SW1A 1AA|K1A 0B1|1010 AB|"},
		{"01000-01999", "01000|01500|01999", "1500|1000|015000"},
		{"1000-1099", "1010|1010 AB|1099ZZ|1000", "1100|1100 AB|10100|AB1010"},
		{"1010 AB", "1010AB|1010 ab|1010-AB", "1010|1010 AC"},
		{"1010 AB-1010 AZ", "1010 AB|1010 AK|1010AZ", "1010 BA|1010 AA|1011 AB"},
		{"SW1*", "SW1 1AA|SW1A 1AA|sw10 9zz", "SW2 1AA|W1 1AA|S1"},
		{"SW1A-SW2Z", "SW1A 1AA|SW1W 9AA|SW2 1AA|sw2z 9zz|SW1A", "SW1 1AA|SW3 1AA|SW10 1AA|W1A 1AA|SW20 1AA"},
		{"SW1-SW20", "SW1 1AA|SW1A 1AA|SW11 1AA|SW20 9ZZ|SW2 1AA", "SW21 1AA|SE1 1AA|SX1 1AA"},
		{"SW1-SW1", "SW1 1AA|SW1A 2AA|SW1", "SW11 1AA|SW2 1AA"},
		{"SW1A 1AA-SW1A 1AZ", "SW1A 1AA|sw1a1ak", "SW1A 1BA|SW1A 2AA|SW1 1AA|SW1A"},
		{"D01-D24", "D02 X285|D24|d6 AB12", "D25 X285|A94 X285"},
		{"K1A-K1Z", "K1A 0B1|K1Z9Z9", "K2A 0B1|J1A 0B1|K1"},
		{"00-950", "00-950|00950", "00-951|950"},
		{"00-950 - 00-999", "00-950|00960|00-999", "00-949|01-000|00-95"},
		{"1000-001", "1000-001|1000001", "1000|1000-002"},
		{"01310-100", "01310-100|01310100", "01310-101|01310"},
		{"90001-1234", "90001-1234", "90001|90001-1235|90500"},
		{"100-0001", "100-0001|1000001", "100-0002"},
		// Ranges of postcodes with dashes are written by what stands before the dash.
		{"9000-9499", "9000-123|9499-999|9400|9000", "8999-123|9500-001|9000123|900-0123"},
		{"01000-39999", "01310-100|39999-999", "00999-100|40000-000|01310100"},
		{"100-199", "100-0001|199-9999", "099-0001|200-0000|1000001"},
		{"00-99", "00-950|99-400", "00950|000-950"},
		{"00950-00999", "00-950|00960", "00-949|01-000"},
		// Of ZIP+4 without its dash the first five digits count, as with it.
		{"90001-90099", "900011234|90099 9999|90001 - 1234", "901001234|9000112345|90001123"},
		{"90010", "900101234", "90010123"},
		{"LV-1010", "LV-1010|lv1010", "LV-1011|1010"},
		{"KY1-1001", "KY1-1001", "KY1-1002"},
		{"*", "1|SW1A 1AA", ""},
		{"*1", "1|21", "12"},
		{"9*1*", "921|91", "19|29"},
	} {
		p := postcodes(t, tc.entry)
		for _, code := range strings.Split(tc.in, "|") {
			if !p.Fits(code) {
				t.Errorf("%s does not have %q", tc.entry, code)
			}
		}
		for _, code := range strings.Split(tc.out, "|") {
			if p.Fits(code) && !strings.Contains(tc.in, code) || code == "" && p.Fits("") {
				t.Errorf("%s has %q", tc.entry, code)
			}
		}
	}
}

func TestPostcodes_SayWhatTheyWant(t *testing.T) {
	for entry, want := range map[string]string{
		"":                  "a postcode, a range such as",
		"  ":                "a postcode, a range such as",
		"90001;90002":       "a postcode, a range such as",
		"(SW1)":             "a postcode, a range such as",
		"SW1*?":             "a postcode, a range such as",
		"1000-10000":        "ends of the same length, or a dash between spaces for a range: 00-950 - 00-999",
		"9-10":              "ends of the same length, or a dash",
		"90099-90001":       "the smaller end first",
		"SW2-SW1":           "the smaller end first",
		"1000 - 10000":      "ends of the same length",
		"90001 - ":          "a postcode, a range such as",
		" - 90001":          "a postcode, a range such as",
		"1000 - 2000 - 300": "a postcode, a range such as",
		"SW1* - SW2":        "a postcode, a range such as",
		"SW1*-SW2*":         "a postcode, a range such as",
		"1 - ()":            "a postcode at both ends of the range",
	} {
		if _, got := mapping.PostcodesOf(entry); !strings.HasPrefix(got, want) || got == "" {
			t.Errorf("%q wants %q, want %q", entry, got, want)
		}
	}
}

func TestCheck_PostcodesAtTheirPlace(t *testing.T) {
	for setting, want := range map[string][]string{
		`postcodes: 90001-90099`:                nil,
		`postcodes: [90001, 01000-01999, SW1*]`: nil,
		`postcodes: 9-10`:                       {`10:32: default.tax.codes[1].postcodes: is "9-10", want ends of the same length, or a dash between spaces for a range: 00-950 - 00-999`},
		`postcodes: [90001, "?", 2-1]`:          {`10:51: default.tax.codes[1].postcodes[1]: is "?", want a postcode, a range such as 90001-90099 or SW1A-SW2Z, or a pattern such as SW1*`, `10:56: default.tax.codes[1].postcodes[2]: is "2-1", want the smaller end first`},
		`postcodes: {a: b}`:                     {`10:32: default.tax.codes[1].postcodes: is a table, want a single value`},
		`postcodes: [[1]]`:                      {`10:44: default.tax.codes[1].postcodes[0]: is a list, want a single value`},
	} {
		got := problemsOf(t, strings.Replace(small, "{code: F, percent: 19}", "{code: F, percent: 19, "+setting+"}", 1))
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n  got  %q\n  want %q", setting, got, want)
		}
	}
}

// A range of numbers has what lies between its ends, however it is written, and nothing else.
func TestPostcodes_RangesOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.IntRange(1, 8).Draw(t, "digits")
		top := 1
		for range digits {
			top *= 10
		}
		number := rapid.IntRange(0, top-1)
		low, high, code := number.Draw(t, "low"), number.Draw(t, "high"), number.Draw(t, "code")
		low, high = min(low, high), max(low, high)
		p := postcodes(t, fmt.Sprintf("%0*d-%0*d", digits, low, digits, high))
		text := fmt.Sprintf("%0*d", digits, code)
		at := rapid.IntRange(0, digits).Draw(t, "space")
		text = text[:at] + rapid.SampledFrom([]string{"", " "}).Draw(t, "sign") + text[at:]
		if got, want := p.Fits(text), low <= code && code <= high; got != want {
			t.Fatalf("%0*d-%0*d and %q: %t, want %t", digits, low, digits, high, text, got, want)
		}
		if p.Fits("1"+strings.ReplaceAll(text, " ", "")) || p.Fits("X"+text) {
			t.Fatalf("a longer number is in %0*d-%0*d", digits, low, digits, high)
		}
	})
}

// A range of districts has both ends with all that is in them; a smaller range has no more than a larger one.
func TestPostcodes_RangesOfDistricts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		area := rapid.StringMatching(`[A-Z]{1,2}`).Draw(t, "area")
		a, b, c := rapid.IntRange(1, 99).Draw(t, "a"), rapid.IntRange(1, 99).Draw(t, "b"), rapid.IntRange(1, 99).Draw(t, "c")
		a, b = min(a, b), max(a, b)
		p := postcodes(t, fmt.Sprintf("%s%d-%s%d", area, a, area, b))
		inward := rapid.StringMatching(`[0-9][A-Z]{2}`).Draw(t, "inward")
		for _, code := range []string{fmt.Sprintf("%s%d %s", area, c, inward), fmt.Sprintf("%s%d%s", area, c, inward), strings.ToLower(fmt.Sprintf("%s%d %s", area, c, inward))} {
			if got, want := p.Fits(code), a <= c && c <= b; got != want {
				t.Fatalf("%s%d-%s%d and %s: %t, want %t", area, a, area, b, code, got, want)
			}
		}
	})
}

// FuzzPostcodes: whatever stands in a file and in an order, an entry is read or says what it wants, an entry without a star
// has its own ends, and spaces and case do not matter.
func FuzzPostcodes(f *testing.F) {
	for _, e := range []string{"90001", "90001-90099", "SW1A-SW2Z", "SW1*", "00-950 - 00-999", "1010 AB", "D01-D24", "*", "-", "é1-é2", "１-２"} {
		f.Add(e, "SW1A 1AA")
		f.Add(e, "90001-1234")
	}
	f.Fuzz(func(t *testing.T, entry, code string) {
		p, want := mapping.PostcodesOf(entry)
		if want != "" {
			return
		}
		if p.Fits("") || p.Fits(" - ") {
			t.Errorf("%q has no postcode at all", entry)
		}
		fits := p.Fits(code)
		if p.Fits(" "+strings.ToUpper(code)+" ") != p.Fits(strings.ToUpper(code)) || fits != p.Fits(strings.ReplaceAll(code, " ", "  ")) {
			t.Errorf("%q: spaces matter in %q", entry, code)
		}
		if !strings.ContainsAny(entry, "*-") && !p.Fits(entry) {
			t.Errorf("%q does not have itself", entry)
		}
		if low, high, ok := strings.Cut(entry, " - "); ok && strings.Count(entry, "-") == 1 && (!p.Fits(low) || !p.Fits(high)) {
			t.Errorf("%q does not have its ends", entry)
		}
	})
}
