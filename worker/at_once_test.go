package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/workflows"
)

// steps are the kinds of these events.
func steps(events []*historypb.HistoryEvent) (kinds []enumspb.EventType) {
	for _, e := range events {
		kinds = append(kinds, e.GetEventType())
	}
	return kinds
}

// An order that B1 takes costs Temporal six events, on the queue of those who speak to B1; whether a run or a resync brings it.
//
// Fails without: AtOnce, the queue of B1, and the time limits, in poster.child.
func TestAtOnce_AnOrderCostsSixEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	first, second := w.place("simple", 1), w.place("simple", 1)
	w.startWorker()
	w.sync()
	third := w.place("simple", 1)
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "third"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{third.IncrementID}})
	if err := w.await(workflows.ResyncOrdersID(w.instance, "third")); err != nil {
		t.Fatal(err)
	}
	want := []enumspb.EventType{enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, enumspb.EVENT_TYPE_MARKER_RECORDED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED}
	for _, p := range []magentosim.Placed{first, second, third} {
		events := w.history(workflows.InsertOrderID(w.key(p)))
		if got := steps(events); !slices.Equal(got, want) {
			t.Errorf("order %s has the events %v, want %v", p.IncrementID, got, want)
		}
		begun := events[0].GetWorkflowExecutionStartedEventAttributes()
		if queue := begun.GetTaskQueue().GetName(); queue != workflows.B1TaskQueue(w.instance) {
			t.Errorf("order %s goes over the queue %s", p.IncrementID, queue)
		}
		if task, run := begun.GetWorkflowTaskTimeout().AsDuration(), begun.GetWorkflowRunTimeout().AsDuration(); task != 20*time.Second || run < 25*time.Minute || run > time.Hour {
			t.Errorf("order %s is given %s for a task and %s for all, want a dead worker noticed in time, and an end where nobody works", p.IncrementID, task, run)
		}
	}
	w.checkLedger()
}

// Trouble is seen where it was ever seen: a pending activity with the failure, its number, and the time of the next attempt.
//
// Fails without: the activity after an attempt at once (the order is deferred), and the trouble that it shows (no failure is seen).
func TestAtOnce_TroubleIsSeenAsAPendingActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.settings.All[0].B1.Settle = 4 * time.Second
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Times: 1, Match: "POST Orders"}); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	w.start("SyncOrders", workflows.SyncOrdersID(w.instance), workflows.SyncOrdersInput{Instance: w.instance})
	w.eventually("the trouble is seen", func() bool {
		d, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.InsertOrderID(w.key(p)), "")
		if err != nil || len(d.GetPendingActivities()) != 1 {
			return false
		}
		a := d.GetPendingActivities()[0]
		return a.GetAttempt() == 2 && strings.Contains(a.GetLastFailure().GetMessage(), "not known whether B1 has the order") && time.Until(a.GetScheduledTime().AsTime()) > time.Second
	})
	w.eventually("the order is posted", func() bool { return w.get(p).Status == order.Posted })
	if err := w.await(workflows.InsertOrderID(w.key(p))); err != nil {
		t.Error(err)
	}
	got := steps(w.history(workflows.InsertOrderID(w.key(p))))
	if !slices.Contains(got, enumspb.EVENT_TYPE_MARKER_RECORDED) || !slices.Contains(got, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) {
		t.Errorf("its events are %v, want an attempt at once and an activity", got)
	}
	if n := w.company.Sent()[p.IncrementID]; n != 1 {
		t.Errorf("it was sent %d times", n)
	}
	w.checkLedger()
}

// A B1 that takes seconds for an order keeps others waiting for their turn, and is no trouble: nobody becomes an activity for that.
//
// Fails without: an atOnceWait of some orders' time (with 3 s half of them become activities).
func TestAtOnce_ASlowB1IsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.settings.All[0].B1.MaxCalls = 2 // and four tasks more, all in one line
	w.company.SetLatency(b1sim.Latency{Read: 600 * time.Millisecond, Write: 1200 * time.Millisecond})
	var placed []magentosim.Placed
	for range 12 {
		placed = append(placed, w.place("simple", 1))
	}
	w.startWorker()
	w.sync()
	atOnce := 0
	for _, p := range placed {
		if !slices.Contains(steps(w.history(workflows.InsertOrderID(w.key(p)))), enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
			atOnce++
		}
	}
	if atOnce != len(placed) {
		t.Errorf("%d of %d orders went at once", atOnce, len(placed))
	}
	w.checkLedger()
}

