package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// While it is paused no order begins and nothing is read; then it goes on from where it was. Fails without: the gate in start, the
// gate in read, the beat (the record is hours old).
func TestBackfill_PausesAndGoesOn(t *testing.T) {
	for name, during := range map[string]time.Duration{"Posting": 2500 * time.Millisecond, "Reading": 0} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t, 250)
			reads := 0
			a.down = func() error { reads++; return nil }
			var begun, read int
			a.RegisterDelayedCallback(func() {
				a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{Paused: true, By: "ada"})
			}, during)
			a.RegisterDelayedCallback(func() { begun, read = len(a.began), reads }, time.Hour)
			a.RegisterDelayedCallback(func() {
				b := a.progress().Backfill
				if len(a.began) != begun || reads != read || !b.Paused || b.PausedBy != "ada" || a.open != 0 || b.Rate != 0 {
					t.Errorf("paused it says %+v, %d of %d begun, %d of %d pages read", b, len(a.began), begun, reads, read)
				}
				if last := a.noted[len(a.noted)-1]; !last.Backfill.Paused || a.Now().Sub(last.Backfill.NotedAt) > 20*time.Minute {
					t.Errorf("the record says %+v: want it paused, and the holder of its imports", last.Backfill)
				}
				a.SignalWorkflow(workflows.PauseSignal, workflows.Pause{By: "ada"})
			}, 5*time.Hour)
			run := a.run(workflows.BackfillOrdersInput{})
			if begun == 250 || read == 3 && name == "Reading" || len(a.began) != 250 || run.Counts.Posted != 250 || run.Backfill.Paused {
				t.Errorf("%d begun and %d pages read in the pause, %d in all; it ends with %+v", begun, read, len(a.began), run.Counts)
			}
		})
	}
}

// An outage of Magento, however long, is waited for. Fails without: outage in read.
func TestBackfill_WaitsForMagento(t *testing.T) {
	a := newArchive(t, 250)
	began := a.Now()
	a.down = func() error {
		if a.Now().Sub(began) < 8*time.Hour {
			return temporal.NewApplicationError("GET orders: 503", activities.TypeTransient)
		}
		return nil
	}
	a.RegisterDelayedCallback(func() {
		if b := a.progress().Backfill; !strings.HasPrefix(b.Waits, "read Magento: GET orders: 503") {
			t.Errorf("it waits because %q", b.Waits)
		}
	}, 4*time.Hour)
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 250 || run.Backfill.Waits != "" || len(run.Errors) != 0 {
		t.Errorf("it ends with %+v, %+v", run, run.Backfill)
	}
}

// What Magento refuses for good ends the reading; what is staged goes to B1.
func TestBackfill_ARefusalEndsTheReading(t *testing.T) {
	a := newArchive(t, 250)
	a.down = func() error {
		if len(a.queue) > 0 {
			return temporal.NewNonRetryableApplicationError("GET orders: 400", activities.TypeRefused, nil)
		}
		return nil
	}
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 100 || len(run.Errors) != 1 || !strings.Contains(run.Errors[0], "400") {
		t.Errorf("it ends with %+v", run)
	}
}

// It ends when the orders that are left wait for something of their own. Fails without: the end at the head in pass (it never ends).
func TestBackfill_LeavesWhatIsDeferred(t *testing.T) {
	a := newArchive(t, 60)
	a.refuses = func(key order.Key) (*activities.InsertOrderResult, error) {
		switch {
		case key < "main:1:000000003":
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, nil
		case key == "main:1:000000005":
			a.queue = slices.DeleteFunc(a.queue, func(k order.Key) bool { return k == key })
			return nil, temporal.NewNonRetryableApplicationError("held", activities.TypeHeld, nil)
		}
		return nil, nil
	}
	run := a.run(workflows.BackfillOrdersInput{})
	if run.Counts.Posted != 56 || run.Counts.Held != 1 || run.Counts.Deferred != 6 {
		t.Errorf("it ends with %+v, want three orders deferred twice", run.Counts)
	}
}

