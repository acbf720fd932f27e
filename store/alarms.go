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

// What a document of the collection alarms is. Its _id begins with the word.
const (
	kindAlarm   = "alarm"
	kindChannel = "channel"
	kindUsual   = "usual"
)

// Kinds of alarm events.
const (
	AlarmRaised = "raised"
	// AlarmChanged: it stands, and has another cause than was told.
	AlarmChanged  = "changed"
	AlarmReminder = "reminder"
	AlarmResolved = "resolved"
)

// Alarm is one thing that may be amiss with an instance, and what was told of it. All processes that watch work on one document; what is in it are
// names, counts and times, never an order or a buyer.
type Alarm struct {
	ID       string `bson:"_id" json:"-"`
	Kind     string `bson:"kind" json:"-"`
	Rev      int64  `bson:"rev" json:"-"`
	Instance string `bson:"instance" json:"instance"`
	Name     string `bson:"name" json:"alarm"`
	// BadSince is since when the cause is seen without a break; zero while it is not. ClearSince is since when it is gone while the alarm stands.
	BadSince   time.Time `bson:"bad_since,omitempty" json:"-"`
	ClearSince time.Time `bson:"clear_since,omitempty" json:"-"`
	// Subject is what the cause is seen at, where another one is another cause.
	Subject string `bson:"subject,omitempty" json:"-"`
	// SeenCount is the count at BadSince.
	SeenCount int64 `bson:"seen_count,omitempty" json:"-"`
	// Cause is the cause that was told, where an alarm has several; empty where it has one, or in a document of a release before 2026-12. Other is
	// another one, seen since OtherSince while the alarm stands, that is yet to be told.
	Cause      string    `bson:"cause,omitempty" json:"-"`
	Other      string    `bson:"other,omitempty" json:"-"`
	OtherSince time.Time `bson:"other_since,omitempty" json:"-"`
	// Raised is true from when it was raised until it is resolved.
	Raised     bool      `bson:"raised" json:"raised"`
	RaisedAt   time.Time `bson:"raised_at,omitempty" json:"raised_at,omitzero"`
	ResolvedAt time.Time `bson:"resolved_at,omitempty" json:"resolved_at,omitzero"`
	// Since is since when the cause lasts, as far as that is known; What says what is so, Todo what to do, Count how many orders or findings.
	Since time.Time `bson:"since,omitempty" json:"since,omitzero"`
	What  string    `bson:"what,omitempty" json:"what,omitempty"`
	Todo  string    `bson:"todo,omitempty" json:"todo,omitempty"`
	Count int64     `bson:"count,omitempty" json:"count,omitempty"`
	// NotedAt is when What and Count were written.
	NotedAt time.Time `bson:"noted_at,omitempty" json:"-"`
	// Seq counts the events; Events are the latest of them, the oldest first.
	Seq    int64        `bson:"seq" json:"-"`
	Events []AlarmEvent `bson:"events,omitempty" json:"-"`
	// Told is up to which event each channel has told.
	Told map[string]int64 `bson:"told,omitempty" json:"-"`
}

// AlarmEvent is something that people are told of an alarm.
type AlarmEvent struct {
	Seq   int64     `bson:"seq"`
	Kind  string    `bson:"kind"`
	At    time.Time `bson:"at"`
	Since time.Time `bson:"since,omitempty"`
	What  string    `bson:"what"`
	Todo  string    `bson:"todo,omitempty"`
	Count int64     `bson:"count,omitempty"`
}

// alarmEvents is how many events an alarm keeps: more than a channel that was away for a day has to tell.
const alarmEvents = 20

// Add notes an event.
func (a *Alarm) Add(kind string, at time.Time) {
	a.Seq++
	a.Events = append(a.Events, AlarmEvent{Seq: a.Seq, Kind: kind, At: at, Since: a.Since, What: a.What, Todo: a.Todo, Count: a.Count})
	if n := len(a.Events) - alarmEvents; n > 0 {
		a.Events = a.Events[n:]
	}
}

// Untold are the events that a channel has yet to tell. One that was not there when the alarm came up is told that it stands, if it does, and not
// of the past.
func (a *Alarm) Untold(channel string) (events []AlarmEvent) {
	told, known := a.Told[channel]
	for _, e := range a.Events {
		if e.Seq > told && (known || a.Raised && !e.At.Before(a.RaisedAt)) {
			events = append(events, e)
		}
	}
	return events
}

func alarmID(instance, name string) string { return kindAlarm + ":" + instance + ":" + name }

// Alarms gives the alarms of an instance, of all with an empty name, by instance and name: those that are raised and those that were seen coming.
func (s *Store) Alarms(ctx context.Context, instance string) ([]Alarm, error) {
	filter := bson.D{{Key: "kind", Value: kindAlarm}}
	if instance != "" {
		filter = append(filter, bson.E{Key: "instance", Value: instance})
	}
	cur, err := s.alarms.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	all := []Alarm{}
	if err := cur.All(ctx, &all); err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	for n := range all {
		all[n].utc()
	}
	return all, nil
}

