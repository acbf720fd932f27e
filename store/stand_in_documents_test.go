package store_test

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

// Fails without: each condition of DropDocumentsOfStandIns.
func TestDropDocumentsOfStandIns(t *testing.T) {
	db, name := testkit.Database(t)
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	put := func(key order.Key, age time.Duration) {
		t.Helper()
		if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "h"}, Raw: []byte(`{"a":1}`)}}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Database(name).Collection("payloads").UpdateOne(t.Context(), bson.D{{Key: "key", Value: key}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "received_at", Value: time.Now().Add(-age)}}}}); err != nil {
			t.Fatal(err)
		}
	}
	const gone, unnamed, held, young, numbered = "main:1:entity-12", "main:1:document-0123456789abcdef", "main:1:entity-13", "main:1:entity-14", "main:1:000000001"
	const second, another, alike = "eu:1:entity-12", "us:1:entity-12", "us-main:1:entity-12"
	for _, key := range []order.Key{gone, unnamed, held, numbered, second, another, alike} {
		put(key, 2*store.StagedBy)
	}
	put(young, time.Minute)
	if _, err := db.Change(t.Context(), held, func(d *store.Staged) error { d.Status = order.Held; return nil }); err != nil {
		t.Fatal(err)
	}
	if n, err := db.DropDocumentsOfStandIns(t.Context(), []string{"main", "eu"}); err != nil || n != 3 {
		t.Errorf("%d documents are erased, %v, want 3", n, err)
	}
	for key, want := range map[order.Key]int{gone: 0, unnamed: 0, second: 0, held: 1, young: 1, numbered: 1, another: 1, alike: 1} {
		if versions, err := db.PayloadVersions(t.Context(), key); err != nil || len(versions) != want {
			t.Errorf("%s has %d documents, %v, want %d", key, len(versions), err, want)
		}
	}
}
