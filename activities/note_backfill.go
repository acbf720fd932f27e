package activities

import (
	"context"
	"time"

	"datawald/store"
)

// importsHeldFor is how long the imports of an instance are left to a backfill that is not heard of: it says every ten minutes
// that it is there, and in an outage an order of its window may keep it waiting for a quarter of an hour.
const importsHeldFor = time.Hour

// NoteBackfillResult gives the backfill as it was written down.
type NoteBackfillResult struct {
	Backfill store.Backfill `json:"backfill"`
}

// NoteBackfill writes down how far a backfill has come, and that its imports are its own until it has ended. A dry run has none.
func (a *Activities) NoteBackfill(ctx context.Context, run store.Run) (*NoteBackfillResult, error) {
	b := run.Backfill
	b.NotedAt = now()
	ended := run.EndedAt != nil
	var err error
	if ended && !b.DryRun {
		if b.Imported, err = a.store.CountImported(ctx, run.Instance, run.ID); err != nil {
			return nil, err
		}
	}
	if err := a.store.PutRun(ctx, run); err != nil {
		return nil, err
	}
	switch {
	case b.DryRun:
	case ended:
		err = a.store.LeaveImports(ctx, run.Instance, run.ID)
	default:
		err = a.store.HoldImports(ctx, run.Instance, run.ID, now().Add(importsHeldFor))
	}
	return &NoteBackfillResult{Backfill: *b}, err
}
