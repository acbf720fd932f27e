package main_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/tools/mongod/lookup"
)

type (
	d = bson.D
	e = bson.E
	a = bson.A
)

// direct connects to FerretDB past the gate.
func direct(t *testing.T, dbpath string) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + url.PathEscape(filepath.Join(dbpath, "mongod.sock"))).SetServerSelectionTimeout(3 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database("shop")
}

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
	switch c.IntN(10) {
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

// indexed are the indexes of the collection.
var indexed = []mongo.IndexModel{
	{Keys: d{{Key: "instance", Value: 1}, {Key: "queue", Value: 1}, {Key: "due_at", Value: 1}}, Options: options.Index().SetName("queue")},
	{Keys: d{{Key: "instance", Value: 1}, {Key: "status", Value: 1}, {Key: "placed_at", Value: -1}}, Options: options.Index().SetName("by_status")},
	{Keys: d{{Key: "instance", Value: 1}, {Key: "placed_at", Value: -1}}, Options: options.Index().SetName("by_placed_at")},
	{Keys: d{{Key: "reason.x", Value: 1}, {Key: "queue", Value: 1}}, Options: options.Index().SetName("nested")},
	{Keys: d{{Key: "status", Value: 1}}, Options: options.Index().SetName("by_status_alone")},
}

// What the store answers by index is what FerretDB answers by decoding everything: documents, order, counts. The questions are those
// of the connector and wild ones, of documents of which none, a few and many are not as they should be.
//
// Fails without: the types in the conditions, the doubts about arrays, the check of what the index sorts, the order by _id of equals.
func TestAnswersAreFerretDBs(t *testing.T) {
	for seed := range uint64(9) {
		wild := []int{0, 2, 30}[seed%3]
		t.Run(fmt.Sprintf("Seed%dWild%d", seed, wild), func(t *testing.T) {
			t.Parallel()
			c := chance{rand.New(rand.NewPCG(seed, 1))}
			dbpath := t.TempDir()
			both := newBoth(t, dbpath)
			both.fill(c, wild)
			for n := range 200 {
				q := question{filter: c.filter(2), sort: c.sort(), projection: c.projection(), limit: int64(c.IntN(4) * 7), skip: int64(max(0, c.IntN(9)-6))}
				both.compare(fmt.Sprintf("question %d", n), q)
			}
			t.Logf("%d of 600 answers were by index", both.answered)
			if wild == 0 && both.answered < 150 {
				t.Errorf("%d of 600 answers were by index", both.answered)
			}
		})
	}
}

// What chance meets seldom: members of documents in arrays, and an _id of another type with the same text.
//
// Fails without: the doubt about a field's parents, the type beside the text of an _id.
func TestAnswersAreFerretDBsForRareDocuments(t *testing.T) {
	b := newBoth(t, t.TempDir())
	id := bson.ObjectID{1}
	if _, err := b.gate.InsertMany(context.Background(), []any{
		d{{Key: "_id", Value: id}, {Key: "reason", Value: a{d{{Key: "x", Value: "a"}}, d{{Key: "x", Value: "b"}}}}},
		d{{Key: "_id", Value: "2"}, {Key: "reason", Value: d{{Key: "x", Value: "a"}}}},
		d{{Key: "_id", Value: "3"}, {Key: "reason", Value: d{{Key: "x", Value: a{"a", "b"}}}}},
		d{{Key: "_id", Value: "4"}, {Key: "reason", Value: a{}}, {Key: "status", Value: a{"a", nil}}},
		d{{Key: "_id", Value: "5"}, {Key: "reason", Value: nil}, {Key: "status", Value: "a"}},
	}); err != nil {
		t.Fatal(err)
	}
	for n, filter := range []d{
		{{Key: "reason.x", Value: "a"}}, {{Key: "reason.x", Value: d{{Key: "$exists", Value: false}}}},
		{{Key: "reason.x", Value: d{{Key: "$exists", Value: true}}}}, {{Key: "reason.x", Value: d{{Key: "$gt", Value: "a"}}}},
		{{Key: "reason.x", Value: d{{Key: "$ne", Value: nil}}}}, {{Key: "status", Value: d{{Key: "$ne", Value: nil}}}}, {{Key: "status", Value: d{{Key: "$in", Value: a{"a", "b"}}}}},
		{{Key: "_id", Value: id.Hex()}}, {{Key: "_id", Value: id}}, {{Key: "_id", Value: d{{Key: "$in", Value: a{id.Hex(), "2"}}}}}, {{Key: "_id", Value: d{{Key: "$gte", Value: id.Hex()}}}},
	} {
		b.compare(fmt.Sprintf("filter %d", n), question{filter: filter})
	}
}

// question is one for documents, for their number and for their number by status.
type question struct {
	filter, sort, projection d
	limit, skip              int64
}

// both are the two ways to the same documents.
type both struct {
	*testing.T
	gate, ferret *mongo.Collection
	reader       *lookup.Reader
	answered     int
}

func newBoth(t *testing.T, dbpath string) *both {
	p := start(t, dbpath)
	b := &both{T: t, gate: p.connect().Collection("orders"), ferret: direct(t, dbpath).Collection("orders"), reader: lookup.New(dbpath)}
	t.Cleanup(b.reader.Close)
	return b
}

func (b *both) fill(c chance, wild int) {
	ctx := context.Background()
	if _, err := b.gate.Indexes().CreateMany(ctx, indexed); err != nil {
		b.Fatal(err)
	}
	var docs []any
	for n := range 60 {
		docs = append(docs, c.order(fmt.Sprintf("k%03d", n), wild))
	}
	if wild > 0 {
		docs = append(docs, c.order(bson.ObjectID{1}, wild), c.order(int32(1), wild))
	}
	c.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	if _, err := b.gate.InsertMany(ctx, docs); err != nil {
		b.Fatal(err)
	}
}

func (b *both) compare(name string, q question) {
	b.Helper()
	got, gotErr := b.documents(b.gate, q)
	want, wantErr := b.documents(b.ferret, q)
	explain := func(text string) {
		b.Helper()
		b.Errorf("%s: %s\n%+v", name, text, q)
	}
	if (gotErr == nil) != (wantErr == nil) {
		explain(fmt.Sprintf("find: error %v, FerretDB's %v", gotErr, wantErr))
		return
	}
	if text := q.difference(got, want, func(q question) []bson.Raw { all, _ := b.documents(b.ferret, q); return all }); text != "" {
		explain(text)
	}
	for _, by := range []any{int32(1), "$status"} {
		got, gotErr := b.groups(b.gate, q.filter, by)
		want, wantErr := b.groups(b.ferret, q.filter, by)
		if (gotErr == nil) != (wantErr == nil) || !slices.Equal(got, want) {
			explain(fmt.Sprintf("counted by %v: %v (%v), FerretDB: %v (%v)", by, got, gotErr, want, wantErr))
		}
	}
	b.notice(q)
}

// notice counts the answers that the index gives.
func (b *both) notice(q question) {
	b.Helper()
	ctx, f := context.Background(), lookup.Find{Filter: rawOf(q.filter), Sort: rawOf(q.sort), Projection: rawOf(q.projection), Limit: q.limit, Skip: q.skip, MaxSize: 1 << 20}
	_, err := b.reader.Find(ctx, "shop", "orders", f)
	_, countErr := b.reader.Count(ctx, "shop", "orders", f.Filter)
	_, groupErr := b.reader.Groups(ctx, "shop", "orders", f.Filter, "status")
	for _, err := range []error{err, countErr, groupErr} {
		if err == nil {
			b.answered++
		} else if !errors.Is(err, lookup.ErrPass) {
			b.Errorf("%v\n%+v", err, q)
		}
	}
}

func rawOf(doc d) bson.Raw {
	if doc == nil {
		return nil
	}
	raw, err := bson.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

func (b *both) documents(from *mongo.Collection, q question) (docs []bson.Raw, err error) {
	ctx := context.Background()
	o := options.Find()
	if q.sort != nil {
		o.SetSort(q.sort)
	}
	if q.projection != nil {
		o.SetProjection(q.projection)
	}
	cursor, err := from.Find(ctx, q.filter, o.SetLimit(q.limit).SetSkip(q.skip))
	if err != nil {
		return nil, err
	}
	return docs, cursor.All(ctx, &docs)
}

func (b *both) groups(from *mongo.Collection, filter d, by any) (groups []string, err error) {
	ctx := context.Background()
	cursor, err := from.Aggregate(ctx, mongo.Pipeline{{{Key: "$match", Value: filter}}, {{Key: "$group", Value: d{{Key: "_id", Value: by}, {Key: "n", Value: d{{Key: "$sum", Value: 1}}}}}}})
	if err != nil {
		return nil, err
	}
	var docs []bson.Raw
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	for _, doc := range docs {
		groups = append(groups, doc.String())
	}
	slices.Sort(groups)
	return groups, nil
}

// difference says in what an answer is not one that FerretDB may give as well. Nobody promises an order of equals: there the answer must
// have the right values in the right order, of documents that match.
func (q question) difference(got, want []bson.Raw, ask func(question) []bson.Raw) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d documents, FerretDB: %d\n%v\n%v", len(got), len(want), got, want)
	}
	if len(q.sort) == 2 || len(q.sort) == 1 && q.sort[0].Key == "_id" {
		if !slices.EqualFunc(got, want, slices.Equal) {
			return fmt.Sprintf("%v\nFerretDB: %v", got, want)
		}
		return ""
	}
	if len(q.sort) == 1 && q.projection == nil {
		key := q.sort[0].Key
		values := func(docs []bson.Raw) (values []string) {
			for _, doc := range docs {
				values = append(values, doc.Lookup(key).String())
			}
			return values
		}
		if !slices.Equal(values(got), values(want)) {
			return fmt.Sprintf("sorted: %v\nFerretDB: %v", values(got), values(want))
		}
	}
	q.limit, q.skip, q.sort = 0, 0, nil
	matching := ask(q)
	for _, doc := range got {
		at := slices.IndexFunc(matching, func(m bson.Raw) bool { return slices.Equal(m, doc) })
		if at < 0 {
			return fmt.Sprintf("%v is not one that matches, or is there twice", doc)
		}
		matching = slices.Delete(matching, at, at+1)
	}
	return ""
}
