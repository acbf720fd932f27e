package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// archive runs BackfillOrders against activities whose answers a test decides; the clock is simulated.
type archive struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// orders are those to read, a page of so many at a time; queue are those that wait for B1.
	orders, page int
	queue        []order.Key
	// down is why Magento does not answer, refuses why B1 does not take an order; nil when it does.
	down    func() error
	refuses func(order.Key) (*activities.InsertOrderResult, error)
	// fresh is true while other orders wait; quiet is the end of the quiet hours.
	fresh bool
	quiet *time.Time
	// takes is how long B1 takes for an order.
	takes time.Duration
	// began are the orders in the order in which their children began; open and most count children at once.
	began      []order.Key
	open, most int
	noted      []store.Run
	// asked counts how often the queue was asked.
	asked int
}

func newArchive(t *testing.T, orders int) *archive {
	t.Helper()
	a := &archive{TestWorkflowEnvironment: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment(), t: t, orders: orders, page: 100, takes: time.Second}
	a.RegisterWorkflow(workflows.BackfillOrders)
	a.RegisterWorkflow(workflows.InsertOrder)
	a.RegisterActivity(act)
	a.SetTestTimeout(time.Minute)
	a.OnActivity(act.ImportOrders, mock.Anything, mock.Anything).Return(a.read).Maybe()
	a.OnActivity(act.NextOrders, mock.Anything, mock.Anything).Return(a.next).Maybe()
	a.OnActivity(act.NoteBackfill, mock.Anything, mock.Anything).Return(func(_ context.Context, r store.Run) (*activities.NoteBackfillResult, error) {
		a.noted = append(a.noted, r)
		return &activities.NoteBackfillResult{NotedAt: a.Now(), Imported: map[order.Status]int{order.Posted: r.Counts.Posted}}, nil
	}).Maybe()
	a.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(a.insert).Maybe()
	return a
}

func (a *archive) read(_ context.Context, in activities.ImportOrdersInput) (*activities.ImportOrdersResult, error) {
	if a.down != nil {
		if err := a.down(); err != nil {
			return nil, err
		}
	}
	n := min(a.page, a.orders-int(in.After))
	r := &activities.ImportOrdersResult{Next: in.After + int64(n), Total: int64(a.orders) - in.After, Done: int(in.After)+n == a.orders,
		Counts: store.Counts{Read: n, New: n}, Imported: map[order.Status]int{order.Pending: n}}
	for i := range n {
		if !in.DryRun {
			a.queue = append(a.queue, order.Key(fmt.Sprintf("main:1:%09d", int(in.After)+i)))
		}
	}
	return r, nil
}

func (a *archive) next(_ context.Context, in activities.NextOrdersInput) (*activities.NextOrdersResult, error) {
	if !in.Imports {
		return nil, temporal.NewNonRetryableApplicationError("asked for more than imports", activities.TypeRefused, nil)
	}
	a.asked++
	r := &activities.NextOrdersResult{Fresh: a.fresh, QuietUntil: a.quiet}
	if a.quiet != nil {
		return r, nil
	}
	if in.After == "" {
		r.Waiting = len(a.queue)
	}
	for _, key := range a.queue {
		if string(key) > in.After && len(r.Orders) < in.Limit {
			r.Orders = append(r.Orders, store.Due{Key: key, Queue: string(key)})
		}
	}
	return r, nil
}

func (a *archive) insert(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
	a.began = append(a.began, in.Key)
	a.open++
	a.most = max(a.most, a.open)
	_ = workflow.Sleep(ctx, a.takes) // a child that is cancelled ends
	a.open--
	if a.refuses != nil {
		if r, err := a.refuses(in.Key); r != nil || err != nil {
			return r, err
		}
	}
	a.queue = slices.DeleteFunc(a.queue, func(k order.Key) bool { return k == in.Key })
	return &activities.InsertOrderResult{Status: order.Posted}, nil
}

var november = order.Selection{By: order.ByCreated, From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}

// run runs a backfill of a selection to its end, which is to be a good one.
func (a *archive) run(in workflows.BackfillOrdersInput) store.Run {
	a.t.Helper()
	in.Instance, in.Selected = "main", &november
	a.ExecuteWorkflow(workflows.BackfillOrders, in)
	var run store.Run
	if err := a.GetWorkflowResult(&run); err != nil {
		a.t.Fatal(err)
	}
	return run
}

