package lookup

import (
	"encoding/json"
	"slices"
	"strings"

	"datawald/tools/mongod/sjson"
)

// statement collects the arguments of an SQL statement while its text is made.
type statement struct{ args []any }

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "?"
}

func (s *statement) list(values []any) string {
	for _, v := range values {
		s.arg(v)
	}
	return "(" + strings.Repeat("?,", len(values)-1) + "?)"
}

func (a all) sql(s *statement) string { return join(a, " AND ", s) }

func (a anyOf) sql(s *statement) string { return join(a, " OR ", s) }

func (a all) doubt() []string { return doubts(a) }

func (a anyOf) doubt() []string { return doubts(a) }

// join puts conditions together; of none it makes one that is always true, which only a filter without conditions has.
func join(conditions []condition, word string, s *statement) string {
	if len(conditions) == 0 {
		return "TRUE"
	}
	parts := make([]string, len(conditions))
	for n, c := range conditions {
		parts[n] = "(" + c.sql(s) + ")"
	}
	return strings.Join(parts, word)
}

func doubts(conditions []condition) (all []string) {
	for _, c := range conditions {
		for _, d := range c.doubt() {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}

func (c comparison) sql(s *statement) string {
	certain := c.certain(s)
	if d := c.doubt(); len(d) > 0 {
		return "(" + certain + ") OR " + strings.Join(d, " OR ")
	}
	return certain
}

// certain is true for documents that match without doubt.
func (c comparison) certain(s *statement) string {
	switch {
	case c.op == exists:
		return c.field.Type() + " IS NOT NULL"
	case c.op == missing:
		return c.field.Type() + " IS NULL"
	case c.op == notNull:
		return c.field.Type() + " <> '" + sjson.Null + "'"
	case c.byID():
		return c.idText(s)
	}
	typed := c.field.Type() + typeIs(c.kind.types)
	if c.op == oneOf {
		return typed + " AND " + c.field.Value() + " IN " + s.list(c.values)
	}
	if c.op == contains {
		return typed + " AND instr(" + c.field.Value() + ", " + s.arg(c.values[0]) + ") > 0"
	}
	return typed + " AND " + c.field.Value() + " " + string(c.op) + " " + s.arg(c.values[0])
}

func typeIs(types []string) string {
	if len(types) == 1 {
		return " = '" + types[0] + "'"
	}
	return " IN ('" + strings.Join(types, "','") + "')"
}

// byID reports whether the comparison can be made with FerretDB's own expression for _id: JSON text.
func (c comparison) byID() bool {
	return c.field.IsID() && (c.op == equal || c.op == oneOf) && (c.kind.types[0] == sjson.String || c.kind.types[0] == sjson.ObjectID)
}

// idText compares the JSON text of _id. A string of 24 digits has the text of an ObjectID: the type tells them apart.
func (c comparison) idText(s *statement) string {
	typed := c.field.Type() + typeIs(c.kind.types) + " AND " + sjson.ID
	encoded := make([]any, len(c.values))
	for n, v := range c.values {
		text, _ := json.Marshal(v) // a string always has one
		encoded[n] = string(text)
	}
	if c.op == oneOf {
		return typed + " IN " + s.list(encoded)
	}
	return typed + " = " + s.arg(encoded[0])
}

// doubt: an array matches by its members, and a number with a fraction by digits that SQLite may read otherwise.
func (c comparison) doubt() (conditions []string) {
	for _, parent := range c.field.Parents() {
		conditions = append(conditions, parent.Type()+typeIs([]string{sjson.Array}))
	}
	if types := c.doubtfulTypes(); len(types) > 0 {
		conditions = append(conditions, c.field.Type()+typeIs(types))
	}
	return conditions
}

func (c comparison) doubtfulTypes() []string {
	switch {
	case c.field.IsID() && !slices.Contains(c.kind.types, sjson.Int): // _id is never an array
		return nil
	case c.op == exists || c.op == missing:
		return nil
	}
	return append([]string{sjson.Array}, c.kind.doubtful...)
}
