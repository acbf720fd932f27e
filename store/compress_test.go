package store_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// payloadsOf is the collection of documents as any client sees it.
func payloadsOf(t *testing.T, database string) *mongo.Collection {
	t.Helper()
	return collectionOf(t, database, "payloads")
}

// collectionOf is a collection as any client sees it.
func collectionOf(t *testing.T, database, name string) *mongo.Collection {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	return c.Database(database).Collection(name)
}

func TestPayloads_OfEarlierReleasesAreRead(t *testing.T) {
	s, database := testkit.Database(t)
	old := bson.M{"_id": "main:1:1@a", "key": "main:1:1", "hash": "a", "received_at": at(1), "raw": []byte(`{"entity_id":1}`)}
	if _, err := payloadsOf(t, database).InsertOne(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	ref := store.PayloadRef{Key: "main:1:1", Hash: "a"}
	if raw, err := s.Payload(t.Context(), ref); err != nil || string(raw) != `{"entity_id":1}` {
		t.Errorf("read as %q, %v", raw, err)
	}
	if raws, err := s.Payloads(t.Context(), []store.PayloadRef{ref}); err != nil || string(raws[ref]) != `{"entity_id":1}` {
		t.Errorf("read with others as %q, %v", raws[ref], err)
	}
}

func TestPayloads_AreKeptSmall(t *testing.T) {
	s, database := testkit.Database(t)
	raw := []byte(strings.Repeat(`{"base_price":1}`, 500))
	if err := s.PutPayloads(t.Context(), []store.NewPayload{payload("main:1:1", "a", raw)}); err != nil {
		t.Fatal(err)
	}
	stored, err := payloadsOf(t, database).FindOne(t.Context(), bson.M{"_id": "main:1:1@a"}).Raw()
	if err != nil || len(stored) > len(raw)/4 {
		t.Errorf("a document of %d bytes takes %d, %v", len(raw), len(stored), err)
	}
	if got, err := s.Payload(t.Context(), store.PayloadRef{Key: "main:1:1", Hash: "a"}); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("read as %q, %v", got, err)
	}
}

func TestPayloads_ThatAreDamagedAreNotTakenForDocuments(t *testing.T) {
	s, database := testkit.Database(t)
	if _, err := payloadsOf(t, database).InsertOne(t.Context(), bson.M{"_id": "main:1:1@a", "zstd": []byte("not that")}); err != nil {
		t.Fatal(err)
	}
	ref := store.PayloadRef{Key: "main:1:1", Hash: "a"}
	if raw, err := s.Payload(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "main:1:1@a is damaged") {
		t.Errorf("read as %q, %v", raw, err)
	}
	if raws, err := s.Payloads(t.Context(), []store.PayloadRef{ref}); err == nil {
		t.Errorf("read with others as %q", raws)
	}
}
