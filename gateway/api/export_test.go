package api

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/config"
)

// SetTrialTime changes how long one page of tried rules may take; restore undoes it.
func SetTrialTime(d time.Duration) (restore func()) {
	was := trialTime
	trialTime = d
	return func() { trialTime = was }
}

// Cancel tells a backfill to end that was seen under way, whatever has become of it.
func Cancel(ctx context.Context, settings *config.Gateway, temporal client.Client, seen Backfill) error {
	_, err := (&server{settings: settings, temporal: temporal}).cancel(ctx, &seen)
	return err
}

// Pause holds a backfill that was seen under way in a history, whatever has become of it.
func Pause(ctx context.Context, temporal client.Client, seen Backfill, historyID string) error {
	seen.historyID = historyID
	return (&server{temporal: temporal}).pause(ctx, &seen, true)
}

// Turns makes the gate that lets n requests try rules at once.
func Turns(n int) func(context.Context) (done func(), err error) {
	return (&server{trials: make(chan struct{}, n)}).turn
}

// SetBulkTime changes how long one request works on the orders of a filter; restore undoes it.
func SetBulkTime(d time.Duration) (restore func()) {
	was := bulkTime
	bulkTime = d
	return func() { bulkTime = was }
}
