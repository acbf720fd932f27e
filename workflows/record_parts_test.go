package workflows_test

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/activities"
	"datawald/order"
	"datawald/workflows"
)

// scenesOfParts are of backfills that leave their orders to parts.
var scenesOfParts = []scene{
	{name: "backfill-orders-parts", play: func(s *stage) { // two at once, while fresh orders come and go
		s.imports = 40
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.fresh = key > s.key(8) && key < s.key(30)
			return nil, nil
		}
		run := s.backfill(50)
		s.keep(run)
		s.keep(s.partOf(run, 1), "post-imports")
	}},
	{name: "backfill-orders-parts-paused", play: func(s *stage) { // while a part has orders that it has not begun
		s.imports = 9
		paused := make(chan struct{})
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) {
				return nil, heldForAPerson
			}
			hold(ctx, paused)
			return nil, nil
		}
		run := s.backfill(3)
		s.begun(run, 1)
		s.pause(run, true)
		close(paused)
		time.AfterFunc(5*time.Second, func() { s.pause(run, false) })
		s.keep(run)
		s.keep(s.partOf(run, 1), "post-imports-paused")
	}},
	{name: "backfill-orders-parts-quiet", play: func(s *stage) { // it becomes quiet inside of a page
		s.imports = 9
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if key <= s.key(2) || s.quietOver {
				return nil, nil
			}
			if s.quiet == nil {
				s.quiet = new(time.Now().UTC().Add(4 * time.Second))
				time.AfterFunc(3*time.Second, func() {
					s.mu.Lock()
					defer s.mu.Unlock()
					s.quiet, s.quietOver = nil, true
				})
			}
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		}
		run := s.backfill(2)
		s.keep(run)
		s.keep(s.partOf(run, 1), "post-imports-quiet")
	}},
	{name: "backfill-orders-parts-slow", play: func(s *stage) { // one order is left to itself, and found in hand by the part after the next
		s.imports = 16
		slow := make(chan struct{})
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(3) {
				hold(ctx, slow)
			}
			return nil, nil
		}
		run := s.backfill(4)
		time.AfterFunc(40*time.Second, func() { close(slow) })
		s.keep(run)
		s.keep(s.partOf(run, 1), "post-imports-slow")
	}},
	{name: "backfill-orders-parts-long", small: true, play: func(s *stage) { // in several histories
		s.attributes = workflows.RunAttributes(s.instance, workflows.SourceBackfill)
		s.imports = 36
		s.keep(s.backfill(3))
	}},
	{name: "backfill-orders-parts-cancelled", play: func(s *stage) {
		s.imports = 9
		over := make(chan struct{})
		s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
			hold(ctx, over)
			return nil, nil
		}
		run := s.backfill(3)
		s.begun(run, 1)
		if err := s.client.CancelWorkflow(s.t.Context(), run.GetID(), ""); err != nil {
			s.t.Fatal(err)
		}
		s.keep(run)
		s.keep(s.partOf(run, 1), "post-imports-cancelled")
		close(over)
	}},
}

// backfill begins one of a selection.
func (s *stage) backfill(window int) client.WorkflowRun {
	s.t.Helper()
	return s.begin(workflows.BackfillOrdersID(s.instance), "BackfillOrders", workflows.BackfillOrdersInput{Instance: s.instance, Window: window, Selected: &november})
}

// partOf is the n-th part of a backfill.
func (s *stage) partOf(run client.WorkflowRun, n int) client.WorkflowRun {
	s.t.Helper()
	of, err := s.client.DescribeWorkflowExecution(s.t.Context(), run.GetID(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.client.GetWorkflow(s.t.Context(), workflows.PostImportsID(s.instance, of.WorkflowExecutionInfo.FirstRunId, n), "")
}

// begun waits until the n-th part of a backfill has begun an order.
func (s *stage) begun(run client.WorkflowRun, n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	for {
		part, err := s.client.DescribeWorkflowExecution(ctx, s.partOf(run, n).GetID(), "")
		if err == nil && len(part.PendingChildren) > 0 {
			return
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			s.t.Fatal("no part has begun", err)
		}
	}
}
