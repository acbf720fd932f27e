package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Change is what of an order is told to those who watch many: names, states and times, no personal data.
type Change struct {
	Key       order.Key    `bson:"_id"`
	Status    order.Status `bson:"status"`
	ChangedAt time.Time    `bson:"changed_at"`
	PlacedAt  time.Time    `bson:"placed_at"`
	StagedAt  time.Time    `bson:"staged_at"`
	// PostedAt is zero for orders that were never posted.
	PostedAt time.Time `bson:"posted_at"`
	// Import is not empty for what a backfill has brought.
	Import string `bson:"import"`
	// Reason and Attention are the codes.
	Reason    string `bson:"-"`
	Attention string `bson:"-"`
}

// ChangePlace is a place among the changes of an instance.
type ChangePlace struct {
	At  time.Time
	Key order.Key
}

// behind are the conditions of what comes behind the place. That it is not before its time follows from the alternatives; said by itself it
// lets every server begin there.
func (p ChangePlace) behind(instance string) bson.A {
	return bson.A{bson.D{{Key: "instance", Value: instance}}, bson.D{{Key: "changed_at", Value: bson.D{{Key: "$gte", Value: p.At}}}}, bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "changed_at", Value: bson.D{{Key: "$gt", Value: p.At}}}},
		bson.D{{Key: "changed_at", Value: p.At}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: p.Key}}}},
	}}}}
}

// Changes gives up to limit orders of an instance that were changed behind a place and before a time (zero for no bound), the first change
// first; of each order only its latest change is there. An order that is written at the same moment by a machine whose clock is behind may turn
// up before a place that was read already: whoever must miss none looks back some seconds.
func (s *Store) Changes(ctx context.Context, instance string, after ChangePlace, before time.Time, limit int) ([]Change, error) {
	and := after.behind(instance)
	if !before.IsZero() {
		and = append(and, bson.D{{Key: "changed_at", Value: bson.D{{Key: "$lt", Value: before}}}})
	}
	fields := bson.D{}
	for _, name := range []string{"status", "changed_at", "placed_at", "staged_at", "posted_at", "import", "reason", "attention"} {
		fields = append(fields, bson.E{Key: name, Value: 1})
	}
	cur, err := s.orders.Find(ctx, bson.D{{Key: "$and", Value: and}}, options.Find().SetLimit(int64(limit)).
		SetSort(bson.D{{Key: "changed_at", Value: 1}, {Key: "_id", Value: 1}}).SetProjection(fields))
	if err != nil {
		return nil, fmt.Errorf("find what changed: %w", err)
	}
	var rows []struct {
		Change    `bson:",inline"`
		Reason    *order.Reason `bson:"reason"`
		Attention *order.Reason `bson:"attention"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find what changed: %w", err)
	}
	changes := make([]Change, len(rows))
	for n, r := range rows {
		changes[n] = r.Change
		changes[n].Reason, changes[n].Attention = codeOf(r.Reason), codeOf(r.Attention)
	}
	return changes, nil
}

// TellPosted fills in from their timelines when orders were posted that an earlier release wrote last.
func (s *Store) TellPosted(ctx context.Context, changes []Change) error {
	at := map[order.Key]int{}
	var keys []order.Key
	for n, c := range changes {
		if c.Status == order.Posted && c.PostedAt.IsZero() {
			at[c.Key], keys = n, append(keys, c.Key)
		}
	}
	for some := range slices.Chunk(keys, headsAtOnce) {
		cur, err := s.orders.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}},
			options.Find().SetProjection(bson.D{{Key: "timeline", Value: 1}}))
		if err != nil {
			return fmt.Errorf("read timelines: %w", err)
		}
		told, err := stagedOf(ctx, cur)
		if err != nil {
			return err
		}
		for _, o := range told {
			changes[at[o.Key]].PostedAt = postedIn(o.Timeline)
		}
	}
	return nil
}
