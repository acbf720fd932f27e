package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// ListByIncrementIDs gives the staged orders with these numbers, of every store of the instance, sorted by key and
// without their timeline and lines.
func (s *Store) ListByIncrementIDs(ctx context.Context, instance string, ids []string) ([]Staged, error) {
	cur, err := s.orders.Find(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "increment_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	return stagedOf(ctx, cur)
}

// LatestRun reads the latest run of a workflow ID, or ErrNotFound.
func (s *Store) LatestRun(ctx context.Context, workflowID string) (*Run, error) {
	filter := bson.D{{Key: "workflow_id", Value: workflowID}}
	var r Run
	err := s.runs.FindOne(ctx, filter, options.FindOne().SetSort(bson.D{{Key: "started_at", Value: -1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find the runs of %s: %w", workflowID, err)
	}
	return &r, nil
}
