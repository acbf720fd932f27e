package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ChangeRead is Change of an order that the caller has just read or written: it is read again only where somebody else has written since.
// What the caller has altered of read without writing it is written as well; read stays as it is.
func (s *Store) ChangeRead(ctx context.Context, read *Staged, change func(*Staged) error) (*Staged, error) {
	doc, err := read.copied()
	if err != nil {
		return nil, err
	}
	return s.changeFrom(ctx, read.Key, doc, change)
}

// copied is a copy that shares nothing with s, as if it had been stored and read.
func (s *Staged) copied() (*Staged, error) {
	d, err := newDocument(s)
	if err != nil {
		return nil, err
	}
	b, err := bson.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", s.Key, err)
	}
	var again document
	if err := bson.Unmarshal(b, &again); err != nil {
		return nil, fmt.Errorf("order %s: %w", s.Key, err)
	}
	return again.staged()
}
