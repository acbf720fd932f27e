package mapping_test

import (
	"strings"
	"testing"
	"time"

	"datawald/mapping"
)

// quietRules are the example's with quiet hours in a zone.
func quietRules(t *testing.T, zone, hours string) *mapping.Rules {
	t.Helper()
	return rulesWith(t, "company:\n", "quiet_hours: "+hours+"\ncompany:\n  time_zone: "+zone+"\n")
}

func when(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05Z07:00", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// 2026-11-25 is a Wednesday. Clocks in Berlin are put on at 2027-03-28 02:00 and back at 2026-10-25 03:00.
func TestQuietHours(t *testing.T) {
	nightly := `[{from: "22:00", to: "06:00"}]`
	tests := map[string]struct {
		zone, hours, at string
		until           string // empty: not quiet
		next            string // when the next begin; empty: not asked
	}{
		"a second before":             {"Europe/Berlin", nightly, "2026-11-25 21:59:59+01:00", "", "2026-11-25 22:00:00+01:00"},
		"at the beginning":            {"Europe/Berlin", nightly, "2026-11-25 22:00:00+01:00", "2026-11-26 06:00:00+01:00", "2026-11-25 22:00:00+01:00"},
		"after midnight":              {"Europe/Berlin", nightly, "2026-11-26 03:00:00+01:00", "2026-11-26 06:00:00+01:00", ""},
		"a second before the end":     {"Europe/Berlin", nightly, "2026-11-26 05:59:59+01:00", "2026-11-26 06:00:00+01:00", ""},
		"at the end":                  {"Europe/Berlin", nightly, "2026-11-26 06:00:00+01:00", "", "2026-11-26 22:00:00+01:00"},
		"in another zone":             {"America/Los_Angeles", nightly, "2026-11-26 06:30:00Z", "2026-11-26 06:00:00-08:00", ""},
		"without a zone: UTC":         {"UTC", `[{from: "22:00", to: "23:00"}]`, "2026-11-25 22:30:00Z", "2026-11-25 23:00:00Z", ""},
		"without quotes":              {"UTC", `[{from: 22:00, to: 23:00}]`, "2026-11-25 22:30:00Z", "2026-11-25 23:00:00Z", ""},
		"on another day":              {"UTC", `[{days: [mon, tue], from: "01:00", to: "02:00"}]`, "2026-11-25 01:30:00Z", "", "2026-11-30 01:00:00Z"},
		"on its day":                  {"UTC", `[{days: [wed], from: "01:00", to: "02:00"}]`, "2026-11-25 01:30:00Z", "2026-11-25 02:00:00Z", ""},
		"the night of its day":        {"UTC", `[{days: [wed], from: "22:00", to: "02:00"}]`, "2026-11-26 01:30:00Z", "2026-11-26 02:00:00Z", ""},
		"the night before its day":    {"UTC", `[{days: [wed], from: "22:00", to: "02:00"}]`, "2026-11-25 01:30:00Z", "", "2026-11-25 22:00:00Z"},
		"a whole day":                 {"UTC", `[{days: [sun], from: "00:00", to: "24:00"}]`, "2026-11-29 12:00:00Z", "2026-11-30 00:00:00Z", ""},
		"one after the other":         {"UTC", `[{from: "20:00", to: "24:00"}, {from: "00:00", to: "04:00"}]`, "2026-11-25 21:00:00Z", "2026-11-26 04:00:00Z", ""},
		"one in the other":            {"UTC", `[{from: "20:00", to: "23:00"}, {from: "21:00", to: "22:00"}]`, "2026-11-25 21:30:00Z", "2026-11-25 23:00:00Z", ""},
		"a weekend of three":          {"UTC", `[{days: [fri], from: "18:00", to: "24:00"}, {days: [sat, sun], from: "00:00", to: "24:00"}]`, "2026-11-27 19:00:00Z", "2026-11-30 00:00:00Z", ""},
		"spring: the end is skipped":  {"Europe/Berlin", `[{from: "01:00", to: "02:30"}]`, "2027-03-28 01:30:00+01:00", "2027-03-28 03:00:00+02:00", ""},
		"spring: the start is":        {"Europe/Berlin", `[{from: "02:30", to: "04:00"}]`, "2027-03-28 03:00:00+02:00", "2027-03-28 04:00:00+02:00", ""},
		"spring: before it":           {"Europe/Berlin", `[{from: "02:30", to: "04:00"}]`, "2027-03-28 01:59:59+01:00", "", "2027-03-28 03:00:00+02:00"},
		"spring: all of it is":        {"Europe/Berlin", `[{from: "02:10", to: "02:50"}]`, "2027-03-28 03:00:00+02:00", "", "2027-03-29 02:10:00+02:00"},
		"autumn: the first beginning": {"Europe/Berlin", `[{from: "02:30", to: "04:00"}]`, "2026-10-25 02:30:00+02:00", "2026-10-25 04:00:00+01:00", ""},
		"autumn: the last end":        {"Europe/Berlin", `[{from: "01:00", to: "02:30"}]`, "2026-10-25 02:15:00+01:00", "2026-10-25 02:30:00+01:00", ""},
		"autumn: over by then":        {"Europe/Berlin", `[{from: "01:00", to: "02:30"}]`, "2026-10-25 02:30:00+01:00", "", ""},
		"a night with 9 hours":        {"Europe/Berlin", nightly, "2026-10-24 22:00:00+02:00", "2026-10-25 06:00:00+01:00", ""},
		"midnight is skipped":         {"Africa/Cairo", `[{from: "00:00", to: "00:30"}]`, "2026-04-23 23:59:59+02:00", "", "2026-04-25 00:00:00+03:00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r, at := quietRules(t, tc.zone, tc.hours), when(t, tc.at)
			until, next := r.QuietUntil(at), r.QuietFrom(at)
			if tc.until == "" && !until.IsZero() || tc.until != "" && !until.Equal(when(t, tc.until)) {
				t.Errorf("quiet until %s, want %q", until, tc.until)
			}
			if tc.next != "" && !next.Equal(when(t, tc.next)) {
				t.Errorf("the next begin at %s, want %s", next, tc.next)
			}
			if !until.IsZero() && !r.QuietUntil(until).IsZero() {
				t.Error("it is quiet at the end of the quiet hours")
			}
		})
	}
}

