package api

import (
	"context"
	"time"
)

// SetTrialTime changes how long one page of tried rules may take; restore undoes it.
func SetTrialTime(d time.Duration) (restore func()) {
	was := trialTime
	trialTime = d
	return func() { trialTime = was }
}

// Turns makes the gate that lets n requests try rules at once.
func Turns(n int) func(context.Context) (done func(), err error) {
	return (&server{trials: make(chan struct{}, n)}).turn
}
