package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Lane is how the way to one B1 company is, as all workers together see it. Codes and times only, no personal data.
type Lane struct {
	// Company names the B1 company, host and database.
	Company string
	// DownSince is since when no order could be sent; zero while they can. FailedAt is when B1 was last asked in vain, Failure
	// what came of that: an HTTP status, B1's own code, or no_answer; and Cause what that means, in a word of the caller's.
	DownSince, FailedAt time.Time
	Failure, Cause      string
	// AlarmedAt is when the alarm for this outage was raised, AlarmedFor the cause that it named; zero when it was not.
	AlarmedAt  time.Time
	AlarmedFor string
	// UpSince is when the latest outage ended.
	UpSince time.Time
	// Interval is the time between two runs of a schedule, in seconds; zero for what is none, or while nobody has seen it.
	Interval int64
}

// laneDocument is a Lane in the collection lanes: one for each company, under company:<host/database>; and one for each
// instance, under instance:<name>, with its company and its quiet hours; one for each schedule, under schedule:<instance>, one for
// those who take its orders to B1, under b1-worker:<instance>, and one for its backfill, under backfill:<instance>.
type laneDocument struct {
	ID        string    `bson:"_id"`
	Rev       int64     `bson:"rev"`
	Company   string    `bson:"company"`
	DownSince time.Time `bson:"down_since,omitempty"`
	FailedAt  time.Time `bson:"failed_at,omitempty"`
	Failure   string    `bson:"failure,omitempty"`
	Cause     string    `bson:"cause,omitempty"`
	AlarmedAt time.Time `bson:"alarmed_at,omitempty"`
	// AlarmedFor is the cause that the alarm named. SpeakerSince is since when a worker is about to say something of this outage;
	// it is zero again once that is said.
	AlarmedFor   string    `bson:"alarmed_for,omitempty"`
	SpeakerSince time.Time `bson:"speaker_since,omitempty"`
	UpSince      time.Time `bson:"up_since,omitempty"`
	QuietUntil   time.Time `bson:"quiet_until,omitempty"`
	// WritesBack is whether the rules of an instance tell Magento of posted orders, as its latest run saw them; nil while none has.
	WritesBack *bool `bson:"writes_back,omitempty"`
	// Interval is that of a schedule, in seconds, as somebody saw it last.
	Interval int64 `bson:"interval_seconds,omitempty"`
}

// Lane reads how the way to a company is; one of which nothing was noted is well.
func (s *Store) Lane(ctx context.Context, company string) (Lane, error) {
	doc, err := s.lane(ctx, companyLane(company))
	if err != nil {
		return Lane{}, err
	}
	doc.Company = company
	return doc.lane(), nil
}

// NoteInterval notes the time between two runs of an instance's schedule, in seconds, for those who cannot ask Temporal later.
func (s *Store) NoteInterval(ctx context.Context, instance string, seconds int64) error {
	_, err := s.changeLane(ctx, ScheduleOf(instance), func(doc *laneDocument) bool {
		changed := doc.Interval != seconds
		doc.Company, doc.Interval = ScheduleOf(instance), seconds
		return changed
	})
	return err
}

// NoteQuiet notes which company an instance feeds, and until when its orders rest; zero for not.
func (s *Store) NoteQuiet(ctx context.Context, instance, company string, until time.Time) error {
	_, err := s.changeLane(ctx, instanceLane(instance), func(doc *laneDocument) bool {
		same := doc.Company == company && doc.QuietUntil.Equal(until)
		doc.Company, doc.QuietUntil = company, until
		return !same
	})
	return err
}

// NoteWritesBack notes whether the rules of an instance tell Magento of posted orders.
func (s *Store) NoteWritesBack(ctx context.Context, instance string, asked bool) error {
	_, err := s.changeLane(ctx, instanceLane(instance), func(doc *laneDocument) bool {
		same := doc.WritesBack != nil && *doc.WritesBack == asked
		doc.WritesBack = &asked
		return !same
	})
	return err
}

