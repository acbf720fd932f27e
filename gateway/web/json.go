package web

import (
	"bytes"
	"encoding/json"
)

// exact reads JSON without making its numbers others: an amount of 0.10 is shown as it came.
type exact struct{ to *any }

// UnmarshalJSON keeps numbers as they are written.
func (e *exact) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(e.to)
}

// laidOut writes a value as JSON that people read.
func laidOut(v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // the page escapes it
	e.SetIndent("", "  ")
	if v == nil || e.Encode(v) != nil {
		return ""
	}
	return out.String()
}
