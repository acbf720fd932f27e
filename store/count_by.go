package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// CountByStatus counts the orders that the filter selects in each state, whatever its Status, Statuses, Limit and After. Every state is there.
func (s *Store) CountByStatus(ctx context.Context, f Filter) (map[order.Status]int64, error) {
	f.Status, f.Statuses = "", nil
	found, err := s.countBy(ctx, f, "status")
	if err != nil {
		return nil, err
	}
	counts := map[order.Status]int64{}
	for _, st := range order.Statuses() {
		counts[st] = found[string(st)]
	}
	return counts, nil
}

// CountByReason counts the orders that the filter selects by the code of their reason. Those without one are left out.
func (s *Store) CountByReason(ctx context.Context, f Filter) (map[string]int64, error) {
	f.reasoned = true
	return s.countBy(ctx, f, "reason_code")
}

// countBy counts by the texts in a field, which all selected orders have.
func (s *Store) countBy(ctx context.Context, f Filter, field string) (map[string]int64, error) {
	f.After = nil
	cur, err := s.orders.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: f.query()}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$" + field}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	var rows []struct {
		Value string `bson:"_id"`
		N     int64  `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	counts := map[string]int64{}
	for _, r := range rows {
		counts[r.Value] = r.N
	}
	return counts, nil
}
