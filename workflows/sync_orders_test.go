package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// flow runs SyncOrders against activities whose answers a test decides; the clock is simulated.
type flow struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// mu guards what children change and the queue's activity reads: the queue, quiet, and an outage's came.
	mu sync.Mutex
	// pages are what Magento gives, queue what waits for B1.
	pages []activities.FetchMagentoOrdersResult
	down  error // Magento does not answer
	queue []order.Key
	// off says which of these are put off: not due, though somebody has them in hand. nil for none.
	off func(order.Key) bool
	// imports are those of the queue that are imports; they stand at its end.
	imports map[order.Key]bool
	// inHandFrom is the place in the queue of the first order that an earlier run has in hand.
	inHandFrom int
	// reread are orders for which Magento is to be asked again, as the head of the queue says.
	reread []int64
	// named are orders that were asked for by name.
	named []order.Key
	// writeBack is true when Magento is to be told of earlier orders.
	writeBack bool
	// alarm and quiet are what the queue says of B1.
	alarm string
	quiet *time.Time
	// reads counts pages, asked how often the queue was asked in quiet hours.
	reads, asked int
	// open and most count children at once.
	open, most int
	// cuts counts readings of Magento that began; at the longAt-th the history has grown long, at none for 0.
	cuts, longAt int
	moved        []order.Cut
	recorded     []store.Run
}

var act *activities.Activities

// newFlow makes a flow with so many orders in the queue; a page takes so long, if given.
func newFlow(t *testing.T, orders int, pageTakes ...time.Duration) *flow {
	t.Helper()
	f := &flow{TestWorkflowEnvironment: testkit.WorkflowEnvironment(), t: t}
	f.RegisterWorkflow(workflows.SyncOrders)
	f.RegisterWorkflow(workflows.InsertOrder)
	f.RegisterWorkflowWithOptions(f.earlierRun, workflow.RegisterOptions{Name: "EarlierRun"})
	f.RegisterActivity(act)
	f.SetWorkflowRunTimeout(time.Hour)
	for i := range orders {
		f.queue = append(f.queue, order.Key(fmt.Sprintf("main:1:%09d", i)))
	}
	f.OnActivity(act.GetLastCut, mock.Anything, mock.Anything).Return(func(context.Context, activities.GetLastCutInput) (*activities.GetLastCutResult, error) {
		if f.cuts++; f.cuts == f.longAt {
			f.SetContinueAsNewSuggested(true)
		}
		return &activities.GetLastCutResult{}, nil
	}).Maybe()
	f.OnActivity(act.NextOrders, mock.Anything, mock.Anything).Return(f.next).Maybe()
	f.OnActivity(act.RecordRun, mock.Anything, mock.Anything).Return(func(_ context.Context, r store.Run) error {
		f.recorded = append(f.recorded, r)
		return nil
	}).Maybe()
	f.OnActivity(act.SyncOrder, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.SyncOrderInput) (*activities.SyncOrderResult, error) {
		if in.Cut == nil {
			return &activities.SyncOrderResult{Open: f.named}, nil
		}
		f.moved = append(f.moved, *in.Cut)
		return &activities.SyncOrderResult{Counts: store.Counts{Read: len(in.Refs), New: len(in.Refs)}}, nil
	}).Maybe()
	fetch := f.OnActivity(act.FetchMagentoOrders, mock.Anything, mock.Anything).Return(f.fetch)
	for _, d := range pageTakes {
		fetch.After(d)
	}
	fetch.Maybe()
	return f
}

// fetch gives the pages one by one, then an empty last one.
func (f *flow) fetch(context.Context, activities.FetchMagentoOrdersInput) (*activities.FetchMagentoOrdersResult, error) {
	f.reads++
	if f.down != nil {
		return nil, f.down
	}
	if len(f.pages) == 0 {
		return &activities.FetchMagentoOrdersResult{Done: true}, nil
	}
	page := f.pages[0]
	f.pages = f.pages[1:]
	return &page, nil
}

// taken takes an order that is posted off the queue.
func (f *flow) taken(key order.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = slices.DeleteFunc(f.queue, func(k order.Key) bool { return k == key })
}

