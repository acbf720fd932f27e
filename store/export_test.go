package store

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// SpeakWithin changes how long a worker has to say something of an outage.
func (s *Store) SpeakWithin(d time.Duration) { s.speakingTime = d }

// OpenMonitored is Open with a monitor that is told of each command.
func OpenMonitored(ctx context.Context, uri, database string, monitor *event.CommandMonitor) (*Store, error) {
	return open(ctx, uri, database, monitor)
}

// Indexes are all indexes beside _id, by collection.
func (s *Store) Indexes() map[string][]mongo.IndexModel {
	indexes := map[string][]mongo.IndexModel{}
	for collection, models := range s.indexes() {
		indexes[collection.Name()] = models
	}
	return indexes
}

// Migration is a migration of a test.
type Migration struct {
	Version int
	Do      func(context.Context, *Store) error
	Breaks  bool
}

// Migrate brings the database to the version of these migrations.
func (s *Store) Migrate(ctx context.Context, all ...Migration) error {
	return s.migrate(ctx, migrationsOf(all))
}

// CheckSchema is the check of a program that knows these migrations.
func (s *Store) CheckSchema(ctx context.Context, all ...Migration) error {
	_, err := s.checkSchema(ctx, migrationsOf(all))
	return err
}

func migrationsOf(all []Migration) (own []migration) {
	for _, m := range all {
		own = append(own, migration{m.Version, "of a test", m.Do, m.Breaks})
	}
	return own
}

// Version is how far the database is migrated.
func (s *Store) Version(t testing.TB) int {
	t.Helper()
	is, err := s.readSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return is.Version
}

// Known is the version that this release migrates to.
func Known() int { return known(migrations) }

// Orders is the collection itself, for documents that only an earlier release or another machine would write.
func (s *Store) Orders() *mongo.Collection { return s.orders }

// SweepKind is Sweep of the n-th kind alone.
func (s *Store) SweepKind(ctx context.Context, n int) error {
	what := s.over(now())[n]
	_, err := sweep(ctx, what.from, what.filter, sweepAtOnce)
	return err
}

// RulesPlaces is how many places of rules files are remembered.
func (s *Store) RulesPlaces(t testing.TB, instance string) int {
	t.Helper()
	doc, err := s.active(t.Context(), instance)
	if err != nil {
		t.Fatal(err)
	}
	return len(doc.Files)
}

// CompleteSince is the look of CompleteOrders at what changed since a time.
func (s *Store) CompleteSince(ctx context.Context, instance string, since time.Time) (int, error) {
	return s.completeSince(ctx, instance, since)
}

// KeepLease renews a lease until stop is called, or it is lost.
func (s *Store) KeepLease(ctx context.Context, what, owner string, length, every time.Duration) (kept context.Context, stop func()) {
	return s.keepLease(ctx, what, owner, length, every)
}

// LeaseUntil is when a lease ends.
func (s *Store) LeaseUntil(ctx context.Context, what string) (time.Time, error) {
	var is lease
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: leaseID(what)}}).Decode(&is)
	return is.Until, err
}

// Schema is the collection that says how far the database is migrated.
func (s *Store) Schema() *mongo.Collection { return s.schema }