// progress asks a running backfill.
func (a *archive) progress() (run store.Run) {
	a.t.Helper()
	answer, err := a.QueryWorkflow(workflows.ProgressQuery)
	if err == nil {
		err = answer.Get(&run)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return run
}

func TestBackfill_ReadsStagesAndPosts(t *testing.T) {
	a := newArchive(t, 250)
	a.RegisterDelayedCallback(func() {
		b := a.progress()
		if b.Backfill.Phase != store.BackfillPosts || b.Backfill.Total != 250 || b.Backfill.Imported[order.Pending] != 250 || b.Counts.Posted == 0 || b.Backfill.ToPost != 250 || b.Backfill.Rate <= 0 {
			t.Errorf("on the way it says %+v, %+v", b.Counts, b.Backfill)
		}
	}, 3500*time.Millisecond)
	run := a.run(workflows.BackfillOrdersInput{})
	if run.Counts.Read != 250 || run.Counts.Posted != 250 || run.Backfill.Phase != store.BackfillEnded || run.Backfill.Imported[order.Posted] != 250 || run.EndedAt == nil {
		t.Errorf("it ends with %+v, %+v", run.Counts, run.Backfill)
	}
	inTurn := slices.Sorted(slices.Values(a.began))
	if len(slices.Compact(inTurn)) != 250 || len(a.began) != 250 || slices.Max(a.began[:50]) > slices.Min(a.began[50:]) {
		t.Errorf("%d begun: not each once, or not the oldest first", len(a.began))
	}
	if first, last := a.noted[0], a.noted[len(a.noted)-1]; first.EndedAt != nil || last.EndedAt == nil || last.Backfill.Phase != store.BackfillEnded {
		t.Errorf("the record is written first as %+v and last as %+v", first, last)
	}
}

func TestBackfill_ADryRunSendsNothing(t *testing.T) {
	a := newArchive(t, 250)
	run := a.run(workflows.BackfillOrdersInput{DryRun: true})
	if run.Counts.Read != 250 || run.Counts.Started != 0 || len(a.began) != 0 || !run.Backfill.DryRun {
		t.Errorf("%+v, %d begun; want 250 read and none sent", run.Counts, len(a.began))
	}
}

// Never more than the window at once, and a share of it while fresh orders wait. Fails without: the window in start (250); Fresh in
// pass (40).
func TestBackfill_LeavesRoomToFreshOrders(t *testing.T) {
	for fresh, want := range map[bool]int{false: 40, true: 10} {
		a := newArchive(t, 250)
		a.fresh = fresh
		a.run(workflows.BackfillOrdersInput{Window: 40})
		if a.most != want || len(a.began) != 250 {
			t.Errorf("fresh orders wait %v: %d at once of %d, want %d", fresh, a.most, len(a.began), want)
		}
	}
}

// While it is paused no order begins and nothing is read; then it goes on from where it was. Fails without: the gate in start, the
// gate in read.
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
	a := newArchive(t, 1200)
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", Selected: &november})
	in := a.renewed()
	if len(a.began) != 500 || a.open != 0 {
		t.Fatalf("after %d orders, %d open: want a new history after 500 that have ended", len(a.began), a.open)
	}
	next := newArchive(t, 1200)
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

func TestBackfill_Validate(t *testing.T) {
	negative := int64(-1)
	for name, tc := range map[string]struct {
		in   workflows.BackfillOrdersInput
		want []string
	}{
		"Nothing": {workflows.BackfillOrdersInput{}, []string{"nothing is selected"}},
		"Both":    {workflows.BackfillOrdersInput{Selected: &november, IncrementIDs: []string{"1"}}, []string{"not both"}},
		"All": {workflows.BackfillOrdersInput{Selected: &order.Selection{StoreID: &negative}, Keys: []order.Key{"eu:1:1"}, Window: 501},
			[]string{"not both", "eu:1:1 is an order of the instance eu", "by: ", "from: ", "store: ", "window: "}},
		"Many":    {workflows.BackfillOrdersInput{IncrementIDs: make([]string, 10_001)}, []string{"10001 orders are named"}},
		"OpenEnd": {workflows.BackfillOrdersInput{Selected: &order.Selection{By: order.ByUpdated, From: november.From}}, nil},
	} {
		tc.in.Instance = "main"
		err := tc.in.Validate()
		if (err == nil) != (tc.want == nil) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", name, err, part)
			}
		}
	}
}

// renewed gives the input of the history that a backfill goes on in.
func (a *archive) renewed() (in workflows.BackfillOrdersInput) {
	a.t.Helper()
	again, ok := errors.AsType[*workflow.ContinueAsNewError](a.GetWorkflowError())
	if !ok {
		a.t.Fatalf("it ends with %v, want it to go on in a new history", a.GetWorkflowError())
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &in); err != nil {
		a.t.Fatal(err)
	}
	return in
}
