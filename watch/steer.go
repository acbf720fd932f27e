package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/workflows"
)

// Why a schedule is not steered.
var (
	// ErrNoSchedule says that the instance has no schedule: starter apply makes it.
	ErrNoSchedule = errors.New("the instance has no schedule")
	// ErrIsSo says that the schedule is already as it was to become.
	ErrIsSo = errors.New("the schedule is so already")
	// ErrNotStarted says that Temporal was told to start a run, and none was seen to start.
	ErrNotStarted = errors.New("Temporal has not started the run in time")
)

// startLimit is how long Temporal may take to start a run that was asked for.
const startLimit = 15 * time.Second

// Trigger makes the schedule of an instance fire now, even when it is paused, and gives the run. When one is under way nothing is started, and
// that one is given. Errors: ErrNoSchedule, ErrNotStarted, those of Temporal.
func Trigger(ctx context.Context, c client.ScheduleClient, instance string) (run client.ScheduleWorkflowExecution, underWay bool, err error) {
	h := c.GetHandle(ctx, workflows.ScheduleID(instance))
	before, err := known(ctx, h)
	if err != nil {
		return run, false, err
	}
	if len(before.Info.RunningWorkflows) > 0 {
		return before.Info.RunningWorkflows[0], true, nil
	}
	if err := h.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP}); err != nil {
		return run, false, err
	}
	run, err = Started(ctx, h, before.Info.RecentActions)
	return run, false, err
}

// known describes a schedule that is there. The server asks the schedule itself, which it gives up after five seconds when that has just moved:
// then it is asked once more.
func known(ctx context.Context, h client.ScheduleHandle) (*client.ScheduleDescription, error) {
	d, err := h.Describe(ctx)
	if _, slow := errors.AsType[*serviceerror.DeadlineExceeded](err); slow && ctx.Err() == nil {
		d, err = h.Describe(ctx)
	}
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return nil, ErrNoSchedule
	}
	return d, err
}

// Started waits for a run that was not there before. It may be the schedule's own, begun in the same moment: that one
// serves as well.
func Started(ctx context.Context, h client.ScheduleHandle, before []client.ScheduleActionResult) (run client.ScheduleWorkflowExecution, err error) {
	waiting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		now, err := h.Describe(waiting)
		if err != nil && waiting.Err() == nil {
			return run, err
		}
		for _, r := range slices.Backward(actionsOf(now)) {
			if r.StartWorkflowResult != nil && !slices.ContainsFunc(before, same(*r.StartWorkflowResult)) {
				return *r.StartWorkflowResult, nil
			}
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-waiting.Done():
			return run, fmt.Errorf("%w (%s)", ErrNotStarted, startLimit)
		case <-tick.C:
		}
	}
}

func actionsOf(d *client.ScheduleDescription) []client.ScheduleActionResult {
	if d == nil {
		return nil
	}
	return d.Info.RecentActions
}

func same(run client.ScheduleWorkflowExecution) func(client.ScheduleActionResult) bool {
	return func(r client.ScheduleActionResult) bool {
		return r.StartWorkflowResult != nil && *r.StartWorkflowResult == run
	}
}

// SetPaused pauses the schedule of an instance or lets it go on; note says why and who wants it. It gives the note that stood there before.
// Errors: ErrNoSchedule; ErrIsSo, with nothing changed; those of Temporal.
func SetPaused(ctx context.Context, c client.ScheduleClient, instance string, paused bool, note string) (was string, err error) {
	h := c.GetHandle(ctx, workflows.ScheduleID(instance))
	d, err := known(ctx, h)
	if err != nil {
		return "", err
	}
	was = d.Schedule.State.Note
	switch {
	case d.Schedule.State.Paused == paused:
		return was, ErrIsSo
	case paused:
		return was, h.Pause(ctx, client.SchedulePauseOptions{Note: note})
	}
	return was, h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
}
