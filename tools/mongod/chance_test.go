package main_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type (
	d = bson.D
	e = bson.E
	a = bson.A
)

// chance makes documents and questions of the shapes that the connector uses, and of wild ones. A seed gives the same again.
type chance struct{ *rand.Rand }

func pick[T any](c chance, of ...T) T { return of[c.IntN(len(of))] }

func (c chance) text() string {
	return pick(c, "", "a", "b", "main", "5|2026-01-01|x", "5|2026-01-02|y", "7", "7|z", "[", "[1]", `{"a":1}`, `q"\`, "<&>", "ü😀", "\u2028", "null", "1", "x\x00y", "0123456789abcdef01234567")
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (c chance) date() bson.DateTime {
	return bson.NewDateTimeFromTime(epoch.Add(time.Duration(c.IntN(6)-3) * time.Second))
}

func (c chance) number() any {
	n := c.IntN(5) - 2
	return pick[any](c, int32(n), int64(n), float64(n), float64(n)+0.5, int64(1)<<60+int64(n))
}

func (c chance) objectID() bson.ObjectID {
	return pick(c, bson.ObjectID{1}, bson.ObjectID{2}, bson.ObjectID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67})
}

// scalar is a value that can be compared.
func (c chance) scalar() any {
	return pick(c, c.text, func() string { return pick(c, "a", "b", "main") })()
}

// value is anything that a document may hold.
func (c chance) value(depth int) any {
	switch c.IntN(12) {
	case 0, 1, 2:
		return c.scalar()
	case 3:
		return c.date()
	case 4:
		return c.number()
	case 5:
		return c.IntN(2) == 0
	case 6:
		return c.objectID()
	case 7:
		return nil
	case 8:
		return pick[any](c, bson.Binary{Subtype: 0, Data: []byte("a\x00b")}, bson.Regex{Pattern: "a.*", Options: "i"}, bson.Timestamp{T: 5, I: 1}, bson.Binary{Subtype: 4, Data: make([]byte, 16)})
	case 9:
		if depth == 0 {
			return d{}
		}
		return c.document(depth - 1)
	case 10:
		list := a{}
		for range c.IntN(3) {
			if v := c.value(max(0, depth-1)); !isArray(v) { // FerretDB takes no arrays in arrays
				list = append(list, v)
			}
		}
		return list
	default:
		return c.date()
	}
}

func isArray(v any) bool {
	_, is := v.(a)
	return is
}

var fields = []string{"instance", "queue", "due_at", "status", "placed_at", "reason"}

func (c chance) document(depth int) d {
	var doc d
	for _, f := range []string{"x", "y"} {
		if c.IntN(3) > 0 {
			doc = append(doc, e{Key: f, Value: c.value(depth)})
		}
	}
	if doc == nil {
		return d{}
	}
	return doc
}

// order is a document as the connector has it; wild says how many in a hundred of its fields hold anything else, or nothing.
func (c chance) order(id any, wild int) d {
	doc := d{{Key: "_id", Value: id}}
	tame := map[string]func() any{
		"instance": func() any { return pick(c, "a", "main") }, "queue": func() any { return c.text() },
		"due_at": func() any { return c.date() }, "status": func() any { return pick(c, "a", "b", "pending") },
		"placed_at": func() any { return c.date() }, "reason": func() any { return d{{Key: "x", Value: c.text()}, {Key: "y", Value: c.date()}} },
	}
	for _, f := range fields {
		switch n := c.IntN(100); {
		case n < wild/2: // it is missing
		case n < wild:
			doc = append(doc, e{Key: f, Value: c.value(2)})
		case f == "reason" && c.IntN(2) == 0 || f == "queue" && c.IntN(3) == 0:
		default:
			doc = append(doc, e{Key: f, Value: tame[f]()})
		}
	}
	return doc
}

// condition is a condition on a field, mostly with a value of the kind that the field has.
func (c chance) condition(field string) any {
	value := func() any {
		if c.IntN(8) == 0 {
			return c.value(1)
		}
		if strings.HasSuffix(field, "_at") || field == "reason.y" {
			return c.date()
		}
		if field == "instance" {
			return pick(c, "a", "main")
		}
		return c.text()
	}
	compare := func() e { return e{Key: pick(c, "$gt", "$gte", "$lt", "$lte", "$eq"), Value: value()} }
	switch c.IntN(11) {
	case 10:
		return d{{Key: "$regex", Value: pick(c, regexp.QuoteMeta(c.text()), "a", "|2026", "A", ".", "^a")}}
	case 0, 1, 2:
		return value()
	case 3, 4:
		return d{compare()}
	case 5, 6:
		lower, upper := e{Key: pick(c, "$gt", "$gte"), Value: value()}, e{Key: pick(c, "$lt", "$lte"), Value: value()}
		return d{lower, upper}
	case 7:
		return d{{Key: "$in", Value: a{value(), value(), value()}}}
	case 8:
		return d{{Key: "$exists", Value: c.IntN(2) == 0}}
	default:
		return d{pick(c, e{Key: "$ne", Value: nil}, e{Key: "$ne", Value: value()}, e{Key: "$in", Value: a{}},
			e{Key: "$exists", Value: int32(1)}, e{Key: "$nin", Value: a{value()}}, e{Key: "$not", Value: d{{Key: "$gt", Value: value()}}})}
	}
}

func (c chance) filter(depth int) d {
	filter := d{}
	if c.IntN(4) > 0 {
		filter = append(filter, e{Key: "instance", Value: pick(c, "a", "main")})
	}
	for range c.IntN(3) {
		field := pick(c, "instance", "queue", "due_at", "status", "placed_at", "reason", "reason.x", "reason.y", "reason.0", "other")
		if !slices.ContainsFunc(filter, func(has e) bool { return has.Key == field }) {
			filter = append(filter, e{Key: field, Value: c.condition(field)})
		}
	}
	if c.IntN(6) == 0 {
		filter = append(filter, e{Key: "_id", Value: pick[any](c, "k001", "k002", d{{Key: "$in", Value: a{"k001", "k003", "none"}}}, d{{Key: "$lt", Value: "k010"}}, c.objectID(), int32(1))})
	}
	if depth > 0 && c.IntN(3) == 0 {
		filter = append(filter, e{Key: pick(c, "$or", "$or", "$and"), Value: a{c.filter(depth - 1), c.filter(depth - 1)}})
	}
	if depth > 0 && c.IntN(6) == 0 { // the next page of a list
		at := c.date()
		earlier := d{{Key: "placed_at", Value: d{{Key: "$lt", Value: at}}}}
		same := d{{Key: "placed_at", Value: at}, {Key: "_id", Value: d{{Key: "$lt", Value: "k010"}}}}
		filter = append(filter, e{Key: "$and", Value: a{d{{Key: "$or", Value: a{earlier, same}}}}})
	}
	return filter
}

func (c chance) sort() d {
	return pick(c, nil, nil, d{{Key: "queue", Value: 1}}, d{{Key: "placed_at", Value: -1}, {Key: "_id", Value: -1}},
		d{{Key: "placed_at", Value: 1}, {Key: "_id", Value: 1}}, d{{Key: "placed_at", Value: -1}}, d{{Key: "status", Value: 1}}, d{{Key: "due_at", Value: int64(1)}},
		d{{Key: "_id", Value: 1}}, d{{Key: "_id", Value: -1}}, d{{Key: "placed_at", Value: -1}, {Key: "_id", Value: 1}})
}

func (c chance) projection() d {
	return pick(c, nil, nil, d{{Key: "_id", Value: 1}, {Key: "queue", Value: 1}, {Key: "due_at", Value: 1}},
		d{{Key: "reason", Value: 0}, {Key: "queue", Value: 0}}, d{{Key: "_id", Value: 0}}, d{{Key: "_id", Value: 1}},
		d{{Key: "status", Value: 1}, {Key: "instance", Value: true}, {Key: "_id", Value: 0}}, d{{Key: "reason.x", Value: 1}}, d{{Key: "none", Value: 1}})
}
