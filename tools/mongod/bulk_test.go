package main_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// As many statements as FerretDB has connections to SQLite made it wait for itself.
func TestBulkUpdateOfManyDocumentsEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	orders := start(t, t.TempDir()).connect().Collection("orders")

	const n = 150
	var inserts, updates []mongo.WriteModel
	for i := range n {
		id := fmt.Sprint(i)
		inserts = append(inserts, mongo.NewInsertOneModel().SetDocument(bson.M{"_id": id, "rev": 0}))
		updates = append(updates, mongo.NewUpdateOneModel().
			SetFilter(bson.M{"_id": id, "rev": i % 2}).SetUpdate(bson.M{"$set": bson.M{"done": true}}))
	}
	if _, err := orders.BulkWrite(ctx, inserts); err != nil {
		t.Fatal(err)
	}

	result, err := orders.BulkWrite(ctx, updates)
	if err != nil {
		t.Fatal(err)
	}
	if result.MatchedCount != n/2 || result.ModifiedCount != n/2 {
		t.Errorf("matched %d, modified %d, want the %d with the right rev", result.MatchedCount, result.ModifiedCount, n/2)
	}
}

func TestBulkReportsPositions(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	orders := start(t, t.TempDir()).connect().Collection("orders")
	insert(t, orders, "a")

	statement := func(id string) *mongo.UpdateOneModel {
		return mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": id}).SetUpdate(bson.M{"$set": bson.M{"x": 1}}).SetUpsert(true)
	}
	wrong := mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": "a"}).SetUpdate(bson.M{"$set": bson.M{"_id": "b"}})

	result, err := orders.BulkWrite(ctx, []mongo.WriteModel{statement("a"), wrong, statement("c")}, options.BulkWrite().SetOrdered(false))
	failure, ok := err.(mongo.BulkWriteException)
	if !ok || len(failure.WriteErrors) != 1 || failure.WriteErrors[0].Index != 1 {
		t.Errorf("error %v, want one at position 1", err)
	}
	if result.UpsertedIDs[2] != "c" || result.UpsertedCount != 1 {
		t.Errorf("upserted %v, want c at position 2", result.UpsertedIDs)
	}

	_, err = orders.BulkWrite(ctx, []mongo.WriteModel{wrong, statement("d")})
	if err == nil {
		t.Error("no error from an ordered bulk write")
	}
	if n, err := orders.CountDocuments(ctx, bson.M{"_id": "d"}); err != nil || n != 0 {
		t.Errorf("%d documents (%v) written after the error of an ordered bulk write, want 0", n, err)
	}
}

func TestSameIndexesMayBeMadeAgain(t *testing.T) {
	ctx := context.Background()
	orders := start(t, t.TempDir()).connect().Collection("orders")
	models := []mongo.IndexModel{
		{Keys: bson.D{{Key: "status", Value: 1}, {Key: "at", Value: -1}}},
		{Keys: bson.D{{Key: "increment_id", Value: 1}}, Options: options.Index().SetUnique(true)},
		{Keys: bson.D{{Key: "bo.doc_entry", Value: 1}}},
	}

	for range 3 {
		if _, err := orders.Indexes().CreateMany(ctx, models); err != nil {
			t.Fatal(err)
		}
		models = append(models, mongo.IndexModel{Keys: bson.D{{Key: fmt.Sprint("new", len(models)), Value: 1}}})
	}
	specs, err := orders.Indexes().ListSpecifications(ctx)
	if err != nil || len(specs) != 6 {
		t.Errorf("%d indexes (%v), want 6", len(specs), err)
	}
}

func TestUnacknowledgedWriteIsWritten(t *testing.T) {
	ctx := context.Background()
	db := start(t, t.TempDir()).connect()
	silent := db.Collection("orders", options.Collection().SetWriteConcern(writeconcern.Unacknowledged()))
	if _, err := silent.InsertOne(ctx, bson.M{"_id": "a"}); err != nil {
		t.Fatal(err)
	}

	await(t, "the document", func() bool {
		return db.Collection("orders").FindOne(ctx, bson.M{"_id": "a"}).Err() == nil
	})
	insert(t, silent.Database().Collection("orders"), "b") // the connection is still in step
}

// TestCursorsOfClientsThatLeave makes sure that a client that goes away while it reads leaves nothing behind.
func TestCursorsOfClientsThatLeave(t *testing.T) {
	p := start(t, t.TempDir())
	orders := p.connect().Collection("orders")
	ctx := context.Background()
	var docs []any
	for i := range 300 {
		docs = append(docs, bson.M{"_id": fmt.Sprint(i)})
	}
	if _, err := orders.InsertMany(ctx, docs); err != nil {
		t.Fatal(err)
	}

	for range 120 { // more than FerretDB has connections to SQLite
		leaving := p.connect()
		if _, err := leaving.Collection("orders").Find(ctx, bson.M{}, options.Find().SetBatchSize(2)); err != nil {
			t.Fatal(err)
		}
		brief, cancel := context.WithTimeout(ctx, time.Second)
		_ = leaving.Client().Disconnect(brief)
		cancel()
	}
	insert(t, orders, "still working")
}
