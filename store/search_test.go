package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Counts are of what the filter selects but for the state, and of each code. Fails without: the state being left out in CountByStatus; reasoned in
// CountByReason (FerretDB or MongoDB counts those without a reason under an empty one).
func TestCountBy_CountsWhatTheFilterSelects(t *testing.T) {
	s := testkit.Store(t)
	held := func(code string) func(*store.Staged) {
		return func(d *store.Staged) { d.Status, d.Reason = order.Held, &order.Reason{Code: code} }
	}
	for key, change := range map[order.Key]func(*store.Staged){
		"main:1:1": held("item_unknown"), "main:1:2": held("item_unknown"), "main:2:3": held("no_tax"), "main:1:4": func(*store.Staged) {},
		"main:1:5": func(d *store.Staged) { d.Status, d.Reason = order.Excluded, &order.Reason{Code: "item_unknown"} }, "eu:1:6": held("item_unknown"),
	} {
		stage(t, s, key, change)
	}
	states, err := s.CountByStatus(t.Context(), store.Filter{Instance: "main", Status: order.Held, Statuses: []order.Status{order.Held}})
	if err != nil || len(states) != len(order.Statuses()) || states[order.Held] != 3 || states[order.Pending] != 1 || states[order.Excluded] != 1 || states[order.Posted] != 0 {
		t.Errorf("by state %v, %v", states, err)
	}
	one := int64(1)
	if states, err = s.CountByStatus(t.Context(), store.Filter{StoreID: &one, Reason: "item_unknown"}); err != nil || states[order.Held] != 3 || states[order.Pending] != 0 {
		t.Errorf("by state, of a store and a reason %v, %v", states, err)
	}
	reasons, err := s.CountByReason(t.Context(), store.Filter{Instance: "main", Statuses: []order.Status{order.Held, order.Pending}})
	if err != nil || len(reasons) != 2 || reasons["item_unknown"] != 2 || reasons["no_tax"] != 1 {
		t.Errorf("by reason %v, %v", reasons, err)
	}
}

// database is the store's own, to write what an earlier release left.
func database(t *testing.T, name string) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database(name)
}

// Orders that an earlier release wrote are found by text, reason and attention when they are completed, and nothing else of them changes.
// Fails without: each of the fields in complete; the loop (with more than 500).
func TestCompleteOrders_LetsOrdersOfEarlierReleasesBeFound(t *testing.T) {
	s, name := testkit.Database(t)
	stage(t, s, "main:1:000000001", func(d *store.Staged) {
		d.Status, d.Reason = order.Held, &order.Reason{Code: "item_unknown", Message: "No item Blue"}
	})
	stage(t, s, "main:1:000000002", func(d *store.Staged) {
		d.Status, d.BO, d.Attention = order.Posted, &store.BackOffice{DocNum: 4711}, &order.Reason{Code: "changed_in_magento"}
	})
	orders := database(t, name).Collection("orders")
	before, err := s.Get(t.Context(), "main:1:000000001")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"main:1:000000001", "main:1:000000002"} {
		if _, err := orders.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: key}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "search", Value: ""}, {Key: "reason_code", Value: ""}, {Key: "attention_code", Value: ""}}}}); err != nil {
			t.Fatal(err)
		}
	}
	var more []any
	for n := range 600 {
		more = append(more, bson.D{{Key: "_id", Value: order.Key("eu:1:" + string(rune('a'+n%26)) + string(rune('a'+n/26)))}, {Key: "rev", Value: int64(1)}, {Key: "instance", Value: "eu"}, {Key: "changed_at", Value: at(n / 7)}})
	}
	if _, err := orders.InsertMany(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	for instance, want := range map[string]int{"main": 2, "eu": 600, "e": 0} {
		if n, err := s.CompleteOrders(t.Context(), instance); err != nil || n != want {
			t.Fatalf("completed %d of %s, %v, want %d", n, instance, err, want)
		}
	}
	for _, c := range []struct {
		filter store.Filter
		want   order.Key
	}{
		{store.Filter{Text: "item blue"}, "main:1:000000001"}, {store.Filter{Reason: "item_unknown"}, "main:1:000000001"},
		{store.Filter{Text: "4711"}, "main:1:000000002"}, {store.Filter{Attention: true}, "main:1:000000002"}, {store.Filter{Text: "eu:1:zw"}, "eu:1:zw"},
	} {
		docs, err := s.List(t.Context(), c.filter)
		if err != nil || !slices.Equal(listed(docs), []order.Key{c.want}) {
			t.Errorf("%+v gives %v, %v, want %s", c.filter, listed(docs), err, c.want)
		}
	}
	if after, err := s.Get(t.Context(), before.Key); err != nil || after.Rev != before.Rev || !after.ChangedAt.Equal(before.ChangedAt) || *after.Reason != *before.Reason {
		t.Errorf("it is %+v after %+v, %v", after, before, err)
	}
	if n, err := s.CompleteOrders(t.Context(), "main"); err != nil || n != 0 {
		t.Errorf("completed %d once more, %v", n, err)
	}
}