// RaisedAlarms gives those alarms of an instance, of all with an empty name, that stand, by instance and name.
func (s *Store) RaisedAlarms(ctx context.Context, instance string) ([]Alarm, error) {
	all, err := s.Alarms(ctx, instance)
	raised := []Alarm{}
	for _, a := range all {
		if a.Raised {
			raised = append(raised, a)
		}
	}
	return raised, err
}

// utc undoes what the driver does to times.
func (a *Alarm) utc() {
	for _, t := range []*time.Time{&a.BadSince, &a.ClearSince, &a.OtherSince, &a.RaisedAt, &a.ResolvedAt, &a.Since, &a.NotedAt} {
		*t = t.UTC()
	}
	for n := range a.Events {
		a.Events[n].At, a.Events[n].Since = a.Events[n].At.UTC(), a.Events[n].Since.UTC()
	}
}

// ChangeAlarm writes what change makes of an alarm, unless it says that there is nothing to write; when somebody else has written meanwhile it
// begins again, so that of all who see the same one alone makes the event of it. written says that this call wrote.
func (s *Store) ChangeAlarm(ctx context.Context, instance, name string, change func(*Alarm) bool) (a *Alarm, written bool, err error) {
	id := alarmID(instance, name)
	for conflicts := range maxConflicts {
		a := &Alarm{ID: id}
		err := s.alarms.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(a)
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			return nil, false, fmt.Errorf("read alarm %s: %w", id, err)
		}
		a.utc()
		a.Kind, a.Instance, a.Name = kindAlarm, instance, name
		was := a.Rev
		if a.Rev++; !change(a) {
			return a, false, nil
		}
		done, err := replaceOrAdd(ctx, s.alarms, id, was, a)
		if err != nil {
			return nil, false, fmt.Errorf("write alarm %s: %w", id, err)
		}
		if done {
			return a, true, nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return nil, false, err
		}
	}
	return nil, false, fmt.Errorf("alarm %s: changed by others %d times in a row", id, maxConflicts)
}

// AlarmChannel is a way by which alarms are told, and how it does. One process at a time has it.
type AlarmChannel struct {
	ID   string `bson:"_id" json:"-"`
	Kind string `bson:"kind" json:"-"`
	Rev  int64  `bson:"rev" json:"-"`
	Name string `bson:"name" json:"channel"`
	// Until is how long the process that has it may send. Should it die, another takes it then.
	Until time.Time `bson:"until,omitempty" json:"-"`
	// Attempts counts those in a row that failed, the first at FailedSince, for Failure; none is made before NextAt.
	Attempts    int       `bson:"attempts,omitempty" json:"failed_attempts,omitempty"`
	FailedSince time.Time `bson:"failed_since,omitempty" json:"failed_since,omitzero"`
	Failure     string    `bson:"failure,omitempty" json:"failure,omitempty"`
	NextAt      time.Time `bson:"next_at,omitempty" json:"next_attempt,omitzero"`
	// SentAt is when a message was sent last.
	SentAt time.Time `bson:"sent_at,omitempty" json:"sent_at,omitzero"`
}

// AlarmChannel reads how a channel does.
func (s *Store) AlarmChannel(ctx context.Context, name string) (*AlarmChannel, error) {
	c := &AlarmChannel{ID: kindChannel + ":" + name}
	err := s.alarms.FindOne(ctx, bson.D{{Key: "_id", Value: c.ID}}).Decode(c)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("read the channel %s: %w", name, err)
	}
	c.Kind, c.Name = kindChannel, name
	for _, t := range []*time.Time{&c.Until, &c.FailedSince, &c.NextAt, &c.SentAt} {
		*t = t.UTC()
	}
	return c, nil
}

// TakeAlarmChannel gives a channel to the caller until a time, nil while another has it or it is not due.
func (s *Store) TakeAlarmChannel(ctx context.Context, name string, now, until time.Time) (*AlarmChannel, error) {
	c, err := s.AlarmChannel(ctx, name)
	if err != nil || now.Before(c.Until) || now.Before(c.NextAt) {
		return nil, err
	}
	if kept, err := s.KeepAlarmChannel(ctx, c, until); !kept || err != nil {
		return nil, err
	}
	return c, nil
}

// KeepAlarmChannel writes a channel that the caller has, and gives it to him until another time, zero to give it back. kept is false when he has it
// no longer: he must send nothing more.
func (s *Store) KeepAlarmChannel(ctx context.Context, c *AlarmChannel, until time.Time) (kept bool, err error) {
	was := c.Rev
	c.Rev++
	c.Until = until
	kept, err = replaceOrAdd(ctx, s.alarms, c.ID, was, c)
	if err != nil {
		return false, fmt.Errorf("write the channel %s: %w", c.Name, err)
	}
	return kept, nil
}
