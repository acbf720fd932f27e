package mapping

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"datawald/order"
	"datawald/sapb1"
)

// Lengths of B1's columns, in UTF-16 units (schema of release 9.3). Whether the Service Layer cuts or refuses what is
// longer is not documented, so it is cut here.
const (
	maxCardName    = 100
	maxStreet      = 100
	maxBlock       = 100
	maxCity        = 100
	maxCounty      = 100
	maxZip         = 20
	maxDescription = 100
	maxFreeText    = 100
)

// text makes a value fit its field of the document, and notes when something of it is lost. The note names no value:
// it may be personal.
func (m *mapper) text(field, value string, limit int) string {
	whole := clean(value)
	cut := trim(whole, limit)
	if cut != whole {
		m.notes = append(m.notes, fmt.Sprintf("%s cut from %d to %d characters", field, length(whole), length(cut)))
	}
	return cut
}

// clean takes control characters out of a text: line breaks and tabs become a space, the rest goes. B1's own windows
// show them as boxes, and its exports break on them. All other Unicode stays.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s))
}

// trim cuts s to n UTF-16 units without splitting a character.
func trim(s string, n int) string {
	if len(s) <= n {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > n {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// length counts as B1 does, in UTF-16 units.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// Personal are the values of a document that name a person or a place to find him, as they are sent: cleaned, put
// together and cut. B1 may quote them in its answers, where the values of the order would not be found.
func Personal(o *order.Order, d *sapb1.SalesOrder) []string {
	values := []string{d.CardName}
	if a := d.Address; a != nil {
		values = append(values, a.BillToStreet, a.BillToBlock, a.BillToZipCode, a.ShipToStreet, a.ShipToBlock, a.ShipToZipCode)
	}
	values = append(values, computed(o, d)...)
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

// computed are the texts that expressions of the rules put into a document: whatever the order holds may be among them.
// The order key is not personal, and messages need it.
func computed(o *order.Order, d *sapb1.SalesOrder) []string {
	var values []string
	if d.Comments != remark(o) { // the mapping's own names nobody
		values = append(values, d.Comments)
	}
	add := func(fields map[string]any) {
		for _, v := range fields {
			text, _ := v.(string)
			if _, err := order.ParseKey(text); err != nil {
				values = append(values, text)
			}
		}
	}
	add(d.UserFields)
	for _, l := range d.Lines {
		values = append(values, l.FreeText)
		add(l.UserFields)
	}
	return values
}
