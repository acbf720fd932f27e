package activities

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"

	"datawald/store"
)

// setBack is what stands in the record of a backfill that went on while MongoDB was restored from a backup. Its place lives in Temporal: what it
// had staged since the backup is gone, and it would never come back to it.
const setBack = "the store was set back while the backfill was under way, and what it staged since is gone: begin it again, it passes what is there"

// knowsPlace refuses a step behind others that the store does not know of any more.
func (a *Activities) knowsPlace(ctx context.Context, in ImportOrdersInput) error {
	behind, err := a.behindPlace(ctx, in.Instance, in.Run, in.Place)
	if err == nil && behind {
		err = temporal.NewNonRetryableApplicationError(setBack, TypeRefused, nil)
	}
	return err
}

// behindPlace reports whether the store knows of less than the place of a backfill. 0 is behind nothing.
func (a *Activities) behindPlace(ctx context.Context, instance, run string, place int64) (bool, error) {
	if place == 0 {
		return false, nil
	}
	known, err := a.store.BackfillPlace(ctx, instance, run)
	return known < place, err
}

// notePlace tells the store how far the backfill is with this step.
func (m *importer) notePlace(ctx context.Context) error {
	place := m.result.Next
	if m.in.Selected == nil {
		place = m.in.Place + int64(len(m.in.IncrementIDs)+len(m.in.Keys))
	}
	m.result.Place = place
	return m.store.NoteBackfillPlace(ctx, m.in.Instance, m.in.Run, place)
}

// complain adds to the record of a backfill that has ended that the store was set back behind it, while it posted or since its last step.
func (a *Activities) complain(ctx context.Context, run *store.Run) (complaint string, err error) {
	said := slices.ContainsFunc(run.Errors, func(e string) bool { return strings.Contains(e, setBack) })
	behind, err := a.behindPlace(ctx, run.Instance, run.ID, run.Backfill.Place)
	if err != nil || !behind || said {
		return "", err
	}
	run.Errors = append(run.Errors, setBack)
	return setBack, nil
}