// A worker that does not speak to B1 takes no order there, whatever a workflow asks of it.
//
// Fails without: the lane in Instance.AtOnce (instances in main.go): the order is posted by the wrong worker.
func TestAtOnce_AWorkerWithoutTheLaneTakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.settings.Lanes = []string{config.LaneSync}
	stop := w.startWorker()
	w.stageOnly()
	w.start("InsertOrder", workflows.InsertOrderID(w.key(p)), workflows.InsertOrderInput{Key: w.key(p), AtOnce: true}) // on the queue of all
	w.eventually("the order waits for another worker", func() bool {
		return slices.Contains(steps(w.history(workflows.InsertOrderID(w.key(p)))), enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
	})
	if calls := w.company.Traffic().Calls; len(calls) != 0 || w.get(p).Status != order.Pending {
		t.Errorf("B1 got the calls %v, the order is %s", calls, w.get(p).Status)
	}
	stop()
	w.settings.Lanes = []string{config.LaneSync, config.LaneB1}
	w.startWorker()
	if err := w.await(workflows.InsertOrderID(w.key(p))); err != nil {
		t.Error(err)
	}
	w.checkLedger()
}

// A rate of orders is kept by Temporal's queue, so each order passes it, and costs no attempt at once.
//
// Fails without: Paced in NextOrders, and in FindOrders.
func TestAtOnce_WithARateEveryOrderPassesTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	first := w.place("simple", 1)
	w.settings.All[0].B1.OrdersPerSecond = 100
	w.startWorker()
	w.sync()
	second := w.place("simple", 1)
	w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, "second"), workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{second.IncrementID}})
	if err := w.await(workflows.ResyncOrdersID(w.instance, "second")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []magentosim.Placed{first, second} {
		got := steps(w.history(workflows.InsertOrderID(w.key(p))))
		if slices.Contains(got, enumspb.EVENT_TYPE_MARKER_RECORDED) || !slices.Contains(got, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) {
			t.Errorf("order %s has the events %v, want an activity and nothing else", p.IncrementID, got)
		}
	}
	w.checkLedger()
}

// A worker that is told to stop finishes an order that it has at B1, and tells Temporal so: nobody has to find that out.
//
// Fails without: WorkerStopTimeout of atOnceWorker.
func TestAtOnce_AWorkerThatStopsFinishesWhatItHasInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.company.SetLatency(b1sim.Latency{Write: 1500 * time.Millisecond})
	stop := w.startWorker()
	w.start("SyncOrders", workflows.SyncOrdersID(w.instance), workflows.SyncOrdersInput{Instance: w.instance})
	w.eventually("B1 is at work on the order", func() bool { return w.company.Sent()[p.IncrementID] > 0 })
	stop()
	if doc := w.get(p); doc.Status != order.Posted {
		t.Errorf("order is %s", doc.Status)
	}
	d, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.InsertOrderID(w.key(p)), "")
	if err != nil || d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Errorf("its workflow is %s (%v), want it completed", d.GetWorkflowExecutionInfo().GetStatus(), err)
	}
	w.startWorker() // for the run
	if err := w.await(workflows.SyncOrdersID(w.instance)); err != nil {
		t.Error(err)
	}
	w.checkLedger()
}

// An order that keeps B1 busy for longer than the server waits for a task is neither cut off nor begun again: the worker says meanwhile that it
// is at work.
//
// Fails without: an AtOnceLimit that leaves an order the time it may take.
func TestAtOnce_ASlowOrderKeepsItsTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.settings.All[0].B1.Timeout = 40 * time.Second
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: b1sim.Duration(22 * time.Second)}); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	w.sync()
	w.eventually("the order is posted", func() bool { return w.get(p).Status == order.Posted })
	if err := w.await(workflows.InsertOrderID(w.key(p))); err != nil {
		t.Error(err)
	}
	got := steps(w.history(workflows.InsertOrderID(w.key(p))))
	if slices.Contains(got, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) || slices.Contains(got, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT) {
		t.Errorf("its events are %v, want one attempt", got)
	}
	if n, doc := w.company.Sent()[p.IncrementID], w.get(p); n != 1 || doc.Attempts != 1 {
		t.Errorf("it was sent %d times in %d attempts", n, doc.Attempts)
	}
	w.checkLedger()
}

// A held order is tried again by a reset of its workflow, to whichever task: the attempt is made anew.
//
// Fails without: the worker of the queue (atOnceWorker).
func TestAtOnce_AResetTriesAHeldOrderAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("forgotten", 1)
	w.startWorker()
	if run := w.sync(); run.Counts.Held != 1 {
		t.Fatalf("counts %+v, want one held", run.Counts)
	}
	for _, l := range w.get(p).Order.Lines {
		if err := w.company.PutItem(b1sim.Item{Code: l.SKU, Name: l.SKU, Sales: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.reset(workflows.InsertOrderID(w.key(p)))
	if err := w.await(workflows.InsertOrderID(w.key(p))); err != nil {
		t.Error(err)
	}
	if doc := w.get(p); doc.Status != order.Posted {
		t.Errorf("order is %s (%v)", doc.Status, doc.Reason)
	}
	w.checkLedger()
}

// reset has a workflow begin again at its first task.
func (w *world) reset(id string) {
	w.t.Helper()
	if _, err := w.temporal.ResetWorkflowExecution(w.t.Context(), &workflowservice.ResetWorkflowExecutionRequest{Namespace: w.settings.TemporalNamespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id}, Reason: "mended", WorkflowTaskFinishEventId: 4, RequestId: w.instance}); err != nil {
		w.t.Fatal(err)
	}
}
