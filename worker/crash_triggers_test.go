package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
	"datawald/workflows"
)

// operate runs the operator's command line in this world.
func (w *world) operate(starter string, args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), starter, args...)
	cmd.Env = append(append(os.Environ(), w.environment()...), "SYNC_INTERVAL=2s")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("starter %v: %v\n%s", args, err, out)
	}
}

// hint is what the gateway does with a webhook of the shop.
func (w *world) hint(h workflows.Hint) {
	w.t.Helper()
	if _, err := w.temporal.SignalWithStartWorkflow(w.t.Context(), workflows.TakeHintsID(w.instance), workflows.HintSignal, h,
		client.StartWorkflowOptions{TaskQueue: w.queue}, workflows.TakeHints, workflows.TakeHintsInput{Instance: w.instance}); err != nil {
		w.t.Fatal(err)
	}
}

// The schedule, the shop's webhooks, resyncs of lists and a person's retries name the same orders at once, on two worker processes,
// one of which is killed in the middle.
func TestCrash_AllTriggersAtOnce(t *testing.T) {
	t.Parallel()
	program, starter := buildWorker(t), build(t, "starter")
	c := newCrashWorld(t, plain, 0)
	c.refusals = 20 // whoever asks for a held order by name has it tried again
	c.company.SetLatency(b1sim.Latency{Read: 50 * time.Millisecond, Write: 300 * time.Millisecond})
	if err := c.company.Inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Every: 3}); err != nil {
		t.Fatal(err)
	}
	first := c.startProcess(program)
	c.startProcess(program)
	c.operate(starter, "apply")
	t.Cleanup(func() { // or it goes on for ever on the server that other tests share
		ctx := context.WithoutCancel(t.Context())
		if err := c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.instance)).Delete(ctx); err != nil {
			t.Log(err)
		}
	})
	var numbers []string
	for _, p := range c.shop.Orders() {
		numbers = append(numbers, p.IncrementID)
		c.hint(workflows.Hint{EntityIDs: []int64{p.EntityID}})
	}
	for n := range 3 {
		c.start("ResyncOrders", workflows.ResyncOrdersID(c.instance, fmt.Sprint("list", n)), workflows.ResyncOrdersInput{Instance: c.instance, IncrementIDs: numbers, Actor: "test"})
		c.hint(workflows.Hint{IncrementIDs: numbers})
	}
	c.eventually("the orders are staged", func() bool { return total(c.counts()) == int64(len(numbers)) })
	for _, p := range c.shop.Orders() {
		c.start("InsertOrder", workflows.InsertOrderID(c.key(p)), workflows.InsertOrderInput{Key: c.key(p)}) // the gateway's button
		c.start("InsertOrder", "by-hand:"+string(c.key(p)), workflows.InsertOrderInput{Key: c.key(p)})
	}
	c.eventually("an order is posted", func() bool { return c.counts()[order.Posted] > 0 })
	first.Kill()
	c.settleBy(func() {})
	for n := range 3 {
		if err := c.await(workflows.ResyncOrdersID(c.instance, fmt.Sprint("list", n))); err != nil {
			t.Error(err)
		}
	}
	c.settleBy(func() {})
	c.check()
}

// An order has one workflow, whoever starts it: a second run takes what the first has in hand as done.
//
// Fails without: the workflow's ID being made of the order's key alone.
func TestGuard_TwoRunsStartOneWorkflowForAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.company.SetLatency(b1sim.Latency{Write: 2 * time.Second})
	w.startWorker()
	w.stageOnly()
	w.start("SyncOrders", "one:"+w.instance, workflows.SyncOrdersInput{Instance: w.instance})
	w.eventually("B1 is at work on the order", func() bool { return w.company.Sent()[p.IncrementID] > 0 })
	w.start("SyncOrders", "two:"+w.instance, workflows.SyncOrdersInput{Instance: w.instance})
	counts := store.Counts{}
	for _, id := range []string{"one:", "two:"} {
		var run store.Run
		if err := w.temporal.GetWorkflow(t.Context(), id+w.instance, "").Get(t.Context(), &run); err != nil {
			t.Fatal(err)
		}
		counts = counts.Add(run.Counts)
	}
	if counts.Posted != 1 || counts.InHand != 1 {
		t.Errorf("both runs together: %+v, want one posted and one in hand", counts)
	}
	w.checkLedger()
}
