package main_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/tools/mongod/lookup"
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
