package gate

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type d = bson.D

// findIDs is a find command for a list of _ids, with more parts.
func findIDs(ids bson.A, more ...bson.E) d {
	return append(d{{Key: "find", Value: "orders"}, {Key: "filter", Value: d{{Key: "_id", Value: d{{Key: "$in", Value: ids}}}}},
		{Key: "$db", Value: "shop"}}, more...)
}

func TestIDsOfAFind(t *testing.T) {
	oid := bson.NewObjectID()
	many := make(bson.A, maxIDs+1)
	for i := range many {
		many[i] = "x"
	}
	filter := func(f d) d {
		return d{{Key: "find", Value: "orders"}, {Key: "filter", Value: f}, {Key: "$db", Value: "shop"}}
	}
	for _, tt := range []struct {
		name string
		in   d
		want int // -1: the command is left as it is
	}{
		{"List", findIDs(bson.A{"b", "a", oid}), 3},
		{"Repeated", findIDs(bson.A{"b", "a", "b", "a"}), 2},
		{"Empty", findIDs(bson.A{}), 0},
		{"Projection", findIDs(bson.A{"a"}, bson.E{Key: "projection", Value: d{{Key: "x", Value: 0}}}), 1},
		{"Sort", findIDs(bson.A{"a"}, bson.E{Key: "sort", Value: d{{Key: "x", Value: 1}}}), -1},
		{"Limit", findIDs(bson.A{"a"}, bson.E{Key: "limit", Value: 1}), -1},
		{"NumberAmongThem", findIDs(bson.A{"a", 1}), -1},
		{"PatternAmongThem", findIDs(bson.A{"a", bson.Regex{Pattern: "b"}}), -1},
		{"TooMany", findIDs(many), -1},
		{"OneID", filter(d{{Key: "_id", Value: "a"}}), -1},
		{"AnotherField", filter(d{{Key: "x", Value: d{{Key: "$in", Value: bson.A{"a"}}}}}), -1},
		{"AnotherCondition", filter(d{{Key: "_id", Value: d{{Key: "$in", Value: bson.A{"a"}}}}, {Key: "x", Value: 1}}), -1},
		{"AnotherOperator", filter(d{{Key: "_id", Value: d{{Key: "$nin", Value: bson.A{"a"}}}}}), -1},
		{"TwoOperators", filter(d{{Key: "_id", Value: d{{Key: "$in", Value: bson.A{"a"}}, {Key: "$ne", Value: "a"}}}}), -1},
		{"NoFilter", d{{Key: "find", Value: "orders"}, {Key: "$db", Value: "shop"}}, -1},
		{"AnotherCommand", d{{Key: "count", Value: "orders"}, {Key: "filter", Value: d{{Key: "_id", Value: d{{Key: "$in", Value: bson.A{"a"}}}}}}}, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &command{body: raw(t, tt.in)}
			if err := c.readNames(); err != nil {
				t.Fatal(err)
			}
			ids, ok := c.ids()
			if ok != (tt.want >= 0) || ok && len(ids) != tt.want {
				t.Errorf("got %v, %t; want %d", ids, ok, tt.want)
			}
		})
	}
}

func TestListOfIDsIsLookedUpOneByOne(t *testing.T) {
	_, store, address := serveGate(t, noIndex)
	reply := send(t, address, findIDs(bson.A{"b", "c", "a"}, bson.E{Key: "projection", Value: d{{Key: "x", Value: 1}}}))
	for _, id := range []string{"a", "b", "c"} {
		batch := bson.A{d{{Key: "_id", Value: id}, {Key: "x", Value: id}}}
		if id == "b" {
			batch = bson.A{}
		}
		c := store.next(t, d{{Key: "cursor", Value: d{{Key: "firstBatch", Value: batch}}}, {Key: "ok", Value: 1.0}})
		if c.body.Lookup("filter", "_id").StringValue() != id || c.body.Lookup("projection", "x").AsInt64() != 1 {
			t.Errorf("asked by %s, want %s alone, with the projection", c.body, id)
		}
	}
	want := raw(t, d{
		{Key: "cursor", Value: d{
			{Key: "firstBatch", Value: bson.A{d{{Key: "_id", Value: "a"}, {Key: "x", Value: "a"}}, d{{Key: "_id", Value: "c"}, {Key: "x", Value: "c"}}}},
			{Key: "id", Value: int64(0)}, {Key: "ns", Value: "shop.orders"},
		}},
		{Key: "ok", Value: 1.0},
	})
	if got := receive(t, reply); got.String() != want.String() {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestListOfIDsThatCannotBeLookedUp(t *testing.T) {
	_, store, address := serveGate(t, noIndex)
	reply := send(t, address, findIDs(bson.A{"a", "b"}))
	store.next(t, d{{Key: "ok", Value: 0.0}, {Key: "code", Value: 2}, {Key: "errmsg", Value: "no such database"}})
	if got := receive(t, reply); got.Lookup("errmsg").StringValue() != "no such database" {
		t.Errorf("got %s, want the store's own answer", got)
	}
}

func TestListOfLargeDocumentsIsLeftToTheStore(t *testing.T) {
	_, store, address := serveGate(t, noIndex)
	reply := send(t, address, findIDs(bson.A{"a", "b", "c"}))
	large := bson.A{d{{Key: "_id", Value: "a"}, {Key: "x", Value: strings.Repeat("x", maxFound*2/3)}}}
	for range 2 {
		store.next(t, d{{Key: "cursor", Value: d{{Key: "firstBatch", Value: large}}}, {Key: "ok", Value: 1.0}})
	}
	whole := store.next(t, d{{Key: "ok", Value: 1.0}, {Key: "whole", Value: true}})
	if _, ok := whole.body.Lookup("filter", "_id", "$in").ArrayOK(); !ok {
		t.Errorf("asked by %s, want the command as it was", whole.body)
	}
	if got := receive(t, reply); !got.Lookup("whole").Boolean() {
		t.Errorf("got %s, want the store's own answer", got)
	}
}
