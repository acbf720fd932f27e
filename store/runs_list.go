package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// RunFilter selects runs of one instance for a list. Zero fields select everything.
type RunFilter struct {
	Instance, Kind string
	// From and To bound started_at: From inclusive, To exclusive.
	From, To time.Time
	// After continues a list behind the last run of the page before.
	After *RunPosition
	Limit int
}

// RunPosition is a place in a list of runs, newest first.
type RunPosition struct {
	StartedAt time.Time
	ID        string
}

// Runs gives the runs that the filter selects, newest first.
func (s *Store) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	cur, err := s.runs.Find(ctx, f.query(), options.Find().
		SetSort(bson.D{{Key: "started_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(int64(f.Limit)))
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	runs := []Run{}
	if err := cur.All(ctx, &runs); err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}

// ListRuns gives the latest runs of an instance, newest first.
func (s *Store) ListRuns(ctx context.Context, instance string, limit int) ([]Run, error) {
	return s.Runs(ctx, RunFilter{Instance: instance, Limit: limit})
}

func (f RunFilter) query() bson.D {
	and := bson.A{bson.D{{Key: "instance", Value: f.Instance}}}
	add := func(key string, value any) { and = append(and, bson.D{{Key: key, Value: value}}) }
	if f.Kind != "" {
		add("kind", f.Kind)
	}
	if !f.From.IsZero() {
		add("started_at", bson.D{{Key: "$gte", Value: f.From}})
	}
	if !f.To.IsZero() {
		add("started_at", bson.D{{Key: "$lt", Value: f.To}})
	}
	if f.After != nil {
		add("$or", bson.A{
			bson.D{{Key: "started_at", Value: bson.D{{Key: "$lt", Value: f.After.StartedAt}}}},
			bson.D{{Key: "started_at", Value: f.After.StartedAt}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: f.After.ID}}}},
		})
	}
	return bson.D{{Key: "$and", Value: and}}
}
