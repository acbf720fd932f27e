package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Waiting says of the orders that wait for B1, without imports, what waits longest.
type Waiting struct {
	// Oldest is the pending order that was placed first; nil while none is pending.
	Oldest *OldestPending `json:"oldest,omitempty" doc:"The pending order that was placed first, imports left out; absent while none is pending"`
	// Long is how many pending orders were placed more than longWait ago.
	Long int64 `json:"long" doc:"Pending orders that were placed more than an hour ago, imports left out"`
}

// OldestPending is the order that waits longest.
type OldestPending struct {
	Key order.Key `json:"key" example:"main:1:000000123"`
	// Since is when it was placed; StagedAt when it was first seen here.
	Since    time.Time `json:"since" doc:"When it was placed in Magento"`
	StagedAt time.Time `json:"staged_at" doc:"When it was first seen here"`
}

// longWait is how long ago an order was placed that waits for long.
const longWait = time.Hour

// The place of fresh orders in the queue, and the one behind them (Staged.lane).
const (
	freshFrom = "5"
	freshTo   = "6"
)

// Waiting tells of the fresh orders of an instance, which neither a person asked for nor a backfill brought, what is pending longest.
func (s *Store) Waiting(ctx context.Context, instance string) (*Waiting, error) {
	w := &Waiting{}
	cur, err := s.orders.Find(ctx, pendingIn(instance, freshFrom, freshTo), options.Find().SetSort(bson.D{{Key: "queue", Value: 1}}).SetLimit(1).
		SetProjection(bson.D{{Key: "placed_at", Value: 1}, {Key: "staged_at", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("find the oldest order that waits: %w", err)
	}
	found, err := stagedOf(ctx, cur)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return w, nil
	}
	w.Oldest = &OldestPending{Key: found[0].Key, Since: found[0].PlacedAt.UTC(), StagedAt: found[0].StagedAt.UTC()}
	w.Long, err = s.CountLongPending(ctx, instance)
	return w, err
}

// CountLongPending counts the fresh orders that are pending and were placed more than an hour ago.
func (s *Store) CountLongPending(ctx context.Context, instance string) (int64, error) {
	until := freshFrom + "|" + now().Add(-longWait).Format(time.RFC3339)
	n, err := s.orders.CountDocuments(ctx, pendingIn(instance, freshFrom, until))
	if err != nil {
		return 0, fmt.Errorf("count orders that wait for long: %w", err)
	}
	return n, nil
}

// pendingIn selects the pending orders of a part of the queue.
func pendingIn(instance, from, to string) bson.D {
	return bson.D{{Key: "instance", Value: instance}, {Key: "queue", Value: bson.D{{Key: "$gt", Value: from}, {Key: "$lt", Value: to}}},
		{Key: "status", Value: order.Pending}}
}
