package activities

import (
	"context"

	"datawald/store"
)

// RecordRun keeps the record of a run for good. Runs that found nothing to do share one record, the latest: a quiet shop,
// or one that hints at each order many times, would otherwise leave thousands of empty ones a day.
func (a *Activities) RecordRun(ctx context.Context, run store.Run) error {
	if idle(run) {
		run.ID = run.Kind + ":" + run.Instance + ":idle"
	}
	return a.store.PutRun(ctx, run)
}

func idle(run store.Run) bool {
	c := run.Counts
	c.Read, c.Unchanged = 0, 0
	return c == store.Counts{} && len(run.Errors) == 0 && (run.Kind == "sync" || run.Kind == "hint")
}
