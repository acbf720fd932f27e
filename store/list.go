package store

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Filter selects orders for a list. Zero fields select everything.
type Filter struct {
	Instance string
	Status   order.Status
	// Statuses selects orders in any of these states; together with Status it is empty.
	Statuses []order.Status
	// Reason is the code of the reason for which they are held, excluded or cancelled, Attention asks for those of which something changed after they
	// were posted or skipped.
	Reason    string
	Attention bool
	// AttentionCode is that of one attention.
	AttentionCode string
	StoreID       *int64
	// WriteBack selects posted orders by how far Magento was told of them.
	WriteBack WriteBackState
	// From and To bound placed_at: From inclusive, To exclusive.
	From, To time.Time
	// Text is a part of the key, of the reason, of a reference, or of B1's number; large and small letters are the same.
	Text string
	// reasoned asks for orders that have a reason.
	reasoned bool
	// After continues a list behind the last order of the page before.
	After *Position
	Limit int
}

// Searches reports whether anything is left of the filter's text when it is cleaned.
func (f Filter) Searches() bool { return searchedFor(f.Text) != "" }

// Position is a place in a list of orders, newest first.
type Position struct {
	PlacedAt time.Time
	Key      order.Key
}

// List gives the orders that the filter selects, newest first, without their timeline and lines.
func (s *Store) List(ctx context.Context, f Filter) ([]Staged, error) {
	cur, err := s.orders.Find(ctx, f.query(), options.Find().
		SetSort(bson.D{{Key: "placed_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(int64(f.Limit)).
		SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return stagedOf(ctx, cur)
}

// stagedOf reads all documents of a cursor.
func stagedOf(ctx context.Context, cur *mongo.Cursor) ([]Staged, error) {
	docs := []document{}
	if err := cur.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	orders := make([]Staged, len(docs))
	for i := range docs {
		o, err := docs[i].staged()
		if err != nil {
			return nil, err
		}
		orders[i] = *o
	}
	return orders, nil
}

func (f Filter) query() bson.D {
	var and bson.A
	add := func(key string, value any) { and = append(and, bson.D{{Key: key, Value: value}}) }
	if f.Instance != "" {
		add("instance", f.Instance)
	}
	if f.Status != "" {
		add("status", f.Status)
	}
	if len(f.Statuses) > 0 {
		add("status", bson.D{{Key: "$in", Value: f.Statuses}})
	}
	if f.Reason != "" {
		add("reason_code", f.Reason)
	}
	if f.reasoned {
		add("reason_code", bson.D{{Key: "$gt", Value: ""}})
	}
	if f.Attention {
		add("attention_code", bson.D{{Key: "$gt", Value: ""}})
	}
	if f.AttentionCode != "" {
		add("attention_code", f.AttentionCode)
	}
	if f.WriteBack != "" {
		add("write_back.state", f.WriteBack)
	}
	if f.StoreID != nil {
		add("store_id", *f.StoreID)
	}
	if !f.From.IsZero() {
		add("placed_at", bson.D{{Key: "$gte", Value: f.From}})
	}
	if !f.To.IsZero() {
		add("placed_at", bson.D{{Key: "$lt", Value: f.To}})
	}
	if text := searchedFor(f.Text); text != "" {
		add("search", bson.D{{Key: "$regex", Value: regexp.QuoteMeta(text)}})
	}
	if f.After != nil {
		add("$or", bson.A{
			bson.D{{Key: "placed_at", Value: bson.D{{Key: "$lt", Value: f.After.PlacedAt}}}},
			bson.D{{Key: "placed_at", Value: f.After.PlacedAt}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: f.After.Key}}}},
		})
	}
	if len(and) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: and}}
}
