package workflows_test

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// scene is one way that workflows go, of which each release has a history.
type scene struct {
	name string
	// small scenes run on a server that suggests a new history after few events.
	small bool
	// late scenes give the queue of B1 a worker by themselves.
	late bool
	// patience is how long its workers wait for what they have in hand when they stop.
	patience time.Duration
	play     func(*stage)
}

// scenes are recorded by TestReplay. Each takes about a minute at most, side by side.
var scenes = slices.Concat(scenesOfRuns, scenesOfParts, scenesAtOnce, scenesOfReconcile)

var scenesOfRuns = []scene{
	{name: "sync-orders", play: func(s *stage) {
		s.pages = []activities.FetchMagentoOrdersResult{
			{Refs: []store.PayloadRef{{Key: s.key(5), Hash: "a"}, {Key: s.key(6), Hash: "b"}}, Next: order.Cut{EntityID: 6}},
			{Refs: []store.PayloadRef{{Key: s.key(7), Hash: "c"}}, Next: order.Cut{EntityID: 7}, Done: true}}
		s.wait(4)
		s.writeBack = true
		s.keep(s.sync(workflows.SyncOrdersInput{Window: 3}))
	}},
	{name: "sync-orders-held", play: func(s *stage) {
		s.wait(4)
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			switch key {
			case s.key(2):
				return nil, heldForAPerson
			case s.key(3):
				return &activities.InsertOrderResult{Status: order.Draft}, nil
			}
			return nil, nil
		}
		s.keep(s.sync(workflows.SyncOrdersInput{}))
	}},
	{name: "sync-orders-outage", play: func(s *stage) { // its window is full of orders of an earlier run, and it reads again
		back := s.outage("B1 does not answer since 2026-11-25 02:00:00 UTC (503)")
		s.wait(12)
		s.earlierRun(6)
		run := s.sync(workflows.SyncOrdersInput{Window: 6})
		time.AfterFunc(72*time.Second, back)
		s.keep(run)
	}},
	{name: "sync-orders-outage-part", play: func(s *stage) { // its window is half full of orders of an earlier run
		back := s.outage("")
		s.wait(14)
		s.earlierRun(3)
		run := s.sync(workflows.SyncOrdersInput{Window: 6})
		time.AfterFunc(13*time.Second, back)
		s.keep(run)
	}},
	{name: "sync-orders-put-off", play: func(s *stage) { // the earlier run's orders are put off, then some of them are due, then B1 is back
		back := s.outage("")
		s.wait(12)
		var due atomic.Bool
		s.off = func(key order.Key) bool { return key == s.key(1) || key <= s.key(4) && !due.Load() }
		s.earlierRun(4)
		run := s.sync(workflows.SyncOrdersInput{Window: 4})
		time.AfterFunc(12*time.Second, func() { due.Store(true) })
		time.AfterFunc(24*time.Second, back)
		s.keep(run)
	}},
	{name: "sync-orders-given-up", play: func(s *stage) { // the earlier run's orders end without being posted
		s.wait(8)
		gone := make(chan struct{})
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			select {
			case <-gone:
				return nil, nil
			default:
			}
			hold(ctx, gone)
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, nil
		}
		s.earlierRun(4)
		run := s.sync(workflows.SyncOrdersInput{Window: 4})
		time.AfterFunc(8*time.Second, func() { close(gone) })
		s.keep(run)
	}},
	{name: "sync-orders-slow", play: func(s *stage) { // one order waits for long, the others do not
		slow := make(chan struct{})
		s.wait(5)
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) {
				hold(ctx, slow)
			}
			return nil, nil
		}
		s.keep(s.sync(workflows.SyncOrdersInput{Budget: 20 * time.Second}))
		close(slow)
	}},
	{name: "sync-orders-long", small: true, play: func(s *stage) { // more orders than one history bears
		s.wait(30)
		s.keep(s.sync(workflows.SyncOrdersInput{Window: 5}))
	}},
	{name: "sync-orders-lingers-long", small: true, play: func(s *stage) { // it takes several ends with one task, and goes on in a new history
		s.wait(50)
		s.insert = func(context.Context, order.Key, int32) (*activities.InsertOrderResult, error) {
			time.Sleep(50 * time.Millisecond)
			return nil, nil
		}
		s.keep(s.sync(workflows.SyncOrdersInput{Window: 32}))
	}},
	{name: "sync-orders-lingers-slow", small: true, play: func(s *stage) { // two orders do not end
		slow := make(chan struct{})
		s.wait(44)
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) || key == s.key(3) {
				hold(ctx, slow)
			}
			return nil, nil
		}
		run := s.sync(workflows.SyncOrdersInput{Window: 32})
		time.AfterFunc(25*time.Second, func() { close(slow) })
		s.keep(run)
	}},
	{name: "sync-orders-searchable", small: true, play: func(s *stage) { // its orders can be found, in the new history too
		s.attributes = workflows.RunAttributes(s.instance, workflows.SourceSync)
		s.wait(30)
		s.keep(s.sync(workflows.SyncOrdersInput{Window: 5}))
	}},
	{name: "sync-orders-long-slow", small: true, play: func(s *stage) { // what one history leaves to itself another finds
		slow := make(chan struct{})
		s.wait(40)
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) || key == s.key(3) {
				hold(ctx, slow)
			}
			return nil, nil
		}
		run := s.sync(workflows.SyncOrdersInput{Window: 5})
		time.AfterFunc(25*time.Second, func() { close(slow) })
		s.keep(run)
	}},
	{name: "sync-orders-outage-long", small: true, play: func(s *stage) { // longer than one history bears
		back := s.outage("")
		s.wait(8)
		s.earlierRun(4)
		run := s.sync(workflows.SyncOrdersInput{Window: 4})
		time.AfterFunc(40*time.Second, back)
		s.keep(run)
	}},
	{name: "sync-orders-quiet", play: func(s *stage) {
		until := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)
		s.quiet = &until
		s.wait(2)
		s.found.Refs = []store.PayloadRef{{Key: s.key(9), Hash: "d"}}
		s.keep(s.sync(workflows.SyncOrdersInput{}))
	}},
	{name: "sync-orders-quiet-begins", play: func(s *stage) { // while a page of the queue is used up
		until := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)
		s.wait(9)
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key <= s.key(2) {
				return nil, nil
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.quiet = &until
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		}
		s.keep(s.sync(workflows.SyncOrdersInput{Window: 2}))
	}},
	{name: "sync-orders-refused", play: func(s *stage) { // B1 refuses the connector
		s.wait(6)
		s.insert = func(context.Context, order.Key, int32) (*activities.InsertOrderResult, error) {
			return nil, temporal.NewApplicationError("B1 refuses the login", activities.TypeConfig)
		}
		run := s.sync(workflows.SyncOrdersInput{Window: 2})
		s.keep(run)
		s.keep(s.client.GetWorkflow(s.t.Context(), workflows.InsertOrderID(s.key(1)), ""), "insert-order-refused")
	}},
	{name: "sync-orders-shop-down", play: func(s *stage) {
		s.wait(2)
		s.down = temporal.NewNonRetryableApplicationError("magento: GET orders: refused", activities.TypeRefused, nil)
		s.keep(s.sync(workflows.SyncOrdersInput{}))
	}},
	{name: "sync-orders-new-rules", play: func(s *stage) {
		s.wait(1)
		s.rules = "2"
		s.keep(s.sync(workflows.SyncOrdersInput{}))
	}},
	{name: "resync-orders", play: func(s *stage) {
		s.found = activities.FindOrdersResult{Missing: []string{"100000009"}, WriteBack: true,
			Refs: []store.PayloadRef{{Key: s.key(1), Hash: "a"}, {Key: s.key(2), Hash: "b"}, {Key: s.key(2), Hash: "b"}}}
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) {
				return nil, heldForAPerson
			}
			return nil, nil
		}
		s.keep(s.begin(workflows.ResyncOrdersID(s.instance, "asked"), "ResyncOrders", workflows.ResyncOrdersInput{Instance: s.instance,
			IncrementIDs: []string{"100000001", "100000002", "100000009"}, Actor: "starter"}))
	}},
	{name: "resync-orders-staged", play: func(s *stage) { // a person retries three orders, of which one is skipped meanwhile
		s.insert = func(_ context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) {
				return nil, heldForAPerson
			}
			return nil, nil
		}
		s.keep(s.begin(workflows.ResyncOrdersID(s.instance, "retried"), "ResyncOrders", workflows.ResyncOrdersInput{Instance: s.instance,
			Keys: []order.Key{s.key(1), s.key(2), s.key(3)}, Staged: true, Actor: "gateway"}))
	}},
	{name: "backfill-orders", play: func(s *stage) { // one order is held, and it is paused while B1 has the first orders
		s.imports = 7
		paused := make(chan struct{})
		s.insert = func(ctx context.Context, key order.Key, _ int32) (*activities.InsertOrderResult, error) {
			if key == s.key(2) {
				return nil, heldForAPerson
			}
			hold(ctx, paused)
			return nil, nil
		}
		run := s.begin(workflows.BackfillOrdersID(s.instance), "BackfillOrders", workflows.BackfillOrdersInput{Instance: s.instance, Window: 3, Selected: &november})
		s.pause(run, true)
		close(paused)
		time.AfterFunc(5*time.Second, func() { s.pause(run, false) })
		s.keep(run)
	}},
	{name: "backfill-orders-dry", play: func(s *stage) {
		s.imports = 4
		s.keep(s.begin(workflows.BackfillOrdersID(s.instance), "BackfillOrders", workflows.BackfillOrdersInput{Instance: s.instance, DryRun: true,
			IncrementIDs: []string{"1", "2"}, Keys: []order.Key{s.key(3)}}))
	}},
	{name: "backfill-orders-long", small: true, play: func(s *stage) {
		s.imports = 20
		s.keep(s.begin(workflows.BackfillOrdersID(s.instance), "BackfillOrders", workflows.BackfillOrdersInput{Instance: s.instance, Window: 5, Selected: &november}))
	}},
	{name: "take-hints", play: func(s *stage) {
		s.found = activities.FindOrdersResult{Refs: []store.PayloadRef{{Key: s.key(1), Hash: "a"}}}
		id := workflows.TakeHintsID(s.instance)
		run := s.hint(id, workflows.Hint{EntityIDs: []int64{7}})
		s.hint(id, workflows.Hint{EntityIDs: []int64{7}, IncrementIDs: []string{"100000001"}})
		s.keep(run)
		s.keep(s.client.GetWorkflow(s.t.Context(), s.childOf(run), ""), "resync-orders-hint")
	}},
	{name: "resync-orders-early", play: func(s *stage) { // the shop speaks of an order that it does not show yet
		s.found = activities.FindOrdersResult{Missing: []string{"100000009"}}
		s.keep(s.begin(workflows.ResyncOrdersID(s.instance, "hint"), "ResyncOrders", workflows.ResyncOrdersInput{Instance: s.instance,
			IncrementIDs: []string{"100000009"}, Hint: true, Actor: workflows.HintActor}))
	}},
	{name: "insert-order", play: func(s *stage) {
		s.keep(s.insertOrder(1))
	}},
	{name: "insert-order-held", play: func(s *stage) {
		s.insert = func(context.Context, order.Key, int32) (*activities.InsertOrderResult, error) {
			return nil, heldForAPerson
		}
		s.keep(s.insertOrder(1))
	}},
	{name: "insert-order-retried", play: func(s *stage) {
		s.insert = func(_ context.Context, _ order.Key, attempt int32) (*activities.InsertOrderResult, error) {
			switch attempt {
			case 1:
				return nil, temporal.NewApplicationError("b1: POST Orders: HTTP 503", activities.TypeTransient)
			case 2:
				return nil, temporal.NewApplicationErrorWithOptions("not found in B1, look 1 of 3", activities.TypeUnresolved,
					temporal.ApplicationErrorOptions{NextRetryDelay: time.Second})
			}
			return nil, nil
		}
		s.keep(s.insertOrder(1))
	}},
}

