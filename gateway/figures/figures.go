// Package figures asks the store and Temporal what the gateway shows of them as metrics (package telemetry says when, and what becomes of a
// question that is not answered). Nothing it asks needs more than an index, but for the counts of all orders.
package figures

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/store"
	"datawald/telemetry"
	"datawald/workflows"
)

// cheapTime bounds a question that an index answers, or Temporal.
const cheapTime = 2 * time.Second

// Questions are asked of every instance, the cheap ones first: what is slow keeps nothing from them.
func Questions(db *store.Store, temporal client.Client) []telemetry.Question {
	r := reader{db, temporal}
	return []telemetry.Question{
		{Part: "reading", Ask: bounded(r.reading)},
		{Part: "waiting", Ask: bounded(r.waiting)},
		{Part: "schedule", Ask: bounded(r.schedule)},
		{Part: "reconciliation", Ask: bounded(r.reconciliation)},
		{Part: "alarms", Ask: bounded(r.alarms)},
		{Part: "held", Ask: r.held},
		{Part: "orders", Ask: r.orders},
	}
}

type ask = func(ctx context.Context, instance string, f *telemetry.Figures) error

func bounded(a ask) ask {
	return func(ctx context.Context, instance string, f *telemetry.Figures) error {
		ctx, cancel := context.WithTimeout(ctx, cheapTime)
		defer cancel()
		return a(ctx, instance, f)
	}
}

type reader struct {
	db       *store.Store
	temporal client.Client
}

// reading is how far the reading of Magento has come.
func (r reader) reading(ctx context.Context, instance string, f *telemetry.Figures) error {
	p, err := r.db.Progress(ctx, instance, store.TaskOrders)
	f.ReadAt, f.CutAt = p.CaughtUp.Began, p.Cut.UpdatedAt
	return err
}

// waiting is since when the pending order waits that was placed first.
func (r reader) waiting(ctx context.Context, instance string, f *telemetry.Figures) error {
	w, err := r.db.Waiting(ctx, instance)
	if err != nil {
		return err
	}
	f.Waiting = &time.Time{}
	if w.Oldest != nil {
		f.Waiting = &w.Oldest.Since
	}
	return nil
}

// schedule is what Temporal counts of the firings. One that nobody has made is no failure: there is nothing to show.
func (r reader) schedule(ctx context.Context, instance string, f *telemetry.Figures) error {
	d, err := r.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(instance)).Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		f.Schedule = nil
		return nil
	}
	if err != nil {
		return err
	}
	f.Schedule = &telemetry.ScheduleFigures{Skipped: int64(d.Info.NumActionsSkippedOverlap), Missed: int64(d.Info.NumActionsMissedCatchupWindow),
		Paused: d.Schedule.State.Paused}
	return nil
}

// reconciliation is how the latest whole one ended, and what waits for a person.
func (r reader) reconciliation(ctx context.Context, instance string, f *telemetry.Figures) error {
	s, err := r.db.ReconciliationOf(ctx, instance)
	if err != nil {
		return err
	}
	age, known := s.Age(time.Now())
	if !known {
		f.Reconciliation = nil
		return nil
	}
	f.Reconciliation = &telemetry.ReconciliationFigures{EndedAt: time.Now().Add(-age), Findings: map[string]int64{}}
	for kind, n := range s.ForPerson {
		f.Reconciliation.Findings[string(kind)] = n
	}
	return nil
}

// alarms are those that are raised.
func (r reader) alarms(ctx context.Context, instance string, f *telemetry.Figures) error {
	raised, err := r.db.RaisedAlarms(ctx, instance)
	if err != nil {
		return err
	}
	f.Alarms = map[string]bool{}
	for _, a := range raised {
		f.Alarms[a.Name] = true
	}
	return nil
}

// held counts held orders by why they are.
func (r reader) held(ctx context.Context, instance string, f *telemetry.Figures) (err error) {
	f.Held, err = r.db.CountByReason(ctx, store.Filter{Instance: instance, Status: order.Held})
	return err
}

// orders counts all orders by state.
func (r reader) orders(ctx context.Context, instance string, f *telemetry.Figures) error {
	counts, err := r.db.Counts(ctx, instance)
	if err != nil {
		return err
	}
	f.Orders = map[string]int64{}
	for state, n := range counts {
		f.Orders[string(state)] = n
	}
	return nil
}
