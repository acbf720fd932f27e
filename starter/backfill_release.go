package main

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/store"
)

// lives reports whether a backfill is under way in Temporal.
func (w *follower) lives() (bool, error) {
	d, err := w.client.DescribeWorkflowExecution(w.ctx, w.id, "")
	if isNotFound(err) {
		return false, nil
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// release leaves the orders of a backfill that is gone to the runs of the schedule, and closes its record. Nothing does so by itself: somebody
// may have paused it because these orders are not to go to B1. What is left is read before Temporal is asked, so that a backfill that begins
// meanwhile keeps what is its own.
func (w *follower) release() error {
	db, done, err := openStore(w.ctx, w.settings)
	if err != nil {
		return err
	}
	defer done()
	hold, err := db.ImportsHold(w.ctx, w.instance)
	if err != nil {
		return err
	}
	run, err := db.LatestRun(w.ctx, w.id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if lives, err := w.lives(); err != nil {
		return refused(w.settings, "backfill", err)
	} else if lives {
		return badInput("a backfill of %s is under way: end it with --cancel, which a worker carries out, or let it go on with --resume", w.instance)
	}
	open := run != nil && run.EndedAt == nil && run.Backfill != nil
	if hold == nil && !open {
		return badInput("no backfill of %s has left anything to release", w.instance)
	}
	left, err := db.PendingImports(w.ctx, w.instance)
	if err != nil {
		return err
	}
	if hold != nil {
		if err := db.LeaveImports(w.ctx, w.instance, hold.Holder); err != nil {
			return err
		}
	}
	if open {
		if err := closeRecord(w.ctx, db, *run); err != nil {
			return err
		}
	}
	w.say("released: %d imports are pending, and the runs of the schedule take them to B1", left)
	return nil
}

// closeRecord notes the end of a backfill that could not do so itself.
func closeRecord(ctx context.Context, db *store.Store, run store.Run) (err error) {
	b := run.Backfill
	if !b.DryRun {
		if b.Imported, err = db.CountImported(ctx, run.Instance, run.ID); err != nil {
			return err
		}
	}
	run.EndedAt = new(time.Now().UTC())
	run.Errors = append(run.Errors, "released by starter: it did not come to its end, and was no longer in Temporal")
	b.Phase, b.Paused, b.PausedBy, b.Waits, b.Rate = store.BackfillEnded, false, "", "", 0
	_, err = db.NoteRun(ctx, run) // unless it has come to its end meanwhile
	return err
}
