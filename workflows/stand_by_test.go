package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// outage is a B1 that answers again at a moment. Children begun before end a second after it, those begun later after a
// second; an order that is posted leaves the queue.
type outage struct {
	*flow
	back time.Time
	// firstAfter is when the first order was begun after B1 was back; lasting is how many of the first orders have a first child
	// that ends without having posted them.
	firstAfter time.Time
	lasting    int
	gaveUp     map[order.Key]bool
	// came are the orders that were taken to B1.
	came map[order.Key]bool
	// quick is how many of the first orders B1 takes during the outage all the same.
	quick int
	first []order.Key
	// after is how many orders are in hand that were begun after B1 was back; full is when they filled a window of ten.
	after int
	full  time.Time
}

// newOutage makes a flow in which B1 is down for so long.
func newOutage(t *testing.T, orders int, lasts time.Duration) *outage {
	o := &outage{flow: newFlow(t, orders), gaveUp: map[order.Key]bool{}, came: map[order.Key]bool{}}
	began := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	o.SetStartTime(began)
	o.back = began.Add(lasts)
	o.first = slices.Clone(o.queue)
	o.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(o.insert)
	return o
}

func (o *outage) insert(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
	o.open++
	o.most = max(o.most, o.open)
	o.mu.Lock()
	o.came[in.Key] = true
	o.mu.Unlock()
	defer func() { o.open-- }()
	wait := o.back.Sub(workflow.Now(ctx))
	if i := slices.Index(o.first, in.Key); i >= 0 && i < o.quick {
		wait = 0
	} else if wait <= 0 {
		o.begun(workflow.Now(ctx))
		defer func() { o.after-- }()
	}
	if i := slices.Index(o.first, in.Key); i >= 0 && i < o.lasting && !o.gaveUp[in.Key] { // out of patience
		o.gaveUp[in.Key] = true
		return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, workflow.Sleep(ctx, 2*time.Minute)
	}
	if err := workflow.Sleep(ctx, max(wait, 0)+time.Second); err != nil {
		return nil, err
	}
	o.taken(in.Key)
	return posted, nil
}

// hasCome reports whether an order was taken to B1.
func (o *outage) hasCome(key order.Key) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.came[key]
}

// begun counts an order that was begun after B1 was back.
func (o *outage) begun(now time.Time) {
	if o.firstAfter.IsZero() {
		o.firstAfter = now
	}
	if o.after++; o.after == 10 && o.full.IsZero() {
		o.full = now
	}
}

// earlierRun has begun so many orders, whose children go on without it; then the run of the test begins.
func (f *flow) earlierRun(ctx workflow.Context, inHand int, in workflows.SyncOrdersInput) (*store.Run, error) {
	for _, key := range slices.Clone(f.queue[f.inHandFrom : f.inHandFrom+inHand]) {
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: workflows.InsertOrderID(key),
			ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON})
		workflow.ExecuteChildWorkflow(child, workflows.InsertOrder, workflows.InsertOrderInput{Key: key})
	}
	return workflows.SyncOrders(ctx, in)
}

// run lets the earlier run begin so many orders, and gives what the next one does.
func (o *outage) run(inHand int, in workflows.SyncOrdersInput) store.Run {
	o.t.Helper()
	in.Instance = "main"
	o.ExecuteWorkflow("EarlierRun", inHand, in)
	if err := o.GetWorkflowError(); err != nil {
		o.t.Fatal(err)
	}
	var r store.Run
	if err := o.GetWorkflowResult(&r); err != nil {
		o.t.Fatal(err)
	}
	return r
}

// A run that finds its window full of orders of an earlier one waits and goes on within 10 s after B1 is back. It begins no
// others meanwhile, reads Magento all the same, and notes the alarm once. Fails without: standBy (nothing is posted).
func TestSyncOrders_StandsByWhileOthersHaveTheWindowInHand(t *testing.T) {
	o := newOutage(t, 40, 3*time.Minute)
	o.alarm = "B1 does not answer since 2026-11-25 02:00:00 UTC (503)"
	run := o.run(10, workflows.SyncOrdersInput{Window: 10})
	if run.Counts.Posted != 30 || run.Counts.Started != 30 || run.Counts.InHand != 0 {
		t.Errorf("counts %+v, want the 30 others started and posted", run.Counts)
	}
	if wait := o.firstAfter.Sub(o.back); wait < 0 || wait > 10*time.Second {
		t.Errorf("the first new order begins %s after B1 is back, want within 10 s", wait)
	}
	if o.most > 10 {
		t.Errorf("%d orders in hand at once, want 10 at most", o.most)
	}
	if o.reads < 3 {
		t.Errorf("Magento was read %d times in 3 minutes, want each minute", o.reads)
	}
	if len(run.Errors) != 1 || run.Errors[0] != o.alarm {
		t.Errorf("errors %q, want the alarm once", run.Errors)
	}
}

