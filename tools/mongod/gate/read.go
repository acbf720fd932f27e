package gate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

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

// read answers a command by index. The reply is nil when FerretDB has to. An error says that nobody waits for it any more.
func (r *relay) read(c *command, request message) (reply message, err error) {
	if r.gate.Reader == nil || len(c.lists) > 0 || c.collection == "" {
		return nil, nil
	}
	ask := map[string]func(context.Context, *command) (bson.D, error){"find": r.find, "count": r.count, "aggregate": r.aggregate}[c.name]
	if ask == nil {
		return nil, nil
	}
	ctx, cancel := r.question(c)
	defer cancel()

	var body bson.D
	err = safely(func() (err error) {
		body, err = ask(ctx, c)
		return err
	})
	switch {
	case err == nil:
		body = append(body, bson.E{Key: "ok", Value: 1.0})
	case r.asking.Err() != nil:
		return nil, fmt.Errorf("the client has gone: %w", r.asking.Err())
	case ctx.Err() != nil:
		body = tooLate
	default:
		r.gate.failed(c, err)
		return nil, nil
	}
	raw, err := bson.Marshal(body)
	return newReply(request.requestID(), raw), err
}

// question is the context of a question: it ends when the client has gone, and after its maxTimeMS.
func (r *relay) question(c *command) (context.Context, context.CancelFunc) {
	if ms, ok := c.number("maxTimeMS"); ok && ms > 0 && ms <= math.MaxInt32 {
		return context.WithTimeout(r.asking, time.Duration(ms)*time.Millisecond)
	}
	return context.WithCancel(r.asking)
}

// tooLate is MongoDB's answer to a question that has taken longer than its maxTimeMS.
var tooLate = bson.D{
	{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: "operation exceeded time limit"},
	{Key: "code", Value: int32(50)}, {Key: "codeName", Value: "MaxTimeMSExpired"},
}

// consistsOf reports whether a command has no other parts than these.
func (c *command) consistsOf(parts []string) bool {
	elements, err := c.body.Elements()
	return err == nil && !slices.ContainsFunc(elements, func(e bson.RawElement) bool { return !slices.Contains(parts, e.Key()) })
}

func (r *relay) find(ctx context.Context, c *command) (bson.D, error) {
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
	found, err := r.gate.Reader.Find(ctx, c.database, c.collection, f)
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

func (r *relay) count(ctx context.Context, c *command) (bson.D, error) {
	filter, ok := c.document("query")
	if !ok || !c.consistsOf(countParts) {
		return nil, lookup.ErrPass
	}
	n, err := r.gate.Reader.Count(ctx, c.database, c.collection, filter)
	return bson.D{{Key: "n", Value: int32(n)}}, err
}

// aggregate counts what matches, as a whole or by a field: [{$match: ...}, {$group: {_id: ..., n: {$sum: 1}}}].
func (r *relay) aggregate(ctx context.Context, c *command) (bson.D, error) {
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
		groups, err := r.gate.Reader.Groups(ctx, c.database, c.collection, filter, strings.TrimPrefix(path, "$"))
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
	n, err := r.gate.Reader.Count(ctx, c.database, c.collection, filter)
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
