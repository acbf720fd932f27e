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

// Retention reaches the orders of an instance that was taken out of INSTANCES, and what people wrote in the audit about orders that long ago; younger words and those
// of other acts stay, and nothing is gone through twice.
// Fails without: findInstances, and DropDocumentsOfStandIns in it; lookThroughAudit; the actions, the time and the place in EraseOldWords.
func TestRetention_ReachesInstancesThatAreGoneAndTheAudit(t *testing.T) {
	db, database := testkit.Database(t)
	leave(t, db, database, "gone:1:entity-12")
	key := order.Key("gone:1:000000001")
	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
		d.Status, d.Order = order.Posted, &order.Order{Key: key, Instance: "gone", Customer: order.Customer{Email: "erika@example.com"}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	write := func(action, why string) {
		t.Helper()
		if _, err := db.WriteAudit(t.Context(), store.AuditEntry{Actor: "anna", Action: action, Target: string(key), Why: why, State: store.AuditDone}); err != nil {
			t.Fatal(err)
		}
	}
	write("skip-order", "Frau Mustermann called")
	write("act-on-orders", "the Mustermanns")
	write("pause-schedule", "upgrade")
	said := func() map[string]string {
		t.Helper()
		entries, err := db.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, e := range entries {
			all[e.Action] = e.Why
		}
		return all
	}
	young := retainer{db: db, instances: []string{"main"}, age: time.Hour, owner: "one", log: testkit.Silent()}
	young.look(t.Context())
	if all := said(); all["skip-order"] != "Frau Mustermann called" {
		t.Errorf("words of today are erased: %q", all)
	}
	old := young
	old.age = -time.Hour // all is older than that
	old.look(t.Context())
	if all := said(); all["skip-order"] != store.ErasedText || all["act-on-orders"] != store.ErasedText || all["pause-schedule"] != "upgrade" {
		t.Errorf("the audit says %q", all)
	}
	doc, err := db.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if !doc.Erased() || doc.Order.Customer.Email != "" {
		t.Errorf("the order of an instance that is gone: erased %t, buyer %q", doc.Erased(), doc.Order.Customer.Email)
	}
	if versions, err := db.PayloadVersions(t.Context(), "gone:1:entity-12"); err != nil || len(versions) != 0 {
		t.Errorf("%d documents are left under a stand-in that is gone, %v", len(versions), err)
	}
	if n, err := db.EraseOldWords(t.Context(), []string{"pause-schedule"}, time.Now().Add(time.Hour), 10); err != nil || n != 0 {
		t.Errorf("%d entries are gone through again, %v", n, err)
	}
	old.end(t.Context())
	if taken, err := db.Lease(t.Context(), retention(auditWords), "two", time.Minute); err != nil || !taken {
		t.Errorf("after its end another takes up the audit: %t, %v", taken, err)
	}
}

// leave keeps a document under a key that no order has, two days ago.
func leave(t *testing.T, db *store.Store, database string, key order.Key) {
	t.Helper()
	if err := db.PutPayloads(t.Context(), []store.NewPayload{{PayloadRef: store.PayloadRef{Key: key, Hash: "h"}, Raw: []byte(`{"a":1}`)}}); err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(t.Context()) }()
	if _, err := client.Database(database).Collection("payloads").UpdateOne(t.Context(), bson.D{{Key: "key", Value: key}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "received_at", Value: time.Now().Add(-2 * store.StagedBy)}}}}); err != nil {
		t.Fatal(err)
	}
}
