package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/order"
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

// CountPutOff counts the orders of the instance that an attempt has put off for a moment, until by at the latest: they are pending, not due
// yet, and for no reason that somebody has to mend. Those that wait for long are left out: drafts, orders without an exchange rate, and
// what a rule leaves out for a time. So are imports, which have a window of their own.
func (s *Store) CountPutOff(ctx context.Context, instance string, by time.Time) (int, error) {
	n, err := s.orders.CountDocuments(ctx, bson.D{
		{Key: "instance", Value: instance},
		{Key: "queue", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lt", Value: Imports}}},
		{Key: "status", Value: order.Pending},
		{Key: "reason", Value: bson.D{{Key: "$exists", Value: false}}},
		{Key: "due_at", Value: bson.D{{Key: "$gt", Value: now()}, {Key: "$lte", Value: by}}},
	})
	if err != nil {
		return 0, fmt.Errorf("count what is put off: %w", err)
	}
	return int(n), nil
}

// CountDue counts the open orders of the instance up to a place in the queue, as far as they are due.
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
