package activities

import (
	"context"

	"datawald/store"
)

// RecordRun keeps the state of a run: once when it begins, once when it ends.
func (a *Activities) RecordRun(ctx context.Context, run store.Run) error {
	return a.store.PutRun(ctx, run)
}
