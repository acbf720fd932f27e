package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// RunLimit ends a run over many orders that hangs; who starts one gives it as the execution timeout. A sound run waits for its orders for ten
// minutes; the rest is room for reading a long history. A run that is cut off loses nothing: the orders stay first in the queue, and the
// next run begins at the cut.
const RunLimit = time.Hour

// withOptions gives the activities of Magento and the store their limits. They are retried for minutes, not for ever: the
// next run begins where this one ended.
func withOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    5 * time.Minute,
		HeartbeatTimeout:       silence,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            retries(0),
	})
}

func retries(attempts int32) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:        2 * time.Second,
		BackoffCoefficient:     2,
		MaximumInterval:        time.Minute,
		MaximumAttempts:        attempts,
		NonRetryableErrorTypes: []string{activities.TypeConfig, activities.TypeRefused},
	}
}

// stagingTries is how often a step of staging is tried, within about half a minute where the other side answers at once:
// while Magento is down, what is staged must not wait for it.
const stagingTries = 5

// withFewTries is for the steps of staging. One try may take long: finding an order that breaks every list takes dozens of
// calls.
func withFewTries(ctx workflow.Context) workflow.Context {
	return workflow.WithRetryPolicy(ctx, *retries(stagingTries))
}

// newRun begins the record of a run. Its ID is that of the first run of the chain, which continue-as-new keeps.
func newRun(ctx workflow.Context, kind, instance string) store.Run {
	info := workflow.GetInfo(ctx)
	return store.Run{
		ID: info.WorkflowExecution.ID + "/" + info.FirstRunID, Kind: kind, Instance: instance,
		WorkflowID: info.WorkflowExecution.ID, RunID: info.FirstRunID, StartedAt: workflow.Now(ctx),
	}
}

// finish closes the record of the run. The result stands in Temporal even when the store does not answer.
func finish(ctx workflow.Context, run *store.Run, p *poster) (*store.Run, error) {
	run.Counts.InHand += p.open
	ended := workflow.Now(ctx)
	run.EndedAt = &ended
	if err := workflow.ExecuteActivity(ctx, act.RecordRun, *run).Get(ctx, nil); err != nil {
		if temporal.IsCanceledError(err) {
			return nil, err
		}
		run.Errors = append(run.Errors, "record the run: "+text(err))
	}
	return run, nil
}

// text is the message of the failure itself, without the layers that Temporal puts around it.
func text(err error) string {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Error()
	}
	return err.Error()
}