// LaneStatus says how the way of an instance's orders to B1 is.
type LaneStatus struct {
	State string `json:"state" enum:"up,down,quiet" doc:"down: B1 does not answer, writes no order or refuses the connector, and no order is sent; quiet: the rules let no order be sent now"`
	// Since is when B1 ceased to answer, or when it answered again after the latest outage.
	Since *time.Time `json:"since,omitempty" doc:"Since when B1 takes no order, or takes them again after an outage"`
	// QuietUntil is when orders are sent again.
	QuietUntil *time.Time `json:"quiet_until,omitempty" doc:"When orders are sent again"`
	// CheckedAt is when B1 was last asked in vain; Failure is what came of that.
	CheckedAt *time.Time `json:"checked_at,omitempty" doc:"When B1 was last asked in vain"`
	Failure   string     `json:"failure,omitempty" doc:"What came of that: an HTTP status, B1's own code, no_answer, page or certificate"`
	// AlarmedAt is when the alarm was raised.
	AlarmedAt *time.Time `json:"alarmed_at,omitempty" doc:"When the alarm for this outage was raised"`
}

// States of a lane.
const (
	LaneUp    = "up"
	LaneDown  = "down"
	LaneQuiet = "quiet"
)

// LaneOf reads the lane of an instance, nil when no run has asked for orders yet.
func (s *Store) LaneOf(ctx context.Context, instance string) (*LaneStatus, error) {
	own, err := s.lane(ctx, instanceLane(instance))
	if err != nil || own.Rev == 0 {
		return nil, err
	}
	b1, err := s.lane(ctx, companyLane(own.Company))
	if err != nil {
		return nil, err
	}
	status := &LaneStatus{State: LaneUp, Since: given(b1.UpSince)}
	if own.QuietUntil.After(s.moment()) {
		status.State, status.QuietUntil = LaneQuiet, given(own.QuietUntil)
	}
	if !b1.DownSince.IsZero() {
		status.State, status.Since = LaneDown, given(b1.DownSince)
		status.CheckedAt, status.Failure, status.AlarmedAt = given(b1.FailedAt), b1.Failure, given(b1.AlarmedAt)
	}
	return status, nil
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// ScheduleOf stands for the schedule of an instance where Lane, NoteDown, Alarmed, NoteUp and Over want a company: what keeps it from
// its work is noted, said and ended in the same way. No company is called so: each has a / in its name, no instance has.
func ScheduleOf(instance string) string { return scheduleLane + instance }

// WorkerOf stands in the same way for those who take the orders of an instance to B1.
func WorkerOf(instance string) string { return workerLane + instance }

// ImportsOf stands in the same way for the backfill of an instance.
func ImportsOf(instance string) string { return backfillLane + instance }

const (
	scheduleLane = "schedule:"
	workerLane   = "b1-worker:"
	backfillLane = "backfill:"
)

// companyLane is where the lane of a company, or of a schedule, is.
func companyLane(company string) string {
	for _, own := range []string{scheduleLane, workerLane, backfillLane} {
		if strings.HasPrefix(company, own) && !strings.Contains(company, "/") {
			return company
		}
	}
	return "company:" + company
}

func instanceLane(instance string) string { return "instance:" + instance }

// moment is now, no finer than the store keeps it.
func (s *Store) moment() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func (d *laneDocument) lane() Lane {
	return Lane{Company: d.Company, DownSince: d.DownSince.UTC(), FailedAt: d.FailedAt.UTC(), Failure: d.Failure, Cause: d.Cause, AlarmedAt: d.AlarmedAt.UTC(), AlarmedFor: d.AlarmedFor,
		UpSince: d.UpSince.UTC(), Interval: d.Interval}
}

func (s *Store) lane(ctx context.Context, id string) (*laneDocument, error) {
	doc := &laneDocument{ID: id}
	err := s.lanes.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("read lane %s: %w", id, err)
	}
	return doc, nil
}

// changeLane writes what change makes of the document, unless it says that there is nothing to write; when somebody else
// has written meanwhile it begins again.
func (s *Store) changeLane(ctx context.Context, id string, change func(*laneDocument) bool) (*laneDocument, error) {
	for conflicts := range maxConflicts {
		doc, err := s.lane(ctx, id)
		if err != nil {
			return nil, err
		}
		was := doc.Rev
		if doc.Rev++; !change(doc) {
			return doc, nil
		}
		done, err := replaceOrAdd(ctx, s.lanes, id, was, doc)
		if err != nil {
			return nil, fmt.Errorf("write lane %s: %w", id, err)
		}
		if done {
			return doc, nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("lane %s: changed by others %d times in a row", id, maxConflicts)
}
