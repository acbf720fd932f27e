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

// Needs says what of a status needs a person, and how badly.
func Needs(s Status, instance, lacksRules string) ([]Need, Level) {
	s.sumUp(instance, lacksRules)
	return s.Needs, s.Level
}

// MagentoHealth tells how Magento does.
var MagentoHealth = magentoHealth

// PollEvery changes how often the store is asked what has changed; restore undoes it.
func PollEvery(d time.Duration) (restore func()) {
	was := pollEvery
	pollEvery = d
	return func() { pollEvery = was }
}

// MaxStreams, MostChanged and Buffered are the bounds of the streams.
const (
	MaxStreams  = maxStreams
	MostChanged = mostChanged
	Buffered    = buffered
)
