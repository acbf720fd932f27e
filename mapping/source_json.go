package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// table is a JSON object of which only what is asked for is taken apart: rules read a few of an order's hundreds of values.
// The text is checked as a whole before, so that nothing is found to be broken later. It may be read by several at once.
type table struct{ fields []tableField }

type tableField struct {
	name string
	// text is the value as it is written.
	text string
	// known is a list or a table that somebody has taken apart.
	known atomic.Pointer[any]
}

// decodeJSON reads a JSON text: nil, a string, bool, json.Number, []any or *table. Numbers stay as they are written.
func decodeJSON(text string) (any, error) {
	s := scanner{text: text}
	s.space()
	if s.at < len(text) && text[s.at] == '{' {
		t, ok := s.table()
		if s.space(); !ok || s.at != len(text) {
			return nil, errNoJSON
		}
		return t, nil
	}
	begin := s.at
	ok := s.skip(0)
	end := s.at
	if s.space(); !ok || s.at != len(text) {
		return nil, errNoJSON
	}
	return take(text[begin:end]), nil
}

var errNoJSON = errors.New("it is no JSON")

// get is the value of a name; nil where the table has none. Of several the last counts, as for encoding/json.
func (t *table) get(name string) any {
	for i := len(t.fields) - 1; i >= 0; i-- {
		if f := &t.fields[i]; f.name == name {
			return f.value()
		}
	}
	return nil
}

func (t *table) has(name string) bool {
	for i := range t.fields {
		if t.fields[i].name == name {
			return true
		}
	}
	return false
}

func (f *tableField) value() any {
	if f.text[0] != '{' && f.text[0] != '[' {
		return take(f.text)
	}
	if v := f.known.Load(); v != nil {
		return *v
	}
	v := take(f.text)
	f.known.Store(&v)
	return v
}

// take reads the text of a value that is known to be sound.
func take(text string) any {
	switch text[0] {
	case '{':
		return takeTable(text)
	case '[':
		return takeList(text)
	case '"':
		return takeString(text)
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	return json.Number(text)
}

func takeTable(text string) *table {
	s := scanner{text: text}
	t, _ := s.table()
	return t
}

// table takes the table apart that begins here, and moves behind it; false where there is none.
func (s *scanner) table() (*table, bool) {
	t := &table{fields: make([]tableField, 0, tableSize(len(s.text)-s.at))}
	ok := s.skipMany('}', 0, func(depth int) bool {
		begin := s.at
		if !s.skipName() {
			return false
		}
		name := takeString(s.text[begin:s.nameEnd])
		begin = s.at
		if !s.skip(depth) {
			return false
		}
		t.fields = append(t.fields, tableField{name: name, text: s.text[begin:s.at]})
		return true
	})
	return t, ok
}

// tableSize guesses how many values a table of so many bytes has: an order has a hundred, an address fifteen.
func tableSize(bytes int) int { return min(96, 8+bytes/40) }

func takeList(text string) []any {
	s, list := scanner{text: text}, []any{}
	s.skipMany(']', 0, func(depth int) bool {
		begin := s.at
		if !s.skip(depth) {
			return false
		}
		list = append(list, take(text[begin:s.at]))
		return true
	})
	return list
}

func takeString(text string) string {
	inner := text[1 : len(text)-1]
	if strings.IndexByte(inner, '\\') < 0 && utf8.ValidString(inner) {
		return inner
	}
	var s string
	if json.Unmarshal([]byte(text), &s) != nil {
		return ""
	}
	return s
}

// wholeValue is a value with all that is in it, as encoding/json would give it.
func wholeValue(v any) any {
	switch v := v.(type) {
	case *table:
		all := make(map[string]any, len(v.fields))
		for i := range v.fields {
			all[v.fields[i].name] = wholeValue(v.fields[i].value())
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = wholeValue(v[i])
		}
		return all
	}
	return v
}
