package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
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

// stopTime is how long a worker of these tests may take to stop: half of it until it cuts an order off. B1 is at work on that for far longer.
const stopTime, atB1 = 6 * time.Second, 10 * time.Second

// stopAtWork begins to take an order to B1, and tells the worker to stop while B1 is at work on it. It gives how long that took.
func (w *world) stopAtWork(program string, p magentosim.Placed, settings ...string) (took time.Duration) {
	w.t.Helper()
	own := "B1_" + strings.ToUpper(w.instance)
	w.extra = append(w.extra, "WORKER_STOP_TIMEOUT="+stopTime.String(), own+"_TIMEOUT=12s", own+"_SETTLE=4s")
	w.extra = append(w.extra, settings...)
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: b1sim.Duration(atB1)}); err != nil {
		w.t.Fatal(err)
	}
	worker := w.startProcess(program)
	w.start("SyncOrders", workflows.SyncOrdersID(w.instance), workflows.SyncOrdersInput{Instance: w.instance})
	w.eventually("B1 is at work on the order", func() bool { return w.company.Sent()[p.IncrementID] > 0 })
	began := time.Now()
	worker.Stop(time.Minute)
	return time.Since(began)
}

// isCutOff checks that the order was given back, with what its worker knew.
func (w *world) isCutOff(p magentosim.Placed) {
	w.t.Helper()
	doc := w.get(p)
	if doc.Claim != nil || doc.Intent == nil || !doc.Intent.Over {
		w.t.Errorf("it leaves the claim %+v and the intent %+v", doc.Claim, doc.Intent)
	}
	if last := doc.Timeline[len(doc.Timeline)-1]; last.Step != "sending" || last.Outcome != "unknown" {
		w.t.Errorf("the last of its timeline is %+v, want that it may be in B1", last)
	}
}

// goesOn lets another worker settle the order, of which B1 has one.
func (w *world) goesOn(program string, p magentosim.Placed) {
	w.t.Helper()
	w.startProcess(program)
	if err := w.await(workflows.InsertOrderID(w.key(p))); err != nil {
		w.t.Error(err)
	}
	if doc, n := w.get(p), w.company.CountByNumAtCard(p.IncrementID); doc.Status != order.Posted || n != 1 {
		w.t.Errorf("order is %s, and B1 has %d of it", doc.Status, n)
	}
	w.checkLedger()
}

// A worker that is told to stop, while B1 is at work on an order for longer than it may wait, keeps its time all the same: it gives the order
// back, writes down that it may be in B1, and tells Temporal, so that another goes on at once and not when a claim and a task have run out.
//
// Fails without: cutOff (the order stays claimed, nothing is in its timeline, and its task runs out), and without StopTimeout of the instance.
func TestStop_AnOrderAtOnceIsCutOffInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p, program := w.place("simple", 1), buildWorker(t)
	if took := w.stopAtWork(program, p); took > stopTime+3*time.Second { // and the time to log out of B1
		t.Errorf("it stopped after %s, want %s and little more", took, stopTime)
	}
	w.isCutOff(p)
	id := workflows.InsertOrderID(w.key(p))
	if got := steps(w.history(id)); !slices.Contains(got, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
		t.Errorf("its events are %v, want an activity", got)
	}
	w.goesOn(program, p)
	if got := steps(w.history(id)); slices.Contains(got, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT) {
		t.Errorf("its events are %v, want no task that runs out", got)
	}
}

// The same of an order in turn: it is cut off while its worker still has time to say so, and not by the end of the process. Temporal has heard of it by
// then, and need not find out that a heartbeat is missing.
//
// Fails without: cutOff of attempts in turn in run (it ends with all of its time over, and may end before anything is written down).
func TestStop_AnOrderInTurnIsCutOffInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p, program := w.place("simple", 1), buildWorker(t)
	if took := w.stopAtWork(program, p, "B1_"+strings.ToUpper(w.instance)+"_ORDERS_PER_SECOND=50"); took >= stopTime {
		t.Errorf("it stopped after %s, want less than the %s after which nothing is waited for", took, stopTime)
	}
	w.isCutOff(p)
	d, err := w.temporal.DescribeWorkflowExecution(t.Context(), workflows.InsertOrderID(w.key(p)), "")
	if err != nil {
		t.Fatal(err)
	}
	if all := d.GetPendingActivities(); len(all) != 1 || all[0].GetAttempt() != 2 || all[0].GetLastFailure().GetApplicationFailureInfo().GetType() != activities.TypeUnresolved {
		t.Errorf("Temporal has %+v, want a second try behind one whose outcome is not known", all)
	}
	w.goesOn(program, p)
}
