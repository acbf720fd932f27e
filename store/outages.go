package store

import (
	"context"
	"errors"
	"time"
)

// notedEvery is how seldom an outage that is known is written down again, however many workers see it.
const notedEvery = 5 * time.Second

// speakingTime is how long a worker has to say what it was told to say. If it dies before it has noted that it did, another is
// told to: rather twice than never.
const speakingTime = 20 * time.Second

// ErrBeingSaid is the answer of NoteUp while another worker is about to say something of the outage: should it die, the mark stays
// until somebody asks again.
var ErrBeingSaid = errors.New("another worker is about to speak of this outage")

// Trouble is what a worker notes of a B1 to which no order can be sent.
type Trouble struct {
	Since time.Time
	// Failure and Cause are as in Lane.
	Failure, Cause string
	// AlarmAfter is how old it must be for an alarm. Anew raises another alarm where the one before named another cause.
	AlarmAfter time.Duration
	Anew       bool
}

// NoteDown notes that no order can be sent. Once that is old enough, one of all callers at a time is told to raise the alarm: it
// must say it, and then call Alarmed.
func (s *Store) NoteDown(ctx context.Context, company string, t Trouble) (alarm bool, lane Lane, err error) {
	now := s.moment()
	doc, err := s.changeLane(ctx, companyLane(company), func(doc *laneDocument) bool {
		known := !doc.DownSince.IsZero()
		if !known {
			doc.DownSince = t.Since
			if t.Since.Before(doc.UpSince) { // another worker has had an answer since
				doc.DownSince = now
			}
		}
		due := doc.AlarmedAt.IsZero() || t.Anew && doc.AlarmedFor != t.Cause
		if alarm = due && now.Sub(doc.DownSince) >= t.AlarmAfter && s.isFree(doc, now); alarm {
			doc.SpeakerSince = now
		}
		write := alarm || !known || doc.Cause != t.Cause || now.Sub(doc.FailedAt) >= notedEvery
		doc.Company, doc.FailedAt, doc.Failure, doc.Cause = company, now, t.Failure, t.Cause
		return write
	})
	if err != nil {
		return false, Lane{}, err
	}
	return alarm, doc.lane(), nil
}

// isFree reports whether no worker is about to say something of the outage.
func (s *Store) isFree(doc *laneDocument, now time.Time) bool {
	return now.Sub(doc.SpeakerSince) >= s.speakingTime
}

// Alarmed notes that the alarm for an outage was raised, for a cause.
func (s *Store) Alarmed(ctx context.Context, company, cause string) error {
	now := s.moment()
	_, err := s.changeLane(ctx, companyLane(company), func(doc *laneDocument) bool {
		if doc.DownSince.IsZero() {
			return false
		}
		doc.AlarmedAt, doc.AlarmedFor, doc.SpeakerSince = now, cause, time.Time{}
		return true
	})
	return err
}

// NoteUp notes that orders can be sent. An outage of which nobody has heard ends by that, unless another worker has noted it
// within the time that stale gives for its cause: it may have no way to B1 of its own. Without stale it ends at once. Of one with an
// alarm, one of all callers at a time is told to say that it is over: it must say it, and then call Over. The others get ErrBeingSaid.
func (s *Store) NoteUp(ctx context.Context, company string, stale func(cause string) time.Duration) (outage Lane, say bool, err error) {
	now, others := s.moment(), false
	_, err = s.changeLane(ctx, companyLane(company), func(doc *laneDocument) bool {
		outage, say, others = doc.lane(), false, false
		isOver := !doc.DownSince.IsZero() && (stale == nil || now.Sub(doc.FailedAt) >= stale(doc.Cause))
		if isOver && doc.isHeardOf() {
			if say = s.isFree(doc, now); say {
				doc.SpeakerSince = now
			}
			others = !say
			return say
		}
		if isOver {
			doc.end(company, now)
		}
		return isOver
	})
	outage.UpSince = now
	if others && err == nil {
		err = ErrBeingSaid
	}
	return outage, say && err == nil, err
}

// Over ends an outage that is said to be over; one that another worker has ended meanwhile stays as it is.
func (s *Store) Over(ctx context.Context, outage Lane) error {
	_, err := s.changeLane(ctx, companyLane(outage.Company), func(doc *laneDocument) bool {
		if !doc.DownSince.Equal(outage.DownSince) {
			return false
		}
		doc.end(outage.Company, outage.UpSince)
		return true
	})
	return err
}

// isHeardOf reports whether an alarm was raised, or may have been by a worker that died.
func (d *laneDocument) isHeardOf() bool { return !d.AlarmedAt.IsZero() || !d.SpeakerSince.IsZero() }

// end ends the outage.
func (d *laneDocument) end(company string, at time.Time) {
	d.Company, d.UpSince = company, at
	d.DownSince, d.AlarmedAt, d.SpeakerSince, d.AlarmedFor, d.Cause = time.Time{}, time.Time{}, time.Time{}, "", ""
}
