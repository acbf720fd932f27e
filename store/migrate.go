package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// migration is a change of what is stored that a release needs before it can serve. It is carried out once for a database, by the first worker or gateway
// of the release that starts; it must bear being ended at any moment and begun again, and being run beside processes of the release before.
type migration struct {
	version int
	what    string
	do      func(context.Context, *Store) error
	// breaks is true where programs of the release before must not go on with the database. A change that they can live with is the rule: fields that
	// they do not know, indexes that they do not ask by.
	breaks bool
}

// migrations are all, in their order. One that was released is never changed.
var migrations = []migration{
	// The first is where counting begins. What releases before it stored is brought up beside the work, for as long as workers of these releases may write
	// (CompleteOrders), and at each start (indexes, which they make anew).
	{1, "count migrations", func(context.Context, *Store) error { return nil }, false},
}

// Times of migrating. migrating is how long a process that died over it keeps the others waiting.
const (
	migrating   = time.Minute
	renewing    = 15 * time.Second
	lookingAway = 200 * time.Millisecond
)

// ErrNewer: the database was migrated by a newer release, in a way that this one cannot go on with.
var ErrNewer = errors.New("the database was migrated by a newer release")

// schema says how far a database is migrated.
type schema struct {
	ID string `bson:"_id"`
	// Version is that of the last migration. Oldest is the version that a program must know at least.
	Version int       `bson:"version"`
	Oldest  int       `bson:"oldest"`
	At      time.Time `bson:"at"`
}

const schemaID = "store"

// known is the version that a program with these migrations knows.
func known(all []migration) int {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].version
}

// readSchema gives how far the database is migrated; version 0 for one that never was.
func (s *Store) readSchema(ctx context.Context) (schema, error) {
	is := schema{ID: schemaID}
	err := s.schema.FindOne(ctx, bson.D{{Key: "_id", Value: schemaID}}).Decode(&is)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return is, fmt.Errorf("read how far the database is migrated: %w", err)
	}
	return is, nil
}

// checkSchema refuses a database that these migrations do not know enough of.
func (s *Store) checkSchema(ctx context.Context, all []migration) (schema, error) {
	is, err := s.readSchema(ctx)
	if err == nil && is.Oldest > known(all) {
		err = fmt.Errorf("%w: it is at version %d, and wants programs that know version %d at least; this one knows %d. Start the newer release, or restore the backup from before the upgrade",
			ErrNewer, is.Version, is.Oldest, known(all))
	}
	return is, err
}

// migrate brings the database to the version of the program, alone: others that start meanwhile wait. Whoever dies over it is followed by another, who goes on
// behind the last migration that was finished.
func (s *Store) migrate(ctx context.Context, all []migration) error {
	owner := processName() + ":" + rand.Text()
	for waited := false; ; waited = true {
		is, err := s.checkSchema(ctx, all)
		if errors.Is(err, ErrNewer) || err == nil && is.Version >= known(all) {
			return err
		}
		taken := false
		if err == nil {
			taken, err = s.Lease(ctx, "migration", owner, migrating)
		}
		if err != nil && waited { // such as that no time is left to ask again
			return fmt.Errorf("another process migrates the database: %w", err)
		}
		if err != nil {
			return err
		}
		if taken {
			return errors.Join(s.migrateAlone(ctx, all, owner), s.EndLease(context.WithoutCancel(ctx), "migration", owner))
		}
		if !waited {
			s.sayWhoMigrates(ctx)
		}
		select {
		case <-time.After(lookingAway):
		case <-ctx.Done():
			return fmt.Errorf("another process migrates the database: %w", ctx.Err())
		}
	}
}

// processName tells people which process it is: its machine and its number there.
func processName() string {
	machine, err := os.Hostname()
	if err != nil {
		machine = "?"
	}
	return fmt.Sprintf("%s:%d", machine, os.Getpid())
}

// sayWhoMigrates tells why a process that starts does not serve yet.
func (s *Store) sayWhoMigrates(ctx context.Context) {
	var is lease
	if err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: leaseID("migration")}}).Decode(&is); err != nil {
		return // it is over, or the next look tells what is wrong
	}
	who := is.Owner
	if secret := strings.LastIndex(who, ":"); secret >= 0 {
		who = who[:secret]
	}
	s.log.Info("waiting for another process that migrates the database", "process", who, "until", is.Until)
}

// migrateAlone carries out what is missing, while it has the lease.
func (s *Store) migrateAlone(ctx context.Context, all []migration, owner string) error {
	ctx, stop := s.keepLease(ctx, "migration", owner, migrating, renewing)
	defer stop()
	is, err := s.checkSchema(ctx, all) // another may have done it just before
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.version <= is.Version {
			continue
		}
		if err := m.do(ctx, s); err != nil {
			return fmt.Errorf("migrate the database to version %d (%s): %w", m.version, m.what, err)
		}
		next := schema{ID: schemaID, Version: m.version, Oldest: is.Oldest, At: now()}
		if m.breaks {
			next.Oldest = m.version
		}
		if err := s.writeSchema(ctx, is, next); err != nil {
			return err
		}
		is = next
	}
	return nil
}

// writeSchema moves the version on, if nobody else has.
func (s *Store) writeSchema(ctx context.Context, was, is schema) error {
	if was.Version == 0 {
		_, err := s.schema.InsertOne(ctx, is)
		if err != nil {
			return fmt.Errorf("note that the database is migrated: %w", err)
		}
		return nil
	}
	res, err := s.schema.ReplaceOne(ctx, bson.D{{Key: "_id", Value: schemaID}, {Key: "version", Value: was.Version}}, is)
	if err == nil && res.MatchedCount == 0 {
		err = errors.New("another process has migrated it meanwhile")
	}
	if err != nil {
		return fmt.Errorf("note that the database is migrated: %w", err)
	}
	return nil
}

// keepLease renews a lease of this length ever so often until stop is called. When it is lost the context ends: somebody else has begun.
func (s *Store) keepLease(ctx context.Context, what, owner string, length, every time.Duration) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var kept sync.WaitGroup
	kept.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if taken, err := s.Lease(ctx, what, owner, length); err == nil && !taken {
				cancel(fmt.Errorf("another process has taken %s over", what))
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		kept.Wait()
	}
}
