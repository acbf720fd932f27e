package main

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
)

// copyDatabase restores one database from another, which stands for its backup.
func copyDatabase(t *testing.T, from, to string) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	names, err := client.Database(from).ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := client.Database(to).Collection(name).DeleteMany(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
		cur, err := client.Database(from).Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for cur.Next(t.Context()) {
			if _, err := client.Database(to).Collection(name).InsertOne(t.Context(), cur.Current); err != nil {
				t.Fatal(err)
			}
		}
		if err := cur.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// A store that is restored from a backup, or lost altogether, comes to the same account again: what B1 got since the backup is found there by its reference, and
// nothing is in B1 twice.
// Fails without: the look-up before an order is sent; the cut in the store itself.
func TestRestore_NothingIsLostOrDoubled(t *testing.T) {
	for name, backup := range map[string]bool{"from a backup": true, "from nothing": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			for range 3 {
				w.place("simple", 1)
			}
			stop := w.startWorker()
			w.sync()
			_, kept := testkit.Database(t)
			if backup {
				copyDatabase(t, w.database, kept)
			}
			for range 4 {
				w.place("simple", 1)
			}
			w.sync()
			w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == 7 })
			stop()

			again, database := testkit.Database(t)
			if backup {
				copyDatabase(t, kept, database)
			}
			w.db, w.database = again, database
			if n := w.counts()[order.Posted]; backup && n != 3 || !backup && n != 0 {
				t.Fatalf("the store that was restored has %d orders", n)
			}
			w.startWorker()
			w.sync()
			w.eventually("all are posted again", func() bool { return w.counts()[order.Posted] == 7 })
			w.checkLedger()
			if n, twice := len(w.company.Orders()), len(w.company.DuplicateKeys()); n != 7 || twice != 0 {
				t.Errorf("B1 has %d orders, %d of them twice, want 7", n, twice)
			}
			linked := 0
			for _, p := range w.shop.Orders() {
				if w.get(p).BO.Linked {
					linked++
				}
			}
			if want := map[bool]int{true: 4, false: 7}[backup]; linked != want {
				t.Errorf("%d orders were linked, want %d", linked, want)
			}
		})
	}
}
