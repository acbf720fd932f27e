package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datawald/order"
)

// TaskOrders is the task whose cut says how far orders are read.
const TaskOrders = "orders"

type cutDocument struct {
	ID  string    `bson:"_id"`
	Rev int64     `bson:"rev"`
	Cut order.Cut `bson:"cut"`
	// CaughtUp is the latest reading that came to its end: what had changed when it began is staged.
	CaughtUp Reading `bson:"caught_up"`
	// Latest is the latest reading, finished or not, with how far it has come.
	Latest Reading `bson:"latest"`
	// Clock is the last time that the shop's clock was set.
	Clock ClockChange `bson:"clock"`
	// Rules names the rules with which every order that waits for nobody was decided last.
	Rules string `bson:"rules"`
	// RulesAt is when that decision began.
	RulesAt time.Time `bson:"rules_at,omitempty"`
}

// Reading is a reading of Magento from a cut to the present.
type Reading struct {
	// Began is when it began by our clock, ShopTime by the shop's; the latter is zero for a shop that sends no time.
	Began    time.Time `bson:"began" json:"began"`
	ShopTime time.Time `bson:"shop_time" json:"shop_time"`
	// Reach is how far it has come: everything from its start up to here is staged.
	Reach order.Cut `bson:"reach" json:"reach"`
}

// Behind reports whether the reading has not come as far as another: it began earlier, or is the same one and has read less. Times go by
// the store's resolution of a millisecond, so that a reading that comes back from it is the same one.
func (r Reading) Behind(other Reading) bool {
	began := other.Began.Truncate(time.Millisecond)
	if is := r.Began.Truncate(time.Millisecond); !is.Equal(began) {
		return is.Before(began)
	}
	is, reach := r.Reach, other.Reach
	is.UpdatedAt, reach.UpdatedAt = is.UpdatedAt.Truncate(time.Millisecond), reach.UpdatedAt.Truncate(time.Millisecond)
	return reach.After(is)
}

// ClockChange is a moment at which the shop's clock was set, as far as two readings show it.
type ClockChange struct {
	// NoticedAt is when the first reading with the new clock began, by our clock; zero when it was never set.
	NoticedAt time.Time `bson:"noticed_at"`
	// Before is how far the shop's clock was ahead of ours until then; negative when it was behind.
	Before time.Duration `bson:"before"`
}

// clockTolerance is by how much two readings may differ in how far the shop's clock is ahead, before it counts as set:
// a reading may wait for its first answer.
const clockTolerance = time.Minute

// ahead is how far the shop's clock is ahead of ours at a reading; known is false for a shop that sends no time.
func (r Reading) ahead() (d time.Duration, known bool) {
	return r.ShopTime.Sub(r.Began), !r.ShopTime.IsZero() && !r.Began.IsZero()
}

func cutID(instance, task string) string { return instance + ":" + task }

func (s *Store) cut(ctx context.Context, id string) (*cutDocument, error) {
	var doc cutDocument
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return &cutDocument{ID: id}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read cut %s: %w", id, err)
	}
	doc.Cut.UpdatedAt = doc.Cut.UpdatedAt.UTC()
	return &doc, nil
}

// Progress is how far the reading of an instance has come.
type Progress struct {
	// Cut is the last change that is staged; zero when nothing ever was.
	Cut order.Cut
	// Latest is the latest reading, finished or not; CaughtUp the latest that came to its end. Zero when there was none.
	Latest, CaughtUp Reading
	// Clock is the last time that the shop's clock was set.
	Clock ClockChange
	// Rules is the version of the rules by which all orders are decided; empty before the first time.
	Rules string
	// RulesAt is when they were last decided by it.
	RulesAt time.Time
}

// Progress reads how far the task of the instance has come.
func (s *Store) Progress(ctx context.Context, instance, task string) (Progress, error) {
	doc, err := s.cut(ctx, cutID(instance, task))
	if err != nil {
		return Progress{}, err
	}
	return Progress{Cut: doc.Cut, Latest: doc.Latest.utc(), CaughtUp: doc.CaughtUp.utc(),
		Clock: ClockChange{NoticedAt: doc.Clock.NoticedAt.UTC(), Before: doc.Clock.Before}, Rules: doc.Rules, RulesAt: doc.RulesAt.UTC()}, nil
}

// utc undoes what the driver does to times.
func (r Reading) utc() Reading {
	return Reading{Began: r.Began.UTC(), ShopTime: r.ShopTime.UTC(), Reach: order.Cut{UpdatedAt: r.Reach.UpdatedAt.UTC(), EntityID: r.Reach.EntityID}}
}

// AdvanceCut moves the cut forward to c. A cut that is already there or further stays: it never moves back.
func (s *Store) AdvanceCut(ctx context.Context, instance, task string, c order.Cut) error {
	return s.changeCut(ctx, cutID(instance, task), func(doc *cutDocument) bool {
		ahead := c.After(doc.Cut)
		if ahead {
			doc.Cut = c
		}
		return ahead
	})
}

// CaughtUp notes a reading that has come to its end.
func (s *Store) CaughtUp(ctx context.Context, instance, task string, r Reading) error {
	return s.changeCut(ctx, cutID(instance, task), func(doc *cutDocument) bool {
		later := r.Began.After(doc.CaughtUp.Began)
		if later {
			doc.CaughtUp = r
		}
		return later
	})
}

// NoteReading notes how far a reading has come.
func (s *Store) NoteReading(ctx context.Context, instance, task string, r Reading) error {
	return s.changeCut(ctx, cutID(instance, task), func(doc *cutDocument) bool {
		known := doc.Latest
		further := known.Behind(r)
		if further {
			doc.noteClock(known, r)
			doc.Latest = r
		}
		return further
	})
}

// noteClock notices between two readings that the shop's clock was set.
func (d *cutDocument) noteClock(before, after Reading) {
	was, known := before.ahead()
	is, knownNow := after.ahead()
	if known && knownNow && (is-was).Abs() > clockTolerance {
		d.Clock = ClockChange{NoticedAt: after.Began, Before: was}
	}
}

// NoteRules notes that all orders of the instance are decided by this version of the rules, as they stood at a time or later.
func (s *Store) NoteRules(ctx context.Context, instance, task, version string, at time.Time) error {
	return s.changeCut(ctx, cutID(instance, task), func(doc *cutDocument) bool {
		changed := doc.Rules != version || !doc.RulesAt.Equal(at)
		doc.Rules, doc.RulesAt = version, at
		return changed
	})
}

// changeCut writes what change makes of the document, unless it says that there is nothing to write; when somebody else
// has written meanwhile it begins again.
func (s *Store) changeCut(ctx context.Context, id string, change func(*cutDocument) bool) error {
	for conflicts := range maxConflicts {
		doc, err := s.cut(ctx, id)
		if err != nil {
			return err
		}
		was := doc.Rev
		if doc.Rev++; !change(doc) {
			return nil
		}
		done, err := replaceOrAdd(ctx, s.cuts, id, was, doc)
		if err != nil {
			return fmt.Errorf("write cut %s: %w", id, err)
		}
		if done {
			return nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return err
		}
	}
	return fmt.Errorf("cut %s: changed by others %d times in a row", id, maxConflicts)
}

// replaceOrAdd stores doc in place of the revision it was read at, 0 for none; done is false when that is gone.
func replaceOrAdd(ctx context.Context, c *mongo.Collection, id string, was int64, doc any) (done bool, err error) {
	if was == 0 {
		_, err := c.InsertOne(ctx, doc)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	res, err := c.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "rev", Value: was}}, doc)
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}
