package activities

import (
	"context"
	"time"

	"datawald/order"
	"datawald/store"
)

// importsHeldFor is how long the imports of an instance are left to a backfill that is not heard of: it says every ten minutes
// that it is there, and in an outage an order of its window may keep it waiting for a quarter of an hour.
const importsHeldFor = time.Hour

// NoteBackfillResult says when it was written down, and of a backfill that has ended where the orders stand that it has brought.
type NoteBackfillResult struct {
	NotedAt  time.Time            `json:"noted_at"`
	Imported map[order.Status]int `json:"imported,omitempty"`
}

// NoteBackfill writes down how far a backfill has come, and that its imports are its own until it has ended. A dry run has none.
func (a *Activities) NoteBackfill(ctx context.Context, run store.Run) (*NoteBackfillResult, error) {
	b := run.Backfill
	b.NotedAt = now()
	if run.EndedAt != nil {
		return a.endBackfill(ctx, run)
	}
	result := &NoteBackfillResult{NotedAt: b.NotedAt}
	if err := a.store.NoteMove(ctx, &run, b.NotedAt); err != nil {
		return nil, err
	}
	open, err := a.store.NoteRun(ctx, run)
	if err != nil || !open || b.DryRun {
		return result, err
	}
	until := now().Add(importsHeldFor)
	if b.Paused { // somebody wants these orders not to go to B1: that holds, too, while no worker runs
		until = time.Time{}
	}
	return result, a.store.HoldImports(ctx, run.Instance, run.ID, until)
}

// endBackfill closes the record, with where the orders stand now.
func (a *Activities) endBackfill(ctx context.Context, run store.Run) (*NoteBackfillResult, error) {
	b := run.Backfill
	var err error
	if !b.DryRun {
		if b.Imported, err = a.store.CountImported(ctx, run.Instance, run.ID); err != nil {
			return nil, err
		}
	}
	if err := a.store.PutRun(ctx, run); err != nil {
		return nil, err
	}
	if !b.DryRun {
		err = a.store.LeaveImports(ctx, run.Instance, run.ID)
	}
	return &NoteBackfillResult{NotedAt: b.NotedAt, Imported: b.Imported}, err
}