// An outage of B1 that lasts longer than an order's patience ends no backfill, and no rest is a loop. Fails without: PutOff in atHead
// (a short one ends it with ten pending); Down in atHead (a long one does).
func TestBackfill_WaitsForB1(t *testing.T) {
	for _, lasts := range []time.Duration{20 * time.Minute, 3 * time.Hour} {
		a := newArchive(t, 60)
		back := a.Now().Add(lasts)
		if lasts > time.Hour {
			a.b1Back = back
		}
		a.slow, a.off = map[order.Key]time.Duration{}, map[order.Key]time.Time{}
		for n := 50; n < 60; n++ {
			a.slow[order.Key(fmt.Sprintf("main:1:%09d", n))] = 15 * time.Minute
		}
		a.refuses = func(key order.Key) (*activities.InsertOrderResult, error) {
			if a.slow[key] > 0 && a.Now().Before(back) {
				a.off[key] = a.Now().Add(time.Minute)
				return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, nil
			}
			return nil, nil
		}
		run := a.run(workflows.BackfillOrdersInput{})
		if looks := int(lasts / (30 * time.Second)); run.Counts.Posted != 60 || a.asked > 60+looks {
			t.Errorf("an outage of %s: it ends with %+v after %d looks at the queue", lasts, run.Counts, a.asked)
		}
	}
}

// One wrong password is a few failures and not one for each order; when it is mended all goes on. Fails without:
// refused behind start (it goes through the queue for nothing); refused at the end of the queue (what is refused there is left).
func TestBackfill_StopsWhileB1RefusesTheConnector(t *testing.T) {
	a := newArchive(t, 250)
	began := a.Now()
	wrong := 0
	a.refuses = func(order.Key) (*activities.InsertOrderResult, error) {
		if a.Now().Sub(began) < time.Hour {
			wrong++
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Misconfigured}, nil
		}
		return nil, nil
	}
	run := a.run(workflows.BackfillOrdersInput{Window: 4})
	if run.Counts.Posted != 250 || wrong > 13*4 || a.asked > 110 {
		t.Errorf("it ends with %+v after %d refusals and %d looks at the queue, want at most a window each five minutes", run.Counts, wrong, a.asked)
	}
	few := newArchive(t, 3)
	few.refuses = func(order.Key) (*activities.InsertOrderResult, error) {
		if few.asked < 5 {
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Misconfigured}, nil
		}
		return nil, nil
	}
	if run := few.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 3 {
		t.Errorf("a few orders end with %+v", run.Counts)
	}
}

func TestBackfill_WaitsForTheEndOfQuietHours(t *testing.T) {
	a := newArchive(t, 10)
	until := a.Now().Add(3 * time.Hour)
	a.quiet = &until
	a.RegisterDelayedCallback(func() {
		if b := a.progress().Backfill; !strings.HasPrefix(b.Waits, "quiet hours until ") || len(a.began) != 0 {
			t.Errorf("it waits because %q, %d begun", b.Waits, len(a.began))
		}
		a.quiet = nil
	}, 2*time.Hour)
	if run := a.run(workflows.BackfillOrdersInput{}); run.Counts.Posted != 10 || run.EndedAt.Before(until) {
		t.Errorf("it ends with %+v at %s", run.Counts, run.EndedAt)
	}
}

// A long backfill goes on in new histories, with all that it knows, when its children have ended. Fails without: childrenPerRun in
// long; until in continueAsNew.
func TestBackfill_GoesOnInANewHistory(t *testing.T) {
	a := newArchive(t, 1200).beforeParts()
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	in := a.renewed()
	if len(a.began) != 500 || a.open != 0 {
		t.Fatalf("after %d orders, %d open: want a new history after 500 that have ended", len(a.began), a.open)
	}
	next := newArchive(t, 1200).beforeParts()
	next.queue = a.queue
	next.RegisterDelayedCallback(func() {
		if b := next.progress(); b.Counts.Read != 1200 || b.Counts.Posted < 500 || b.Backfill.Imported[order.Pending] != 1200 {
			t.Errorf("the new history knows %+v, %+v", b.Counts, b.Backfill)
		}
	}, time.Second)
	next.ExecuteWorkflow(workflows.BackfillOrders, in)
	next.renewed()
	if len(next.began) != 500 || slices.ContainsFunc(next.began, func(k order.Key) bool { return slices.Contains(a.began, k) }) {
		t.Errorf("the second history begins %d; want 500 others", len(next.began))
	}
}

