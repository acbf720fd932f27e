package mapping_test

import (
	"strings"
	"testing"
	"time"

	"datawald/mapping"
)

// A module writes the day that a customer has chosen as a moment of midnight; all other moments are Magento's, in UTC.
func TestExpression_MidnightIsADayAndOtherMomentsAreUTC(t *testing.T) {
	for _, tc := range []struct{ zone, text, want string }{
		{"America/Los_Angeles", "2026-11-28 00:00:00", "2026-11-28"},
		{"America/Los_Angeles", "2026-11-28 00:00", "2026-11-28"},
		{"America/Los_Angeles", "2026-11-28T00:00:00", "2026-11-28"},
		{"America/Los_Angeles", "2026-11-28T00:00:00.000Z", "2026-11-28"},
		{"Europe/Berlin", "2026-11-28T00:00:00+01:00", "2026-11-28"},
		{"America/Los_Angeles", "2026-11-28", "2026-11-28"},
		{"America/Los_Angeles", "2026-11-28 00:00:01", "2026-11-27"},
		{"America/Los_Angeles", "2026-11-28 12:00:00", "2026-11-28"},
		{"Europe/Berlin", "2026-11-28 00:00:00", "2026-11-28"},
		{"Europe/Berlin", "2026-11-28 23:30:00", "2026-11-29"},
		{"Europe/Berlin", "2026-11-28 23:30", "2026-11-29"},
	} {
		r := rulesWith(t, "company:\n", "company:\n  time_zone: "+tc.zone+"\n", "default:\n", "default:\n  fields: {U_X: 'date(order.d)', DocDueDate: order.d}\n")
		got := r.Map(mapping.Input{Order: newCart().simple("MUG", "1", "5").order(), Source: mapping.NewSource([]byte(`{"d": "` + tc.text + `"}`)), Now: today})
		if day := strings.Trim(string(asJSON(t, got.Document.UserFields["U_X"])), `"`); got.Hold != nil || day != tc.want {
			t.Errorf("%s in %s is %s (%v), want %s", tc.text, tc.zone, day, got.Hold, tc.want)
		}
		if due := got.Document.DocDueDate.Format(time.DateOnly); due != tc.want {
			t.Errorf("%s in %s as DocDueDate is %s, want %s", tc.text, tc.zone, due, tc.want)
		}
	}
}

// A search costs as much as its text and its pattern are long: a small loop over a long note does not run for seconds.
func TestExpression_SearchesAreBounded(t *testing.T) {
	document := []byte(`{"note": "` + strings.Repeat("ab", 30_000) + `", "items": [` + strings.TrimSuffix(strings.Repeat(`1,`, 100), ",") + `]}`)
	for expression, want := range map[string]string{
		`all(order.items, all(order.items, !(order.note matches "(a|b|ab)*c(a?){20}$")))`: "more than 5000000 steps",
		`all(order.items, !(order.note matches "(a?){1000}c$"))`:                          "more than 5000000 steps",
		`order.note matches "(a|b|ab)*c(a?){20}$"`:                                        "",
		`all(order.items, all(order.items, !("one" matches "(t|w|o)+x")))`:                "",
		`order.nothing matches "x"`:                                                       "",
		`order.items matches "x"`:                                                         "a list, where a text is wanted",
	} {
		r := rulesWith(t, "default:\n", "default:\n  fields: {U_X: '"+expression+"'}\n")
		got := r.Map(mapping.Input{Order: newCart().simple("MUG", "1", "5").order(), Source: mapping.NewSource(document), Now: today})
		if held := got.Hold != nil; held != (want != "") || held && !strings.Contains(got.Hold.Message, want) {
			t.Errorf("%s: %v, want %q", expression, got.Hold, want)
		}
	}
}
