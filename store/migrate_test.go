package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// step is a migration that counts.
func step(version int, done *atomic.Int32) store.Migration {
	return store.Migration{Version: version, Do: func(context.Context, *store.Store) error { done.Add(1); return nil }}
}

// Of processes that start at once one migrates, and each migration is carried out once, in order.
// Fails without: the lease; reading the version again when it is taken; the version that is written after each.
func TestMigrate_OnceHoweverManyStart(t *testing.T) {
	db := testkit.Store(t)
	first := store.Known()
	var one, two atomic.Int32
	slow := store.Migration{Version: first + 1, Do: func(ctx context.Context, s *store.Store) error {
		one.Add(1)
		time.Sleep(300 * time.Millisecond) // the others come while it is at work
		return nil
	}}
	after := store.Migration{Version: first + 2, Do: func(ctx context.Context, s *store.Store) error {
		if s.Version(t) != first+1 {
			t.Error("the second comes before the first is noted")
		}
		two.Add(1)
		return nil
	}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := db.Migrate(t.Context(), slow, after); err != nil {
				t.Error(err)
			}
			if db.Version(t) != first+2 {
				t.Error("a process goes on before the database is migrated")
			}
		})
	}
	all.Wait()
	if one.Load() != 1 || two.Load() != 1 {
		t.Errorf("they were carried out %d and %d times", one.Load(), two.Load())
	}
}

// One that fails is tried again by the next that starts; those before it are not.
// Fails without: writing the version after each migration.
func TestMigrate_GoesOnBehindTheLastThatWasFinished(t *testing.T) {
	db := testkit.Store(t)
	first := store.Known()
	var done, again atomic.Int32
	broken := errors.New("the disk is full")
	err := db.Migrate(t.Context(), step(first+1, &done), store.Migration{Version: first + 2, Do: func(context.Context, *store.Store) error { return broken }})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "version") || db.Version(t) != first+1 {
		t.Errorf("%v, at version %d", err, db.Version(t))
	}
	if err := db.Migrate(t.Context(), step(first+1, &done), step(first+2, &again)); err != nil || done.Load() != 1 || again.Load() != 1 || db.Version(t) != first+2 {
		t.Errorf("%v: %d, %d, version %d", err, done.Load(), again.Load(), db.Version(t))
	}
}

// Whoever died over it keeps the others for a time, and not for good. Fails without: the end of a lease.
func TestMigrate_OneThatDiedIsFollowed(t *testing.T) {
	db := testkit.Store(t)
	began := time.Now()
	if taken, err := db.Lease(t.Context(), "migration", "dead", 700*time.Millisecond); err != nil || !taken {
		t.Fatal(err)
	}
	var done atomic.Int32
	if err := db.Migrate(t.Context(), step(store.Known()+1, &done)); err != nil || done.Load() != 1 || time.Since(began) < 690*time.Millisecond {
		t.Errorf("%v: carried out %d times after %s", err, done.Load(), time.Since(began))
	}
}

// Who is told to stop while he waits for another says that he waited. Fails without: the words of both ways out of migrate.
func TestMigrate_StopsWaitingWhenItIsTold(t *testing.T) {
	held, name := testkit.Database(t)
	if taken, err := held.Lease(t.Context(), "migration", "at work", time.Hour); err != nil || !taken {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var looks, done atomic.Int32
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if in, _ := e.Command.Lookup("find").StringValueOK(); in == "cuts" {
			looks.Add(1)
		}
	}}
	db, err := store.OpenMonitored(t.Context(), testkit.MongoURI(t), name, monitor)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	looks.Store(0)
	ended := make(chan error, 1)
	go func() { ended <- db.Migrate(ctx, step(store.Known()+1, &done)) }()
	for end := time.Now().Add(time.Minute); looks.Load() < 3 && time.Now().Before(end); { // for whom it waits, and twice whether he has ended
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "another process migrates") || done.Load() != 0 {
		t.Errorf("it ends with %v", err)
	}
}

// A store that does not answer is told as what it is, and as what was waited for where it was that. Fails without: the two ways in which migrate ends for an error.
func TestMigrate_SaysWhatTheStoreDoesNotAnswerTo(t *testing.T) {
	held, name := testkit.Database(t)
	if taken, err := held.Lease(t.Context(), "migration", "at work", time.Hour); err != nil || !taken {
		t.Fatal(err)
	}
	for waits, after := range map[bool]int32{false: 0, true: 3} { // for whom it waits, and whether he has ended
		var open atomic.Bool
		var looks, done atomic.Int32
		db := testkit.TappedStore(t, name, func(message []byte) bool {
			if open.Load() && testkit.HasAll(message, "find", "cuts") {
				looks.Add(1)
			}
			return open.Load() && looks.Load() >= after && testkit.HasAll(message, "find", "schema")
		})
		open.Store(true)
		err := db.Migrate(t.Context(), step(store.Known()+1, &done))
		if err == nil || strings.Contains(err.Error(), "another process") != waits || !strings.Contains(err.Error(), "how far the database is migrated") || done.Load() != 0 {
			t.Errorf("waiting %t: it ends with %v", waits, err)
		}
	}
}

