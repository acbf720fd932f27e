// Package store keeps what DataWald knows in MongoDB: staged orders, the documents they came from, the cuts and the
// runs. Every write is one atomic operation on one document, so that a standalone server, a replica set, a sharded
// cluster and the embedded store all serve.
//
// Operations used, all of which MongoDB and the embedded store answer alike: insertOne, insertMany (unordered), replaceOne,
// updateOne with $set and $setOnInsert and upsert, deleteOne, findOne, find with sort, skip and limit or by a list of _ids
// ($in), countDocuments, aggregate with $match and
// $group, createIndexes. Nothing relies on transactions, update pipelines or change streams.
package store

import (
	"context"
	"errors"
	"fmt"
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
	// rules holds the versions of the rules, and which is in force.
	rules *mongo.Collection
	// speakingTime is how long a worker has to say something of an outage.
	speakingTime time.Duration
}

// Open connects to the database, checks that it answers, and creates the indexes that are missing.
func Open(ctx context.Context, uri, database string) (*Store, error) {
	return open(ctx, uri, database, nil)
}

// open is Open with a monitor that is told of each command; nil for none.
func open(ctx context.Context, uri, database string, monitor *event.CommandMonitor) (*Store, error) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).
		SetMonitor(monitor).
		SetRegistry(registry()).
		SetAppName("datawald").
		SetServerSelectionTimeout(10 * time.Second).
		SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("MongoDB address: %w", err)
	}
	db := client.Database(database)
	s := &Store{client: client,
		orders: db.Collection("orders"), payloads: db.Collection("payloads"), cuts: db.Collection("cuts"), runs: db.Collection("runs"),
		references: db.Collection("references"), partners: db.Collection("partners"), lanes: db.Collection("lanes"), rules: db.Collection("rules"), speakingTime: speakingTime}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return fmt.Errorf("MongoDB does not answer: %w", err)
	}
	if err := s.createIndexes(ctx); err != nil {
		return fmt.Errorf("MongoDB indexes: %w", err)
	}
	return nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.client.Ping(ctx, readpref.Primary()) }

// Close ends the connections.
func (s *Store) Close(ctx context.Context) error { return s.client.Disconnect(ctx) }

// indexes lists every index beside _id, in one place. Queries that have none: text search of the order list.
func (s *Store) indexes() map[*mongo.Collection][]mongo.IndexModel {
	return map[*mongo.Collection][]mongo.IndexModel{
		s.orders: {
			// The queue: only open orders carry the field "queue". With what else is asked of them the index alone counts them. Earlier
			// releases had an index "queue" of the first two fields.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "queue", Value: 1}, {Key: "due_at", Value: 1}, {Key: "status", Value: 1}},
				Options: options.Index().SetName("queue_due")},
			// Only orders of which Magento is still to be told, or whose write-back needs a person, carry this one.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "write_back_queue", Value: 1}}, Options: options.Index().SetName("write_back_queue")},
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "status", Value: 1}, {Key: "placed_at", Value: -1}}, Options: options.Index().SetName("by_status")},
			// Newest first, of all instances and of one: others' are passed over in the index. Earlier releases had "by_placed_at" of the same
			// two fields the other way round, which served for one instance only; both would cost every write.
			{Keys: bson.D{{Key: "placed_at", Value: -1}, {Key: "instance", Value: 1}}, Options: options.Index().SetName("newest")},
			// Two instances may have one number twice; that the index leaves both costs nothing.
			{Keys: bson.D{{Key: "increment_id", Value: 1}}, Options: options.Index().SetName("by_increment_id")},
			// Only orders that a backfill has brought carry the field "import".
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "import", Value: 1}, {Key: "status", Value: 1}}, Options: options.Index().SetName("by_import")},
		},
		s.runs: {
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_started_at")},
			// A kind that is rare, or that there is none of, is not looked for among all runs.
			{Keys: bson.D{{Key: "instance", Value: 1}, {Key: "kind", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_kind")},
			{Keys: bson.D{{Key: "workflow_id", Value: 1}, {Key: "started_at", Value: -1}}, Options: options.Index().SetName("by_workflow_id")},
		},
	}
}

func (s *Store) createIndexes(ctx context.Context) error {
	for collection, models := range s.indexes() {
		if _, err := collection.Indexes().CreateMany(ctx, models); err != nil {
			return fmt.Errorf("%s: %w", collection.Name(), err)
		}
	}
	return nil
}