// A worker of an earlier release that writes on beside this one, or again after it, drops the fields: the next look finds what it wrote since the
// last one, also with a clock that is some minutes behind, and does not go through all orders again.
//
// Fails without: clocksApart; the place with its key; the note of what is complete (all are gone through again).
func TestCompleteOrders_FindsWhatAnEarlierReleaseWritesLater(t *testing.T) {
	s, name := testkit.Database(t)
	if n, err := s.CompleteOrders(t.Context(), "main"); err != nil || n != 0 {
		t.Fatalf("completed %d, %v", n, err)
	}
	orders := database(t, name).Collection("orders")
	now := time.Now().UTC()
	drop := func(n int, ago time.Duration) {
		t.Helper()
		_, err := orders.InsertOne(t.Context(), bson.D{{Key: "_id", Value: fmt.Sprintf("main:1:%04d", n)}, {Key: "rev", Value: int64(1)}, {Key: "instance", Value: "main"}, {Key: "changed_at", Value: now.Add(-ago)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	const written = 510 // more than are read at once, many of the same moment
	for n := range written {
		drop(n, time.Duration(n%7)*time.Millisecond+4*time.Minute)
	}
	drop(written, 24*time.Hour)
	if n, err := s.CompleteOrders(t.Context(), "main"); err != nil || n != written {
		t.Errorf("completed %d, %v, want %d: what was written since, and not what was there a day ago", n, err, written)
	}
	if n, err := s.CompleteOrders(t.Context(), "main"); err != nil || n != 0 {
		t.Errorf("completed %d once more, %v", n, err)
	}
}

// opened opens the store and gives the names of the indexes that are there then.
func opened(t *testing.T, orders *mongo.Collection, open way, database string) (names []string) {
	t.Helper()
	s, err := open(t.Context(), testkit.MongoURI(t), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	specs, err := orders.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	return names
}

// Indexes in whose place others stand are dropped, as each costs every write; that there are none is no error. A command that is run beside workers of
// the earlier release leaves them what they ask by. Fails without: dropObsolete; noSuchIndex; Connect without prepare.
func TestOpen_DropsIndexesOfEarlierReleases(t *testing.T) {
	_, name := testkit.Database(t)
	orders := database(t, name).Collection("orders")
	if _, err := orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "placed_at", Value: -1}, {Key: "instance", Value: 1}}, Options: options.Index().SetName("newest")}); err != nil {
		t.Fatal(err)
	}
	if names := opened(t, orders, store.Connect, name); !slices.Contains(names, "newest") {
		t.Errorf("a command that only connects leaves the indexes %v", names)
	}
	names := opened(t, orders, store.Open, name)
	if slices.Contains(names, "newest") || !slices.Contains(names, "newest_first") {
		t.Errorf("the indexes are %v", names)
	}
}
