package lookup

import (
	"math"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// condition is a filter, or a part of one.
type condition interface {
	// sql is true for each document that matches, and for those of which doubt is true.
	sql(*statement) string
	// doubt is true for documents of which only FerretDB knows whether they match.
	doubt() []string
}

// all and anyOf hold conditions that are joined. Neither is ever empty.
type (
	all   []condition
	anyOf []condition
)

// operator is what a comparison asks.
type operator string

const (
	equal          operator = "="
	less           operator = "<"
	lessOrEqual    operator = "<="
	greater        operator = ">"
	greaterOrEqual operator = ">="
	oneOf          operator = "IN"
	exists         operator = "exists"
	missing        operator = "missing"
	notNull        operator = "not null"
	contains       operator = "contains"
)

// operators are those of the filter language that are understood, but for $in, $exists and $ne.
var operators = map[string]operator{"$eq": equal, "$lt": less, "$lte": lessOrEqual, "$gt": greater, "$gte": greaterOrEqual}

// comparison asks something about one field.
type comparison struct {
	field sjson.Field
	op    operator
	// kind is the kind of the values: MongoDB compares values of one kind only.
	kind   kind
	values []any
}

// kind is a kind of values that are compared with each other.
type kind struct {
	// types are the types of a schema that belong to it; doubtful are those that may as well.
	types, doubtful []string
	// ordered is false for kinds of which one is not less than another with certainty.
	ordered bool
}

var (
	texts    = kind{types: []string{sjson.String}, ordered: true}
	dates    = kind{types: []string{sjson.Date}, ordered: true}
	numbers  = kind{types: []string{sjson.Int, sjson.Long}, doubtful: []string{sjson.Double}, ordered: true}
	booleans = kind{types: []string{sjson.Bool}}
	ids      = kind{types: []string{sjson.ObjectID}}
)

// parseFilter reads a filter. ok is false for one that is not understood as a whole.
func parseFilter(filter bson.Raw) (c all, ok bool) {
	elements, err := filter.Elements()
	if err != nil {
		return nil, false
	}
	for _, e := range elements {
		part, ok := parseElement(e.Key(), e.Value())
		if !ok {
			return nil, false
		}
		c = append(c, part...)
	}
	return c, true
}

func parseElement(key string, value bson.RawValue) (all, bool) {
	switch key {
	case "$and":
		parts, ok := parseList(value)
		return slices.Concat(parts...), ok
	case "$or":
		parts, ok := parseList(value)
		var or anyOf
		for _, p := range parts {
			if len(p) == 0 { // it matches everything
				return nil, false
			}
			or = append(or, p)
		}
		return all{or}, ok
	}
	field, ok := sjson.ParseField(key)
	if !ok {
		return nil, false
	}
	if doc, ok := value.DocumentOK(); ok {
		return parseOperators(field, doc)
	}
	c, ok := compare(field, equal, value)
	return all{c}, ok
}

// parseList reads the filters that $and and $or join; there is at least one.
func parseList(value bson.RawValue) (parts []all, ok bool) {
	array, ok := value.ArrayOK()
	if !ok {
		return nil, false
	}
	values, err := array.Values()
	if err != nil || len(values) == 0 {
		return nil, false
	}
	for _, v := range values {
		doc, ok := v.DocumentOK()
		if !ok {
			return nil, false
		}
		part, ok := parseFilter(doc)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

// parseOperators reads {$gt: ..., $lte: ...}.
func parseOperators(field sjson.Field, doc bson.Raw) (c all, ok bool) {
	elements, err := doc.Elements()
	if err != nil || len(elements) == 0 {
		return nil, false
	}
	for _, e := range elements {
		part, ok := parseOperator(field, e.Key(), e.Value())
		if !ok {
			return nil, false
		}
		c = append(c, part)
	}
	return c, true
}

func parseOperator(field sjson.Field, name string, value bson.RawValue) (c comparison, ok bool) {
	if op, ok := operators[name]; ok {
		return compare(field, op, value)
	}
	switch name {
	case "$in":
		return parseIn(field, value)
	case "$exists":
		there, ok := value.BooleanOK()
		if there {
			return comparison{field: field, op: exists}, ok
		}
		return comparison{field: field, op: missing}, ok
	case "$regex":
		text, ok := literal(value)
		return comparison{field: field, op: contains, kind: texts, values: []any{text}}, ok && !field.IsID()
	case "$ne":
		return comparison{field: field, op: notNull}, value.Type == bson.TypeNull
	}
	return c, false
}

// literal is the text that a regular expression looks for, where it is nothing but a text: large and small letters differ, and there is no
// character but those that stand for themselves.
func literal(value bson.RawValue) (text string, ok bool) {
	pattern, ok := value.StringValueOK()
	if !ok || !utf8.ValidString(pattern) || strings.ContainsRune(pattern, 0) {
		return "", false
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpLiteral || parsed.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	return string(parsed.Rune), true
}

// maxValues is the longest list of $in that is understood.
const maxValues = 1000

// parseIn reads a list of values of one kind.
func parseIn(field sjson.Field, value bson.RawValue) (c comparison, ok bool) {
	array, ok := value.ArrayOK()
	if !ok {
		return c, false
	}
	values, err := array.Values()
	if err != nil || len(values) == 0 || len(values) > maxValues {
		return c, false
	}
	for n, v := range values {
		one, ok := compare(field, equal, v)
		if !ok || n > 0 && one.kind.types[0] != c.kind.types[0] {
			return c, false
		}
		c = comparison{field: field, op: oneOf, kind: one.kind, values: append(c.values, one.values...)}
	}
	return c, true
}

// compare makes a comparison with one value.
func compare(field sjson.Field, op operator, value bson.RawValue) (c comparison, ok bool) {
	k, v, ok := constant(value)
	if !ok || op != equal && !k.ordered || field.IsID() && op != equal && k.types[0] != sjson.String {
		return c, false
	}
	return comparison{field: field, op: op, kind: k, values: []any{v}}, true
}

// constant is a value as SQL has it.
func constant(value bson.RawValue) (k kind, v any, ok bool) {
	switch value.Type {
	case bson.TypeString:
		text := value.StringValue()
		return texts, text, utf8.ValidString(text) && !strings.ContainsRune(text, 0)
	case bson.TypeDateTime:
		return dates, value.DateTime(), true
	case bson.TypeInt32:
		return numbers, int64(value.Int32()), true
	case bson.TypeInt64:
		return numbers, value.Int64(), true
	case bson.TypeDouble:
		f := value.Double()
		return numbers, int64(f), f == math.Trunc(f) && math.Abs(f) < 1<<53
	case bson.TypeBoolean:
		if value.Boolean() {
			return booleans, int64(1), true
		}
		return booleans, int64(0), true
	case bson.TypeObjectID:
		return ids, value.ObjectID().Hex(), true
	}
	return k, nil, false
}

// fixed reports whether the comparison leaves one value of the field.
func (c comparison) fixed() bool { return c.op == equal && len(c.kind.types) == 1 }

// presence reports whether the comparison asks only whether there is a value.
func (c comparison) presence() bool { return len(c.values) == 0 }

// seekable reports whether an index by the field finds the values at their place.
func (c comparison) seekable() bool { return !c.presence() && c.op != contains }
