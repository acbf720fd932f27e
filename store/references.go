package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// ErrReferenceTaken: another order already has this reference in the B1 company.
var ErrReferenceTaken = errors.New("the reference belongs to another order")

// TakeReference reserves a reference in a B1 company for one order, for good: two orders under one number could be taken
// for each other. It is a document of its own, keyed by company and reference, so that the rule holds on a sharded
// cluster too, where a unique index on another field cannot be.
func (s *Store) TakeReference(ctx context.Context, company, reference string, key order.Key) error {
	id := company + "#" + reference
	_, err := s.references.InsertOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "key", Value: key}})
	if err == nil {
		return nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("reserve the reference of order %s: %w", key, err)
	}
	var owner struct {
		Key order.Key `bson:"key"`
	}
	if err := s.references.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&owner); err != nil {
		return fmt.Errorf("reserve the reference of order %s: %w", key, err)
	}
	if owner.Key != key {
		return ErrReferenceTaken
	}
	return nil
}
