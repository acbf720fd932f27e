package b1sim

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/shopspring/decimal"
)

// catalog holds the user-defined fields that the Service Layer shows: table, then lower-case property name.
type catalog map[string]map[string]*property

// reader turns JSON objects into rows, refusing what the metadata does not know.
type reader struct {
	fields  catalog
	trusted bool // rows of the state file: complete, already checked
}

// decodeObject reads one JSON object, numbers kept as text.
func decodeObject(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil || object == nil {
		return nil, fail(codeInvalid, msgJSON)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fail(codeInvalid, msgJSON)
	}
	return object, nil
}

// row reads an object as a value of the type. Annotations such as odata.metadata are skipped.
func (rd reader) row(t *entityType, object map[string]any) (row, error) {
	out := make(row, len(object))
	for name, raw := range object {
		if strings.Contains(name, "odata.") {
			continue
		}
		p := rd.property(t, name)
		if p == nil {
			return nil, fail(codeInvalid, msgProperty, name, t.name)
		}
		if p.readOnly && !rd.trusted {
			continue
		}
		value, err := rd.value(t, p, raw)
		if err != nil {
			return nil, err
		}
		out[p.name] = value
	}
	return out, nil
}

// property finds a property of the type or a user-defined one. The state file may name a user field that the
// configuration no longer has; its text is kept.
func (rd reader) property(t *entityType, name string) *property {
	lower := strings.ToLower(name)
	if p := t.byName[lower]; p != nil {
		return p
	}
	if p := rd.fields[t.table][lower]; p != nil && t.table != "" {
		return p
	}
	if rd.trusted {
		return &property{name: name, kind: kindOpaque}
	}
	return nil
}

// value reads one value of a property. Null stays null.
func (rd reader) value(t *entityType, p *property, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	switch p.kind {
	case kindPart:
		return rd.part(t, p, raw)
	case kindList:
		return rd.list(t, p, raw)
	case kindOpaque:
		return json.RawMessage(mustJSON(raw)), nil
	}
	text, ok := scalarText(p, raw)
	if !ok {
		return nil, fail(codeBadValue, msgBadValue, string(mustJSON(raw)), p.name)
	}
	value, ok := parseScalar(p, text)
	if !ok {
		return nil, badValue(p, text)
	}
	if p.max > 0 && !rd.trusted && len(utf16.Encode([]rune(text))) > p.max {
		return nil, fail(codeBadValue, msgTooLong, p.name, t.name)
	}
	return value, nil
}

func (rd reader) part(t *entityType, p *property, raw any) (any, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return nil, fail(codeInvalid, msgProperty, p.name, t.name)
	}
	return rd.row(types[p.of], object)
}

func (rd reader) list(t *entityType, p *property, raw any) (any, error) {
	items, ok := raw.([]any)
	if !ok {
		return nil, fail(codeInvalid, msgProperty, p.name, t.name)
	}
	out := make([]row, 0, len(items))
	for _, item := range items {
		one, err := rd.part(t, p, item)
		if err != nil {
			return nil, err
		}
		out = append(out, one.(row))
	}
	return out, nil
}

// scalarText returns the text of a JSON scalar. Numbers may be sent as strings: SAP's own sample does (API reference,
// Orders). A text property takes only a string.
func scalarText(p *property, raw any) (string, bool) {
	switch v := raw.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), p.kind == kindNumber || p.kind == kindInteger
	}
	return "", false
}

// parseScalar reads the text form of a value, from JSON or from a query.
func parseScalar(p *property, text string) (any, bool) {
	switch p.kind {
	case kindInteger:
		d, err := decimal.NewFromString(text)
		if err != nil || !d.IsInteger() || d.Abs().GreaterThan(decimal.NewFromInt(math.MaxInt32)) {
			return nil, false
		}
		return d.IntPart(), true
	case kindNumber:
		d, err := decimal.NewFromString(text)
		return d, err == nil && d.Exponent() > -30 && d.Exponent() < 30
	case kindDate:
		return parseDate(text)
	case kindTime:
		return parseTime(text)
	case kindEnum:
		return memberName(p.of, text)
	}
	return text, true
}

func badValue(p *property, text string) error {
	if p.kind != kindEnum {
		return fail(codeBadValue, msgBadValue, text, p.name)
	}
	var members []string
	for _, member := range enumerations[p.of] {
		members = append(members, "'"+member[1]+"' - '"+member[0]+"'")
	}
	return fail(codeBadValue, msgBadEnum, text, p.name, strings.Join(members, ", "))
}

// dateLayouts are the forms a date may come in: plain, compact, and with a time that is dropped (Service Layer manual
// 3.7.4; the OData 4 metadata calls dates DateTimeOffset).
var dateLayouts = []string{time.DateOnly, "20060102", time.RFC3339, "2006-01-02T15:04:05"}

// parseDate returns a date as 2006-01-02. It is the date as written: no time zone moves it.
func parseDate(text string) (any, bool) {
	for _, layout := range dateLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateOnly), true
		}
	}
	return nil, false
}

// parseTime returns a time of day as 15:04:05.
func parseTime(text string) (any, bool) {
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.TimeOnly), true
		}
	}
	return nil, false
}
