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

// UsualWeeks is how much of a shop's past is counted, up to its latest order.
const UsualWeeks = 8

// Usual says how many orders of an instance were placed in each hour of the weeks before its latest one.
type Usual struct {
	ID       string `bson:"_id"`
	Kind     string `bson:"kind"`
	Rev      int64  `bson:"rev"`
	Instance string `bson:"instance"`
	// From is the begin of the first hour, Hours how many orders were placed in it and in those behind it.
	From  time.Time `bson:"from"`
	Hours []int32   `bson:"hours"`
	// CountedAt is when they were counted, BegunAt when somebody began to count them last.
	CountedAt time.Time `bson:"counted_at,omitempty"`
	BegunAt   time.Time `bson:"begun_at,omitempty"`
}

// Until is the end of the last hour.
func (u *Usual) Until() time.Time { return u.From.Add(time.Duration(len(u.Hours)) * time.Hour) }

// Usual reads what was counted of an instance; one without Hours when nothing was.
func (s *Store) Usual(ctx context.Context, instance string) (*Usual, error) {
	u := &Usual{ID: kindUsual + ":" + instance}
	err := s.alarms.FindOne(ctx, bson.D{{Key: "_id", Value: u.ID}}).Decode(u)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("read the usual orders of %s: %w", instance, err)
	}
	u.Kind, u.Instance = kindUsual, instance
	for _, t := range []*time.Time{&u.From, &u.CountedAt, &u.BegunAt} {
		*t = t.UTC()
	}
	return u, nil
}

// countingTime is how long a process has to count; another may begin after it.
const countingTime = 10 * time.Minute

// CountUsual counts the orders of the weeks up to the hour of the latest one, unless somebody else does or has. Of each hour the index by time
// alone is asked.
func (s *Store) CountUsual(ctx context.Context, u *Usual, latest time.Time) error {
	if s.moment().Sub(u.BegunAt) < countingTime {
		return nil
	}
	u.BegunAt = s.moment()
	if mine, err := s.writeUsual(ctx, u); !mine || err != nil {
		return err
	}
	until := latest.UTC().Truncate(time.Hour).Add(time.Hour)
	u.From = until.Add(-UsualWeeks * 7 * 24 * time.Hour)
	u.Hours = nil
	for from := u.From; from.Before(until); from = from.Add(time.Hour) {
		n, err := s.Count(ctx, Filter{Instance: u.Instance, From: from, To: from.Add(time.Hour)})
		if err != nil {
			return err
		}
		u.Hours = append(u.Hours, int32(n))
	}
	u.CountedAt, u.BegunAt = s.moment(), time.Time{}
	_, err := s.writeUsual(ctx, u)
	return err
}

func (s *Store) writeUsual(ctx context.Context, u *Usual) (mine bool, err error) {
	was := u.Rev
	u.Rev++
	mine, err = replaceOrAdd(ctx, s.alarms, u.ID, was, u)
	if err != nil {
		return false, fmt.Errorf("write the usual orders of %s: %w", u.Instance, err)
	}
	return mine, nil
}

// LatestPlaced is when the latest order of an instance was placed, not after a time; zero while there is none.
func (s *Store) LatestPlaced(ctx context.Context, instance string, by time.Time) (time.Time, error) {
	var latest time.Time
	// State by state: the index of states leads to the latest of each, whatever other instances have placed since.
	for _, status := range order.Statuses() {
		cur, err := s.orders.Find(ctx, Filter{Instance: instance, Status: status, To: by}.query(), options.Find().SetSort(bson.D{{Key: "placed_at", Value: -1}, {Key: "_id", Value: -1}}).
			SetLimit(1).SetProjection(bson.D{{Key: "placed_at", Value: 1}}))
		if err != nil {
			return time.Time{}, fmt.Errorf("find the latest order: %w", err)
		}
		found, err := stagedOf(ctx, cur)
		if err != nil {
			return time.Time{}, err
		}
		if len(found) > 0 && found[0].PlacedAt.After(latest) {
			latest = found[0].PlacedAt.UTC()
		}
	}
	return latest, nil
}

// WayToB1 is how the way of an instance's orders to B1 is, with the cause of an outage, and until when its orders rest; zero values while nothing was
// noted.
func (s *Store) WayToB1(ctx context.Context, instance string) (way Lane, quietUntil time.Time, err error) {
	own, err := s.lane(ctx, instanceLane(instance))
	if err != nil || own.Rev == 0 {
		return Lane{}, time.Time{}, err
	}
	way, err = s.Lane(ctx, own.Company)
	return way, own.QuietUntil.UTC(), err
}

// LatestSync is the sync run that ended and began last, nil when there is none.
func (s *Store) LatestSync(ctx context.Context, instance string) (*Run, error) {
	return s.latestSync(ctx, instance)
}
