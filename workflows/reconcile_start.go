package workflows

import (
	"context"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// StartReconcile begins a reconciliation that somebody asks for, in a namespace that has search attributes with them (attributes, RunAttributes). The error is a
// *serviceerror.WorkflowExecutionAlreadyStarted when one is under way that somebody asked for; one of the schedule it finds by itself, and ends at once.
func StartReconcile(ctx context.Context, c client.Client, taskQueue string, attributes temporal.SearchAttributes, in ReconcileInput) (client.WorkflowRun, error) {
	return c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: ReconcileID(in.Instance), TaskQueue: taskQueue, WorkflowExecutionErrorWhenAlreadyStarted: true, WorkflowExecutionTimeout: ReconcileLimit,
		StaticSummary: ReconcileSummary(in.Instance, in.Actor), TypedSearchAttributes: attributes,
		Priority: temporal.Priority{PriorityKey: ImportPriority}, // behind orders, where a server knows priorities
	}, Reconcile, in)
}
