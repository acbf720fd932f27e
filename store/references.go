package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// ReferenceTaken is the error of a reference that already belongs to another order of the B1 company.
type ReferenceTaken struct{ Owner order.Key }

// Error names the owner.
func (e *ReferenceTaken) Error() string {
	return fmt.Sprintf("the reference belongs to order %s", e.Owner)
}

// TakeReference reserves a reference in a B1 company for one order, for good: two orders under one number could be taken
// for each other. It is a document of its own, keyed by company and reference, so that the rule holds on a sharded
// cluster too, where a unique index on another field cannot be. The error is a *ReferenceTaken when another order has it.
func (s *Store) TakeReference(ctx context.Context, company, reference string, key order.Key) error {
	_, err := s.references.InsertOne(ctx, bson.D{{Key: "_id", Value: referenceID(company, reference)}, {Key: "key", Value: key}})
	if err == nil {
		return nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("reserve the reference of order %s: %w", key, err)
	}
	owner, err := s.ReferenceOwner(ctx, company, reference)
	if err != nil {
		return err
	}
	if owner != key {
		return &ReferenceTaken{Owner: owner}
	}
	return nil
}

// ReferenceOwner is the order to which a reference belongs in a B1 company; empty when it belongs to none.
func (s *Store) ReferenceOwner(ctx context.Context, company, reference string) (order.Key, error) {
	var owner struct {
		Key order.Key `bson:"key"`
	}
	err := s.references.FindOne(ctx, bson.D{{Key: "_id", Value: referenceID(company, reference)}}).Decode(&owner)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return "", fmt.Errorf("find the order of a reference: %w", err)
	}
	return owner.Key, nil
}

// ReferencesOf gives the references that orders have in a B1 company, sorted; those that have none are left out.
func (s *Store) ReferencesOf(ctx context.Context, company string, keys []order.Key) (map[order.Key][]string, error) {
	of := map[order.Key][]string{}
	for some := range slices.Chunk(keys, headsAtOnce) {
		cur, err := s.references.Find(ctx, bson.D{{Key: "key", Value: bson.D{{Key: "$in", Value: some}}}})
		if err != nil {
			return nil, fmt.Errorf("find the references of orders: %w", err)
		}
		var all []struct {
			ID  string    `bson:"_id"`
			Key order.Key `bson:"key"`
		}
		if err := cur.All(ctx, &all); err != nil {
			return nil, fmt.Errorf("find the references of orders: %w", err)
		}
		for _, r := range all {
			if reference, ok := strings.CutPrefix(r.ID, referenceID(company, "")); ok {
				of[r.Key] = append(of[r.Key], reference)
			}
		}
	}
	for _, references := range of {
		slices.Sort(references)
	}
	return of, nil
}

func referenceID(company, reference string) string { return company + "#" + reference }
