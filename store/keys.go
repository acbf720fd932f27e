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

// ErrExists: something is stored under that name already.
var ErrExists = errors.New("exists already")

// Key is an API key. The key itself is not kept.
type Key struct {
	// ID is the public part of the key.
	ID   string `bson:"_id"`
	Name string `bson:"name"`
	Role string `bson:"role"`
	// Hash is the SHA-256 of the secret part, in hex: it was chosen by chance, so that nobody can try them all.
	Hash      string    `bson:"hash"`
	CreatedAt time.Time `bson:"created_at"`
	CreatedBy string    `bson:"created_by"`
	// UsedAt is about when it was used last; nil for never.
	UsedAt *time.Time `bson:"used_at,omitempty"`
	// ExpiresAt is when it ends by itself, RevokedAt when somebody ended it; nil for not.
	ExpiresAt *time.Time `bson:"expires_at,omitempty"`
	RevokedAt *time.Time `bson:"revoked_at,omitempty"`
}

// MaxKeys is how many keys are listed.
const MaxKeys = 1000

// AddKey stores a new key; the error is ErrExists when its ID is taken, also by one that was revoked.
func (s *Store) AddKey(ctx context.Context, k Key) error {
	k.CreatedAt = now()
	_, err := s.keys.InsertOne(ctx, k)
	if mongo.IsDuplicateKeyError(err) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("write key %s: %w", k.ID, err)
	}
	return nil
}

// Key gives one, or ErrNotFound.
func (s *Store) Key(ctx context.Context, id string) (*Key, error) {
	var k Key
	err := s.keys.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&k)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	return &k, nil
}

// Keys gives all keys, also those that are revoked or expired, sorted by ID.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	cur, err := s.keys.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(MaxKeys))
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	keys := []Key{}
	if err := cur.All(ctx, &keys); err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// CountKeys counts the keys that are valid.
func (s *Store) CountKeys(ctx context.Context) (int64, error) {
	n, err := s.keys.CountDocuments(ctx, bson.D{
		{Key: "revoked_at", Value: bson.D{{Key: "$exists", Value: false}}},
		{Key: "$or", Value: bson.A{bson.D{{Key: "expires_at", Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "expires_at", Value: bson.D{{Key: "$gt", Value: now()}}}}}},
	})
	if err != nil {
		return 0, fmt.Errorf("count keys: %w", err)
	}
	return n, nil
}

// KeysKept is how long a key is listed that was revoked; the audit keeps that it was.
const KeysKept = 90 * 24 * time.Hour

// FromSettings made a key that somebody chose: it may be set again, and must then be known as one that was revoked.
const FromSettings = "settings"

// RevokeKey ends a key for good; one that is revoked keeps the time when it was. The error is ErrNotFound when there is none.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	_, err := s.keys.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "revoked_at", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "revoked_at", Value: now()}}}})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	_, err = s.Key(ctx, id)
	return err
}

// TouchKey notes that a key was used now.
func (s *Store) TouchKey(ctx context.Context, id string) error {
	if _, err := s.keys.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: bson.D{{Key: "used_at", Value: now()}}}}); err != nil {
		return fmt.Errorf("note the use of key %s: %w", id, err)
	}
	return nil
}
