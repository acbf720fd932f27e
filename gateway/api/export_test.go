package api

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/store"
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

// AddUserInput is the input of the operation add-user.
func AddUserInput(name string, role access.Role, password string) any {
	in := &addUserInput{}
	in.Body.Name, in.Body.Role, in.Body.Password = name, role, password
	return in
}

// StartResyncInput is the input of the operation start-resync.
func StartResyncInput(key, instance string, ids ...string) any {
	return &startResyncInput{IdempotencyKey: key, Body: ResyncRequest{Instance: instance, IncrementIDs: ids}}
}

// BegunRequest is a request of the test's key as a gateway begins it.
func BegunRequest(operation, key string, in any) (store.Request, error) {
	fingerprint, err := fingerprintOf(key, in)
	actor := access.Actor{Name: "test", Role: access.Admin, Kind: access.Key, KeyID: "test"}
	return store.Request{ID: requestID(actor, key), Operation: operation, Fingerprint: fingerprint, Token: "gone"}, err
}
