package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Count is how many orders the filter selects, whatever its Limit and After.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	f.After = nil
	n, err := s.orders.CountDocuments(ctx, f.query())
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	return n, nil
}

// CountDue counts the open orders of the instance up to a place in the queue.
func (s *Store) CountDue(ctx context.Context, instance, until string) (int, error) {
	n, err := s.orders.CountDocuments(ctx, bson.D{
		{Key: "instance", Value: instance},
		{Key: "queue", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lte", Value: until}}},
		{Key: "due_at", Value: bson.D{{Key: "$lte", Value: now()}}},
	})
	if err != nil {
		return 0, fmt.Errorf("count the queue: %w", err)
	}
	return int(n), nil
}
