// Package clock has a workflow that asks the machine for the time: the checker must find it.
package clock

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Tell is not deterministic.
func Tell(workflow.Context) (time.Time, error) { return time.Now(), nil }
