package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Overview says in a few figures how an instance does.
type Overview struct {
	// Orders is the number of orders in each state; every state is there.
	Orders map[order.Status]int64 `json:"orders"`
	// Cut is the last change in Magento that is staged, RFC 3339, UTC; empty while nothing is. It is old in a quiet shop.
	Cut string `json:"cut"`
	// LagSeconds is how far the staged orders may lie behind Magento: whole seconds since the start of the latest reading
	// that came to Magento's end. What had changed there by then is staged. Null until there was one.
	LagSeconds *int64 `json:"lag_seconds"`
	// LastRun is the latest sync run that has ended, with errors or without; absent until there was one.
	LastRun *Run `json:"last_run,omitempty"`
	// WriteBacks counts the orders of which Magento is still to be told, or could not be; absent when there are none.
	WriteBacks *WriteBacks `json:"write_backs,omitempty"`
	// MaybeTwice counts the orders that B1 may have twice.
	MaybeTwice int64 `json:"maybe_twice,omitempty" doc:"Orders that B1 may have twice"`
	// B1 says how the way to B1 is; absent until a run has asked for orders.
	B1 *LaneStatus `json:"b1,omitempty"`
	// Backfill is the backfill that is under way, paused or waiting; absent when there is none.
	Backfill *BackfillStatus `json:"backfill,omitempty"`
}

// Overview reads the counts, the cut and the latest runs of the instance. An instance without orders has zeros.
func (s *Store) Overview(ctx context.Context, instance string) (*Overview, error) {
	counts, err := s.Counts(ctx, instance)
	if err != nil {
		return nil, err
	}
	doc, err := s.cut(ctx, cutID(instance, TaskOrders))
	if err != nil {
		return nil, err
	}
	o := &Overview{Orders: counts, LagSeconds: doc.lag()}
	if !doc.Cut.IsZero() {
		o.Cut = doc.Cut.UpdatedAt.UTC().Format(time.RFC3339)
	}
	if o.LastRun, err = s.latestSync(ctx, instance); err != nil {
		return nil, err
	}
	if o.WriteBacks, err = s.CountWriteBacks(ctx, instance); err != nil {
		return nil, err
	}
	if o.MaybeTwice, err = s.Count(ctx, Filter{Instance: instance, AttentionCode: CodeCreatedLate}); err != nil {
		return nil, err
	}
	if o.B1, err = s.LaneOf(ctx, instance); err != nil {
		return nil, err
	}
	if o.Backfill, err = s.BackfillOf(ctx, instance); err != nil {
		return nil, err
	}
	return o, nil
}

// lag counts from the start of the reading, not from its end: Magento goes on while it is read.
func (d *cutDocument) lag() *int64 {
	if d.CaughtUp.Began.IsZero() {
		return nil
	}
	seconds := max(0, int64(time.Since(d.CaughtUp.Began).Seconds())) // clocks of two machines may differ
	return &seconds
}

// latestSync is the sync run that ended and began last, nil when there is none.
func (s *Store) latestSync(ctx context.Context, instance string) (*Run, error) {
	filter := bson.D{
		{Key: "instance", Value: instance}, {Key: "kind", Value: KindSync}, {Key: "ended_at", Value: bson.D{{Key: "$ne", Value: nil}}},
	}
	var r Run
	err := s.runs.FindOne(ctx, filter, options.FindOne().SetSort(bson.D{{Key: "started_at", Value: -1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the latest run: %w", err)
	}
	return &r, nil
}
