package watch

import (
	"context"
	"errors"
	"time"

	"datawald/store"
	"datawald/workflows"
)

// Causes of a backfill that does not get on.
const (
	BackfillNoWorker = "backfill_no_worker" // nobody takes up its work
	BackfillLost     = "backfill_lost"      // it was terminated, or has failed, or Temporal has lost it: it never came to its end
	BackfillStands   = "backfill_stands"    // it is under way, and nothing moves
)

const (
	backfillNoWorker = "a backfill is under way, and no worker takes up its work; none of its orders is lost. Start one that has sync in " +
		"WORKER_LANES, and see in its log why the last one ended"
	backfillLost = "a backfill has not come to its end and is no longer in Temporal: somebody terminated it, it failed, its end could not be " +
		"written down, or Temporal's database was lost. No order is lost: starter backfill --release leaves those that are staged to the runs of " +
		"the schedule; for those that were not read yet start it again"
	// backfillStands has the ID of the workflow to come.
	backfillStands = "a backfill is under way and does not get on. Look at it in Temporal (temporal workflow describe -w %s) and at the worker's " +
		"log; with worker versions, whether one is current"
)

// standing is how many times After a backfill may stand still: an order that waits for B1 may keep its place in the window for a quarter of
// an hour, and it says every ten minutes whether its imports come and go.
const standing = 2

// stuck says why the backfill of an instance does not get on that has not ended, and since when it has not. cause is empty while it does;
// while somebody has paused it, or it waits for something that it names, as long as a worker says so; and for what has an alarm of its own:
// B1 takes no order, or nobody takes orders there, or Temporal does not answer. Temporal is asked only when nothing has moved for After.
func (s Sight) stuck(ctx context.Context, instance string) (cause string, since time.Time, err error) {
	run, err := s.openBackfill(ctx, instance)
	if err == nil && run == nil {
		return s.stuckHold(ctx, instance)
	}
	if err != nil {
		return "", since, err
	}
	b := run.Backfill
	if since = b.LastMoved(); time.Since(since) < s.After {
		return "", since, nil
	}
	lives, err := Lives(ctx, s.Temporal, run.WorkflowID)
	switch {
	case err != nil: // that Temporal does not answer is said of the schedule
		return "", since, nil
	case !lives:
		return BackfillLost, since, nil
	case b.Paused || b.Waits != "" && time.Since(b.NotedAt) < standing*s.After:
		return "", since, nil
	case !s.hasWorker(ctx):
		return BackfillNoWorker, since, nil
	}
	if b.Phase == store.BackfillPosts {
		if excused, err := s.excused(ctx, instance); excused || err != nil {
			return "", since, err
		}
	}
	return BackfillStands, since, nil
}

// openBackfill is the latest backfill of an instance, nil when it has come to its end or there was none.
func (s Sight) openBackfill(ctx context.Context, instance string) (*store.Run, error) {
	run, err := s.Store.LatestRun(ctx, workflows.BackfillOrdersID(instance))
	if errors.Is(err, store.ErrNotFound) || err == nil && (run.EndedAt != nil || run.Backfill == nil) {
		return nil, nil
	}
	return run, err
}

// stuckHold is BackfillLost, and since when, while imports are held without an end by a backfill of the past: no run takes them. One that is
// under way takes them over.
func (s Sight) stuckHold(ctx context.Context, instance string) (cause string, since time.Time, err error) {
	left, err := s.Store.LeftHold(ctx, instance)
	if err != nil || left == nil {
		return "", since, err
	}
	if left.Since.IsZero() { // nobody knows since when: it is told of at once
		left.Since = time.Now().Add(-standing * s.After)
	}
	if time.Since(left.Since) < s.After {
		return "", left.Since, nil
	}
	if lives, err := Lives(ctx, s.Temporal, workflows.BackfillOrdersID(instance)); lives || err != nil {
		return "", left.Since, nil
	}
	return BackfillLost, left.Since, nil
}

