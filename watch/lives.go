package watch

import (
	"cmp"
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// IsOver reports whether a workflow of this status goes on no more. One that the server holds, one that goes on in another history, and one in a
// state that this release does not know, is not over: what it has in hand is still its own.
func IsOver(status enumspb.WorkflowExecutionStatus) bool {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return true
	}
	return false
}

// Lives reports whether a workflow is under way: Temporal knows it, and it is not over. It fails when Temporal does not tell.
func Lives(ctx context.Context, c client.Client, workflowID string) (bool, error) {
	run, err := Living(ctx, c, workflowID)
	return run != "", err
}

// Living gives the first run of the chain that is under way of a workflow, which is what its record is called by; empty when none is. It fails when Temporal does
// not tell.
func Living(ctx context.Context, c client.Client, workflowID string) (run string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	d, err := c.DescribeWorkflowExecution(ctx, workflowID, "")
	if _, unknown := errors.AsType[*serviceerror.NotFound](err); unknown {
		return "", nil
	}
	info := d.GetWorkflowExecutionInfo()
	if err != nil || IsOver(info.GetStatus()) {
		return "", err
	}
	return cmp.Or(info.GetFirstRunId(), info.GetExecution().GetRunId()), nil
}