// Whoever cancels a backfill leaves its imports to the runs of the schedule. Fails without: abandon.
func TestBackfill_IsCancelled(t *testing.T) {
	a := newArchive(t, 250)
	a.takes = time.Hour
	a.RegisterDelayedCallback(a.CancelWorkflow, 2*time.Second)
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	last := a.noted[len(a.noted)-1]
	if !temporal.IsCanceledError(a.GetWorkflowError()) || last.EndedAt == nil || !slices.Contains(last.Errors, "cancelled") || last.Counts.InHand != 50 {
		t.Errorf("it ends with %v, recorded as %+v", a.GetWorkflowError(), last)
	}
}

// One order that B1 refuses for a quarter of an hour keeps no other back at a new history: its child is left to itself, counted as in
// hand and in the window, and taken note of when the backfill comes to it again. Fails without: few in waitForMost (the
// history lasts a quarter of an hour); away in hasRoom (4 at once beside it).
func TestBackfill_OneOrderKeepsNoHistoryOpen(t *testing.T) {
	slow := order.Key("main:1:000000003")
	a := newArchive(t, 1200).beforeParts()
	a.slow = map[order.Key]time.Duration{slow: 15 * time.Minute}
	began := a.Now()
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november, Window: 4})
	in := a.renewed()
	if left := in.Resume.Left; len(left) != 1 || left[0].Key != slow || left[0].Until.Sub(began) > 35*time.Minute {
		t.Errorf("the first history leaves %+v to themselves, want the slow one, soon", left)
	}
	next := newArchive(t, 1200).beforeParts()
	next.queue = append([]order.Key{slow}, a.queue...) // where it is until it is posted
	next.RegisterDelayedCallback(func() {
		if b := next.progress(); b.Counts.InHand != 1 || b.Counts.Started != len(a.began)+len(next.began) || next.most != 3 {
			t.Errorf("the new history says %+v with %d and %d begun, %d at once", b.Counts, len(a.began), len(next.began), next.most)
		}
	}, 10*time.Second)
	next.ExecuteWorkflow(workflows.BackfillOrders, in)
	last := newArchive(t, 1200).beforeParts()
	last.queue = next.queue
	last.ExecuteWorkflow(workflows.BackfillOrders, next.renewed())
	var run store.Run
	if err := last.GetWorkflowResult(&run); err != nil || run.Counts.Posted != 1200 || run.Counts.Started != 1200 || run.Counts.InHand != 0 {
		t.Errorf("it ends with %+v, %v; want the slow one among the posted", run.Counts, err)
	}
}

// Where half of a window does not end, B1 is not there: the new history waits, and no window comes on top. Fails without: the
// default in waitForMost.
func TestBackfill_AnOutageKeepsTheHistoryOpen(t *testing.T) {
	a := newArchive(t, 1200).beforeParts()
	a.slow = map[order.Key]time.Duration{}
	for n := 497; n < 500; n++ {
		a.slow[order.Key(fmt.Sprintf("main:1:%09d", n))] = 15 * time.Minute
	}
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november, Window: 4})
	if left := a.renewed().Resume.Left; len(left) != 0 {
		t.Errorf("of a window of 4 %d are left to themselves", len(left))
	}
}

// A pass that a new history interrupts before its first order goes on. Fails without: Passed (it ends with all orders pending).
func TestBackfill_GoesOnWhereAPassHadJustBegun(t *testing.T) {
	a := newArchive(t, 60).beforeParts()
	a.onAsk = func() { a.SetContinueAsNewSuggested(true) }
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	in := a.renewed()
	if len(a.began) != 0 {
		t.Fatalf("%d begun, want the new history to come before the first", len(a.began))
	}
	next := newArchive(t, 60).beforeParts()
	next.queue = a.queue
	next.ExecuteWorkflow(workflows.BackfillOrders, in)
	var run store.Run
	if err := next.GetWorkflowResult(&run); err != nil || run.Counts.Posted != 60 {
		t.Errorf("the new history ends with %+v, %v", run.Counts, err)
	}
}