var heldForAPerson = temporal.NewApplicationErrorWithOptions("order is held (b1_refused)", activities.TypeHeld,
	temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{"b1_refused"}})

// outage makes every order wait until back is called.
func (s *stage) outage(alarm string) (back func()) {
	s.alarm = alarm
	over := make(chan struct{})
	s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
		if activity.GetInfo(ctx).IsLocalActivity { // nobody waits there
			return nil, temporal.NewNonRetryableApplicationError("wait", activities.TypeInTurn, nil)
		}
		hold(ctx, over)
		return nil, ctx.Err()
	}
	return func() { close(over) }
}

// hold keeps an order waiting, and tells the server that somebody is at work on it.
func hold(ctx context.Context, over <-chan struct{}) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			activity.RecordHeartbeat(ctx)
		}
	}
}

func (s *stage) insertOrder(n int) client.WorkflowRun {
	s.t.Helper()
	return s.begin(workflows.InsertOrderID(s.key(n)), "InsertOrder", workflows.InsertOrderInput{Key: s.key(n)})
}

// hint says that orders changed, as the gateway does.
func (s *stage) hint(id string, said workflows.Hint) client.WorkflowRun {
	s.t.Helper()
	run, err := s.client.SignalWithStartWorkflow(s.t.Context(), id, workflows.HintSignal, said, client.StartWorkflowOptions{TaskQueue: s.instance},
		"TakeHints", workflows.TakeHintsInput{Instance: s.instance})
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

// childOf is the ID of the first child that a workflow began.
func (s *stage) childOf(run client.WorkflowRun) string {
	s.t.Helper()
	for _, e := range read(s.t, s.client, run.GetID(), run.GetRunID()).Events {
		if child := e.GetChildWorkflowExecutionStartedEventAttributes(); child != nil {
			return child.WorkflowExecution.WorkflowId
		}
	}
	s.t.Fatal("no child")
	return ""
}