// A run of whose window others have the larger part in hand uses all of it within 10 s after B1 is back, though its own orders
// never cease to end; it reads Magento meanwhile. Fails without: the looks for room (it goes on with two at once, and reads
// nothing), or the timer that goes on while orders end (room waited for after each).
func TestSyncOrders_UsesItsWholeWindowSoonAfterAnOutage(t *testing.T) {
	o := newOutage(t, 300, 3*time.Minute)
	run := o.run(8, workflows.SyncOrdersInput{Window: 10})
	if wait := o.full.Sub(o.back); wait < 0 || wait > 10*time.Second {
		t.Errorf("ten at once %s after B1 is back, want within 10 s", wait)
	}
	if o.most > 10 {
		t.Errorf("%d orders in hand at once, want 10 at most", o.most)
	}
	if o.reads < 3 {
		t.Errorf("Magento was read %d times in 3 minutes, want each minute", o.reads)
	}
	if run.Counts.Started != 292 || run.Counts.Posted != 292 || run.Counts.InHand != 0 {
		t.Errorf("counts %+v, want the 292 others started and posted", run.Counts)
	}
}

// The window may fill up with orders in others' hands while the run waits for its own. Fails without: taken in what room waits
// for (it never looks).
func TestSyncOrders_LooksForRoomThatOthersTakeMeanwhile(t *testing.T) {
	o := newOutage(t, 300, 3*time.Minute)
	o.quick, o.inHandFrom = 1, 10
	o.run(5, workflows.SyncOrdersInput{Window: 10})
	if wait := o.full.Sub(o.back); wait < 0 || wait > 10*time.Second || o.reads < 3 {
		t.Errorf("ten at once %s after B1 is back, Magento read %d times; want it within 10 s, and each minute", wait, o.reads)
	}
}

// When the queue is gone through once more, after two minutes, the run's own orders in it stay what they are: counted once, and
// with one place in the window. Its time is up before it looks again. Fails without: mine in startAll (14 come to B1).
func TestSyncOrders_GoesThroughTheQueueAgainPastItsOwnOrders(t *testing.T) {
	o := newOutage(t, 60, 3*time.Minute)
	o.lasting, o.quick = 7, 7
	run := o.run(7, workflows.SyncOrdersInput{Window: 10, Budget: 125 * time.Second})
	if c := run.Counts; c.Posted != 7 || c.Started != 17 || c.InHand != 10 || len(o.came) != 17 {
		t.Errorf("counts %+v, %d came to B1; want the seven posted that were given up, and ten others in hand", c, len(o.came))
	}
}

// Children that end without having posted their orders leave these in the queue: the run begins them anew. Fails without:
// the try of the first order.
func TestSyncOrders_TakesUpWhatOthersHaveGivenUp(t *testing.T) {
	o := newOutage(t, 12, time.Minute)
	o.lasting = 10
	run := o.run(10, workflows.SyncOrdersInput{Window: 10})
	if run.Counts.Posted != 12 || len(o.queue) != 0 {
		t.Errorf("counts %+v, %d left in the queue; want all 12 posted", run.Counts, len(o.queue))
	}
}

// An outage that lasts longer than the run costs it few events, and leaves no order more in hand.
func TestSyncOrders_StandsByNoLongerThanItsTime(t *testing.T) {
	o := newOutage(t, 40, time.Hour/2)
	run := o.run(10, workflows.SyncOrdersInput{Window: 10, Budget: 10 * time.Minute})
	if run.Counts.Posted != 0 || run.Counts.InHand != 10 || run.Counts.Started != 10 {
		t.Errorf("counts %+v, want 10 in hand and nothing else", run.Counts)
	}
	if length := run.EndedAt.Sub(run.StartedAt); length < 9*time.Minute || length > 11*time.Minute {
		t.Errorf("it took %s, want its 10 minutes", length)
	}
}

// In quiet hours nothing is started, and a long queue is not gone through for it; the run says until when, and is no failure.
// Fails without: the break in post.
func TestSyncOrders_StartsNothingInQuietHours(t *testing.T) {
	f := newFlow(t, 5)
	until := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)
	f.quiet = &until
	f.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(&activities.FindOrdersResult{}, nil).Once()
	f.pages = []activities.FetchMagentoOrdersResult{{Refs: []store.PayloadRef{{Key: "main:1:1", Hash: "x"}}, Next: order.Cut{EntityID: 1}, Done: true}}
	run := f.run(workflows.SyncOrdersInput{})
	if f.asked != 1 {
		t.Errorf("the queue was asked %d times, want once", f.asked)
	}
	if run.Counts.Started != 0 || run.Counts.Read != 1 || len(run.Errors) != 0 || run.QuietUntil == nil || !run.QuietUntil.Equal(until) {
		t.Errorf("run %+v, want one order read, none started, quiet until %s", run, until)
	}
}
