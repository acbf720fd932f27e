package gate

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/lookup"
)

// The parts of commands that a [lookup.Reader] understands, or that change nothing about the answer. A command with any other is
// FerretDB's.
var (
	harmless       = []string{"lsid", "$db", "$readPreference", "$clusterTime", "maxTimeMS", "apiVersion"}
	findParts      = append([]string{"find", "filter", "projection", "sort", "skip", "limit", "singleBatch"}, harmless...)
	countParts     = append([]string{"count", "query"}, harmless...)
	aggregateParts = append([]string{"aggregate", "pipeline", "cursor"}, harmless...)
)

// read answers a command by index. ok is false when FerretDB has to.
func (r *relay) read(c *command, request message) (reply message, ok bool) {
	if r.gate.Reader == nil || len(c.lists) > 0 || c.collection == "" {
		return nil, false
	}
	var body bson.D
	var err error
	switch c.name {
	case "find":
		body, err = r.find(c)
	case "count":
		body, err = r.count(c)
	case "aggregate":
		body, err = r.aggregate(c)
	default:
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	raw, err := bson.Marshal(append(body, bson.E{Key: "ok", Value: 1.0}))
	return newReply(request.requestID(), raw), err == nil
}

// consistsOf reports whether a command has no other parts than these.
func (c *command) consistsOf(parts []string) bool {
	elements, err := c.body.Elements()
	return err == nil && !slices.ContainsFunc(elements, func(e bson.RawElement) bool { return !slices.Contains(parts, e.Key()) })
}

func (r *relay) find(c *command) (bson.D, error) {
	f := lookup.Find{MaxSize: maxFound}
	var ok [5]bool
	f.Filter, ok[0] = c.document("filter")
	f.Projection, ok[1] = c.document("projection")
	f.Sort, ok[2] = c.document("sort")
	f.Skip, ok[3] = c.number("skip")
	f.Limit, ok[4] = c.number("limit")
	if !c.consistsOf(findParts) || slices.Contains(ok[:], false) {
		return nil, lookup.ErrPass
	}
	found, err := r.gate.Reader.Find(context.Background(), c.database, c.collection, f)
	if err != nil {
		return nil, err
	}
	return c.batch(found), nil
}

// document is a part of the command that is a document, nil when it is not there.
func (c *command) document(part string) (bson.Raw, bool) {
	value := c.body.Lookup(part)
	if value.IsZero() {
		return nil, true
	}
	return value.DocumentOK()
}

// number is a part of the command that is a whole number, 0 when it is not there.
func (c *command) number(part string) (int64, bool) {
	value := c.body.Lookup(part)
	switch {
	case value.IsZero():
		return 0, true
	case value.Type == bson.TypeInt32:
		return int64(value.Int32()), true
	}
	return value.Int64OK()
}

// batch is an answer of documents that is complete.
func (c *command) batch(documents []bson.Raw) bson.D {
	first := make(bson.A, len(documents))
	for n, d := range documents {
		first[n] = d
	}
	return bson.D{{Key: "cursor", Value: bson.D{
		{Key: "firstBatch", Value: first}, {Key: "id", Value: int64(0)}, {Key: "ns", Value: c.database + "." + c.collection},
	}}}
}

func (r *relay) count(c *command) (bson.D, error) {
	filter, ok := c.document("query")
	if !ok || !c.consistsOf(countParts) {
		return nil, lookup.ErrPass
	}
	n, err := r.gate.Reader.Count(context.Background(), c.database, c.collection, filter)
	return bson.D{{Key: "n", Value: int32(n)}}, err
}

// aggregate counts what matches, as a whole or by a field: [{$match: ...}, {$group: {_id: ..., n: {$sum: 1}}}].
func (r *relay) aggregate(c *command) (bson.D, error) {
	filter, group, ok := c.matchAndGroup()
	if !ok || !c.consistsOf(aggregateParts) {
		return nil, lookup.ErrPass
	}
	by, sum, ok := counted(group)
	if !ok {
		return nil, lookup.ErrPass
	}
	result := func(id any, n int64) (bson.Raw, error) {
		return bson.Marshal(bson.D{{Key: "_id", Value: id}, {Key: sum, Value: int32(n)}})
	}

	var docs []bson.Raw
	if path, isText := by.StringValueOK(); isText {
		groups, err := r.gate.Reader.Groups(context.Background(), c.database, c.collection, filter, strings.TrimPrefix(path, "$"))
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			doc, err := result(g.Value, g.Count)
			if err != nil {
				return nil, err
			}
			docs = append(docs, doc)
		}
		return c.batch(docs), nil
	}
	n, err := r.gate.Reader.Count(context.Background(), c.database, c.collection, filter)
	if err != nil {
		return nil, err
	}
	if n > 0 { // there is no group of nothing
		doc, err := result(by, n)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return c.batch(docs), nil
}

// matchAndGroup takes the pipeline apart; it may begin with a $match and ends with a $group. The batch size is the server's.
func (c *command) matchAndGroup() (filter, group bson.Raw, ok bool) {
	cursor, ok := c.document("cursor")
	if !ok || cursor == nil || len(cursor) > emptyDocument {
		return nil, nil, false
	}
	stages := documents(c.body.Lookup("pipeline"))
	if len(stages) == 2 {
		if filter, ok = only(stages[0], "$match").DocumentOK(); !ok {
			return nil, nil, false
		}
		stages = stages[1:]
	}
	if len(stages) != 1 {
		return nil, nil, false
	}
	group, ok = only(stages[0], "$group").DocumentOK()
	return filter, group, ok
}

// emptyDocument is the size of a document without elements.
const emptyDocument = 5

// counted reads {_id: by, <sum>: {$sum: 1}}, where by is "$field" or a number, which makes one group of everything.
func counted(group bson.Raw) (by bson.RawValue, sum string, ok bool) {
	elements, err := group.Elements()
	if err != nil || len(elements) != 2 || elements[0].Key() != "_id" {
		return by, "", false
	}
	by = elements[0].Value()
	path, isText := by.StringValueOK()
	if isText && (!strings.HasPrefix(path, "$") || strings.HasPrefix(path, "$$")) || !isText && by.Type != bson.TypeInt32 {
		return by, "", false
	}
	adds, ok := elements[1].Value().DocumentOK()
	if !ok {
		return by, "", false
	}
	one, ok := only(adds, "$sum").Int32OK()
	return by, elements[1].Key(), ok && one == 1
}
