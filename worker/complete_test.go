package main

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A worker that starts beside orders of an earlier release lets them be searched, and stops when it is told to.
// Fails without: CompleteOrders in complete; its loop.
func TestComplete_LetsOrdersOfEarlierReleasesBeFound(t *testing.T) {
	db, name := testkit.Database(t)
	if _, err := db.Change(t.Context(), "main:1:000000001", func(d *store.Staged) error {
		d.Status, d.Reason = order.Held, &order.Reason{Code: "item_unknown"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	drop := func() {
		t.Helper()
		if _, err := client.Database(name).Collection("orders").UpdateOne(t.Context(), bson.D{}, bson.D{{Key: "$unset", Value: bson.D{{Key: "search", Value: ""}, {Key: "reason_code", Value: ""}}}}); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	found := func() int64 {
		n, err := db.Count(t.Context(), store.Filter{Text: "000000001", Reason: "item_unknown"})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := found(); n != 0 {
		t.Fatalf("%d are found though they are of an earlier release", n)
	}
	stop := complete(t.Context(), db, []string{"main"}, 20*time.Millisecond, testkit.Silent())
	defer stop()
	for range 2 { // at the start, and what a worker of the earlier release writes beside it
		for deadline := time.Now().Add(time.Minute); found() != 1; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it is not found")
			}
		}
		drop()
	}
}