// A program of an earlier release waits for nobody where nothing is left for it to do. Fails without: a version that is higher than its own in migrate.
func TestMigrate_AnOlderProgramDoesNotWait(t *testing.T) {
	db := testkit.Store(t)
	var done atomic.Int32
	if err := db.Migrate(t.Context(), step(store.Known()+1, &done), step(store.Known()+2, &done)); err != nil {
		t.Fatal(err)
	}
	if taken, err := db.Lease(t.Context(), "migration", "newer", time.Hour); err != nil || !taken {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := db.Migrate(ctx, step(store.Known()+1, &done)); err != nil || done.Load() != 2 {
		t.Errorf("it ends with %v, %d were carried out", err, done.Load())
	}
}

// What an earlier migration wants of programs counts still when a later one wants nothing. Fails without: Oldest that is kept.
func TestMigrate_WhatBreaksOnceBreaksForGood(t *testing.T) {
	db := testkit.Store(t)
	var done atomic.Int32
	breaking, harmless := step(store.Known()+1, &done), step(store.Known()+2, &done)
	breaking.Breaks = true
	if err := db.Migrate(t.Context(), breaking, harmless); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckSchema(t.Context()); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a program that knows neither is told %v", err)
	}
	if err := db.CheckSchema(t.Context(), breaking); err != nil {
		t.Errorf("a program that knows the one that breaks is told %v", err)
	}
}

// Another process has noted the same migration meanwhile: whoever finds that goes no further. Fails without: the version in writeSchema, what matched there, the
// error of the first note, and its end of migrateAlone.
func TestMigrate_StopsWhereAnotherHasBeen(t *testing.T) {
	for name, before := range map[string]bool{"never migrated": false, "migrated before": true} {
		db := testkit.Store(t)
		schema := db.Schema()
		if !before {
			if _, err := schema.DeleteMany(t.Context(), bson.D{}); err != nil {
				t.Fatal(err)
			}
		}
		first := store.Migration{Version: store.Known() + 1, Do: func(ctx context.Context, _ *store.Store) error {
			_, err := schema.UpdateOne(ctx, bson.D{{Key: "_id", Value: "store"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: store.Known() + 1}}}}, options.UpdateOne().SetUpsert(true))
			return err
		}}
		var done atomic.Int32
		err := db.Migrate(t.Context(), first, step(store.Known()+2, &done))
		if err == nil || !strings.Contains(err.Error(), "note that the database is migrated") || done.Load() != 0 {
			t.Errorf("%s: it ends with %v, and carries out %d more", name, err, done.Load())
		}
	}
}

// Who waits says once for whom, where the program says things. Fails without: sayWhoMigrates; with it at each look; LogTo; the name where nothing is cut off; and with the log of all.
func TestMigrate_SaysOnceWhoIsWaitedFor(t *testing.T) {
	was := slog.Default()
	t.Cleanup(func() { slog.SetDefault(was) })
	var stray bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&stray, nil)))
	for owner, want := range map[string]string{"shop-1:4711:ABC": "process=shop-1:4711 ", "by-hand": "process=by-hand "} {
		var said bytes.Buffer
		quiet, name := testkit.Database(t)
		if taken, err := quiet.Lease(t.Context(), "migration", owner, time.Hour); err != nil || !taken {
			t.Fatal(err)
		}
		var looks atomic.Int32
		ended := make(chan error, 1)
		db := testkit.TappedStore(t, name, func(message []byte) bool {
			if testkit.HasAll(message, "find", "lease:migration") && looks.Add(1) == 6 { // several looks, however long they take
				go func() { ended <- quiet.EndLease(context.WithoutCancel(t.Context()), "migration", owner) }()
			}
			return false
		}, store.LogTo(slog.New(slog.NewTextHandler(&said, nil))))
		var done atomic.Int32
		var both sync.WaitGroup
		for _, s := range []*store.Store{db, quiet} {
			both.Go(func() {
				if err := s.Migrate(t.Context(), step(store.Known()+1, &done)); err != nil {
					t.Error(err)
				}
			})
		}
		if both.Wait(); done.Load() != 1 || strings.Count(said.String(), want) != 1 || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("carried out %d times; it says %q, want %q once", done.Load(), said.String(), want)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if stray.Len() > 0 {
		t.Errorf("nobody's log has %q", stray.String())
	}
}

// way is one of the two to a database.
type way func(ctx context.Context, uri, database string, with ...store.Option) (*store.Store, error)

