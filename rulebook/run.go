package rulebook

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/workflows"
)

// RulesRun says what the schedule does about an activation.
type RulesRun struct {
	State  string `json:"state" enum:"begun,next,paused,missing,unknown" doc:"begun: at once; next: when the run under way has ended"`
	Detail string `json:"detail"`
}

// States of RulesRun.
const (
	RunBegun   = "begun"
	RunNext    = "next"
	RunPaused  = "paused"
	RunMissing = "missing"
	RunUnknown = "unknown"
)

// beginTime is how long Temporal may take to begin a run.
const beginTime = 3 * time.Second

// BeginRun makes the schedule of an instance fire after an activation, so that held orders need not wait for its time; not one that
// somebody has paused. The rules are in force whatever comes of it: the next run decides held orders anew in any case.
func BeginRun(ctx context.Context, temporal client.Client, instance string) RulesRun {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beginTime)
	defer cancel()
	h := temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(instance))
	d, err := h.Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return RulesRun{RunMissing, "The instance has no schedule: create it with starter apply. Its first run decides held orders anew."}
	}
	if err == nil && d.Schedule.State.Paused {
		return RulesRun{RunPaused, "The schedule is paused. The first run after it is resumed decides held orders anew."}
	}
	if err == nil {
		err = h.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
	}
	switch {
	case err != nil:
		return RulesRun{RunUnknown, "Temporal does not answer as it should: the next run of the schedule decides held orders anew."}
	case len(d.Info.RunningWorkflows) > 0:
		return RulesRun{RunNext, "A run is under way. The next one begins when it has ended, and decides held orders anew."}
	}
	return RulesRun{RunBegun, "A run has begun that decides held orders anew."}
}
