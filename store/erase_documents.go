package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// StagedBy is how long a document may lie in the store before nobody is about to stage it any more.
const StagedBy = 24 * time.Hour

// DropDocuments erases the documents of an order that doc knows: its version, those that were received before it, and what lies there for long. A later
// version, which somebody is about to stage, is never touched.
func (s *Store) DropDocuments(ctx context.Context, doc *Staged) error {
	known := latest(doc.Magento.ReadAt, now().Add(-StagedBy))
	if !doc.Erased() { // the same version may have been brought again since, and says nothing of what was received before that
		staged, err := s.receivedAt(ctx, doc.Key, doc.PayloadHash)
		if err != nil {
			return err
		}
		known = latest(known, staged)
	}
	return s.DropVersions(ctx, doc.Key, func(v PayloadVersion) bool { return v.Hash == doc.PayloadHash || !v.ReceivedAt.After(known) })
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// receivedAt is when a document was received; zero for one that is not there.
func (s *Store) receivedAt(ctx context.Context, key order.Key, hash string) (time.Time, error) {
	var v PayloadVersion
	err := s.payloads.FindOne(ctx, bson.D{{Key: "_id", Value: payloadID(key, hash)}}, options.FindOne().SetProjection(bson.D{{Key: "received_at", Value: 1}})).Decode(&v)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return time.Time{}, fmt.Errorf("read documents of %s: %w", key, err)
	}
	return v.ReceivedAt, nil
}

// DropVersions erases those documents of an order that drop names.
func (s *Store) DropVersions(ctx context.Context, key order.Key, drop func(PayloadVersion) bool) error {
	cur, err := s.payloads.Find(ctx, bson.D{{Key: "key", Value: key}}, options.Find().SetProjection(bson.D{{Key: "hash", Value: 1}, {Key: "received_at", Value: 1}}))
	if err != nil {
		return fmt.Errorf("erase documents of %s: %w", key, err)
	}
	return each(ctx, cur, "erase documents of "+string(key), func(v *PayloadVersion) error {
		if !drop(*v) {
			return nil
		}
		_, err := s.payloads.DeleteOne(ctx, bson.D{{Key: "_id", Value: payloadID(key, v.Hash)}})
		return err
	})
}

// each reads what a question finds one by one, however much it is.
func each[T any](ctx context.Context, cur *mongo.Cursor, what string, do func(*T) error) (err error) {
	defer func() {
		if err = errors.Join(err, cur.Close(context.WithoutCancel(ctx))); err != nil {
			err = fmt.Errorf("%s: %w", what, err)
		}
	}()
	for cur.Next(ctx) {
		var v T
		if err := cur.Decode(&v); err != nil {
			return err
		}
		if err := do(&v); err != nil {
			return err
		}
	}
	return cur.Err()
}

// EachPayload gives every document that is kept, in no particular order, until do returns an error. One that cannot be unpacked comes as nil, with why.
func (s *Store) EachPayload(ctx context.Context, do func(key order.Key, raw []byte, damaged error) error) error {
	cur, err := s.payloads.Find(ctx, bson.D{})
	if err != nil {
		return fmt.Errorf("read payloads: %w", err)
	}
	return each(ctx, cur, "read payloads", func(p *Payload) error {
		raw, damaged := p.unpack()
		return do(p.Key, raw, damaged)
	})
}

// standInKey is what the key of a stand-in looks like: of an order that has no number, or none yet.
const standInKey = `:(entity-[0-9]+|document-[0-9a-f]{16})$`

// DropDocumentsOfStandIns erases the documents of stand-ins of some instances that are gone, and says how many they were: earlier releases left them behind when
// an order got its number. What is younger than StagedBy somebody may be about to stage.
func (s *Store) DropDocumentsOfStandIns(ctx context.Context, instances []string) (dropped int, err error) {
	of := "^(" + strings.Join(instances, "|") + "):.*" // names of instances have no sign that means more
	filter := bson.D{{Key: "key", Value: bson.Regex{Pattern: of + standInKey}}, {Key: "received_at", Value: bson.D{{Key: "$lt", Value: now().Add(-StagedBy)}}}}
	cur, err := s.payloads.Find(ctx, filter, options.Find().SetProjection(bson.D{{Key: "key", Value: 1}}))
	if err != nil {
		return 0, fmt.Errorf("find documents of stand-ins: %w", err)
	}
	err = each(ctx, cur, "erase documents of stand-ins", func(p *struct {
		ID  string    `bson:"_id"`
		Key order.Key `bson:"key"`
	}) error {
		heads, err := s.Heads(ctx, []order.Key{p.Key})
		if err != nil || heads[p.Key] != nil {
			return err
		}
		dropped++
		_, err = s.payloads.DeleteOne(ctx, bson.D{{Key: "_id", Value: p.ID}})
		return err
	})
	return dropped, err
}
