package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/workflows"
)

// However many workers of a process fail, none of them waits to say so, and the process hears of the first.
//
// Fails without: leaving the others out in firstFatal (they wait for ever).
func TestStop_ManyWorkersMayFail(t *testing.T) {
	t.Parallel()
	fatal, onFatal := firstFatal()
	told := make(chan struct{})
	go func() {
		defer close(told)
		for _, what := range []string{"first", "second", "third", "fourth"} {
			onFatal(errors.New(what))
		}
	}()
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Fatal("a worker waits to say that it failed")
	}
	if err := <-fatal; err.Error() != "first" {
		t.Errorf("told %v, want the first", err)
	}
}

// A worker that is told to stop, while B1 is at work on an order for longer than it may wait, keeps its time all the same: it gives the order
// back, writes down that it may be in B1, and tells Temporal, so that another goes on at once and not when a claim and a task have run out.
//
// Fails without: cutOff (the order stays claimed, nothing is in its timeline, and its task runs out), and without StopTimeout of the instance.
func TestStop_AnOrderAtOnceIsCutOffInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	const stopTime, atB1 = 4 * time.Second, 10 * time.Second
	w.extra = append(w.extra, "WORKER_STOP_TIMEOUT="+stopTime.String(), "B1_"+strings.ToUpper(w.instance)+"_TIMEOUT=12s", "B1_"+strings.ToUpper(w.instance)+"_SETTLE=4s")
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: b1sim.Duration(atB1)}); err != nil {
		t.Fatal(err)
	}
	program := buildWorker(t)
	worker := w.startProcess(program)
	w.start("SyncOrders", workflows.SyncOrdersID(w.instance), workflows.SyncOrdersInput{Instance: w.instance})
	id := workflows.InsertOrderID(w.key(p))
	w.eventually("B1 is at work on the order", func() bool { return w.company.Sent()[p.IncrementID] > 0 })
	began := time.Now()
	worker.Stop(time.Minute)
	if took := time.Since(began); took > stopTime+3*time.Second { // and the time to log out of B1
		t.Errorf("it stopped after %s, want %s and little more", took, stopTime)
	}
	doc := w.get(p)
	if doc.Claim != nil || doc.Intent == nil || !doc.Intent.Over {
		t.Errorf("it leaves the claim %+v and the intent %+v", doc.Claim, doc.Intent)
	}
	if last := doc.Timeline[len(doc.Timeline)-1]; last.Step != "sending" || last.Outcome != "unknown" {
		t.Errorf("the last of its timeline is %+v, want that it may be in B1", last)
	}
	if got := steps(w.history(id)); !slices.Contains(got, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
		t.Errorf("its events are %v, want an activity", got)
	}
	w.startProcess(program)
	if err := w.await(id); err != nil {
		t.Error(err)
	}
	if got := steps(w.history(id)); slices.Contains(got, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT) {
		t.Errorf("its events are %v, want no task that runs out", got)
	}
	if doc, n := w.get(p), w.company.CountByNumAtCard(p.IncrementID); doc.Status != order.Posted || n != 1 {
		t.Errorf("order is %s, and B1 has %d of it", doc.Status, n)
	}
	w.checkLedger()
}
