package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// Payload is a Magento document as received.
type Payload struct {
	ID         string    `bson:"_id"`
	Key        order.Key `bson:"key"`
	Hash       string    `bson:"hash"`
	ReceivedAt time.Time `bson:"received_at"`
	Raw        []byte    `bson:"raw"`
}

func payloadID(key order.Key, hash string) string { return string(key) + "@" + hash }

// PutPayload keeps a document; one that is already there stays as it was first received.
func (s *Store) PutPayload(ctx context.Context, key order.Key, hash string, raw []byte) error {
	p := Payload{ID: payloadID(key, hash), Key: key, Hash: hash, ReceivedAt: now(), Raw: raw}
	_, err := s.payloads.InsertOne(ctx, p)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("keep payload of %s: %w", key, err)
	}
	return nil
}

// PayloadRef names a payload: small enough to pass through Temporal, and without personal data.
type PayloadRef struct {
	Key  order.Key `json:"key"`
	Hash string    `json:"hash"`
}

// Payload reads a document back as it was received.
func (s *Store) Payload(ctx context.Context, ref PayloadRef) ([]byte, error) {
	var p Payload
	err := s.payloads.FindOne(ctx, bson.D{{Key: "_id", Value: payloadID(ref.Key, ref.Hash)}}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read payload of %s: %w", ref.Key, err)
	}
	return p.Raw, nil
}
