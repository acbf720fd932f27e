package main

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// With RETENTION_OTHERS it reaches the orders of an instance that was taken out of INSTANCES, and what people wrote in the audit about orders that long ago;
// younger words and those of other acts stay, and nothing is gone through twice.
// Fails without: findInstances, and DropDocumentsOfStandIns in it; others in meet; eraseWords; the actions, the time and the place in EraseOldWords.
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
	young := retainer{db: db, instances: []string{"main"}, others: true, age: time.Hour, owner: "one", log: testkit.Silent()}
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
	if n, err := db.EraseOldWords(t.Context(), "gone", func(e *store.AuditEntry) bool { return e.Action == "pause-schedule" }, time.Now().Add(time.Hour), 10); err != nil || n != 0 {
		t.Errorf("%d entries are gone through again, %v", n, err)
	}
	old.end(t.Context())
	if taken, err := db.Lease(t.Context(), retention("gone"), "two", time.Minute); err != nil || !taken {
		t.Errorf("after its end another takes up the instance: %t, %v", taken, err)
	}
}

// Two workers serve an instance each from one database, and keep data for different times. Neither erases what the other serves: orders, documents, or words in
// the audit. Words about orders of both go with those of either, and so do those that name neither.
// Fails without: others in meet; passed in meet; the warning; the instances in DropDocumentsOfStandIns; actsOn, and known and named there; known in the look; the instance in wordsPlaceID.
func TestRetention_LeavesWhatOtherWorkersServe(t *testing.T) {
	db, database := testkit.Database(t)
	const ofMain, ofEU = order.Key("main:1:000000001"), order.Key("eu:1:000000001")
	for _, key := range []order.Key{ofMain, ofEU} {
		leave(t, db, database, order.Key(key.Instance()+":1:entity-12"))
		if _, err := db.Change(t.Context(), key, func(d *store.Staged) error {
			d.Status, d.Order = order.Posted, &order.Order{Key: key, Instance: key.Instance(), Customer: order.Customer{Email: "erika@example.com"}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	const filtered, bulk, both = "skip by filter main held", "skip of 2 orders: main:1:000000001 main:1:000000002", "skip of 2 orders: main:1:000000001 eu:1:000000001"
	unnamed := []string{"skip by filter held", "skip by filter", "(no key)"}
	targets := append([]string{string(ofMain), filtered, both, string(ofEU), bulk, "main:1:eu:1:7"}, unnamed...)
	for _, target := range targets {
		if _, err := db.WriteAudit(t.Context(), store.AuditEntry{Actor: "anna", Action: "act-on-orders", Target: target, Why: "Frau Mustermann called"}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, erased ...string) {
		t.Helper()
		for _, key := range []order.Key{ofMain, ofEU} {
			doc, err := db.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if gone := slices.Contains(erased, string(key)); doc.Erased() != gone || (doc.Order.Customer.Email == "") != gone {
				t.Errorf("%s: %s is erased %t, want %t", when, key, doc.Erased(), gone)
			}
			if versions, err := db.PayloadVersions(t.Context(), order.Key(key.Instance()+":1:entity-12")); err != nil || (len(versions) == 0) != (key == ofEU || slices.Contains(erased, string(key))) {
				t.Errorf("%s: a stand-in of %s has %d documents, %v", when, key.Instance(), len(versions), err)
			}
		}
		entries, err := db.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
		if err != nil || len(entries) != len(targets) {
			t.Fatal(len(entries), err)
		}
		for _, e := range entries {
			if gone := slices.Contains(erased, e.Target); (e.Why == store.ErasedText) != gone {
				t.Errorf("%s: of %q the audit says %q", when, e.Target, e.Why)
			}
		}
	}
	var said bytes.Buffer
	eu := retainer{db: db, instances: []string{"eu"}, age: -time.Hour, owner: "two", log: slog.New(slog.NewTextHandler(&said, nil))}
	eu.look(t.Context())
	eu.asked = time.Time{} // an hour later
	eu.look(t.Context())
	want("the worker of eu", append(unnamed, string(ofEU), both)...)
	if n := strings.Count(said.String(), `level=WARN msg="personal data of instances that this worker does not serve are not erased by it" instances=[main]`); n != 1 {
		t.Errorf("it tells of main %d times, want once: %s", n, said.String())
	}
	if taken, err := db.Lease(t.Context(), retention("main"), "one", time.Minute); err != nil || !taken {
		t.Errorf("the worker of main has its turn %t, %v", taken, err)
	}
	mains := retainer{db: db, instances: []string{"main"}, age: time.Hour, owner: "one", log: testkit.Silent()}
	mains.look(t.Context())
	mains.age, mains.asked = -time.Hour, time.Time{}
	mains.look(t.Context())
	want("when those of main are old too", append(targets, string(ofEU))...)
}

// Fails without: any field in retainerOf.
func TestRetention_GoesByTheSettings(t *testing.T) {
	r := retainerOf(nil, &config.Worker{Instances: config.Instances{InstanceNames: []string{"main", "eu"}}, RetentionDays: 30, RetentionOthers: true}, testkit.Silent())
	if !slices.Equal(r.instances, []string{"main", "eu"}) || !r.others || r.age != 30*24*time.Hour {
		t.Errorf("it erases of %v, of others %t, what is older than %s", r.instances, r.others, r.age)
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
