package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// BackfillProgress is how far a backfill has come, beside the counts of its run.
type BackfillProgress struct {
	// Selection is what it reads; nil when it was given so many names (Names).
	Selection *order.Selection `bson:"selection,omitempty" json:"selection,omitempty"`
	Names     int              `bson:"names,omitempty" json:"names,omitempty"`
	// DryRun is true when nothing is staged or sent: the states are those that the orders would have.
	DryRun bool          `bson:"dry_run,omitempty" json:"dry_run,omitempty"`
	Phase  BackfillPhase `bson:"phase" json:"phase"`
	// Paused is true while somebody (PausedBy) wants it to wait.
	Paused   bool   `bson:"paused,omitempty" json:"paused,omitempty"`
	PausedBy string `bson:"paused_by,omitempty" json:"paused_by,omitempty"`
	// Waits says why it waits although nobody paused it: an outage, quiet hours.
	Waits string `bson:"waits,omitempty" json:"waits,omitempty"`
	// Since is since when it is paused or waits.
	Since time.Time `bson:"since,omitempty" json:"since,omitzero"`
	// Total is how many orders there are to read, by Magento's count; 0 while it is not known.
	Total int64 `bson:"total" json:"total"`
	// EntityID is the last order that was read, At the time of it that the selection goes by.
	EntityID int64     `bson:"entity_id,omitempty" json:"entity_id,omitempty"`
	At       time.Time `bson:"at,omitempty" json:"at,omitzero"`
	// Place is how far the store was told it has come: EntityID, or how many names. 0 before the first step, and of a dry run.
	Place int64 `bson:"place,omitempty" json:"place,omitempty"`
	// Imported counts by state the orders that it brought: as they were staged while it is under way, as they stand when it has
	// ended. Others counts those that it did not: they were there before, belong to the ordinary reading, or Magento cannot show them.
	Imported map[order.Status]int `bson:"imported" json:"imported"`
	Others   map[order.Status]int `bson:"others" json:"others"`
	// ToPost is how many orders it takes to B1, with those that have settled: imports of earlier backfills are among them.
	ToPost int `bson:"to_post" json:"to_post"`
	// Missing are names that Magento does not have, the first hundred of so many (MissingCount).
	Missing      []string `bson:"missing,omitempty" json:"missing,omitempty"`
	MissingCount int      `bson:"missing_count,omitempty" json:"missing_count,omitempty"`
	// Rate is orders a second lately, in its phase.
	Rate float64 `bson:"rate" json:"rate"`
	// NotedAt is when this was written down, MovedAt when it got on last: it is said every ten minutes at least that it is there, whether or
	// not. Pending is how many imports waited when it did not.
	NotedAt time.Time `bson:"noted_at" json:"noted_at"`
	MovedAt time.Time `bson:"moved_at,omitempty" json:"moved_at,omitzero"`
	Pending int       `bson:"pending,omitempty" json:"-"`
}

// BackfillPhase is what a backfill does.
type BackfillPhase string

// The phases, in their order.
const (
	BackfillReads BackfillPhase = "reading"
	BackfillPosts BackfillPhase = "posting"
	BackfillEnded BackfillPhase = "ended"
)

// BackfillCancelled stands among the errors of a backfill that was told to end.
const BackfillCancelled = "cancelled"

const releasedBy = "released by "

// BackfillReleased stands among the errors of a backfill that was gone before its end, and whose record somebody has closed.
func BackfillReleased(by string) string {
	return releasedBy + by + ": it did not come to its end, and was no longer in Temporal"
}

// WasCancelled reports whether the record is that of a backfill that was told to end.
func (r Run) WasCancelled() bool { return slices.Contains(r.Errors, BackfillCancelled) }

// WasReleased reports whether the record is that of a backfill that never came to its end, and was closed by somebody.
func (r Run) WasReleased() bool {
	return slices.ContainsFunc(r.Errors, func(e string) bool { return strings.HasPrefix(e, releasedBy) })
}

// Settled is how many orders a run has taken to B1 that no longer wait.
func (c Counts) Settled() int { return c.Posted + c.Held + c.Draft + c.Other }

// Imports is the place in the queue before the first import and behind all other orders.
const Imports = "7"

// IsImport reports whether the order stands among the imports.
func (d Due) IsImport() bool { return d.Queue > Imports }

// importsDocument says who takes the imports of an instance to B1.
type importsDocument struct {
	ID     string    `bson:"_id"`
	Holder string    `bson:"holder"`
	Until  time.Time `bson:"until"`
}

func importsID(instance string) string { return cutID(instance, "imports") }

// HoldImports leaves the imports of an instance to a backfill until a time: meanwhile nobody else takes them from the queue. The
// time is short and renewed, so that the imports of one that is gone are taken up by others. The zero time has no end: what a
// person has paused nobody else begins.
func (s *Store) HoldImports(ctx context.Context, instance, holder string, until time.Time) error {
	doc := importsDocument{ID: importsID(instance), Holder: holder, Until: until.UTC()}
	if _, err := s.cuts.ReplaceOne(ctx, bson.D{{Key: "_id", Value: doc.ID}}, doc, options.Replace().SetUpsert(true)); err != nil {
		return fmt.Errorf("hold the imports of %s: %w", instance, err)
	}
	return nil
}