// next reads the queue behind a place, as the store does.
func (f *flow) next(_ context.Context, in activities.NextOrdersInput) (*activities.NextOrdersResult, error) {
	f.mu.Lock()
	quiet, queue := f.quiet, slices.Clone(f.queue)
	f.mu.Unlock()
	r := &activities.NextOrdersResult{WriteBack: f.writeBack, Alarm: f.alarm, QuietUntil: quiet}
	if quiet != nil {
		f.asked++
		r.Reread, r.Last = []int64{7}, fmt.Sprint(f.asked)
		return r, nil
	}
	if in.After == "" {
		r.Reread = f.reread
	}
	for _, key := range queue {
		if f.off != nil && f.off(key) {
			if in.After == "" {
				r.PutOff++
			}
			continue
		}
		place := "5|" + string(key)
		if f.imports[key] {
			place = store.Imports + "|" + string(key)
		}
		if in.Until != "" && place <= in.Until {
			r.Before++
		}
		if place > in.After && len(r.Orders) < in.Limit {
			r.Orders = append(r.Orders, store.Due{Key: key, Queue: place})
		}
	}
	return r, nil
}

// children makes every InsertOrder take so long and end so.
func (f *flow) children(takes time.Duration, result *activities.InsertOrderResult, err error) {
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, _ workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			f.open++
			f.most = max(f.most, f.open)
			defer func() { f.open-- }()
			if sleepErr := workflow.Sleep(ctx, takes); sleepErr != nil {
				return nil, sleepErr
			}
			return result, err
		})
}

// run executes SyncOrders and gives its result.
func (f *flow) run(in workflows.SyncOrdersInput) store.Run {
	f.t.Helper()
	in.Instance = "main"
	f.ExecuteWorkflow(workflows.SyncOrders, in)
	if err := f.GetWorkflowError(); err != nil {
		f.t.Fatal(err)
	}
	var r store.Run
	if err := f.GetWorkflowResult(&r); err != nil {
		f.t.Fatal(err)
	}
	return r
}

var posted = &activities.InsertOrderResult{Status: order.Posted}

func TestSyncOrders_KeepsNoMoreInHandThanTheWindow(t *testing.T) {
	f := newFlow(t, 60)
	f.children(time.Second, posted, nil)
	run := f.run(workflows.SyncOrdersInput{Window: 7})
	if run.Counts.Posted != 60 || run.Counts.Started != 60 {
		t.Errorf("counts %+v, want 60 started and posted", run.Counts)
	}
	if f.most > 7 {
		t.Errorf("%d children at once, want at most 7", f.most)
	}
}

func TestSyncOrders_MovesTheCutPageByPage(t *testing.T) {
	at := func(s int) order.Cut {
		return order.Cut{UpdatedAt: time.Date(2026, 11, 1, 0, 0, s, 0, time.UTC), EntityID: int64(s)}
	}
	refs := []store.PayloadRef{{Key: "main:1:1", Hash: "x"}}
	f := newFlow(t, 0)
	f.pages = []activities.FetchMagentoOrdersResult{{Refs: refs, Next: at(1)}, {Refs: refs, Next: at(2)}, {Refs: refs, Next: at(3), Done: true}}
	run := f.run(workflows.SyncOrdersInput{})
	if len(f.moved) != 3 || f.moved[2] != at(3) || run.To != at(3) || run.Counts.Read != 3 {
		t.Errorf("cuts %v, run %+v; want three steps to %v", f.moved, run, at(3))
	}
	if len(f.recorded) != 1 || f.recorded[0].EndedAt == nil {
		t.Errorf("recorded %+v, want one ended run", f.recorded)
	}
}

func TestSyncOrders_PostsWhatIsPendingWhileMagentoIsDown(t *testing.T) {
	f := newFlow(t, 5)
	f.children(time.Second, posted, nil)
	f.down = temporal.NewApplicationError("magento: GET orders: no answer: timed out", activities.TypeTransient)
	run := f.run(workflows.SyncOrdersInput{})
	if run.Counts.Posted != 5 || len(run.Errors) != 1 {
		t.Errorf("counts %+v, errors %v; want 5 posted and one error", run.Counts, run.Errors)
	}
}

