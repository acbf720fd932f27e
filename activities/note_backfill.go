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
	// Complaint is what was added to the errors of its record; empty for nothing.
	Complaint string `json:"complaint,omitempty"`
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
	return result, a.holdImports(ctx, run)
}

// holdImports leaves the imports to a backfill whose record is open. The record may be closed meanwhile, when this is a late word of one that was
// given up: then nobody else would end what is held here.
func (a *Activities) holdImports(ctx context.Context, run store.Run) error {
	until := now().Add(importsHeldFor)
	if run.Backfill.Paused { // somebody wants these orders not to go to B1: that holds, too, while no worker runs
		until = time.Time{}
	}
	if err := a.store.HoldImports(ctx, run.Instance, run.ID, until); err != nil {
		return err
	}
	noted, err := a.store.GetRun(ctx, run.ID)
	if err != nil || noted.EndedAt == nil {
		return err
	}
	return a.store.LeaveImports(ctx, run.Instance, run.ID)
}

// endBackfill closes the record, with where the orders stand now. It leaves the imports before, since nobody looks after those of a record that is
// closed; and again behind it, for a word of before that came between. All of it may be repeated.
func (a *Activities) endBackfill(ctx context.Context, run store.Run) (*NoteBackfillResult, error) {
	b := run.Backfill
	var err error
	if !b.DryRun {
		if b.Imported, err = a.store.CountImported(ctx, run.Instance, run.ID); err != nil {
			return nil, err
		}
	}
	complaint, err := a.complain(ctx, &run)
	if err != nil {
		return nil, err
	}
	if err := a.endHold(ctx, run); err != nil {
		return nil, err
	}
	if err := a.store.PutRun(ctx, run); err != nil {
		return nil, err
	}
	err = a.endHold(ctx, run)
	return &NoteBackfillResult{NotedAt: b.NotedAt, Imported: b.Imported, Complaint: complaint}, err
}

// endHold ends that the imports are the backfill's own. A dry run has none.
func (a *Activities) endHold(ctx context.Context, run store.Run) error {
	if run.Backfill.DryRun {
		return nil
	}
	return a.store.LeaveImports(ctx, run.Instance, run.ID)
}
