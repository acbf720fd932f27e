package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// lastMonth fills the shop with orders of last month, which the ordinary reading begins behind.
func (w *world) lastMonth(orders int) order.Selection {
	w.t.Helper()
	w.settings.All[0].Magento.SyncFrom = time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	w.extra = append(w.extra, "MAGENTO_"+strings.ToUpper(w.instance)+"_SYNC_FROM="+w.settings.All[0].Magento.SyncFrom)
	month := time.Now().UTC().AddDate(0, -1, 0)
	for n := range orders {
		p := w.place("simple", 1)
		at := month.Add(time.Duration(n/5) * time.Second).Format(time.DateTime) // five orders in each second
		if err := w.shop.Update(p.EntityID, func(d map[string]any) {
			d["state"], d["status"], d["created_at"], d["updated_at"] = "processing", "processing", at, at
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	return order.Selection{By: order.ByCreated, From: month.AddDate(0, 0, -1), To: month.AddDate(0, 0, 1)}
}

// backfill begins a backfill.
func (w *world) backfill(in workflows.BackfillOrdersInput) client.WorkflowRun {
	w.t.Helper()
	in.Instance, in.Actor = w.instance, "test"
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.BackfillOrdersID(w.instance), TaskQueue: w.queue}, "BackfillOrders", in)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// brought waits for the end of a backfill.
func (w *world) brought(run client.WorkflowRun) store.Run {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	var result store.Run
	if err := run.Get(ctx, &result); err != nil {
		w.t.Fatal("BackfillOrders:", err)
	}
	return result
}

// Orders are sold, the schedule runs, orders of the history change, and the worker is killed while it reads and while it posts: the
// books are in order, and the backfill has counted each order of its selection once.
func TestBackfillBesideLiveTrafficAndKilledWorkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	const orders = 90
	selected := w.lastMonth(orders)
	w.company.SetLatency(b1sim.Latency{Read: 10 * time.Millisecond, Write: 60 * time.Millisecond})
	if err := w.shop.SetFaults(func(f *magentosim.Faults) { f.LatencyMS = 300 }); err != nil {
		t.Fatal(err)
	}
	program := buildWorker(t)
	worker := w.startProcess(program)
	run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected})
	w.eventually("the first page is staged", func() bool { return total(w.counts()) > 0 })
	worker.Kill() // while it reads the others
	if n := total(w.counts()); n >= orders {
		t.Fatalf("all %d orders are staged already, want the worker to die while it reads", n)
	}
	stopSchedule, stopSelling := w.schedule(workflows.SyncOrdersInput{Window: 20}), w.selling(150*time.Millisecond)
	for _, p := range w.shop.Orders()[:orders/3] { // the ordinary reading brings these as well
		if err := w.shop.Update(p.EntityID, func(d map[string]any) { d["customer_note_notify"] = 1 }); err != nil {
			t.Fatal(err)
		}
	}
	worker = w.startProcess(program)
	for _, posted := range []int64{20, 50} {
		w.eventually("more orders are posted", func() bool { return w.counts()[order.Posted] >= posted })
		worker.Kill()
		worker = w.startProcess(program)
	}
	result := w.brought(run)
	stopSelling()
	w.eventually("every order is settled", func() bool {
		c := w.counts()
		return c[order.Pending] == 0 && total(c) == int64(len(w.shop.Orders()))
	})
	stopSchedule()
	counted := 0
	for _, states := range []map[order.Status]int{result.Backfill.Imported, result.Backfill.Others} {
		for _, n := range states {
			counted += n
		}
	}
	if result.Counts.Read != orders || counted != orders || result.Backfill.Total != orders || result.Backfill.Imported[order.Posted] == 0 {
		t.Errorf("counted %+v, %+v; want %d orders, each once", result.Counts, result.Backfill, orders)
	}
	if lost, twice := w.lostAndTwice(); lost+twice != 0 {
		t.Errorf("%d lost, %d twice", lost, twice)
	}
	w.checkLedger()
	if held, err := w.db.ImportsHeld(t.Context(), w.instance); err != nil || held {
		t.Errorf("the imports are still held: %v, %v", held, err)
	}
}

