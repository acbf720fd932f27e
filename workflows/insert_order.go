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
	// AtOnce has the order tried within the workflow's own task first, which costs Temporal half. Runs set it, together with the
	// queue of B1 (poster.child). Without it, as in what an earlier release or a person by hand began, the order goes the regular
	// way: so the input says which way a history went, and no version marker has to.
	AtOnce bool `json:"at_once,omitempty"`
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
	// seconds, so that only a dead one is silent. It is the same for a task in which an order is tried at once.
	silence = 20 * time.Second
	// insertLimit ends a workflow that no worker takes. A pending order the next run begins anew; a held one that a reset was to try
	// again stays held, and waits for the next reset. It is longer than all that a workflow does by itself.
	insertLimit = activities.AtOnceLimit + insertPatience + 9*time.Minute
)

// InsertOrder takes one order into B1. A held order makes it fail with the type OrderHeld, so that the failed workflows
// are the held orders; start it again, under the same ID, to try again.
func InsertOrder(ctx workflow.Context, in InsertOrderInput) (*activities.InsertOrderResult, error) {
	key, err := order.ParseKey(string(in.Key))
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
	}
	step := activities.InsertOrderInput{Key: key}
	if in.AtOnce {
		result, err := insertAtOnce(ctx, step)
		if err == nil || isFinal(err) {
			return ended(result, err)
		}
		step.Trouble = troubleOf(err)
	}
	return ended(insertInTurn(ctx, step))
}

// insertAtOnce makes one attempt inside of the workflow's task, in the process that has the task. The server hears only of its end. It does not
// wait for long, and is never repeated by itself: whatever is in the way is for the activity, which is seen while it is pending.
func insertAtOnce(ctx workflow.Context, in activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: activities.AtOnceLimit,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	var a *activities.Activities
	var result activities.InsertOrderResult
	err := workflow.ExecuteLocalActivity(ctx, a.InsertOrder, in).Get(ctx, &result)
	return &result, err
}

// insertInTurn makes attempts as an activity, until one settles the order or the patience is over.
func insertInTurn(ctx workflow.Context, in activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              B1TaskQueue(in.Key.Instance()),
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
	err := workflow.ExecuteActivity(ctx, a.InsertOrder, in).Get(ctx, &result)
	return &result, err
}

// isFinal reports whether an error ends the workflow, however often the order was tried.
func isFinal(err error) bool {
	return isTyped(err, activities.TypeHeld, activities.TypeRefused, activities.TypeConfig) || temporal.IsCanceledError(err)
}

// ended says how the workflow ends with what the last attempt came to.
func ended(result *activities.InsertOrderResult, err error) (*activities.InsertOrderResult, error) {
	switch {
	case err == nil:
		return result, nil
	case isTyped(err, activities.TypeConfig):
		return &activities.InsertOrderResult{Status: order.Pending, Note: Misconfigured}, nil
	case isFinal(err):
		return nil, err
	}
	// Out of patience: the order is still pending in the store, and whatever was begun is written there.
	return &activities.InsertOrderResult{Status: order.Pending, Note: Deferred}, nil
}

// troubleOf is what the activity shows, and waits for, after an attempt at once that did not settle the order; nil when there was none:
// the order had no turn, or this worker takes none at once.
func troubleOf(err error) *activities.Trouble {
	if isTyped(err, activities.TypeInTurn, activities.TypeUnknownInstance) {
		return nil
	}
	t := &activities.Trouble{Type: activities.TypeUnresolved, Message: text(err)}
	if failure, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		t.Type, t.Message, t.Wait = failure.Type(), failure.Message(), failure.NextRetryDelay()
	}
	return t
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
