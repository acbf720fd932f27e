package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// lease is the right of one process to do something that no two should do at once, until it ends.
type lease struct {
	ID    string    `bson:"_id"`
	Owner string    `bson:"owner"`
	Until time.Time `bson:"until"`
}

func leaseID(what string) string { return "lease:" + what }

// Lease gives an owner the right to do something alone for a time, or more time when he has it already; taken is false while another has it. An owner
// that dies loses it when the time is over. Clocks may differ: whoever has a lease does its work in a part of the time, and what it does is safe to be
// done by two.
func (s *Store) Lease(ctx context.Context, what, owner string, length time.Duration) (taken bool, err error) {
	want := lease{ID: leaseID(what), Owner: owner, Until: now().Add(length)}
	var is lease
	err = s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: want.ID}}).Decode(&is)
	if errors.Is(err, mongo.ErrNoDocuments) {
		_, err = s.cuts.InsertOne(ctx, want)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("take the lease of %s: %w", what, err)
		}
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the lease of %s: %w", what, err)
	}
	if is.Owner != owner && is.Until.After(now()) {
		return false, nil
	}
	res, err := s.cuts.ReplaceOne(ctx, bson.D{{Key: "_id", Value: want.ID}, {Key: "owner", Value: is.Owner}, {Key: "until", Value: is.Until}}, want)
	if err != nil {
		return false, fmt.Errorf("take the lease of %s: %w", what, err)
	}
	return res.MatchedCount == 1, nil
}

// EndLease gives the right back, if the owner has it.
func (s *Store) EndLease(ctx context.Context, what, owner string) error {
	if _, err := s.cuts.DeleteOne(ctx, bson.D{{Key: "_id", Value: leaseID(what)}, {Key: "owner", Value: owner}}); err != nil {
		return fmt.Errorf("end the lease of %s: %w", what, err)
	}
	return nil
}
