// Package store keeps what DataWald knows in MongoDB: staged orders, the documents they came from, the cuts and the
// runs. Every write is one atomic operation on one document, so that a standalone server, a replica set, a sharded
// cluster and the embedded store all serve.
//
// Operations used, all of which MongoDB and the embedded store answer alike: insertOne, insertMany (unordered), replaceOne,
// updateOne with $set and $setOnInsert and upsert, updateMany with $set and $unset, deleteOne, deleteMany, findOne, find with sort, skip and limit or by a list of _ids
// ($in), countDocuments, aggregate with $match and
// $group, find by a text in a field ($regex of nothing but a text), createIndexes, dropIndexes. Nothing relies on transactions, update pipelines or change streams.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// Store is a connection to one database. It is safe for concurrent use.
type Store struct {
	client   *mongo.Client
	orders   *mongo.Collection
	payloads *mongo.Collection
	cuts     *mongo.Collection
	runs     *mongo.Collection
	// references reserves NumAtCards: _id is <company>#<reference>.
	references *mongo.Collection
	// partners remembers business partners: _id is <company>#<identity>.
	partners *mongo.Collection
	// lanes holds how B1 does: _id is company:<company>, or instance:<instance>.
	lanes *mongo.Collection
	// users is one document with all users; keys, sessions and requests are named by what cannot be guessed; audit by time.
	users, keys, sessions, requests, audit *mongo.Collection
	// findings is what reconciliations found: _id is <order key>|<kind>.
	findings *mongo.Collection
	// rules holds the versions of the rules, and which is in force.
	rules *mongo.Collection
	// alarms holds what is amiss and what was told of it, how the channels do, and how many orders are usual (alarms.go, usual.go).
	alarms *mongo.Collection
	// schema is one document: how far the database is migrated.
	schema *mongo.Collection
	// speakingTime is how long a worker has to say something of an outage.
	speakingTime time.Duration
	log          *slog.Logger
}

// Option is something that a program may give to Open and Connect.
type Option func(*Store)

// LogTo is where the store says what keeps a program from serving; without it nothing is said.
func LogTo(log *slog.Logger) Option { return func(s *Store) { s.log = log } }

// Open connects to the database, checks that it answers, creates the indexes that are missing, and migrates what earlier releases stored. It is for the programs
// that serve, worker and gateway: on a large database it may take minutes.
func Open(ctx context.Context, uri, database string, with ...Option) (*Store, error) {
	return open(ctx, uri, database, nil, with...)
}

