package main

import (
	"context"
	"log/slog"
	"time"

	"datawald/sapb1"
	"datawald/store"
)

// alarm hears how a B1 company does, and says so once for all workers: which of them speaks is decided in the store. It speaks
// first and notes then that it did: should it die between, another says it again.
type alarm struct {
	store   *store.Store
	log     *slog.Logger
	company string
	// after is how long no order can have been sent before the alarm is raised.
	after time.Duration
	// stale is how long nobody must have noted an outage before a worker that knows nothing of one takes it for over; refused is the
	// same of a refusal.
	stale, refused time.Duration
}

const (
	// staleAfter is a few probes, or one that gets no answer.
	staleAfter = 20 * time.Second
	// refusedFor is the same of a refusal, beyond the time until its alarm: a worker notes it with an order that it is given, which is
	// one in a run perhaps, and a run each minute.
	refusedFor = 2 * time.Minute
)

func newAlarm(db *store.Store, log *slog.Logger, company string, after time.Duration) *alarm {
	return &alarm{store: db, log: log, company: company, after: after, stale: staleAfter, refused: after + refusedFor}
}

// alarms are what is said of an outage, by its cause: what is the matter, what becomes of the orders, what to do.
var alarms = map[sapb1.Cause]string{
	sapb1.Silent:    "B1 does not answer; orders wait, none is lost, and they are sent by themselves when it does. Look at the Service Layer and at what lies between",
	sapb1.ReadsOnly: "B1 answers, but writes no order; orders wait, none is lost, and they are sent by themselves when it does: one at a time is tried. Look at the Service Layer's log, at the database, its disk and its locks",
	sapb1.Refused:   "B1 refuses the connector; orders wait, none is lost. Run starter doctor b1, and mend the user, the password or the certificate: with new settings restart the worker",
}

// tell takes note of B1's health. Its error means that the store did not take it.
func (a *alarm) tell(ctx context.Context, h sapb1.Health) error {
	if h.Down {
		return a.down(ctx, h)
	}
	stale := a.staleFor
	if !h.Again { // it ends what this worker itself has noted
		stale = nil
	}
	outage, say, err := a.store.NoteUp(ctx, a.company, stale)
	if err != nil || !say {
		return err
	}
	a.log.Warn("B1 answers again; the orders that waited are sent, oldest first", "company", a.company,
		"down_since", stamp(outage.DownSince), "for", outage.UpSince.Sub(outage.DownSince).Round(time.Second).String())
	return a.store.Over(ctx, outage)
}

// staleFor is how long an outage of a cause must not have been noted by anybody.
func (a *alarm) staleFor(cause string) time.Duration {
	if cause == string(sapb1.Refused) {
		return a.refused
	}
	return a.stale
}

func (a *alarm) down(ctx context.Context, h sapb1.Health) error {
	raise, lane, err := a.store.NoteDown(ctx, a.company, store.Trouble{Since: h.Since, Failure: h.Code, Cause: string(h.Cause),
		AlarmAfter: a.after, Anew: h.Cause == sapb1.Refused})
	if err != nil || !raise {
		return err
	}
	a.log.Error(alarms[h.Cause], "company", a.company, "cause", string(h.Cause), "down_since", stamp(lane.DownSince), "last_failure", lane.Failure)
	return a.store.Alarmed(ctx, a.company, string(h.Cause))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
