package b1sim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// version is the OData generation of a service root.
type version int

const (
	v1 version = 1 // /b1s/v1, OData 3
	v2 version = 2 // /b1s/v2, OData 4
)

func (v version) root() string { return "/b1s/v" + strconv.Itoa(int(v)) }

// note spells an OData annotation: odata.x in version 3, @odata.x in version 4.
func (v version) note(name string) string {
	if v == v1 {
		return "odata." + name
	}
	return "@odata." + name
}

// writer renders rows as JSON in the shape of a version.
type writer struct {
	version version
	fields  catalog
}

// entity appends an object with every property of the type in metadata order, absent ones as null, then the user
// fields. The full answer is large, as B1's is. With a selection only those properties are written.
func (w writer) entity(b []byte, t *entityType, r row, notes [][2]string, only []string) []byte {
	b = append(b, '{')
	for _, note := range notes {
		b = appendName(b, w.version.note(note[0]))
		b = appendText(b, note[1])
	}
	for i := range t.props {
		p := &t.props[i]
		if only == nil || slices.Contains(only, p.name) {
			b = appendName(b, p.name)
			b = w.value(b, p, r[p.name])
		}
	}
	for _, p := range sortedFields(w.fields[t.table]) {
		if only == nil || slices.Contains(only, p.name) {
			b = appendName(b, p.name)
			b = w.value(b, p, r[p.name])
		}
	}
	return append(b, '}')
}

func (w writer) value(b []byte, p *property, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, emptyValue(p)...)
	case row:
		return w.entity(b, types[p.of], v, nil, nil)
	case []row:
		return w.list(b, types[p.of], v)
	case json.RawMessage:
		return append(b, v...)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case decimal.Decimal:
		return append(b, v.String()...)
	case string:
		return w.text(b, p, v)
	}
	return append(b, "null"...)
}

func (w writer) list(b []byte, t *entityType, rows []row) []byte {
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.entity(b, t, r, nil, nil)
	}
	return append(b, ']')
}

// text writes dates with midnight UTC in version 4, without time in version 3, and the object type of an order by
// name in version 4, by number in version 3 (as in the manual's preview sample).
func (w writer) text(b []byte, p *property, v string) []byte {
	switch {
	case p.kind == kindDate && w.version == v2:
		v += "T00:00:00Z"
	case p.of == "BoObjectTypes" && w.version == v1 && v == orderObjectName:
		v = orderObjectCode
	}
	return appendText(b, v)
}

func emptyValue(p *property) string {
	if p.kind == kindList || p.isList {
		return "[]"
	}
	return "null"
}

// appendName appends a comma when needed, and the name with its colon.
func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func appendText(b []byte, text string) []byte {
	return append(b, mustJSON(text)...)
}

func sortedFields(fields map[string]*property) []*property {
	out := make([]*property, 0, len(fields))
	for _, p := range fields {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *property) int { return strings.Compare(a.name, b.name) })
	return out
}

// stateJSON renders a row for the state file: only what is set, dates plain.
func stateJSON(r row) json.RawMessage {
	plain := make(map[string]any, len(r))
	for name, value := range r {
		plain[name] = statePart(value)
	}
	return mustJSON(plain)
}

func statePart(value any) any {
	switch v := value.(type) {
	case row:
		return stateJSON(v)
	case []row:
		parts := make([]json.RawMessage, len(v))
		for i, r := range v {
			parts[i] = stateJSON(r)
		}
		return parts
	case decimal.Decimal:
		return json.Number(v.String())
	}
	return value
}
