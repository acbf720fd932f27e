package mapping

import (
	"regexp/syntax"
	"strings"
	"time"

	"datawald/sapb1"
)

func tooLong() error { return bad("a text of more than %d bytes", maxValueText) }

// orNone is a value as text; nothing stays nothing.
func orNone(a ...any) (any, error) {
	if a[0] == nil {
		return nil, nil
	}
	text, err := plain(a[0])
	if err != nil {
		return nil, err
	}
	return text, nil
}

// searched is a value as the text in which matches looks for its pattern; the meter counts the search.
func searched(a ...any) (any, error) {
	text, err := orNone(a[1])
	if text == nil || err != nil {
		return nil, err
	}
	return text, a[0].(*meter).search(text.(string), a[2].(int))
}

// instructions is the size of a pattern when it is compiled: a short one may be large, such as (a?){1000}. What is no pattern
// has none; the library says so when it compiles it.
func instructions(pattern string) int {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	code, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(code.Inst)
}

// onText makes a function of one text; that of nothing is nothing.
func onText(f func(string) string) function {
	return function{least: 1, most: 1, call: func(a ...any) (any, error) {
		if a[0] == nil {
			return nil, nil
		}
		text, err := plain(a[0])
		if err != nil {
			return nil, err
		}
		if len(text) > maxValueText {
			return nil, tooLong()
		}
		return f(text), nil
	}}
}

// textTest makes a yes or no of two texts; no where one is nothing.
func textTest(f func(text, part string) bool) function {
	return function{least: 2, most: 2, call: func(a ...any) (any, error) {
		if a[0] == nil || a[1] == nil {
			return false, nil
		}
		texts, err := plainAll(a)
		if err != nil {
			return nil, err
		}
		return f(texts[0], texts[1]), nil
	}}
}

// plainAll reads values as texts; nothing is no text.
func plainAll(values []any) ([]string, error) {
	texts := make([]string, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		var err error
		if texts[i], err = plain(v); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func trimEnd(f func(text, end string) string) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		if a[0] == nil {
			return nil, nil
		}
		texts, err := plainAll(a)
		if err != nil {
			return nil, err
		}
		return f(texts[0], texts[1]), nil
	}
}

// replace puts a text for each occurrence of another.
func replace(a ...any) (any, error) {
	if a[0] == nil {
		return nil, nil
	}
	t, err := plainAll(a)
	if err != nil {
		return nil, err
	}
	if t[1] == "" {
		return t[0], nil
	}
	if len(t[0])+strings.Count(t[0], t[1])*(len(t[2])-len(t[1])) > maxValueText {
		return nil, tooLong()
	}
	return strings.ReplaceAll(t[0], t[1], t[2]), nil
}

func split(a ...any) (any, error) {
	if a[0] == nil {
		return nil, nil
	}
	t, err := plainAll(a)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(t[0], t[1])
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

// join puts the elements of a list together, with a text between them. What is nothing or empty is left out.
func join(a ...any) (any, error) {
	items, err := list(a[0])
	if err != nil {
		return nil, err
	}
	between := ""
	if len(a) == 2 && a[1] != nil {
		if between, err = plain(a[1]); err != nil {
			return nil, err
		}
	}
	texts, err := plainAll(items.([]any))
	if err != nil {
		return nil, err
	}
	size, kept := 0, texts[:0]
	for _, t := range texts {
		if t != "" {
			size, kept = size+len(t)+len(between), append(kept, t)
		}
	}
	if size > maxValueText {
		return nil, tooLong()
	}
	return strings.Join(kept, between), nil
}

// fromJSON reads a text that holds JSON, as many modules of Magento write their values; nothing of what is none.
func fromJSON(a ...any) (any, error) {
	text, ok := a[0].(string)
	if !ok || len(text) > maxValueText {
		return nil, nil
	}
	v, err := decodeJSON(text)
	if err != nil {
		return nil, nil
	}
	return v, nil
}

// dateForms are the ways in which Magento and its modules write moments (UTC) and days. Days are those of their writer; so is
// a moment of exactly midnight, as modules write the day that a customer has chosen: 2026-11-28 00:00:00.
var dateForms = []struct {
	layout string
	moment bool
}{{"2006-01-02 15:04:05", true}, {time.RFC3339, true}, {"2006-01-02T15:04:05", true}, {"2006-01-02 15:04", true}, {time.DateOnly, false}, {"02.01.2006", false}, {"20060102", false}}

// date is the day of a text: of a moment other than midnight, the day in the company's time zone. A third value adds days.
func date(a ...any) (any, error) {
	zone, days := a[0].(*meter).zone, 0
	if len(a) == 3 && a[2] != nil {
		n, err := number(a[2])
		if err != nil || !n.IsInteger() || n.NumDigits() > 5 {
			return nil, bad("a date with days to add that are no whole number")
		}
		days = int(n.IntPart())
	}
	day, err := dayOf(a[1], zone)
	if err != nil || day.IsZero() {
		return nil, err
	}
	return sapb1.NewDate(day.AddDate(0, 0, days)), nil
}

func dayOf(v any, zone Zone) (time.Time, error) {
	switch t := v.(type) {
	case nil:
		return time.Time{}, nil
	case sapb1.Date:
		return t.Time, nil
	case string:
		if strings.TrimSpace(t) == "" || strings.HasPrefix(t, "0000-00-00") {
			return time.Time{}, nil
		}
		for _, form := range dateForms {
			if at, err := time.Parse(form.layout, strings.TrimSpace(t)); err == nil {
				if form.moment && !isMidnight(at) {
					return zone.day(at), nil
				}
				return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), nil
			}
		}
	}
	return time.Time{}, bad("%s that is no date such as 2026-01-31", kind(v))
}

// isMidnight reports whether a moment is the beginning of a day, as it is written.
func isMidnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}
