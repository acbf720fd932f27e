package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// LingerInput says for how long.
type LingerInput struct {
	For time.Duration `json:"for"`
}

// Linger waits. As a local activity it keeps the task of its workflow open, so that what happens meanwhile comes with one further task
// (workflows/linger.go). It ends early when the worker stops, which is as good: the context of a local activity ends only with all the time that the worker
// waits, and the server hands the next task to the one that has just completed the last.
func (a *Activities) Linger(ctx context.Context, in LingerInput) error {
	select {
	case <-time.After(in.For):
	case <-activity.GetWorkerStopChannel(ctx):
	case <-ctx.Done():
	}
	return nil
}