func TestQuietHours_NoneAreNever(t *testing.T) {
	r := rulesWith(t)
	if now := time.Now(); !r.QuietUntil(now).IsZero() || !r.QuietFrom(now).IsZero() {
		t.Error("it is quiet without quiet hours")
	}
}

// Every fault is named with its place, all at once.
func TestQuietHours_AreChecked(t *testing.T) {
	tests := map[string]struct{ hours, want string }{
		"a time that is none": {`[{from: "25:00", to: 7}]`, `4:16: quiet_hours[0].from: is "25:00", want a time such as "22:00", 00:00 to 24:00` + "\n" +
			`4:31: quiet_hours[0].to: is "7", want a time such as "22:00", 00:00 to 24:00`},
		"a day that is none": {`[{days: [mon, Sunday], from: "01:00", to: "02:00"}]`, `4:28: quiet_hours[0].days[1]: is "Sunday", want a day: mon, tue, wed, thu, fri, sat or sun`},
		"no end":             {`[{from: "01:00"}]`, `4:15: quiet_hours[0].to: is missing, want a time such as "06:00"`},
		"no beginning":       {`[{to: "01:00"}]`, `4:15: quiet_hours[0].from: is missing, want a time such as "22:00"`},
		"no time at all":     {`[{from: "01:00", to: "01:00"}]`, `4:31: quiet_hours[0].to: is the same time as from, want another; the whole day is from "00:00" to "24:00"`},
		"always": {`[{from: "00:00", to: "12:00"}, {from: "12:00", to: "24:00"}]`,
			`4:1: quiet_hours: are the whole week, want a time at which orders are sent`},
		"another setting": {`[{from: "01:00", till: "02:00"}]`, `4:15: quiet_hours[0].to: is missing, want a time such as "06:00"` + "\n" +
			`4:31: quiet_hours[0].till: is no setting, want one of days, from, to`},
		"nearly always": {`[{days: [mon, tue, wed, thu, fri, sat], from: "00:00", to: "24:00"}, {days: [sun], from: "00:00", to: "23:59"}]`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.ParseRules([]byte(strings.Replace(smallRules, "default:", "quiet_hours: "+tc.hours+"\ndefault:", 1)))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}
