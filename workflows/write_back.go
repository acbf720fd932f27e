package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// writeBackCalls is how many calls a run makes at most, by the version of the step that it was begun with; the next run goes
// on. More than one keeps new orders waiting behind the comments of old ones.
var writeBackCalls = map[workflow.Version]int{workflow.DefaultVersion: 0, 1: 5, 2: 1}

// writeBack tells Magento of posted orders, after the run's own have ended. A run in which there is nothing to tell
// schedules nothing, so that it costs nothing. What goes wrong is noted in the run and does not make it fail: the orders
// are posted, and a later run tells Magento.
func writeBack(ctx workflow.Context, run *store.Run, p *poster, due bool) error {
	if !due && !p.writeBack {
		return nil
	}
	// The version keeps a run that an earlier release began on its old way.
	version := workflow.GetVersion(ctx, "write-back", workflow.DefaultVersion, 2)
	if version >= 2 && p.late {
		return nil
	}
	for range writeBackCalls[version] {
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
