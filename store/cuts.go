package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// TaskOrders is the task whose cut says how far orders are read.
const TaskOrders = "orders"

type cutDocument struct {
	ID  string    `bson:"_id"`
	Rev int64     `bson:"rev"`
	Cut order.Cut `bson:"cut"`
}

func cutID(instance, task string) string { return instance + ":" + task }

func (s *Store) cut(ctx context.Context, id string) (*cutDocument, error) {
	var doc cutDocument
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return &cutDocument{ID: id}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read cut %s: %w", id, err)
	}
	doc.Cut.UpdatedAt = doc.Cut.UpdatedAt.UTC()
	return &doc, nil
}

// Cut is how far the task of the instance has come; zero when it never ran.
func (s *Store) Cut(ctx context.Context, instance, task string) (order.Cut, error) {
	doc, err := s.cut(ctx, cutID(instance, task))
	if err != nil {
		return order.Cut{}, err
	}
	return doc.Cut, nil
}

// AdvanceCut moves the cut forward to c. A cut that is already there or further stays: it never moves back.
func (s *Store) AdvanceCut(ctx context.Context, instance, task string, c order.Cut) error {
	id := cutID(instance, task)
	for range maxConflicts {
		doc, err := s.cut(ctx, id)
		if err != nil {
			return err
		}
		if !c.After(doc.Cut) {
			return nil
		}
		next := cutDocument{ID: id, Rev: doc.Rev + 1, Cut: c}
		if doc.Rev == 0 {
			if _, err := s.cuts.InsertOne(ctx, next); err == nil {
				return nil
			} else if !mongo.IsDuplicateKeyError(err) {
				return fmt.Errorf("write cut %s: %w", id, err)
			}
			continue
		}
		res, err := s.cuts.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "rev", Value: doc.Rev}}, next)
		if err != nil {
			return fmt.Errorf("write cut %s: %w", id, err)
		}
		if res.MatchedCount == 1 {
			return nil
		}
	}
	return fmt.Errorf("cut %s: changed by others %d times in a row", id, maxConflicts)
}
