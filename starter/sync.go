package main

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/store"
	"datawald/visibility"
	"datawald/watch"
	"datawald/workflows"
)

type syncCommand struct {
	instanceFlag
	Wait bool `help:"Wait until the run has ended, and show its counts."`
}

// Help is the long form of the command's help.
func (syncCommand) Help() string {
	return `Makes the schedule fire now, even when it is paused. Two runs of an instance never work at once: when one is under way, nothing is started, and --wait waits for that one.

Example:

    starter sync --wait
    starter sync --instance eu`
}

// Run triggers the schedule.
func (cmd syncCommand) Run(a *app) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	instance, err := cmd.choose(s.InstanceNames)
	if err != nil {
		return err
	}
	c, err := dial(a.ctx, s)
	if err != nil {
		return err
	}
	defer c.Close()
	run, underWay, err := watch.Trigger(a.ctx, c.ScheduleClient(), instance)
	if errors.Is(err, watch.ErrNoSchedule) {
		return badInput("%s has no schedule yet: create it with starter apply", instance)
	}
	if err != nil {
		return refused(s, "schedule "+workflows.ScheduleID(instance), explained(a.ctx, c, s, instance, err))
	}
	if underWay {
		a.say("%s is under way already; no other is started", run.WorkflowID)
	} else {
		a.say("%s started", run.WorkflowID)
	}
	if !cmd.Wait {
		return nil
	}
	return awaitSync(a, c, s, run)
}

// explained adds to an error of the server what is behind it when the schedule names search attributes that the namespace lacks: the server does
// not say so.
func explained(ctx context.Context, c client.Client, s *config.Starter, instance string, err error) error {
	missing, unknown := visibility.Missing(ctx, c, s.TemporalNamespace)
	if unknown != nil || len(missing) == 0 {
		return err
	}
	named := visibility.NamedBy(ctx, c, instance)
	if named != visibility.Names {
		return err
	}
	return fmt.Errorf("%w. The namespace lacks search attributes. %s", err, named.Consequence(instance))
}

// awaitSync waits for the run, through all its continuations, and shows what it did.
func awaitSync(a *app, c client.Client, s *config.Starter, run client.ScheduleWorkflowExecution) error {
	warnWithoutWorker(a, c, s)
	var result store.Run
	if err := c.GetWorkflow(a.ctx, run.WorkflowID, run.FirstExecutionRunID).Get(a.ctx, &result); err != nil {
		return waiting(a, run.WorkflowID, err)
	}
	return showRun(a, result)
}

// waiting tells an operator who stopped waiting from a run that failed.
func waiting(a *app, workflowID string, err error) error {
	if a.ctx.Err() != nil {
		return fmt.Errorf("stopped waiting; %s goes on by itself", workflowID)
	}
	return err
}

// warnWithoutWorker says why nothing happens when nobody takes up the work.
func warnWithoutWorker(a *app, c client.Client, s *config.Starter) {
	queue, err := c.DescribeTaskQueue(a.ctx, s.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err == nil && len(queue.Pollers) == 0 {
		a.warn("no worker listens on task queue %s; the run waits until one is started", s.TaskQueue)
	}
}