// LeaveImports ends that, when it is still the holder's.
func (s *Store) LeaveImports(ctx context.Context, instance, holder string) error {
	_, err := s.cuts.DeleteOne(ctx, bson.D{{Key: "_id", Value: importsID(instance)}, {Key: "holder", Value: holder}})
	if err != nil {
		return fmt.Errorf("leave the imports of %s: %w", instance, err)
	}
	return nil
}

// ImportsHold says that a backfill takes the imports of an instance to B1 by itself: the ID of its run, and until when unless it
// says so again; zero for no end.
type ImportsHold struct {
	Holder string
	Until  time.Time
}

// ImportsHold gives who has the imports of the instance now, nil when nobody has.
func (s *Store) ImportsHold(ctx context.Context, instance string) (*ImportsHold, error) {
	var doc importsDocument
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: importsID(instance)}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && !doc.Until.IsZero() && !doc.Until.After(now()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask who has the imports of %s: %w", instance, err)
	}
	return &ImportsHold{Holder: doc.Holder, Until: doc.Until.UTC()}, nil
}

// ImportsHeld reports whether a backfill takes the imports of the instance to B1 by itself.
func (s *Store) ImportsHeld(ctx context.Context, instance string) (bool, error) {
	hold, err := s.ImportsHold(ctx, instance)
	return hold != nil, err
}

// NextImports gives up to limit imports of the instance that are due, behind a place in the queue (empty: from the first). fresh is
// true when other orders are due before them. Both are one question.
func (s *Store) NextImports(ctx context.Context, instance, after string, limit int) (due []Due, fresh bool, err error) {
	imports := bson.D{{Key: "queue", Value: bson.D{{Key: "$gt", Value: max(after, Imports)}}}}
	others := bson.D{{Key: "queue", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lt", Value: Imports}}}}
	ready := bson.D{{Key: "instance", Value: instance}, {Key: "due_at", Value: bson.D{{Key: "$lte", Value: now()}}}}
	all, err := s.due(ctx, append(ready[:2:2], bson.E{Key: "$or", Value: bson.A{others, imports}}), "queue", limit)
	if err != nil {
		return nil, false, err
	}
	for len(all) > 0 && !all[0].IsImport() {
		all, fresh = all[1:], true
	}
	if fresh && len(all) == 0 { // they may fill the page
		all, err = s.due(ctx, append(ready[:2:2], imports...), "queue", limit)
	}
	return all, fresh, err
}

// CountWaitingImports counts the imports of the instance that wait for B1 and are due.
func (s *Store) CountWaitingImports(ctx context.Context, instance string) (int, error) {
	n, err := s.orders.CountDocuments(ctx, bson.D{
		{Key: "instance", Value: instance},
		{Key: "queue", Value: bson.D{{Key: "$gt", Value: Imports}}},
		{Key: "due_at", Value: bson.D{{Key: "$lte", Value: now()}}},
	})
	if err != nil {
		return 0, fmt.Errorf("count the imports: %w", err)
	}
	return int(n), nil
}

// PutOffImports counts the imports of the instance that an attempt has put off for a moment, until by at the latest, and gives when the
// first of them is due. They are pending, and for no reason that somebody has to mend.
func (s *Store) PutOffImports(ctx context.Context, instance string, by time.Time) (n int, next time.Time, err error) {
	filter := bson.D{
		{Key: "instance", Value: instance},
		{Key: "queue", Value: bson.D{{Key: "$gt", Value: Imports}}},
		{Key: "status", Value: order.Pending},
		{Key: "reason", Value: bson.D{{Key: "$exists", Value: false}}},
		{Key: "due_at", Value: bson.D{{Key: "$gt", Value: now()}, {Key: "$lte", Value: by}}},
	}
	cur, err := s.orders.Find(ctx, filter, options.Find().SetProjection(bson.D{{Key: "due_at", Value: 1}}))
	if err != nil {
		return 0, next, fmt.Errorf("count the imports that are put off: %w", err)
	}
	var rows []struct {
		DueAt time.Time `bson:"due_at"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return 0, next, fmt.Errorf("count the imports that are put off: %w", err)
	}
	for _, r := range rows {
		if next.IsZero() || r.DueAt.Before(next) {
			next = r.DueAt.UTC()
		}
	}
	return len(rows), next, nil
}

// CountImported counts by state the orders that a run has brought, as they stand now.
func (s *Store) CountImported(ctx context.Context, instance, run string) (map[order.Status]int, error) {
	cur, err := s.orders.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "instance", Value: instance}, {Key: "import", Value: run}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$status"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count what %s has brought: %w", run, err)
	}
	var rows []struct {
		Status order.Status `bson:"_id"`
		N      int          `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count what %s has brought: %w", run, err)
	}
	counts := map[order.Status]int{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, nil
}
