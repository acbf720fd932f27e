package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// WriteBackState is how far Magento has been told of a posted order.
type WriteBackState string

const (
	// WriteBackOpen: it is still to be told.
	WriteBackOpen WriteBackState = "open"
	// WriteBackDone: it has been told.
	WriteBackDone WriteBackState = "done"
	// WriteBackGivenUp: it could not be told; a resync of the order tries again.
	WriteBackGivenUp WriteBackState = "given_up"
	// WriteBackToLookAt: it has been told, but may have undone a change that somebody made in the same moment.
	WriteBackToLookAt WriteBackState = "to_look_at"
	// WriteBackDropped, which has no name: the order was no longer posted when Magento was to be told. It is when it is posted again.
	WriteBackDropped WriteBackState = ""
)

// WriteBackStates lists all that have a name.
func WriteBackStates() []WriteBackState {
	return []WriteBackState{WriteBackOpen, WriteBackDone, WriteBackGivenUp, WriteBackToLookAt}
}

// WriteBack is what Magento is told of a posted order, and whether it has been. The order is posted either way.
type WriteBack struct {
	State WriteBackState `bson:"state" json:"state"`
	// DocNum is the sales order that Magento is told of.
	DocNum int64 `bson:"doc_num" json:"doc_num"`
	// Replaces is an earlier sales order of the same order of which Magento was told; 0 for none.
	Replaces int64 `bson:"replaces,omitempty" json:"replaces,omitempty"`
	// Earlier are those before: Magento may hold any of them when a later one was never written.
	Earlier []int64 `bson:"earlier,omitempty" json:"earlier,omitempty"`
	// Since is when the order was posted, or when somebody asked for it anew.
	Since time.Time `bson:"since" json:"since"`
	// DueAt is when an open one is tried next. Until BusyUntil the order belongs to an attempt that has begun.
	DueAt     time.Time  `bson:"due_at" json:"due_at"`
	BusyUntil *time.Time `bson:"busy_until,omitempty" json:"busy_until,omitempty"`
	// Attempts counts those that failed for the order's own sake, and the one that is under way; Waited is the pauses after
	// them. Stops counts those in a row that failed for what is the same for all orders: an outage, a missing right.
	Attempts int           `bson:"attempts" json:"attempts"`
	Waited   time.Duration `bson:"waited,omitempty" json:"waited,omitempty"`
	Stops    int           `bson:"stops,omitempty" json:"stops,omitempty"`
	// Reason says why it was not written yet, why it was given up, or what a person should look at.
	Reason *order.Reason `bson:"reason,omitempty" json:"reason,omitempty"`
	// Concern is what was found while it was written, kept until all of it is.
	Concern *order.Reason `bson:"concern,omitempty" json:"concern,omitempty"`
	DoneAt  *time.Time    `bson:"done_at,omitempty" json:"done_at,omitempty"`
}

// Open reports whether Magento is still to be told; there may be nothing to tell.
func (w *WriteBack) Open() bool { return w != nil && w.State == WriteBackOpen }

// Drop closes one whose order is posted no more. Its numbers stay known as ours.
func (w *WriteBack) Drop() {
	*w = WriteBack{State: WriteBackDropped, DocNum: w.DocNum, Replaces: w.Replaces, Earlier: w.Earlier, Since: w.Since, DueAt: w.DueAt}
}

// Ours reports whether a number is that of an earlier sales order of the order.
func (w *WriteBack) Ours(docNum int64) bool {
	return docNum != 0 && (docNum == w.Replaces || slices.Contains(w.Earlier, docNum))
}

// Take gives an open one that is due to one attempt alone until then. false means that it is not to be taken now.
func (w *WriteBack) Take(until time.Time) bool {
	if !w.Open() || w.DueAt.After(now()) {
		return false
	}
	w.Attempts++
	w.DueAt, w.BusyUntil = until, &until
	return true
}

// Hurry makes an open one due, but not before an attempt that has begun is over.
func (w *WriteBack) Hurry() {
	w.DueAt = now()
	if w.BusyUntil != nil && w.BusyUntil.After(w.DueAt) {
		w.DueAt = *w.BusyUntil
	}
}

// Again opens one that was left to a person, as if it were new.
func (w *WriteBack) Again() {
	w.State, w.Reason, w.Concern, w.DoneAt = WriteBackOpen, nil, nil, nil
	w.Since, w.Attempts, w.Waited, w.Stops = now(), 0, 0, 0
	w.Hurry()
}

