package main

import (
	"errors"

	"datawald/watch"
)

// release leaves the orders of a backfill that is gone to the runs of the schedule, and closes its record.
func (w *follower) release() error {
	db, done, err := openStore(w.ctx, w.settings)
	if err != nil {
		return err
	}
	defer done()
	sight := watch.Sight{Temporal: w.client, Store: db, TaskQueue: w.settings.TaskQueue, Namespace: w.settings.TemporalNamespace, After: w.settings.SyncAlarmAfter}
	released, err := sight.Release(w.ctx, w.instance, "", "starter")
	switch {
	case errors.Is(err, watch.ErrUnderWay):
		return badInput("a backfill of %s is under way: end it with --cancel, which a worker carries out, or let it go on with --resume", w.instance)
	case errors.Is(err, watch.ErrNothingLeft):
		return badInput("no backfill of %s has left anything to release", w.instance)
	case err != nil:
		return refused(w.settings, "backfill", err)
	}
	w.say("released: %s", released)
	return nil
}
