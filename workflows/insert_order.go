package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
)

// InsertOrderInput is the key of a staged order.
type InsertOrderInput struct {
	Key order.Key `json:"key"`
}

// Notes of orders that stay pending.
const (
	// Deferred: B1 could not be reached for long; a later run takes the order up.
	Deferred = "deferred"
	// Misconfigured: B1 refuses the connector itself; no order of this run has a chance.
	Misconfigured = "misconfigured"
)

// How long and how often one order is tried before it is left to the next run.
const (
	// insertPatience is for one attempt too: while B1 does not answer, it waits in the activity for its turn, and keeps its
	// place before the orders that came later. What it does at B1 has a limit of its own there.
	insertPatience = 15 * time.Minute
	// silence is how long a worker may say nothing before another takes its activity over. Workers speak every few
	// seconds, so that only a dead one is silent.
	silence = 20 * time.Second
)

// InsertOrder takes one order into B1. A held order makes it fail with the type OrderHeld, so that the failed workflows
// are the held orders; start it again, under the same ID, to try again.
func InsertOrder(ctx workflow.Context, in InsertOrderInput) (*activities.InsertOrderResult, error) {
	key, err := order.ParseKey(string(in.Key))
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              B1TaskQueue(key.Instance()),
		StartToCloseTimeout:    insertPatience,
		HeartbeatTimeout:       silence,
		ScheduleToCloseTimeout: insertPatience,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        5 * time.Second,
			BackoffCoefficient:     2,
			MaximumInterval:        time.Minute,
			NonRetryableErrorTypes: []string{activities.TypeHeld, activities.TypeRefused, activities.TypeConfig},
		},
	})
	var a *activities.Activities
	var result activities.InsertOrderResult
	err = workflow.ExecuteActivity(ctx, a.InsertOrder, activities.InsertOrderInput{Key: key}).Get(ctx, &result)
	if err == nil {
		return &result, nil
	}
	if isTyped(err, activities.TypeHeld, activities.TypeRefused) || temporal.IsCanceledError(err) {
		return nil, err
	}
	if isTyped(err, activities.TypeConfig) {
		return &activities.InsertOrderResult{Status: order.Pending, Note: Misconfigured}, nil
	}
	// Out of patience: the order is still pending in the store, and whatever was begun is written there.
	return &activities.InsertOrderResult{Status: order.Pending, Note: Deferred}, nil
}

// isTyped reports whether err was ended by an application error of one of the types.
func isTyped(err error, types ...string) bool {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok {
		return false
	}
	for _, t := range types {
		if application.Type() == t {
			return true
		}
	}
	return false
}
