package main_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestCollectionMadeLaterIsLookedUpByIndex(t *testing.T) {
	ctx := context.Background()
	dbpath := t.TempDir()
	db := start(t, dbpath).connect()

	// each of these is a first write that makes its collection
	insert(t, db.Collection("inserted"), "a")
	upsert := options.UpdateOne().SetUpsert(true)
	if _, err := db.Collection("upserted").UpdateOne(ctx, bson.M{"_id": "a"}, bson.M{"$set": bson.M{"x": 1}}, upsert); err != nil {
		t.Fatal(err)
	}
	if err := db.CreateCollection(ctx, "created"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Collection("indexed").Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "x", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	// a collection that is dropped and made again has a new table
	if err := db.Collection("created").Drop(ctx); err != nil {
		t.Fatal(err)
	}
	insert(t, db.Collection("created"), "a")

	for _, name := range []string{"inserted", "upserted", "created", "indexed"} {
		if plan := planByID(t, dbpath, name); !strings.Contains(plan, "USING INDEX datawald_id_") {
			t.Errorf("%s is looked up by: %s", name, plan)
		}
	}
}

// planByID asks SQLite how it carries out FerretDB's statement for a filter on _id. FerretDB's own explain may answer by
// what one of its connections remembers of an older table.
func planByID(t *testing.T, dbpath, collection string) string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dbpath, "shop.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	var table, plan string
	var unused int
	if err := db.QueryRow(`SELECT table_name FROM _ferretdb_collections WHERE name = ?`, collection).Scan(&table); err != nil {
		t.Fatal(err)
	}
	statement := `EXPLAIN QUERY PLAN SELECT _ferretdb_sjson FROM "` + table + `" WHERE _ferretdb_sjson->'$._id' = ?`
	if err := db.QueryRow(statement, `"a"`).Scan(&unused, &unused, &unused, &plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestDirectoryOfPlainFerretDBIsIndexedAtStart(t *testing.T) {
	dbpath := t.TempDir()
	p := start(t, dbpath)
	insert(t, p.connect().Collection("orders"), "a")
	p.terminate()
	dropOurIndexes(t, filepath.Join(dbpath, "shop.sqlite")) // as if made without the gate

	db := start(t, dbpath).connect()
	if plan := planByID(t, dbpath, "orders"); !strings.Contains(plan, "USING INDEX datawald_id_") {
		t.Errorf("SQLite looks up by: %s", plan)
	}
	if plan := explained(t, db, "orders"); !strings.Contains(plan, "USING INDEX datawald_id_") {
		t.Errorf("FerretDB looks up by: %s", plan)
	}
}

// explained is FerretDB's explanation of a find by _id. It fails the test when a FerretDB of another version uses another
// statement than the one that the index is made for.
func explained(t *testing.T, db *mongo.Database, collection string) string {
	t.Helper()
	var reply bson.M
	err := db.RunCommand(context.Background(), bson.D{{Key: "explain", Value: bson.D{
		{Key: "find", Value: collection}, {Key: "filter", Value: bson.M{"_id": "a"}},
	}}}).Decode(&reply)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bson.MarshalExtJSON(reply["queryPlanner"], false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOurIndexIsNobodysBusiness(t *testing.T) {
	ctx := context.Background()
	db := start(t, t.TempDir()).connect()
	orders := db.Collection("orders")
	insert(t, orders, "a")

	specs, err := orders.Indexes().ListSpecifications(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != 1 || specs[0].Name != "_id_" {
		t.Errorf("clients see %d indexes, want _id_ alone", len(specs))
	}

	_, err = orders.InsertOne(ctx, bson.M{"_id": "a"})
	if !mongo.IsDuplicateKeyError(err) {
		t.Errorf("a second document with the same _id: %v, want a duplicate key error", err)
	}
}

func dropOurIndexes(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	var name string
	if err := db.QueryRow(`SELECT name FROM sqlite_master WHERE name LIKE 'datawald_id_%'`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`DROP INDEX "` + name + `"`); err != nil {
		t.Fatal(err)
	}
}