// An order that is placed while hundreds of imports wait comes to B1 behind no more of them than are in hand at once: counted in
// orders, by their numbers in B1. The backfill hears of none of them itself. Fails without: the rank of imports in the queue (with Imports
// at the place of fresh orders); postInParts (more than three events an order).
func TestBackfillDelaysNoFreshOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	const orders, window, slack = 300, 50, 8
	selected := w.lastMonth(orders)
	w.company.SetLatency(b1sim.Latency{Read: 20 * time.Millisecond, Write: 100 * time.Millisecond})
	w.startWorker()
	run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected, Window: window})
	for _, posted := range []int{20, 120} {
		w.eventually("imports are posted", func() bool { return w.company.Count() >= posted })
		if ahead := w.passed(w.place("simple", 1)); ahead > window+slack || w.company.Count() > orders {
			t.Errorf("after %d imports: %d came to B1 before the fresh order, want at most %d; B1 has %d by now", posted, ahead, window, w.company.Count())
		} else {
			t.Logf("after %d imports: %d came to B1 before the fresh order", posted, ahead)
		}
	}
	if result := w.brought(run); result.Counts.Posted != orders {
		t.Errorf("the backfill ends with %+v", result.Counts)
	}
	if events := len(w.history(run.GetID())); events > orders { // most of them are for the reading, and looks at the queue
		t.Errorf("its own history has %d events for %d orders, want less than one each", events, orders)
	} else {
		t.Logf("its own history has %d events for %d orders", events, orders)
	}
	w.checkLedger()
}

// passed runs the schedule for an order that was just placed, and counts the orders that come to B1 between the beginning of its
// workflow and it.
func (w *world) passed(fresh magentosim.Placed) int {
	w.t.Helper()
	began := make(chan int, 1)
	go func() { // how many B1 has then
		for w.t.Context().Err() == nil {
			if _, err := w.temporal.DescribeWorkflowExecution(w.t.Context(), workflows.InsertOrderID(w.key(fresh)), ""); err == nil {
				began <- w.company.Count()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	w.sync()
	before := <-began
	for n, o := range w.company.Orders() {
		if o.Key == fresh.IncrementID {
			return n - before
		}
	}
	w.t.Fatalf("order %s is not in B1", fresh.IncrementID)
	return 0
}

// The orders that a cancelled backfill has in hand end as they would have, and its record says how many it had begun. Fails without:
// the wait for the parts in abandon (none is counted).
func TestBackfillThatIsCancelledStopsNoOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	selected := w.lastMonth(30)
	w.company.SetLatency(b1sim.Latency{Write: 500 * time.Millisecond})
	w.startWorker()
	run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected, Window: 20})
	w.eventually("it posts", func() bool { return w.company.Count() > 0 })
	if err := w.temporal.CancelWorkflow(t.Context(), run.GetID(), ""); err != nil {
		t.Fatal(err)
	}
	if err := run.Get(t.Context(), nil); !temporal.IsCanceledError(err) {
		t.Errorf("the backfill ends with %v", err)
	}
	if record, err := w.db.GetRun(t.Context(), run.GetID()+"/"+run.GetRunID()); err != nil || record.EndedAt == nil || record.Counts.Started < 20 {
		t.Errorf("it is recorded as %+v (%v), want its window counted", record, err)
	}
	w.sync()
	w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == 30 })
	for _, p := range w.shop.Orders() {
		id := workflows.InsertOrderID(w.key(p))
		if err := w.temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil); err != nil {
			t.Errorf("%s ends with %v", id, err)
		}
	}
	w.checkLedger()
}

