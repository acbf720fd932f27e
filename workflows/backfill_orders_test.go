package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// archive runs BackfillOrders against activities whose answers a test decides; the clock is simulated.
type archive struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T
	// mu guards what activities, which run beside the workflows, have to do with.
	mu sync.Mutex
	// orders are those to read, a page of so many at a time; queue are those that wait for B1.
	orders, page int
	// hidden are so many orders more, which Magento counts and does not show.
	hidden int
	queue  []order.Key
	// down is why Magento does not answer, refuses why B1 does not take an order; nil when it does.
	down    func() error
	refuses func(order.Key) (*activities.InsertOrderResult, error)
	// fresh is true while other orders wait; quiet is the end of the quiet hours.
	fresh bool
	quiet *time.Time
	// takes is how long B1 takes for an order.
	takes time.Duration
	// off are orders that are not due before a time, b1Back when B1 answers again.
	off    map[order.Key]time.Time
	b1Back time.Time
	// slow are orders that take longer.
	slow map[order.Key]time.Duration
	// began are the orders in the order in which their children began; open and most count children at once.
	began      []order.Key
	open, most int
	// stopped are those that were cancelled.
	stopped int
	noted   []store.Run
	// parts are those that began, by their IDs.
	parts map[string]workflows.PostImportsInput
	// asked counts how often the queue was asked; onAsk is called each time.
	asked int
	onAsk func()
}

func newArchive(t *testing.T, orders int) *archive {
	t.Helper()
	a := &archive{TestWorkflowEnvironment: testkit.WorkflowEnvironment(), t: t, orders: orders, page: 100, takes: time.Second}
	a.RegisterWorkflow(workflows.BackfillOrders)
	a.RegisterWorkflow(workflows.PostImports)
	a.RegisterWorkflow(workflows.InsertOrder)
	a.RegisterActivity(act)
	a.parts = map[string]workflows.PostImportsInput{}
	a.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var part workflows.PostImportsInput
		if info.WorkflowType.Name != "PostImports" {
			return
		}
		if err := args.Get(&part); err != nil {
			t.Error(err)
		}
		a.parts[info.WorkflowExecution.ID] = part
	})
	a.OnActivity(act.ImportOrders, mock.Anything, mock.Anything).Return(a.read).Maybe()
	a.OnActivity(act.NextOrders, mock.Anything, mock.Anything).Return(a.next).Maybe()
	a.OnActivity(act.NoteBackfill, mock.Anything, mock.Anything).Return(func(_ context.Context, r store.Run) (*activities.NoteBackfillResult, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.noted = append(a.noted, r)
		return &activities.NoteBackfillResult{NotedAt: a.Now(), Imported: map[order.Status]int{order.Posted: r.Counts.Posted}}, nil
	}).Maybe()
	a.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(a.insert).Maybe()
	return a
}

