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
	// SoFar are the hours from SoFarFrom on of a count that is not done, which began at SoFarAt: whoever counts next goes on behind them. Hours are those
	// of the count before.
	SoFar     []int32   `bson:"so_far,omitempty"`
	SoFarFrom time.Time `bson:"so_far_from,omitempty"`
	SoFarAt   time.Time `bson:"so_far_at,omitempty"`
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
	for _, t := range []*time.Time{&u.From, &u.CountedAt, &u.BegunAt, &u.SoFarFrom, &u.SoFarAt} {
		*t = t.UTC()
	}
	return u, nil
}

// countingTime is how long a process has to count; another may begin after it.
const countingTime = 10 * time.Minute

// soFarKept is how long what was counted of a count that is not done is gone on with, soFarTime what the noting of it may take.
const (
	soFarKept = 24 * time.Hour
	soFarTime = 5 * time.Second
)

// CountUsual counts the orders of the weeks up to the hour of the latest one, unless somebody else does or has. Of each hour the index by time
// alone is asked. When ctx ends or the store does not answer, the next one goes on where this one ends, so that it is done at last however long a question
// takes; u then has what it had.
func (s *Store) CountUsual(ctx context.Context, u *Usual, latest time.Time) error {
	if s.moment().Sub(u.BegunAt) < countingTime {
		return nil
	}
	u.BegunAt = s.moment()
	if mine, err := s.writeUsual(ctx, u); !mine || err != nil {
		return err
	}
	until := latest.UTC().Truncate(time.Hour).Add(time.Hour)
	u.resume(until.Add(-UsualWeeks*7*24*time.Hour), s.moment())
	for from := u.soFarUntil(); from.Before(until); from = u.soFarUntil() {
		n, err := s.Count(ctx, Filter{Instance: u.Instance, From: from, To: from.Add(time.Hour)})
		if err != nil {
			s.leaveUsual(ctx, u)
			return err
		}
		u.SoFar = append(u.SoFar, int32(n))
	}
	u.From, u.Hours = u.SoFarFrom, u.SoFar
	u.SoFar, u.SoFarFrom, u.SoFarAt = nil, time.Time{}, time.Time{}
	u.CountedAt, u.BegunAt = s.moment(), time.Time{}
	_, err := s.writeUsual(ctx, u)
	return err
}

// resume makes the count begin at an hour: with what was counted from there on, where that is of late.
func (u *Usual) resume(from, now time.Time) {
	gone := int(from.Sub(u.SoFarFrom) / time.Hour) // hours that are before the weeks by now
	if now.Sub(u.SoFarAt) >= soFarKept || from.Before(u.SoFarFrom) || gone > len(u.SoFar) {
		u.SoFar, u.SoFarAt, gone = nil, now, 0
	}
	u.SoFar, u.SoFarFrom = u.SoFar[gone:], from
}

func (u *Usual) soFarUntil() time.Time {
	return u.SoFarFrom.Add(time.Duration(len(u.SoFar)) * time.Hour)
}

// leaveUsual notes how far a count has come, and lets others go on. What is not noted is counted again.
func (s *Store) leaveUsual(ctx context.Context, u *Usual) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), soFarTime)
	defer cancel()
	u.BegunAt = time.Time{}
	_, _ = s.writeUsual(ctx, u) // another that has begun meanwhile counts by itself
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
