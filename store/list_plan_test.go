package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A list is read from an index in its order, and the server sorts nothing: neither the first page nor the last of many orders makes it fetch all
// of them. MongoDB says so itself where the tests are given one (TEST_MONGODB_URI); it needs an index that has the order of a list as a whole, which
// is checked everywhere. By which index the embedded store answers is told by its plan test.
//
// Fails without: _id behind placed_at in by_state and newest_first.
func TestList_IsReadInTheOrderOfAnIndex(t *testing.T) {
	var sent asked
	_, database := testkit.Database(t)
	s, err := store.OpenMonitored(t.Context(), testkit.MongoURI(t), database, &event.CommandMonitor{Started: sent.started})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	stage(t, s, "main:1:1", func(d *store.Staged) { d.PlacedAt = at(1) })
	after := &store.Position{PlacedAt: at(2), Key: "main:1:5"}
	for name, c := range map[string]struct {
		filter store.Filter
		// fixed are the fields of which the filter leaves one value.
		fixed []string
	}{
		"all":                        {store.Filter{Limit: 50}, nil},
		"a page of all":              {store.Filter{After: after, Limit: 50}, nil},
		"an instance":                {store.Filter{Instance: "main", Limit: 50}, nil},
		"a page of a state":          {store.Filter{Instance: "main", Status: order.Pending, After: after, Limit: 50}, []string{"instance", "status"}},
		"what a text is found in":    {store.Filter{Instance: "main", Text: "00005", Limit: 50}, nil},
		"a state in a range of time": {store.Filter{Instance: "main", Status: order.Pending, From: at(0), To: at(5), Limit: 50}, []string{"instance", "status"}},
	} {
		sent.cmds = nil
		if _, err := s.List(t.Context(), c.filter); err != nil || len(sent.cmds) != 1 {
			t.Fatalf("%s: %d questions, %v", name, len(sent.cmds), err)
		}
		var plan bson.Raw
		if err := s.Orders().Database().RunCommand(t.Context(), bson.D{{Key: "explain", Value: sent.cmds[0]}}).Decode(&plan); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(plan.String(), `"SORT"`) {
			t.Errorf("%s is sorted: %s", name, plan)
		}
		want := append(c.fixed, "placed_at", "_id")
		if !slices.ContainsFunc(s.Indexes()["orders"], func(m mongo.IndexModel) bool { return slices.Equal(firstKeys(m, len(want)), want) }) {
			t.Errorf("%s: no index begins with %q", name, want)
		}
	}
}

// firstKeys are the first fields of an index; a field that does not run against the time is marked.
func firstKeys(m mongo.IndexModel, n int) (names []string) {
	for _, k := range m.Keys.(bson.D) {
		if newest := k.Key == "placed_at" || k.Key == "_id"; newest && k.Value != -1 {
			k.Key += " ascending"
		}
		names = append(names, k.Key)
	}
	return names[:min(n, len(names))]
}
