package api_test

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
)

// written gives an order another state, and the date of a write that began then and took until now.
func (w *world) written(key order.Key, began time.Time, status order.Status) {
	w.t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(w.t)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(context.WithoutCancel(w.t.Context())) }()
	change := bson.D{{Key: "$set", Value: bson.D{{Key: "changed_at", Value: began.UTC()}, {Key: "status", Value: status}}}}
	done, err := c.Database(w.database).Collection("orders").UpdateOne(w.t.Context(), bson.D{{Key: "_id", Value: key}}, change)
	if err != nil || done.MatchedCount != 1 {
		w.t.Fatal(done, err)
	}
}
