package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/workflows"
)

// When it becomes quiet while a page of the queue is used up, the rest of the page is not started for nothing: the queue is asked until when.
//
// Fails without: rests in startAll (all 20 orders of the page are started).
func TestSyncOrders_StopsWhenItBecomesQuiet(t *testing.T) {
	f := newFlow(t, 30)
	until := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)
	f.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(&activities.FindOrdersResult{}, nil).Maybe()
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, _ workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			if err := workflow.Sleep(ctx, time.Second); err != nil {
				return nil, err
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.quiet = &until
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		})
	run := f.run(workflows.SyncOrdersInput{Window: 4})
	if run.Counts.Started != 4 || run.Counts.Deferred != 4 || run.QuietUntil == nil || !run.QuietUntil.Equal(until) {
		t.Errorf("run %+v, want the window of 4 started and no more, and quiet until %s", run, until)
	}
}

// That one order came back for quiet hours which are over when the queue is read again ends nothing: all the others are posted.
//
// Fails without: forgetting it with the next page (the queue is read for ever).
func TestSyncOrders_GoesOnWhenItIsQuietNoLonger(t *testing.T) {
	f := newFlow(t, 30)
	first := f.queue[0]
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			if err := workflow.Sleep(ctx, time.Second); err != nil || in.Key != first {
				return posted, err
			}
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		})
	run := f.run(workflows.SyncOrdersInput{Window: 4})
	if run.Counts.Started != 30 || run.Counts.Posted != 29 || run.Counts.Deferred != 1 {
		t.Errorf("counts %+v, want 29 posted and the one deferred", run.Counts)
	}
}
