package workflows_test

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/workflows"
)

// scenesAtOnce are of orders that are tried inside of a task of their workflow.
var scenesAtOnce = []scene{
	{name: "insert-order-at-once", play: func(s *stage) { s.insertAtOnce() }},
	{name: "insert-order-at-once-held", play: func(s *stage) {
		s.insert = func(context.Context, order.Key, int32) (*activities.InsertOrderResult, error) {
			return nil, heldForAPerson
		}
		s.insertAtOnce()
	}},
	{name: "insert-order-at-once-retried", play: func(s *stage) { // its trouble becomes that of an activity
		s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if !activity.GetInfo(ctx).IsLocalActivity {
				return nil, nil
			}
			return nil, temporal.NewApplicationErrorWithOptions("it is not known whether B1 has the order", activities.TypeUnresolved,
				temporal.ApplicationErrorOptions{NextRetryDelay: time.Second})
		}
		s.insertAtOnce()
	}},
	{name: "insert-order-at-once-in-turn", play: func(s *stage) { // B1 takes nothing at the moment
		s.outage("")()
		s.insertAtOnce()
	}},
	{name: "insert-order-at-once-slow", play: func(s *stage) { // its worker asks for more time, so that two tasks are completed before its end
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			for s.tasksCompleted(ctx, key) == 0 {
				if err := pause(ctx, 200*time.Millisecond); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}
		s.insertAtOnce()
	}},
	{name: "insert-order-at-once-died", late: true, play: func(s *stage) { // the worker of its first task dies
		s.wait(1)
		run := s.sync(workflows.SyncOrdersInput{})
		queue := workflows.B1TaskQueue(s.instance)
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
		defer cancel()
		task, err := s.client.WorkflowService().PollWorkflowTaskQueue(ctx, &workflowservice.PollWorkflowTaskQueueRequest{
			Namespace: "default", Identity: "recorder", TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}})
		if err != nil || len(task.GetTaskToken()) == 0 {
			s.t.Fatalf("took the task %v (%v)", task, err)
		}
		s.serve(queue)
		if err := run.Get(s.t.Context(), nil); err != nil {
			s.t.Fatal(err)
		}
		s.keep(s.client.GetWorkflow(s.t.Context(), workflows.InsertOrderID(s.key(1)), ""))
	}},
}

// insertAtOnce has a run begin an order, as in operation: on the queue of B1, with its time limits.
func (s *stage) insertAtOnce() {
	s.t.Helper()
	s.wait(1)
	if err := s.sync(workflows.SyncOrdersInput{}).Get(s.t.Context(), nil); err != nil {
		s.t.Fatal(err)
	}
	s.keep(s.client.GetWorkflow(s.t.Context(), workflows.InsertOrderID(s.key(1)), ""))
}

// tasksCompleted is how many tasks of an order's workflow are completed.
func (s *stage) tasksCompleted(ctx context.Context, key order.Key) (n int) {
	events := s.client.GetWorkflowHistory(ctx, workflows.InsertOrderID(key), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return n
		}
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			n++
		}
	}
	return n
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
