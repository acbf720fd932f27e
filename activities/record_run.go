package activities

import (
	"context"

	"datawald/activities/failpoint"
	"datawald/store"
)

// RecordRun keeps the record of a run for good. Runs that found nothing to do share one record, the latest: a quiet shop,
// or one that hints at each order many times, would otherwise leave thousands of empty ones a day. So do hints that failed
// before they came to anything: a busy shop that no longer lets the connector in has one every two seconds, with one error.
func (a *Activities) RecordRun(ctx context.Context, run store.Run) error {
	switch {
	case !idle(run):
	case len(run.Errors) == 0:
		run.ID = run.Kind + ":" + run.Instance + ":idle"
	case run.Kind == "hint":
		run.ID = run.Kind + ":" + run.Instance + ":failed"
	}
	if err := a.store.PutRun(ctx, run); err != nil {
		return err
	}
	failpoint.Hit(failpoint.RunRecorded)
	return nil
}

// idle reports whether the run of a kind that comes by itself came to nothing.
func idle(run store.Run) bool {
	c := run.Counts
	c.Read, c.Unchanged = 0, 0
	return c == store.Counts{} && (run.Kind == "sync" || run.Kind == "hint")
}
