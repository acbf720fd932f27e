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
	const length = 700 * time.Millisecond // from began on, or later
	if taken, err := db.Lease(t.Context(), "migration", "dead", length); err != nil || !taken {
		t.Fatal(err)
	}
	var done atomic.Int32
	if err := db.Migrate(t.Context(), step(store.Known()+1, &done)); err != nil || done.Load() != 1 || time.Since(began) < length-time.Millisecond {
		t.Errorf("%v: carried out %d times after %s", err, done.Load(), time.Since(began))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	onWaiting(t, cancel)
	if taken, err := db.Lease(t.Context(), "migration", "at work", time.Minute); err != nil || !taken {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, step(store.Known()+2, &done)); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("who is told to stop while another migrates ends with %v", err)
	}
}

// onWaiting calls do when somebody says that he waits for another who migrates.
func onWaiting(t *testing.T, do func()) {
	t.Helper()
	was := slog.Default()
	t.Cleanup(func() { slog.SetDefault(was) })
	slog.SetDefault(slog.New(slog.NewTextHandler(hearing(func(line string) {
		if strings.Contains(line, "waiting for another process") {
			do()
		}
	}), nil)))
}

// hearing hears each line of a log.
type hearing func(line string)

func (h hearing) Write(line []byte) (int, error) {
	h(string(line))
	return len(line), nil
}

// Who waits says once for whom. Fails without: sayWhoMigrates; with it at each look.
func TestMigrate_SaysOnceWhoIsWaitedFor(t *testing.T) {
	db, name := testkit.Database(t)
	was := slog.Default()
	t.Cleanup(func() { slog.SetDefault(was) })
	var said bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	const who = "shop-1:4711:ABC"
	if taken, err := db.Lease(t.Context(), "migration", who, time.Minute); err != nil || !taken {
		t.Fatal(err)
	}
	var looks atomic.Int32
	ended := make(chan error, 1)
	waiting := testkit.TappedStore(t, name, func(message []byte) bool {
		if testkit.HasAll(message, "find", "lease:migration") && looks.Add(1) == 6 { // the lease ends after several looks, however long they take
			go func() { ended <- db.EndLease(context.WithoutCancel(t.Context()), "migration", who) }()
		}
		return false
	})
	var done atomic.Int32
	if err := waiting.Migrate(t.Context(), step(store.Known()+1, &done)); err != nil || done.Load() != 1 {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := strings.Count(said.String(), "process=shop-1:4711 "); n != 1 {
		t.Errorf("it says %d times who migrates: %s", n, said.String())
	}
}

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
	open := func(open func(context.Context, string, string) (*store.Store, error)) error {
		older, err := open(t.Context(), testkit.MongoURI(t), name)
		if err == nil {
			err = older.Close(t.Context())
		}
		return err
	}
	for _, how := range []func(context.Context, string, string) (*store.Store, error){store.Open, store.Connect} {
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
	for _, how := range []func(context.Context, string, string) (*store.Store, error){store.Open, store.Connect} {
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
