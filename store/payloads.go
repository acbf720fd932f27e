package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Payload is a Magento document as received.
type Payload struct {
	ID         string    `bson:"_id"`
	Key        order.Key `bson:"key"`
	Hash       string    `bson:"hash"`
	ReceivedAt time.Time `bson:"received_at"`
	// Raw are its bytes, or Packed the same compressed with Zstandard; payloads of earlier releases have Raw.
	Raw    []byte `bson:"raw,omitempty"`
	Packed []byte `bson:"zstd,omitempty"`
}

func payloadID(key order.Key, hash string) string { return string(key) + "@" + hash }

// PutPayloads keeps documents; those that are there already stay as they were first received.
func (s *Store) PutPayloads(ctx context.Context, documents []NewPayload) error {
	if len(documents) == 0 {
		return nil
	}
	received := now()
	all := make([]any, len(documents))
	for i, d := range documents {
		p := &Payload{ID: payloadID(d.Key, d.Hash), Key: d.Key, Hash: d.Hash, ReceivedAt: received}
		p.pack(d.Raw)
		all[i] = p
	}
	// Unordered: one that is there must not keep the others out.
	_, err := s.payloads.InsertMany(ctx, all, options.InsertMany().SetOrdered(false))
	if err != nil && !onlyDuplicates(err) {
		return fmt.Errorf("keep payloads: %w", err)
	}
	return nil
}

// NewPayload is a document to be kept.
type NewPayload struct {
	PayloadRef
	Raw []byte
}

// onlyDuplicates reports whether nothing failed but what was there already.
func onlyDuplicates(err error) bool {
	bulk, ok := errors.AsType[mongo.BulkWriteException](err)
	if !ok || bulk.WriteConcernError != nil {
		return false
	}
	for _, e := range bulk.WriteErrors {
		if !mongo.IsDuplicateKeyError(e) {
			return false
		}
	}
	return true
}

// PayloadRef names a payload: small enough to pass through Temporal, and without personal data.
type PayloadRef struct {
	Key  order.Key `json:"key"`
	Hash string    `json:"hash"`
	// UpdatedAt is that of the reading: a payload may be read again, later, when an order has become what it was before.
	UpdatedAt time.Time `json:"updated_at"`
	// ReadAt is when Magento was asked, by our clock: of two versions the one read later is the newer, whatever a clock of the
	// shop that was wrong has written into them.
	ReadAt time.Time `json:"read_at,omitzero"`
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
	return p.unpack()
}

// payloadsAtOnce is how many documents Payloads reads with one question.
const payloadsAtOnce = 50

// Payloads reads documents back as they were received. Those that are not there are missing from the answer.
func (s *Store) Payloads(ctx context.Context, refs []PayloadRef) (map[PayloadRef][]byte, error) {
	raws := make(map[PayloadRef][]byte, len(refs))
	for some := range slices.Chunk(refs, payloadsAtOnce) {
		if err := s.readPayloads(ctx, some, raws); err != nil {
			return nil, fmt.Errorf("read payloads: %w", err)
		}
	}
	return raws, nil
}

func (s *Store) readPayloads(ctx context.Context, refs []PayloadRef, raws map[PayloadRef][]byte) error {
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = payloadID(ref.Key, ref.Hash)
	}
	cur, err := s.payloads.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err != nil {
		return err
	}
	var found []Payload
	if err := cur.All(ctx, &found); err != nil {
		return err
	}
	byID := make(map[string][]byte, len(found))
	for _, p := range found {
		if byID[p.ID], err = p.unpack(); err != nil {
			return err
		}
	}
	for i, ref := range refs {
		if raw, ok := byID[ids[i]]; ok {
			raws[ref] = raw
		}
	}
	return nil
}