// excused reports whether the orders of a backfill that posts wait for B1, or have been free to go there again for less than After.
func (s Sight) excused(ctx context.Context, instance string) (bool, error) {
	b1, err := s.Store.LaneOf(ctx, instance)
	if err != nil {
		return false, err
	}
	if b1 != nil && (b1.State != store.LaneUp || b1.Since != nil && time.Since(*b1.Since) < s.After) {
		return true, nil
	}
	served, err := s.served(ctx, instance)
	return !served && err == nil, nil // what Temporal does not tell excuses nothing
}

// stuckLong is the cause of a backfill that has stood still for long enough to be told of; empty for one that has not. That one stands with a
// worker at hand only they can tell who have watched it, and they say so in the store: it may have its worker since a moment ago.
func (s Sight) stuckLong(ctx context.Context, instance string) (cause string, err error) {
	cause, since, err := s.stuck(ctx, instance)
	if err != nil || time.Since(since) < standing*s.After {
		return "", err
	}
	if cause == BackfillStands {
		lane, err := s.Store.Lane(ctx, store.ImportsOf(instance))
		if err != nil || lane.DownSince.IsZero() || lane.Cause != BackfillStands {
			return "", err
		}
	}
	return cause, nil
}

// backfill looks once whether the backfill of the instance gets on. An alarm ends by what the record says alone, that all who watch see alike:
// it has moved since, it has ended, or another has begun.
func (k *keeper) backfill(ctx context.Context) error {
	lane, err := k.Store.Lane(ctx, store.ImportsOf(k.instance))
	if err != nil {
		return err
	}
	if !lane.DownSince.IsZero() {
		if over, run, err := k.isOver(ctx, lane); err != nil {
			return err
		} else if over {
			return k.moves(ctx, run)
		}
	}
	cause, since, err := k.stuck(ctx, k.instance)
	if err != nil || !k.isDue(cause, since) {
		return err
	}
	// What to do about one that is gone is another thing than about one that stands: that is said as well.
	trouble := store.Trouble{Since: since, Failure: cause, Cause: cause, Anew: cause == BackfillLost}
	raise, _, err := k.Store.NoteDown(ctx, store.ImportsOf(k.instance), trouble)
	if err != nil || !raise {
		return err
	}
	k.log.Error(Alarm(cause, k.instance), "instance", k.instance, "cause", cause, "since", stamp(since))
	return k.Store.Alarmed(ctx, store.ImportsOf(k.instance), cause)
}

// isOver reports whether the alarm of a backfill is over, and gives the one that goes on, if one does. It is not while the orders of one that has
// ended are held.
func (k *keeper) isOver(ctx context.Context, lane store.Lane) (over bool, run *store.Run, err error) {
	run, err = k.openBackfill(ctx, k.instance)
	if err != nil || run != nil {
		return err == nil && run.Backfill.LastMoved().After(lane.DownSince), run, err
	}
	left, err := k.Store.LeftHold(ctx, k.instance)
	return err == nil && left == nil, nil, err
}

// isDue reports whether a backfill that stands for a cause is to be told of. One that a worker has taken up has time to move from when that was
// first seen: after an outage of Temporal, of B1 or of all workers nothing has moved for long, and all is well.
func (k *keeper) isDue(cause string, since time.Time) bool {
	switch {
	case cause != BackfillStands:
		k.stands = time.Time{}
	case k.stands.IsZero():
		k.stands = time.Now()
	}
	return cause != "" && time.Since(since) >= standing*k.After && (cause != BackfillStands || time.Since(k.stands) >= k.After)
}

// moves ends the alarm, of a backfill that goes on or, without one, of one that has ended.
func (k *keeper) moves(ctx context.Context, run *store.Run) error {
	outage, say, err := k.Store.NoteUp(ctx, store.ImportsOf(k.instance), nil)
	if err != nil || !say {
		return err
	}
	what := "the backfill gets on again"
	if run == nil {
		what = "the backfill that did not get on has ended"
	}
	k.log.Warn(what, "instance", k.instance, "since", stamp(outage.DownSince))
	return k.Store.Over(ctx, outage)
}
