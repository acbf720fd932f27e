package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// maxWriteBackCalls bounds the calls of one run; the next run goes on.
const maxWriteBackCalls = 5

// writeBack tells Magento of posted orders, after the run's own have ended. A run in which there is nothing to tell
// schedules nothing, so that it costs nothing. What goes wrong is noted in the run and does not make it fail: the orders
// are posted, and a later run tells Magento.
func writeBack(ctx workflow.Context, run *store.Run, p *poster, due bool) error {
	// The version keeps a run that was begun by a release without this step on its old way.
	if !due && !p.writeBack || workflow.GetVersion(ctx, "write-back", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	for range maxWriteBackCalls {
		var result activities.WriteBackResult
		err := workflow.ExecuteActivity(ctx, act.WriteBack, activities.WriteBackInput{Instance: run.Instance}).Get(ctx, &result)
		if temporal.IsCanceledError(err) {
			return err
		}
		if err != nil {
			run.Errors = append(run.Errors, "write back to Magento: "+text(err))
			return nil
		}
		run.Counts.WrittenBack += result.Written
		if result.Stopped != "" {
			run.Errors = append(run.Errors, "write back to Magento: "+result.Stopped)
		}
		if !result.More || p.late {
			return nil
		}
	}
	return nil
}
