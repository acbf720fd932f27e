package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Request is a request with an Idempotency-Key, and its answer once there is one.
type Request struct {
	// ID is a hash of who asked and of the key.
	ID string `bson:"_id"`
	// Operation and Fingerprint tell whether another request is the same again.
	Operation   string `bson:"operation"`
	Fingerprint string `bson:"fingerprint"`
	// BegunAt is now when it is zero.
	BegunAt time.Time `bson:"begun_at"`
	// Token is that of the gateway that carries it out; only it may end the request.
	Token string `bson:"token"`
	// Done is true with the answer: its status, its headers and its body.
	Done     bool   `bson:"done"`
	Status   int    `bson:"status,omitempty"`
	Location string `bson:"location,omitempty"`
	Type     string `bson:"type,omitempty"`
	Body     []byte `bson:"body,omitempty"`
}

// BeginRequest stores a request that is to be carried out now. When it is there already, first is how it stands, and nothing is
// written; first is nil when it was begun. One that was begun before abandoned and never ended is begun again: who had it is gone.
func (s *Store) BeginRequest(ctx context.Context, r Request, abandoned time.Time) (first *Request, err error) {
	if r.BegunAt.IsZero() {
		r.BegunAt = now()
	}
	for range maxConflicts {
		_, err := s.requests.InsertOne(ctx, r)
		if err == nil {
			return nil, nil
		}
		if !mongo.IsDuplicateKeyError(err) {
			return nil, fmt.Errorf("write a request: %w", err)
		}
		first := &Request{}
		err = s.requests.FindOne(ctx, bson.D{{Key: "_id", Value: r.ID}}).Decode(first)
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue // it was given up meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read a request: %w", err)
		}
		same := first.Operation == r.Operation && first.Fingerprint == r.Fingerprint
		if first.Done || !same || !first.BegunAt.Before(abandoned) {
			return first, nil
		}
		res, err := s.requests.ReplaceOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "token", Value: first.Token}, {Key: "done", Value: false}}, r)
		if err != nil {
			return nil, fmt.Errorf("take a request over: %w", err)
		}
		if res.MatchedCount > 0 {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("begin a request: changed by others %d times in a row", maxConflicts)
}

// EndRequest keeps the answer. It is not kept when another gateway has taken the request over.
func (s *Store) EndRequest(ctx context.Context, r Request) error {
	set := bson.D{{Key: "done", Value: true}, {Key: "status", Value: r.Status}, {Key: "location", Value: r.Location}, {Key: "type", Value: r.Type},
		{Key: "body", Value: r.Body}}
	_, err := s.requests.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "token", Value: r.Token}}, bson.D{{Key: "$set", Value: set}})
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}

// DropRequest forgets a request, so that it may be sent again.
func (s *Store) DropRequest(ctx context.Context, id, token string) error {
	if _, err := s.requests.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "token", Value: token}}); err != nil {
		return fmt.Errorf("forget a request: %w", err)
	}
	return nil
}