// open is Open with a monitor that is told of each command; nil for none.
func open(ctx context.Context, uri, database string, monitor *event.CommandMonitor, with ...Option) (*Store, error) {
	s, err := connect(ctx, uri, database, monitor, with)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Connect connects to the database, checks that it answers and that no newer release has migrated it beyond what this one knows, and leaves it as it is. It is
// for commands.
func Connect(ctx context.Context, uri, database string, with ...Option) (*Store, error) {
	s, err := connect(ctx, uri, database, nil, with)
	if err != nil {
		return nil, err
	}
	if _, err := s.checkSchema(ctx, migrations); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func connect(ctx context.Context, uri, database string, monitor *event.CommandMonitor, with []Option) (*Store, error) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).
		SetMonitor(monitor).
		SetRegistry(registry()).
		SetAppName("datawald").
		SetServerSelectionTimeout(10 * time.Second).
		SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, addressError(uri, err)
	}
	db := client.Database(database)
	s := &Store{client: client,
		orders: db.Collection("orders"), payloads: db.Collection("payloads"), cuts: db.Collection("cuts"), runs: db.Collection("runs"),
		references: db.Collection("references"), partners: db.Collection("partners"), lanes: db.Collection("lanes"), speakingTime: speakingTime, log: slog.New(slog.DiscardHandler),
		users: db.Collection("users"), keys: db.Collection("keys"), sessions: db.Collection("sessions"), requests: db.Collection("requests"),
		audit: db.Collection("audit"), rules: db.Collection("rules"), findings: db.Collection("findings"), alarms: db.Collection("alarms"), schema: db.Collection("schema")}
	for _, option := range with {
		option(s)
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("MongoDB does not answer: %w", err), s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// addressError says what is wrong with a connection string. The driver quotes parts of it, so that its words are for those without a password alone.
func addressError(uri string, err error) error {
	if strings.Contains(uri, "@") {
		return errors.New("MongoDB address: it cannot be read: user and password must be percent-encoded (%40 for @, %2F for /, %25 for %), and options such as MongoDB has them")
	}
	return fmt.Errorf("MongoDB address: %w", err)
}

// prepare makes the database what this release needs. A database that it must not touch is left before the first index.
func (s *Store) prepare(ctx context.Context) error {
	if _, err := s.checkSchema(ctx, migrations); err != nil {
		return err
	}
	if err := s.createIndexes(ctx); err != nil {
		return fmt.Errorf("MongoDB indexes: %w", err)
	}
	if err := s.dropObsolete(ctx); err != nil {
		return fmt.Errorf("MongoDB indexes: %w", err)
	}
	return s.migrate(ctx, migrations)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.client.Ping(ctx, readpref.Primary()) }

// Close ends the connections.
func (s *Store) Close(ctx context.Context) error { return s.client.Disconnect(ctx) }

// indexes lists every index beside _id, in one place.
func (s *Store) indexes() map[*mongo.Collection][]mongo.IndexModel {
	return map[*mongo.Collection][]mongo.IndexModel{
		s.orders: {
			// The queue: only open orders carry the field "queue". With what else is asked of them the index alone counts them.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "queue", Value: 1}, {Key: "due_at", Value: 1}, {Key: "status", Value: 1}},
				Options: options.Index().SetName("queue_due")},
			// Only orders of which Magento is still to be told, or whose write-back needs a person, carry this one.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "write_back_queue", Value: 1}}, Options: options.Index().SetName("write_back_queue")},
			// With the code behind them the index alone counts the orders of a state by their reasons.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "status", Value: 1}, {Key: "placed_at", Value: -1}, {Key: "_id", Value: -1},
				{Key: "reason_code", Value: 1}}, Options: options.Index().SetName("by_state")},
			// Newest first, of all instances and of one: others' are passed over in the index. Behind that stands what people filter by, so that
			// the index alone tells which orders are wanted and counts them.
			{Keys: bson.D{{Key: "placed_at", Value: -1}, {Key: "_id", Value: -1}, {Key: "instance", Value: 1}, {Key: "status", Value: 1}, {Key: "store_id", Value: 1},
				{Key: "reason_code", Value: 1}, {Key: "attention_code", Value: 1}, {Key: "search", Value: 1}}, Options: options.Index().SetName("newest_first")},
			// What changed since somebody looked: live lists and the figures of the last hours read it from here, and nothing else does.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "changed_at", Value: 1}, {Key: "_id", Value: 1}}, Options: options.Index().SetName("by_changed_at")},
			// Only orders of which something asks for a person's attention carry the field "attention_code".
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "attention_code", Value: 1}}, Options: options.Index().SetName("by_attention")},
			// Two instances may have one number twice; that the index leaves both costs nothing.
			{Keys: bson.D{{Key: "increment_id", Value: 1}}, Options: options.Index().SetName("by_increment_id")},
			// Only orders that a backfill has brought carry the field "import".
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "import", Value: 1}, {Key: "status", Value: 1}}, Options: options.Index().SetName("by_import")},
		},
		s.payloads: {
			// The versions of one order.
			{Keys: bson.D{{Key: "key", Value: 1}}, Options: options.Index().SetName("by_key")},
		},
		s.references: {
			// What an order that is new here took before the store lost it.
			{Keys: bson.D{{Key: "key", Value: 1}}, Options: options.Index().SetName("by_owner")},
		},
		s.runs: {
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_started_at")},
			// A kind that is rare, or that there is none of, is not looked for among all runs.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "kind", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_kind")},
			{Keys: bson.D{{Key: "workflow_id", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_workflow_id")},
		},
		s.audit: {
			{Keys: bson.D{{Key: "place", Value: -1}}, Options: options.Index().SetName("newest_acts")},
			{Keys: bson.D{{Key: "actor", Value: 1}, {Key: "place", Value: -1}}, Options: options.Index().SetName("by_actor")},
			{Keys: bson.D{{Key: "action", Value: 1}, {Key: "place", Value: -1}}, Options: options.Index().SetName("by_action")},
			{Keys: bson.D{{Key: "target", Value: 1}, {Key: "place", Value: -1}}, Options: options.Index().SetName("by_target")},
		},
		// What is over is looked for by the sweep alone.
		s.sessions: {
			{Keys: bson.D{{Key: "ends_at", Value: 1}}, Options: options.Index().SetName("by_end")},
			{Keys: bson.D{{Key: "seen_at", Value: 1}}, Options: options.Index().SetName("by_use")},
			{Keys: bson.D{{Key: "user", Value: 1}}, Options: options.Index().SetName("by_user")},
		},
		s.findings: {
			// Only findings that are not resolved carry the field "open".
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "open", Value: 1}, {Key: "place", Value: 1}}, Options: options.Index().SetName("open_findings")},
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "run", Value: 1}, {Key: "place", Value: 1}}, Options: options.Index().SetName("by_run")},
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "key", Value: 1}, {Key: "place", Value: 1}}, Options: options.Index().SetName("by_order")},
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "last_seen", Value: 1}}, Options: options.Index().SetName("by_last_seen")},
		},
		s.requests: {
			{Keys: bson.D{{Key: "begun_at", Value: 1}}, Options: options.Index().SetName("by_begin")},
		},
	}
}

// obsolete are indexes of orders that earlier releases made, and in whose place stand others: each costs every write.
var obsolete = []string{"queue", "by_placed_at", "by_status", "newest"}

// noSuchIndex is the code by which a server says so.
const noSuchIndex = 27

// dropObsolete takes indexes away that nothing asks by. A process of an earlier release that starts later makes its own anew, which costs each write a little.
func (s *Store) dropObsolete(ctx context.Context) error {
	for _, name := range obsolete {
		err := s.orders.Indexes().DropOne(ctx, name)
		if command, ok := errors.AsType[mongo.CommandError](err); ok && command.Code == noSuchIndex {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("drop the index %s: %w", name, err)
		}
	}
	return nil
}

func (s *Store) createIndexes(ctx context.Context) error {
	for collection, models := range s.indexes() {
		if _, err := collection.Indexes().CreateMany(ctx, models); err != nil {
			return fmt.Errorf("%s: %w", collection.Name(), err)
		}
	}
	return nil
}
