package main

import (
	"context"
	"log/slog"
	"time"

	"datawald/sapb1"
	"datawald/store"
)

// alarm hears how a B1 company does, and says so once for all workers: which of them speaks is decided in the store.
type alarm struct {
	store   *store.Store
	log     *slog.Logger
	company string
	// after is how long B1 must not have answered before the alarm is raised.
	after time.Duration
}

// tell takes note of B1's health. Its error means that the store did not take it.
func (a *alarm) tell(ctx context.Context, h sapb1.Health) error {
	if h.Down {
		return a.down(ctx, h)
	}
	outage, ended, err := a.store.NoteUp(ctx, a.company)
	if err != nil || !ended || outage.AlarmedAt.IsZero() {
		return err
	}
	a.log.Warn("B1 answers again; the orders that waited are sent, oldest first", "company", a.company,
		"down_since", stamp(outage.DownSince), "for", outage.UpSince.Sub(outage.DownSince).Round(time.Second).String())
	return nil
}

func (a *alarm) down(ctx context.Context, h sapb1.Health) error {
	raise, lane, err := a.store.NoteDown(ctx, a.company, h.Since, h.Code, a.after)
	if err != nil {
		return err
	}
	if raise {
		a.log.Error("B1 does not answer; orders wait, none is lost, and they are sent by themselves when it does. Look at the Service Layer and at what lies between",
			"company", a.company, "down_since", stamp(lane.DownSince), "last_failure", lane.Failure)
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
