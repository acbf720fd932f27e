package main_test

import (
	"context"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestFindByListOfIDs(t *testing.T) {
	ctx := context.Background()
	orders := start(t, t.TempDir()).connect().Collection("orders")
	var documents []any
	for i := range 300 {
		documents = append(documents, bson.M{"_id": fmt.Sprintf("%03d", i), "n": i, "text": "o'\"$\\ü"})
	}
	if _, err := orders.InsertMany(ctx, documents); err != nil {
		t.Fatal(err)
	}

	var ids []string
	for i := 298; i < 700; i++ { // two that are there among 400 that are not
		ids = append(ids, fmt.Sprintf("%03d", i), "o'\"$\\ü")
	}
	cursor, err := orders.Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, options.Find().SetProjection(bson.M{"text": 0}))
	if err != nil {
		t.Fatal(err)
	}
	var found []bson.M
	if err := cursor.All(ctx, &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0]["_id"] != "298" || found[1]["_id"] != "299" || found[1]["n"] != int32(299) || found[1]["text"] != nil {
		t.Errorf("found %v", found)
	}
}
