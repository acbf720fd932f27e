package main

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/store"
	"datawald/workflows"
)

// throughWorkflow runs SyncOrders on a worker in this process. The queue that it is shown is empty, so that it ends when it
// has read all, and only the reading is measured.
func (p *readerPart) throughWorkflow(ctx context.Context, a *activities.Activities) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: p.Temporal, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		return err
	}
	defer c.Close()
	w := worker.New(c, workflows.DefaultTaskQueue, worker.Options{})
	w.RegisterWorkflow(workflows.SyncOrders)
	w.RegisterActivity(a)
	w.RegisterActivityWithOptions(nothingToPost, activity.RegisterOptions{Name: "NextOrders", DisableAlreadyRegisteredCheck: true})
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.SyncOrdersID(instance), TaskQueue: workflows.DefaultTaskQueue},
		workflows.SyncOrders, workflows.SyncOrdersInput{Instance: instance})
	if err != nil {
		return err
	}
	var record store.Run
	if err := run.Get(ctx, &record); err != nil {
		return err
	}
	if len(record.Errors) > 0 {
		return fmt.Errorf("the run met errors: %q", record.Errors)
	}
	return nil
}

func nothingToPost(context.Context, activities.NextOrdersInput) (*activities.NextOrdersResult, error) {
	return &activities.NextOrdersResult{}, nil
}