// beforeParts has it go the way of earlier releases, in which a backfill begins its orders itself.
func (a *archive) beforeParts() *archive {
	a.OnGetVersion("parts", workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
	return a
}

func (a *archive) read(_ context.Context, in activities.ImportOrdersInput) (*activities.ImportOrdersResult, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down != nil {
		if err := a.down(); err != nil {
			return nil, err
		}
	}
	n := min(a.page, a.orders-int(in.After))
	r := &activities.ImportOrdersResult{Next: in.After + int64(n), Total: int64(a.orders+a.hidden) - in.After, Done: int(in.After)+n == a.orders,
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
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked++; a.onAsk != nil {
		a.onAsk()
	}
	r := &activities.NextOrdersResult{Fresh: a.fresh, QuietUntil: a.quiet}
	if a.quiet != nil {
		return r, nil
	}
	if in.After == "" && a.Now().Before(a.b1Back) {
		r.Down = "B1 does not answer"
	}
	for _, key := range a.queue {
		if off := a.off[key]; in.After == "" && off.After(a.Now()) {
			if r.PutOff++; r.PutOff == 1 || off.Before(r.DueAgain) {
				r.DueAgain = off
			}
		} else if in.After == "" {
			r.Waiting++
		}
		if a.off[key].After(a.Now()) {
			continue
		}
		if string(key) > in.After && len(r.Orders) < in.Limit {
			r.Orders = append(r.Orders, store.Due{Key: key, Queue: string(key)})
		}
	}
	return r, nil
}

// begin counts an order that begins, and gives how long it takes.
func (a *archive) begin(key order.Key) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began = append(a.began, key)
	a.open++
	a.most = max(a.most, a.open)
	if slow := a.slow[key]; slow > 0 {
		return slow
	}
	return a.takes
}

func (a *archive) insert(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
	takes := a.begin(in.Key)
	stopped := workflow.Sleep(ctx, takes) != nil // a child that is cancelled ends
	a.mu.Lock()
	defer a.mu.Unlock()
	if stopped {
		a.stopped++
	}
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

// Orders that Magento counts and does not show are said. Fails without: compare in add.
func TestBackfill_SaysThatMagentoHidesOrders(t *testing.T) {
	for hidden, want := range map[int][]string{0: nil, 3: {"it counts 253 orders and has shown 250"}} {
		a := newArchive(t, 250)
		a.hidden = hidden
		run := a.run(workflows.BackfillOrdersInput{})
		if len(run.Errors) != len(want) || len(want) > 0 && !strings.Contains(run.Errors[0], want[0]) || run.Counts.Posted != 250 {
			t.Errorf("%d hidden: it ends with %q, %d posted; want %q", hidden, run.Errors, run.Counts.Posted, want)
		}
	}
}

// Fails without: distinct in setup (five names are counted).
func TestBackfill_CountsANameThatIsGivenTwiceOnce(t *testing.T) {
	a := newArchive(t, 3)
	a.ExecuteWorkflow(workflows.BackfillOrders, workflows.BackfillOrdersInput{Instance: "main", IncrementIDs: []string{"1", "2", "1"}, Keys: []order.Key{"main:2:1", "main:2:1"}})
	var run store.Run
	if err := a.GetWorkflowResult(&run); err != nil || run.Backfill.Names != 3 {
		t.Errorf("%+v names, %v; want 3", run.Backfill, err)
	}
}

func TestBackfill_ADryRunSendsNothing(t *testing.T) {
	a := newArchive(t, 250)
	run := a.run(workflows.BackfillOrdersInput{DryRun: true})
	if run.Counts.Read != 250 || run.Counts.Started != 0 || len(a.began) != 0 || !run.Backfill.DryRun {
		t.Errorf("%+v, %d begun; want 250 read and none sent", run.Counts, len(a.began))
	}
}

// Never more than the window at once, and a share of it while fresh orders wait, however many parts it is divided into. Fails
// without: the window in begin of a part (250); fresh in share (40, 80, 500).
func TestBackfill_LeavesRoomToFreshOrders(t *testing.T) {
	for _, window := range []int{1, 3, 40, 80, 500} {
		for _, fresh := range []bool{false, true} {
			a := newArchive(t, max(100, 2*window))
			a.fresh, a.takes = fresh, 20*time.Second // longer than it takes to begin as many
			want := window
			if fresh {
				want = max(1, window/4)
			}
			a.run(workflows.BackfillOrdersInput{Window: window})
			if a.most != want || len(a.began) != a.orders {
				t.Errorf("fresh orders wait %v: %d at once of %d, want %d", fresh, a.most, len(a.began), want)
			}
		}
	}
}

// Fresh orders that come while imports are posted get their room within two windows, however long the parts are. Fails without: look in
// waitForParts, tell (80 at once, to the end of the parts).
func TestBackfill_LooksForFreshOrdersOften(t *testing.T) {
	a := newArchive(t, 1000)
	a.RegisterDelayedCallback(func() { a.fresh = true }, 4100*time.Millisecond)
	a.RegisterDelayedCallback(func() { a.most = a.open }, 7500*time.Millisecond)
	a.RegisterDelayedCallback(func() {
		if longest := slices.MaxFunc(slices.Collect(maps.Values(a.parts)), func(x, y workflows.PostImportsInput) int { return len(x.Keys) - len(y.Keys) }); a.most != 20 || len(longest.Keys) < 200 {
			t.Errorf("%d at once behind fresh orders in parts of up to %d, want 20", a.most, len(longest.Keys))
		}
	}, 10*time.Second)
	if run := a.run(workflows.BackfillOrdersInput{Window: 80}); run.Counts.Posted != 1000 {
		t.Errorf("it ends with %+v", run.Counts)
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
