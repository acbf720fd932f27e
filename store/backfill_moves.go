package store

import (
	"context"
	"errors"
	"time"
)

// NoteMove says in the record of a backfill that is about to be written when it got on last: now, unless it stands as it was written down
// before. Who pauses it, or lets it go on, moves it too. Its counts may tell no more than before while its orders come and go: that
// fewer imports wait is a move as well. They are counted only then; a count that fails tells of no move, and is no reason not to write
// the record, and with it to renew the hold of the imports.
func (s *Store) NoteMove(ctx context.Context, r *Run, now time.Time) error {
	b := r.Backfill
	b.MovedAt, b.Pending = now, 0
	before, err := s.GetRun(ctx, r.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if before.Backfill == nil || !before.standsAs(*r) {
		return nil
	}
	was := before.Backfill
	if b.Pending, err = s.PendingImports(ctx, r.Instance); err != nil {
		b.Pending = was.Pending
	}
	if b.Pending >= was.Pending {
		b.MovedAt = was.LastMoved()
	}
	return nil
}

// standsAs reports whether a backfill has come as far as in another record of it.
func (r Run) standsAs(other Run) bool {
	was, is := r.Backfill, other.Backfill
	return r.Counts == other.Counts && was.Phase == is.Phase && was.EntityID == is.EntityID && was.MissingCount == is.MissingCount &&
		was.Paused == is.Paused && was.Waits == is.Waits
}

// LastMoved is when the backfill got on last, as far as its record tells: a release that did not write that down wrote when it was heard of.
func (b *BackfillProgress) LastMoved() time.Time {
	if b.MovedAt.IsZero() {
		return b.NotedAt.UTC()
	}
	return b.MovedAt.UTC()
}
