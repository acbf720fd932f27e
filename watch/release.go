package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datawald/store"
	"datawald/workflows"
)

// Why a backfill is not released.
var (
	// ErrUnderWay says that a backfill of the instance is under way, to whom its orders are left.
	ErrUnderWay = errors.New("a backfill is under way")
	// ErrNothingLeft says that no backfill that is gone has left anything.
	ErrNothingLeft = errors.New("no backfill has left anything to release")
)

// Released says what a release has done.
type Released struct {
	// Imports is how many orders of the past are pending in the instance. A dry run has brought none of them.
	Imports int  `json:"imports" doc:"Orders of backfills that are pending now"`
	DryRun  bool `json:"dry_run,omitempty" doc:"It was a dry run: none of them is its own"`
	// Schedule is the state of the schedule, whose runs take them to B1.
	Schedule string `json:"schedule" enum:"on,paused,missing,unknown" doc:"The schedule, whose runs take them to B1: missing: run starter apply; unknown: Temporal does not show it"`
}

// String says what becomes of the imports.
func (r Released) String() string {
	if r.DryRun {
		return "its record is closed; a dry run has staged nothing"
	}
	then := map[string]string{
		On:      "the runs of the schedule take them to B1",
		Paused:  "the schedule is paused: its runs take them to B1 once somebody lets it go on (temporal schedule toggle --unpause)",
		Missing: "there is no schedule whose runs take them to B1: run starter apply",
		Unknown: "the runs of the schedule take them to B1, which Temporal does not show now",
	}
	return fmt.Sprintf("%d imports are pending, and %s", r.Imports, then[r.Schedule])
}

// leftBehind is what a backfill that is gone may have left.
type leftBehind struct {
	hold *store.ImportsHold
	// open are records that were never closed: of the latest backfill, and of the one that has the hold.
	open []store.Run
}

// Release leaves the orders of a backfill that is gone to the runs of the schedule, and closes its record. Nothing does so by itself: somebody may
// have paused it because these orders are not to go to B1. id names one backfill by its record, empty for whatever is left; by is who asks. What is
// left is read before Temporal is asked, so that a backfill that begins meanwhile keeps what is its own. The record is closed first: a late word of
// the one that is gone finds it closed and holds nothing more. It may be repeated. Errors: ErrUnderWay, ErrNothingLeft, those of store and Temporal.
func (s Sight) Release(ctx context.Context, instance, id, by string) (*Released, error) {
	left, err := s.leftBehind(ctx, instance, id)
	if err != nil {
		return nil, err
	}
	if lives, err := Lives(ctx, s.Temporal, workflows.BackfillOrdersID(instance)); err != nil {
		return nil, fmt.Errorf("ask Temporal for the backfill of %s: %w", instance, err)
	} else if lives {
		return nil, ErrUnderWay
	}
	if left.hold == nil && len(left.open) == 0 {
		return nil, ErrNothingLeft
	}
	released := &Released{DryRun: left.hold == nil}
	for _, run := range left.open {
		if err := s.close(ctx, run, by); err != nil {
			return nil, err
		}
		released.DryRun = released.DryRun && run.Backfill.DryRun
	}
	for _, holder := range left.holders() {
		if err := s.Store.LeaveImports(ctx, instance, holder); err != nil {
			return nil, err
		}
	}
	if released.Imports, err = s.Store.PendingImports(ctx, instance); err != nil {
		return nil, err
	}
	released.Schedule = s.describe(ctx, instance).State
	return released, nil
}

// leftBehind reads it.
func (s Sight) leftBehind(ctx context.Context, instance, id string) (left leftBehind, err error) {
	hold, err := s.Store.ImportsHold(ctx, instance)
	if err != nil {
		return left, err
	}
	ids := []string{}
	if hold != nil && (id == "" || hold.Holder == id) {
		left.hold, ids = hold, append(ids, hold.Holder)
	}
	if id != "" {
		ids = append(ids, id)
	} else if latest, err := s.Store.LatestRun(ctx, workflows.BackfillOrdersID(instance)); err == nil {
		ids = append(ids, latest.ID)
	} else if !errors.Is(err, store.ErrNotFound) {
		return left, err
	}
	for n, id := range ids {
		if n > 0 && id == ids[0] {
			continue
		}
		run, err := s.Store.GetRun(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (run.EndedAt != nil || run.Backfill == nil) {
			continue
		}
		if err != nil {
			return left, err
		}
		left.open = append(left.open, *run)
	}
	return left, nil
}

// holders are all in whose name the imports may be held: one that was not yet holding them may have said so since.
func (l leftBehind) holders() (ids []string) {
	if l.hold != nil {
		ids = append(ids, l.hold.Holder)
	}
	for _, run := range l.open {
		ids = append(ids, run.ID)
	}
	return ids
}

// close notes the end of a backfill that could not do so itself, unless it has meanwhile.
func (s Sight) close(ctx context.Context, run store.Run, by string) (err error) {
	b := run.Backfill
	if !b.DryRun {
		if b.Imported, err = s.Store.CountImported(ctx, run.Instance, run.ID); err != nil {
			return err
		}
	}
	run.EndedAt = new(time.Now().UTC())
	run.Errors = append(run.Errors, store.BackfillReleased(by))
	b.Phase, b.Paused, b.PausedBy, b.Waits, b.Rate = store.BackfillEnded, false, "", "", 0
	_, err = s.Store.NoteRun(ctx, run)
	return err
}