// A pause that somebody wants while no worker runs is kept when one is back: the parts are told, and begin no order from then on. When
// that is depends on which task the killed worker had in hand, so that their histories show it and not the number of orders in B1. Fails
// without: tell (no part hears of it), or window > 0 in may (its parts never end).
func TestBackfillPausedWhileNoWorkerRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	const orders, window = 180, 50
	selected := w.lastMonth(orders)
	w.company.SetLatency(b1sim.Latency{Read: 10 * time.Millisecond, Write: 100 * time.Millisecond})
	program := buildWorker(t)
	worker := w.startProcess(program)
	run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected, Window: window})
	w.eventually("it posts", func() bool { return w.company.Count() > 0 })
	worker.Kill()
	if err := w.temporal.SignalWorkflow(t.Context(), run.GetID(), "", workflows.PauseSignal, workflows.Pause{Paused: true, By: "ada"}); err != nil {
		t.Fatal(err)
	}
	// A task that was in hand is given out again after ten seconds at most: B1 takes longer for what is left.
	w.company.SetLatency(b1sim.Latency{Read: 10 * time.Millisecond, Write: 1500 * time.Millisecond})
	w.startProcess(program)
	w.eventually("it is paused, and its parts have ended", func() bool {
		record, err := w.db.GetRun(t.Context(), run.GetID()+"/"+run.GetRunID())
		described, failed := w.temporal.DescribeWorkflowExecution(t.Context(), run.GetID(), "")
		return err == nil && failed == nil && record.Backfill.Paused && len(described.PendingChildren) == 0
	})
	w.company.SetLatency(b1sim.Latency{Write: 20 * time.Millisecond})
	told := 0
	for n := 1; w.exists(workflows.PostImportsID(w.instance, run.GetRunID(), n)); n++ {
		is, begun := w.pausedPart(workflows.PostImportsID(w.instance, run.GetRunID(), n))
		if is {
			told++
		}
		if begun > 0 {
			t.Errorf("part %d begins %d orders after it was told of the pause", n, begun)
		}
	}
	if told == 0 {
		t.Error("no part was told of the pause")
	}
	if err := w.temporal.SignalWorkflow(t.Context(), run.GetID(), "", workflows.PauseSignal, workflows.Pause{By: "ada"}); err != nil {
		t.Fatal(err)
	}
	if result := w.brought(run); result.Counts.Posted+result.Counts.InHand != orders {
		t.Errorf("it ends with %+v", result.Counts)
	}
	w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == orders })
	w.checkLedger()
}

// pausedPart tells whether a part of a backfill heard that it has no share, and how many orders it began after that.
func (w *world) pausedPart(id string) (told bool, begun int) {
	w.t.Helper()
	for _, e := range w.history(id) {
		if signaled := e.GetWorkflowExecutionSignaledEventAttributes(); signaled.GetSignalName() == workflows.ShareSignal {
			var share workflows.Share
			if err := converter.GetDefaultDataConverter().FromPayloads(signaled.Input, &share); err != nil {
				w.t.Fatal(err)
			}
			told = share.Window == 0
		}
		if told && e.EventType == enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED {
			begun++
		}
	}
	return told, begun
}

// exists tells whether Temporal knows a workflow.
func (w *world) exists(id string) bool {
	w.t.Helper()
	_, err := w.temporal.DescribeWorkflowExecution(w.t.Context(), id, "")
	if _, none := errors.AsType[*serviceerror.NotFound](err); !none && err != nil {
		w.t.Fatal(err)
	}
	return err == nil
}

// What a backfill leaves, the runs of the schedule take to B1. Fails without: imports in the queue of NextOrders.
func TestBackfillThatIsTerminatedLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	selected := w.lastMonth(30)
	w.company.SetLatency(b1sim.Latency{Write: 300 * time.Millisecond})
	w.startWorker()
	run := w.backfill(workflows.BackfillOrdersInput{Selected: &selected, Window: 2})
	w.eventually("it posts", func() bool { return w.company.Count() > 0 })
	if err := w.temporal.TerminateWorkflow(t.Context(), run.GetID(), "", "test"); err != nil {
		t.Fatal(err)
	}
	if r := w.sync(); r.Counts.Started != 0 {
		t.Errorf("a run takes %d imports while they are held", r.Counts.Started)
	}
	if err := w.db.HoldImports(t.Context(), w.instance, "gone", time.Now()); err != nil { // an hour later
		t.Fatal(err)
	}
	w.sync()
	w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == 30 })
	w.checkLedger()
}
