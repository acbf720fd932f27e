package mapping

import (
	"encoding/json"
	"regexp"
	"time"
)

// Personal reports whether the values may name a person: texts that an expression or a hook took out of the order, in
// user-defined fields and in other properties. Numbers, dates and flags name nobody.
func (d Difference) Personal() bool { return d.personal }

// texts are the properties, as kinds of differences, into which the rules or hooks may have written what the order says.
// User-defined fields are not among them: they are such wherever they stand.
func (m *mapper) texts() map[string]bool {
	found := map[string]bool{}
	for name, p := range headProperties {
		if _, ruled := m.store.Fields[name]; p.form == textForm && (ruled || len(m.rules.hooks) > 0) {
			found[name] = true
		}
	}
	for name, p := range lineProperties {
		if _, ruled := m.store.LineFields[name]; p.form == textForm && (ruled || len(m.rules.hooks) > 0) {
			found["DocumentLines[]."+name] = true
		}
	}
	return found
}

var userProperty = regexp.MustCompile(`(^|\.)U_[^.]*$`)

// mayName reports whether one of two values of a property may name a person.
func (c *differ) mayName(path string, a, b any) bool {
	kind := Difference{Path: path}.Kind()
	return (userProperty.MatchString(kind) || c.texts[kind]) && (!namesNobody(a) || !namesNobody(b))
}

// namesNobody reports whether a value is nothing, a number, a flag or a date.
func namesNobody(v any) bool {
	switch v := v.(type) {
	case nil, bool, json.Number:
		return true
	case string:
		_, err := time.Parse(time.DateOnly, v)
		return err == nil || v == "" || v == "Y" || v == "N" || v == "tYES" || v == "tNO"
	}
	return false
}
