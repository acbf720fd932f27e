package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// This file reads and writes orders by the page, for the first staging of a backlog.

// Heads reads the staged orders with these keys, without their content and timeline. Keys under which nothing is staged
// are missing from the answer.
func (s *Store) Heads(ctx context.Context, keys []order.Key) (map[order.Key]*Staged, error) {
	heads := make(map[order.Key]*Staged, len(keys))
	for some := range slices.Chunk(keys, headsAtOnce) {
		cur, err := s.orders.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}},
			options.Find().SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
		if err != nil {
			return nil, fmt.Errorf("read orders: %w", err)
		}
		found, err := stagedOf(ctx, cur)
		if err != nil {
			return nil, err
		}
		for i := range found {
			heads[found[i].Key] = &found[i]
		}
	}
	return heads, nil
}

// HeadsOfEntities is Heads by Magento's entity_id. One may stand under several keys: its own, and that of what is held in its place while Magento cannot
// show it. It looks through all orders of the instance: it is for the few that Magento cannot show.
func (s *Store) HeadsOfEntities(ctx context.Context, instance string, entityIDs []int64) (map[int64][]*Staged, error) {
	cur, err := s.orders.Find(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "entity_id", Value: bson.D{{Key: "$in", Value: entityIDs}}}},
		options.Find().SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	found, err := stagedOf(ctx, cur)
	if err != nil {
		return nil, err
	}
	heads := map[int64][]*Staged{}
	for i := range found {
		heads[found[i].EntityID] = append(heads[found[i].EntityID], &found[i])
	}
	return heads, nil
}

// headsAtOnce is how many orders one question names; the embedded store looks up to 1,000 by name.
const headsAtOnce = 500

// Add writes orders that are new (Rev 0), each as one atomic operation, and reports which of them are not: somebody else
// was first, and what is stored stays as it is. The keys must differ.
func (s *Store) Add(ctx context.Context, orders []*Staged) (taken map[order.Key]bool, err error) {
	if len(orders) == 0 {
		return nil, nil
	}
	all := make([]any, len(orders))
	for i, doc := range orders {
		doc.advance()
		if all[i], err = newDocument(doc); err != nil {
			return nil, err
		}
	}
	// Unordered: one that is there must not keep the others out.
	_, err = s.orders.InsertMany(ctx, all, options.InsertMany().SetOrdered(false))
	if err != nil && !onlyDuplicates(err) {
		return nil, fmt.Errorf("write new orders: %w", err)
	}
	return takenOf(orders, err), nil
}

// takenOf names the orders that an insertion found there already.
func takenOf(orders []*Staged, err error) map[order.Key]bool {
	taken := map[order.Key]bool{}
	if bulk, ok := errors.AsType[mongo.BulkWriteException](err); ok {
		for _, e := range bulk.WriteErrors {
			taken[orders[e.Index].Key] = true
		}
	}
	return taken
}