func TestSyncOrders_LeavesSlowOrdersToThemselvesWhenItsTimeIsUp(t *testing.T) {
	f := newFlow(t, 30)
	f.children(time.Hour/2, posted, nil)
	run := f.run(workflows.SyncOrdersInput{Window: 10, Budget: time.Minute})
	if run.Counts.InHand != 10 || run.Counts.Started != 10 {
		t.Errorf("counts %+v, want 10 started and in hand", run.Counts)
	}
}

func TestSyncOrders_CountsHowOrdersEnd(t *testing.T) {
	tests := map[string]struct {
		result *activities.InsertOrderResult
		err    error
		want   func(store.Counts) int
	}{
		"held":     {nil, temporal.NewNonRetryableApplicationError("held", activities.TypeHeld, nil), func(c store.Counts) int { return c.Held }},
		"draft":    {&activities.InsertOrderResult{Status: order.Draft}, nil, func(c store.Counts) int { return c.Draft }},
		"deferred": {&activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, nil, func(c store.Counts) int { return c.Deferred }},
		"excluded": {&activities.InsertOrderResult{Status: order.Excluded}, nil, func(c store.Counts) int { return c.Other }},
		"broken":   {nil, errors.New("boom"), func(c store.Counts) int { return c.Deferred }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFlow(t, 3)
			f.children(time.Second, tc.result, tc.err)
			if run := f.run(workflows.SyncOrdersInput{}); tc.want(run.Counts) != 3 {
				t.Errorf("counts %+v, want 3 %s", run.Counts, name)
			}
		})
	}
}

// A run that takes several ends with one task has room for twice the orders, as long as its history is short. Fails without: any one condition of full.
func TestSyncOrders_GoesOnInANewHistoryInTime(t *testing.T) {
	for name, tc := range map[string]struct {
		window, history, started int
	}{
		"a small window":                    {20, 100, 500},
		"a window with which it lingers":    {100, 100, 1000},
		"one that is full with 500 orders":  {500, 100, 1000},
		"the same, and many events by then": {100, 3000, 250},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFlow(t, 1200)
			f.children(time.Second, posted, nil)
			f.SetCurrentHistoryLength(tc.history)
			f.ExecuteWorkflow(workflows.SyncOrders, workflows.SyncOrdersInput{Instance: "main", Window: tc.window})
			again, ok := errors.AsType[*workflow.ContinueAsNewError](f.GetWorkflowError())
			if !ok {
				t.Fatalf("ended with %v, want continue-as-new", f.GetWorkflowError())
			}
			if want := fmt.Sprintf(`"started":%d,`, tc.started); again.WorkflowType.Name != "SyncOrders" || !strings.Contains(decoded(again), want) {
				t.Errorf("goes on as %s with %s, want %s", again.WorkflowType.Name, decoded(again), want)
			}
			if f.open != 0 {
				t.Errorf("%d children are still open", f.open)
			}
		})
	}
}

// failureType is the type of the application error that ended a workflow.
func failureType(err error) string {
	application, _ := errors.AsType[*temporal.ApplicationError](err)
	if application == nil {
		return ""
	}
	return application.Type()
}

func TestSyncOrders_OneWrongPasswordIsOneFailureNotOnePerOrder(t *testing.T) {
	f := newFlow(t, 200)
	f.children(time.Second, &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Misconfigured}, nil)
	run := f.run(workflows.SyncOrdersInput{Window: 10})
	if run.Counts.Started > 10 || len(run.Errors) != 1 {
		t.Errorf("started %d, errors %v; want one window and one error", run.Counts.Started, run.Errors)
	}
}

func TestSyncOrders_ALongReadingDoesNotKeepWaitingOrdersFromB1(t *testing.T) {
	f := newFlow(t, 5, 30*time.Second)
	f.children(time.Second, posted, nil)
	for i := range 100 {
		f.pages = append(f.pages, activities.FetchMagentoOrdersResult{Refs: []store.PayloadRef{{Key: "main:1:1", Hash: "x"}},
			Next: order.Cut{UpdatedAt: time.Date(2026, 11, 1, 0, i, 0, 0, time.UTC)}})
	}
	run := f.run(workflows.SyncOrdersInput{Budget: 10 * time.Minute})
	if run.Counts.Posted != 5 || run.Counts.Read >= 100 || run.Counts.Read == 0 {
		t.Errorf("counts %+v, want 5 posted though not all is read", run.Counts)
	}
}