// ForPerson reports whether somebody must look at it; a resync of the order does it again.
func (w *WriteBack) ForPerson() bool {
	return w != nil && (w.State == WriteBackGivenUp || w.State == WriteBackToLookAt)
}

// place is where the write-back stands in its queue: open ones by age; then those at which a person should look, for the
// overview. All others have none.
func (w *WriteBack) place(key order.Key) string {
	switch {
	case w.Open():
		return fmt.Sprintf("%s%s|%s", openWriteBacks, w.Since.UTC().Format(time.RFC3339), key)
	case w.ForPerson():
		return fmt.Sprintf("%s%s", strangeWriteBacks, key)
	}
	return ""
}

// The parts of the queue of write-backs.
const (
	openWriteBacks    = "1|"
	strangeWriteBacks = "9|"
)

// NextWriteBacks gives up to limit orders of the instance whose write-back is due, oldest first.
func (s *Store) NextWriteBacks(ctx context.Context, instance string, limit int) ([]order.Key, error) {
	due, err := s.due(ctx, bson.D{
		{Key: "instance", Value: instance},
		{Key: "write_back_queue", Value: bson.D{{Key: "$gt", Value: openWriteBacks}, {Key: "$lt", Value: strangeWriteBacks}}},
		{Key: "write_back.due_at", Value: bson.D{{Key: "$lte", Value: now()}}},
	}, "write_back_queue", limit)
	keys := make([]order.Key, len(due))
	for i, d := range due {
		keys[i] = d.Key
	}
	return keys, err
}

// WriteBackNotAllowed is the code of the reason of a write-back for which the integration lacks a right.
const WriteBackNotAllowed = "not_allowed"

// refusedAmong is how many open write-backs are looked at: attempts begin with the oldest.
const refusedAmong = 100

// WriteBackRefused is since when the oldest order waits of which Magento may not be told, because it refuses the connector; zero when none does. An
// order leaves them when it is written, or when it fails for another reason; and all do while the rules ask for no writing (NoteWritesBack), for then
// nobody tries, and nothing is amiss.
func (s *Store) WriteBackRefused(ctx context.Context, instance string) (time.Time, error) {
	own, err := s.lane(ctx, instanceLane(instance))
	if err != nil || own.WritesBack != nil && !*own.WritesBack {
		return time.Time{}, err
	}
	cur, err := s.orders.Find(ctx, bson.D{{Key: "instance", Value: instance},
		{Key: "write_back_queue", Value: bson.D{{Key: "$gt", Value: openWriteBacks}, {Key: "$lt", Value: strangeWriteBacks}}}},
		options.Find().SetSort(bson.D{{Key: "write_back_queue", Value: 1}}).SetLimit(refusedAmong).SetProjection(bson.D{{Key: "write_back", Value: 1}}))
	if err != nil {
		return time.Time{}, fmt.Errorf("find refused write-backs: %w", err)
	}
	oldest, err := stagedOf(ctx, cur)
	if err != nil {
		return time.Time{}, err
	}
	for _, o := range oldest {
		if b := o.WriteBack; b.Open() && b.Reason != nil && b.Reason.Code == WriteBackNotAllowed {
			return b.Since.UTC(), nil
		}
	}
	return time.Time{}, nil
}

// WriteBacks counts the write-backs that are not simply done.
type WriteBacks struct {
	// Open ones are still to be written.
	Open int64 `json:"open"`
	// GivenUp could not be written; ToLookAt were, but may have touched a change of somebody else.
	GivenUp  int64 `json:"given_up"`
	ToLookAt int64 `json:"to_look_at"`
}

// CountWriteBacks counts them; nil when there are none.
func (s *Store) CountWriteBacks(ctx context.Context, instance string) (*WriteBacks, error) {
	cur, err := s.orders.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "instance", Value: instance}, {Key: "write_back_queue", Value: bson.D{{Key: "$gt", Value: ""}}}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$write_back.state"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count write-backs: %w", err)
	}
	var rows []struct {
		State WriteBackState `bson:"_id"`
		N     int64          `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count write-backs: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var w WriteBacks
	for _, r := range rows {
		switch r.State {
		case WriteBackOpen:
			w.Open = r.N
		case WriteBackGivenUp:
			w.GivenUp = r.N
		case WriteBackToLookAt:
			w.ToLookAt = r.N
		}
	}
	return &w, nil
}