// An older program goes on beside a change that it can live with, and refuses one that it cannot, whether it serves or is a command.
// Fails without: checkSchema in prepare and in Connect; Oldest.
func TestMigrate_AnOlderProgramKnowsWhatItMustNotTouch(t *testing.T) {
	db, name := testkit.Database(t)
	var done atomic.Int32
	next, breaking := step(store.Known()+1, &done), step(store.Known()+2, &done)
	breaking.Breaks = true
	if err := db.Migrate(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	open := func(open way) error {
		older, err := open(t.Context(), testkit.MongoURI(t), name)
		if err == nil {
			err = older.Close(t.Context())
		}
		return err
	}
	for _, how := range []way{store.Open, store.Connect} {
		if err := open(how); err != nil {
			t.Errorf("beside a change that it can live with: %v", err)
		}
	}
	if err := db.Migrate(t.Context(), next, breaking); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckSchema(t.Context(), next, breaking); err != nil {
		t.Error(err)
	}
	for _, how := range []way{store.Open, store.Connect} {
		if err := open(how); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "Start the newer release") {
			t.Errorf("beside a change that breaks: %v", err)
		}
	}
}

// What a release of 2026-11-25 stored is opened, found, read and changed. Its dump is in testdata, with made-up orders.
// Fails without: dropObsolete and migrate in prepare; CompleteOrders.
func TestMigrate_ADumpOfAnEarlierRelease(t *testing.T) {
	uri, name := testkit.MongoURI(t), testkit.Name(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	old := client.Database(name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = old.Drop(ctx)
		_ = client.Disconnect(ctx)
	})
	restore(t, old, "release-2026-11-25.jsonl")
	db, err := store.Open(t.Context(), uri, name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	if db.Version(t) != store.Known() {
		t.Errorf("it is at version %d, want %d", db.Version(t), store.Known())
	}
	specs, err := db.Orders().Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		if s.Name == "queue" || s.Name == "by_placed_at" || s.Name == "by_status" {
			t.Errorf("the index %s of the earlier release is still there", s.Name)
		}
	}
	all, err := db.ListAll(t.Context(), store.Filter{})
	if err != nil || len(all) != 16 {
		t.Fatalf("%d orders, %v, want 16", len(all), err)
	}
	instance := all[0].Instance
	if n, err := db.CompleteOrders(t.Context(), instance); err != nil || n != 16 {
		t.Errorf("%d orders were completed, %v", n, err)
	}
	counts, err := db.Counts(t.Context(), instance)
	if err != nil || counts[order.Posted] != 11 || counts[order.Held] != 1 || counts[order.Excluded] != 2 || counts[order.Cancelled] != 2 {
		t.Errorf("the orders are %v, %v", counts, err)
	}
	for _, head := range all {
		doc, err := db.Get(t.Context(), head.Key)
		if err != nil || doc.Order == nil || doc.Order.Customer.Email == "" || len(doc.Timeline) == 0 {
			t.Fatalf("order %s: %v", head.Key, err)
		}
		if raw, err := db.Payload(t.Context(), store.PayloadRef{Key: doc.Key, Hash: doc.PayloadHash}); err != nil || !strings.Contains(string(raw), doc.IncrementID) {
			t.Errorf("its document: %v", err)
		}
		if found, err := db.Count(t.Context(), store.Filter{Text: doc.IncrementID}); err != nil || found == 0 {
			t.Errorf("order %s is not found: %v", doc.Key, err)
		}
		was := doc.PostedAt
		doc, err = db.Change(t.Context(), doc.Key, func(d *store.Staged) error { d.Note(store.Event{Step: "test"}); return nil })
		if err != nil || doc.Status == order.Posted && (doc.BO == nil || doc.PostedAt.IsZero() || !was.IsZero()) {
			t.Errorf("order %s after a write: %+v, %v", doc.Key, doc, err)
		}
	}
	if at, err := db.Progress(t.Context(), instance, store.TaskOrders); err != nil || at.Cut.IsZero() {
		t.Errorf("the cut is %+v, %v", at, err)
	}
}

// restore fills a database with a dump: a line for each index and each document.
func restore(t *testing.T, db *mongo.Database, dump string) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", dump))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Collection string   `bson:"collection"`
			Index      string   `bson:"index"`
			Keys       bson.D   `bson:"keys"`
			Document   bson.Raw `bson:"document"`
		}
		if err := bson.UnmarshalExtJSON(lines.Bytes(), true, &line); err != nil {
			t.Fatal(err)
		}
		switch {
		case line.Index == "_id_":
		case line.Index != "":
			_, err = db.Collection(line.Collection).Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: line.Keys, Options: options.Index().SetName(line.Index)})
		default:
			_, err = db.Collection(line.Collection).InsertOne(t.Context(), line.Document)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
