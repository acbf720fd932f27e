package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// wordsPlaceID names how far the audit was gone through for old words about orders of an instance.
func wordsPlaceID(instance string) string { return "audit:retained:" + instance }

// EraseOldWords puts ErasedText in the place of the words of those audit entries about orders of an instance that are older than a time, the oldest first,
// and says of how many. It takes up limit entries at most, each once: where it stands is kept, for each instance by itself. about tells by action and target
// which entries are meant.
func (s *Store) EraseOldWords(ctx context.Context, instance string, about func(*AuditEntry) bool, before time.Time, limit int) (erased int, err error) {
	id := wordsPlaceID(instance)
	var at struct {
		Place string `bson:"place"`
	}
	if err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&at); err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return 0, fmt.Errorf("read how far the audit is gone through: %w", err)
	}
	filter := bson.D{{Key: "place", Value: bson.D{{Key: "$gt", Value: at.Place}, {Key: "$lt", Value: auditIDAt(before)}}}}
	cur, err := s.audit.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "place", Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "place", Value: 1}, {Key: "action", Value: 1}, {Key: "target", Value: 1}, {Key: "why", Value: 1}}))
	if err != nil {
		return 0, fmt.Errorf("find old words in the audit: %w", err)
	}
	err = each(ctx, cur, "erase old words in the audit", func(e *AuditEntry) error {
		at.Place = e.Place
		if KeptWord(e.Why) || !about(e) {
			return nil
		}
		erased++
		_, err := s.audit.UpdateOne(ctx, bson.D{{Key: "_id", Value: e.ID}}, bson.D{{Key: "$set", Value: bson.D{{Key: "why", Value: ErasedText}}}})
		return err
	})
	if err != nil || at.Place == "" {
		return erased, err
	}
	if _, err := s.cuts.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: at}}, options.UpdateOne().SetUpsert(true)); err != nil {
		return erased, fmt.Errorf("note how far the audit is gone through: %w", err)
	}
	return erased, nil
}

// OrderInstances are the instances of which there are orders, whoever serves them, also those that no program serves any more.
func (s *Store) OrderInstances(ctx context.Context) (names []string, err error) {
	if err := s.orders.Distinct(ctx, "instance", bson.D{}).Decode(&names); err != nil {
		return nil, fmt.Errorf("ask which instances have orders: %w", err)
	}
	return names, nil
}
