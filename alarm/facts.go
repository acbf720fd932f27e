package alarm

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"datawald/activities"
	"datawald/config"
	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// facts are the figures of an instance by which all is judged.
type facts struct {
	now    time.Time
	limits config.Alarms
	// schedule is how Temporal shows it.
	schedule *watch.Schedule
	// runsUnserved and ordersUnserved are true while nobody asks Temporal for the work; nil when it does not tell.
	runsUnserved, ordersUnserved *bool
	// read is when Magento last answered, caughtUp when the latest reading began that came to its end; zero while there was none.
	read, caughtUp time.Time
	// magentoRefuses is true when the latest run was refused, which began at refusedAt.
	magentoRefuses bool
	refusedAt      time.Time
	// writesRefused is since when an order waits to be marked in Magento, which does not let the connector; zero while none does.
	writesRefused time.Time
	b1            store.Lane
	quietUntil    time.Time
	waiting       *store.Waiting
	held          int64
	// heldRaised and pendingRaised are true while the alarms of held orders and of those that wait stand.
	heldRaised, pendingRaised bool
	// usualUnknown is true when the store did not tell what is usual, now or before.
	usualUnknown bool
	// rhythm is nil while too little is known of the shop. latest is when its latest order was placed, lastDay how many were in 24 hours.
	rhythm  *Rhythm
	latest  time.Time
	lastDay int64
	// reconciled is the latest reconciliation, as far as its alarms want it.
	reconciled reconciled
}

// gather reads the facts. The store must answer, Temporal need not.
func (k *Keeper) gather(ctx context.Context, instance string) (f facts, err error) {
	f = facts{now: k.now(), limits: k.Limits}
	if f.schedule, err = k.Look(ctx, instance); err != nil {
		return f, err
	}
	if f.schedule.State != watch.Unknown { // it would be asked for these in vain
		f.runsUnserved, f.ordersUnserved = unserved(k.HasWorker(ctx)), unserved(k.Served(ctx, instance))
	}
	progress, err := k.Store.Progress(ctx, instance, store.TaskOrders)
	if err != nil {
		return f, err
	}
	f.read, f.caughtUp = progress.Latest.Began, progress.CaughtUp.Began
	if err := k.lastRun(ctx, instance, &f); err != nil {
		return f, err
	}
	if f.writesRefused, err = k.Store.WriteBackRefused(ctx, instance); err != nil {
		return f, err
	}
	if f.b1, f.quietUntil, err = k.Store.WayToB1(ctx, instance); err != nil {
		return f, err
	}
	if f.waiting, err = k.Store.Waiting(ctx, instance); err != nil {
		return f, err
	}
	if f.held, err = k.Store.Count(ctx, store.Filter{Instance: instance, Status: order.Held}); err != nil {
		return f, err
	}
	if f.reconciled, err = k.reconciled(ctx, instance, f.schedule); err != nil {
		return f, err
	}
	k.askUsual(ctx, instance, &f)
	return f, ctx.Err()
}

// unserved turns an answer around; nil when there was none.
func unserved(served bool, err error) *bool {
	if err != nil {
		return nil
	}
	return new(!served)
}

// lastRun reads whether Magento refused the latest run that has ended, and has not answered since. A run notes an error with its type.
func (k *Keeper) lastRun(ctx context.Context, instance string, f *facts) error {
	last, err := k.Store.LatestSync(ctx, instance)
	if err != nil || last == nil {
		return err
	}
	f.refusedAt = last.StartedAt
	f.magentoRefuses = !f.read.After(last.StartedAt) && slices.ContainsFunc(last.Errors, func(e string) bool {
		return strings.HasPrefix(e, "read Magento: ") && strings.Contains(e, "(type: "+activities.TypeConfig+",")
	})
	return nil
}

// countAgain is how old what was counted of the usual orders may be.
const countAgain = 24 * time.Hour

// usualLimit bounds what the usual orders may take of a look: the costliest question says nothing of all the others. A count that needs longer goes on
// with the next look.
const usualLimit = time.Minute

// askUsual reads what is usual; what was counted before does while it cannot be counted. That it cannot is logged once, until a count is done, whoever does it.
func (k *Keeper) askUsual(ctx context.Context, instance string, f *facts) {
	asking, cancel := context.WithTimeout(ctx, cmp.Or(k.Pace.Usual, usualLimit))
	defer cancel()
	counting, err := k.usual(asking, instance, f)
	f.usualUnknown = err != nil && f.rhythm == nil
	if ctx.Err() != nil {
		return
	}
	if err != nil && !k.uncounted[instance] {
		k.Log.Warn("the usual orders are not counted", "instance", instance, "alarm", NoNewOrders, "error", err)
	}
	if k.uncounted == nil {
		k.uncounted = map[string]bool{}
	}
	k.uncounted[instance] = err != nil || counting && k.uncounted[instance]
}

// usual reads what is usual, and has it counted once a day by one of all: up to the latest order, so that a silence of weeks does not become usual.
// counting is true while a count has begun that is not done, here or in another process.
func (k *Keeper) usual(ctx context.Context, instance string, f *facts) (counting bool, err error) {
	if !k.Limits.NoNewOrders {
		return false, nil
	}
	if f.latest, err = k.Store.LatestPlaced(ctx, instance, f.now); err != nil || f.latest.IsZero() {
		return false, err
	}
	if f.lastDay, err = k.Store.Count(ctx, store.Filter{Instance: instance, From: f.now.Add(-24 * time.Hour), To: f.now}); err != nil {
		return false, err
	}
	counted, err := k.Store.Usual(ctx, instance)
	if err != nil {
		return false, err
	}
	if f.now.Sub(counted.CountedAt) >= countAgain && !f.latest.Before(counted.Until()) {
		err = k.Store.CountUsual(ctx, counted, f.latest)
	}
	if r, known := NewRhythm(counted, k.Limits.Zone(), k.Limits.QuietDays); known {
		f.rhythm = r
	}
	return !counted.SoFarAt.IsZero(), err
}
