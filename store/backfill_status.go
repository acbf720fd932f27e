package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// BackfillStatus says how the backfill of an instance is that has not ended.
type BackfillStatus struct {
	ID    string        `json:"id"`
	Phase BackfillPhase `json:"phase" doc:"What it does: reading, then posting"`
	State string        `json:"state" enum:"running,paused,waiting,left" doc:"paused: somebody wants it to wait; waiting: for B1, Magento or the end of quiet hours; left: it has ended, and its orders are held still: release it"`
	// Since is when it began, or ended, or since when it is paused or waits; Why says who paused it or what it waits for.
	Since time.Time `json:"since,omitzero" doc:"When it began, or ended, or since when it is paused or waits; absent where no record tells"`
	Why   string    `json:"why,omitempty" doc:"Who paused it, or what it waits for"`
	// Imports is how many orders of backfills are pending; Held is true while no run of the schedule takes them.
	Imports int  `json:"imports" doc:"Orders of backfills that are pending"`
	Held    bool `json:"held" doc:"They are left to this backfill: the runs of the schedule take none"`
	// NotedAt is when it was last heard of. It says at least every ten minutes that it is there.
	NotedAt time.Time `json:"noted_at,omitzero" doc:"When it was last heard of; it says every ten minutes at least that it is there"`
	// MovedAt is when it got on last.
	MovedAt time.Time `json:"moved_at,omitzero" doc:"When it got on last"`
}

// States of a backfill that has not ended.
const (
	BackfillRuns     = "running"
	BackfillIsPaused = "paused"
	BackfillWaits    = "waiting"
	BackfillLeft     = "left" // it has ended, and holds its imports without an end
)

// BackfillOf reads how the latest backfill of an instance is, nil when none is under way; and, when there is none, how one of the past is whose
// imports are held without an end.
func (s *Store) BackfillOf(ctx context.Context, instance string) (*BackfillStatus, error) {
	r, err := s.LatestBackfill(ctx, instance)
	if err == nil && (r == nil || r.EndedAt != nil) {
		return s.leftBackfill(ctx, instance)
	}
	if err != nil {
		return nil, err
	}
	b := r.Backfill
	status := &BackfillStatus{ID: r.ID, Phase: b.Phase, State: BackfillRuns, Since: r.StartedAt.UTC(), NotedAt: b.NotedAt.UTC(), MovedAt: b.LastMoved()}
	switch {
	case b.Paused:
		status.State, status.Why = BackfillIsPaused, b.PausedBy
	case b.Waits != "":
		status.State, status.Why = BackfillWaits, b.Waits
	}
	if status.State != BackfillRuns && !b.Since.IsZero() {
		status.Since = b.Since.UTC()
	}
	hold, err := s.ImportsHold(ctx, instance)
	if err != nil {
		return nil, err
	}
	status.Held = hold != nil && hold.Holder == r.ID
	status.Imports, err = s.PendingImports(ctx, instance)
	return status, err
}

// leftBackfill is the status of a backfill of the past that holds imports without an end, nil when there is none.
func (s *Store) leftBackfill(ctx context.Context, instance string) (*BackfillStatus, error) {
	left, err := s.LeftHold(ctx, instance)
	if err != nil || left == nil {
		return nil, err
	}
	status := &BackfillStatus{ID: left.Holder, Phase: BackfillEnded, State: BackfillLeft, Since: left.Since, NotedAt: left.Since, MovedAt: left.Since, Held: true}
	status.Imports, err = s.PendingImports(ctx, instance)
	return status, err
}

// LeftHold is a hold of imports without an end.
type LeftHold struct {
	Holder string
	// Since is when the backfill ended that has it; when it was heard of last, when it never did; and of one without a record, zero.
	Since time.Time
}

// LeftHold gives who has the imports of the instance without an end, nil when nobody has. Ask it when no backfill is under way: then nobody will
// end that by himself.
func (s *Store) LeftHold(ctx context.Context, instance string) (*LeftHold, error) {
	hold, err := s.ImportsHold(ctx, instance)
	if err != nil || hold == nil || !hold.Until.IsZero() {
		return nil, err
	}
	left := &LeftHold{Holder: hold.Holder}
	r, err := s.GetRun(ctx, hold.Holder)
	switch {
	case errors.Is(err, ErrNotFound):
		return left, nil
	case err != nil:
		return nil, err
	case r.EndedAt != nil:
		left.Since = r.EndedAt.UTC()
	case r.Backfill != nil:
		left.Since = r.Backfill.LastMoved()
	}
	return left, nil
}

// PendingImports counts the imports of the instance that wait for B1, due or not.
func (s *Store) PendingImports(ctx context.Context, instance string) (int, error) {
	n, err := s.orders.CountDocuments(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "queue", Value: bson.D{{Key: "$gt", Value: Imports}}}})
	if err != nil {
		return 0, fmt.Errorf("count the imports: %w", err)
	}
	return int(n), nil
}

// LatestBackfill is the record of the backfill that began last, nil when there was none.
func (s *Store) LatestBackfill(ctx context.Context, instance string) (*Run, error) {
	filter := bson.D{{Key: "instance", Value: instance}, {Key: "kind", Value: KindBackfill}}
	var r Run
	err := s.runs.FindOne(ctx, filter, options.FindOne().SetSort(bson.D{{Key: "started_at", Value: -1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && r.Backfill == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the latest backfill: %w", err)
	}
	return &r, nil
}
