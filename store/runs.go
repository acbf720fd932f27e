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

// Kinds of runs.
const (
	KindSync     = "sync"     // of the schedule, the only ones that read on from the cut
	KindResync   = "resync"   // for orders that a person named
	KindRetry    = "retry"    // for orders that a person takes to B1 as they are staged
	KindHint     = "hint"     // for orders that the shop spoke of
	KindBackfill = "backfill" // for a part of the shop's history
	// KindReconcile compares what the shop has with the store and B1.
	KindReconcile = "reconcile"
)

// RunKinds are all of them.
func RunKinds() []string {
	return []string{KindSync, KindResync, KindRetry, KindHint, KindBackfill, KindReconcile}
}

// Run records one run of a workflow over many orders, for good: Temporal forgets it after its retention.
type Run struct {
	// ID is the workflow ID and the ID of the first run of its chain.
	ID         string    `bson:"_id" json:"id"`
	Kind       string    `bson:"kind" json:"kind"`
	Instance   string    `bson:"instance" json:"instance"`
	WorkflowID string    `bson:"workflow_id" json:"workflow_id"`
	RunID      string    `bson:"run_id" json:"run_id"`
	From       order.Cut `bson:"from" json:"from"`
	To         order.Cut `bson:"to" json:"to"`
	Counts     Counts    `bson:"counts" json:"counts"`
	Errors     []string  `bson:"errors,omitempty" json:"errors,omitempty"`
	// QuietUntil is when orders are sent again, where the rules let none be sent during the run.
	QuietUntil *time.Time `bson:"quiet_until,omitempty" json:"quiet_until,omitempty"`
	// Backfill is there for runs of that kind only. Theirs is written while they are under way as well.
	Backfill *BackfillProgress `bson:"backfill,omitempty" json:"backfill,omitempty"`
	// Reconciliation is there for runs of that kind only, and written while they are under way as well.
	Reconciliation *Reconciliation `bson:"reconciliation,omitempty" json:"reconciliation,omitempty"`
	StartedAt      time.Time       `bson:"started_at" json:"started_at"`
	EndedAt        *time.Time      `bson:"ended_at,omitempty" json:"ended_at,omitempty"`
}

// Counts says what became of the orders of a run. The first group counts documents as they were staged, the second the
// orders that were taken to B1.
type Counts struct {
	Read      int `bson:"read" json:"read"`
	New       int `bson:"new" json:"new"`
	Changed   int `bson:"changed" json:"changed"`
	Unchanged int `bson:"unchanged" json:"unchanged"`
	Excluded  int `bson:"excluded" json:"excluded"`
	Cancelled int `bson:"cancelled" json:"cancelled"`
	// Unreadable orders are held at staging.
	Unreadable int `bson:"unreadable" json:"unreadable"`

	Started int `bson:"started" json:"started"`
	Posted  int `bson:"posted" json:"posted"`
	Held    int `bson:"held" json:"held"`
	Draft   int `bson:"draft" json:"draft"`
	// Other orders ended as excluded or cancelled, or had nothing left to do.
	Other int `bson:"other" json:"other"`
	// Deferred orders stay pending for the next run; InHand are with a child that goes on
	// without the run, which does not see how it ends.
	Deferred int `bson:"deferred" json:"deferred"`
	InHand   int `bson:"in_hand" json:"in_hand"`

	// WrittenBack counts posted orders of which Magento was told, whichever run posted them.
	WrittenBack int `bson:"written_back" json:"written_back"`
}

// Add sums two counts.
func (c Counts) Add(d Counts) Counts {
	c.Read += d.Read
	c.New += d.New
	c.Changed += d.Changed
	c.Unchanged += d.Unchanged
	c.Excluded += d.Excluded
	c.Cancelled += d.Cancelled
	c.Unreadable += d.Unreadable
	c.Started += d.Started
	c.Posted += d.Posted
	c.Held += d.Held
	c.Draft += d.Draft
	c.Other += d.Other
	c.Deferred += d.Deferred
	c.InHand += d.InHand
	c.WrittenBack += d.WrittenBack
	return c
}

// PutRun writes the state of a run; the last write stands.
func (s *Store) PutRun(ctx context.Context, r Run) error {
	_, err := s.runs.ReplaceOne(ctx, bson.D{{Key: "_id", Value: r.ID}}, r, options.Replace().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("write run %s: %w", r.ID, err)
	}
	return nil
}

// NoteRun writes the state of a run that is under way. open is false, and nothing is written, when its end is recorded: a worker
// that was taken for dead may come with an earlier state afterwards.
func (s *Store) NoteRun(ctx context.Context, r Run) (open bool, err error) {
	_, err = s.runs.ReplaceOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "ended_at", Value: bson.D{{Key: "$exists", Value: false}}}}, r, options.Replace().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write run %s: %w", r.ID, err)
	}
	return true, nil
}

// GetRun reads one run.
func (s *Store) GetRun(ctx context.Context, id string) (*Run, error) {
	var r Run
	err := s.runs.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	return &r, nil
}
