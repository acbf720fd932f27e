package activities

import (
	"context"
	"time"
)

// LingerInput says for how long.
type LingerInput struct {
	For time.Duration `json:"for"`
}

// Linger waits. As a local activity it keeps the task of its workflow open, so that what happens meanwhile comes with one further task
// (workflows/linger.go). It ends early when the worker stops, which is as good.
func (a *Activities) Linger(ctx context.Context, in LingerInput) error {
	select {
	case <-time.After(in.For):
	case <-ctx.Done():
	}
	return nil
}
