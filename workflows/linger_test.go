package workflows_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// backlog posts so many orders of which each takes 50 to 150 ms, and gives the run and how many tasks of the workflow that took.
func backlog(t *testing.T, name string, orders, window int) (run store.Run, tasks int) {
	t.Helper()
	c := testkit.Temporal(t)
	s := newStage(t, c, scene{name: name})
	s.wait(orders)
	s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
		select {
		case <-time.After(50*time.Millisecond + rand.N(100*time.Millisecond)): // B1 takes so long
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	begun := s.sync(workflows.SyncOrdersInput{Window: window})
	id, runID := begun.GetID(), begun.GetRunID()
	if err := begun.Get(t.Context(), &run); err != nil {
		t.Fatal(err)
	}
	for _, e := range read(t, c, id, runID).Events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks++
		}
	}
	return run, tasks
}

// A run with much in hand takes the ends of several orders with one task. 160 orders end one by one, and begin one by one. Fails without: the
// linger in room (about 120 tasks then).
func TestLinger_TakesSeveralEndsInOneTask(t *testing.T) {
	run, tasks := backlog(t, "lingers", 160, 40)
	t.Logf("%d tasks", tasks)
	if run.Counts.Posted != 160 || run.Counts.Started != 160 || run.Counts.InHand != 0 {
		t.Errorf("counts %+v, want 160 posted", run.Counts)
	}
	if tasks > 80 {
		t.Errorf("%d tasks of the run for 160 orders, want half of that at most", tasks)
	}
}
