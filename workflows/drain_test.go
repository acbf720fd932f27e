package workflows_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// paced makes the child of each order take as long as takes says; a posted order leaves the queue.
func (f *flow) paced(takes func(n int) time.Duration) {
	orders := slices.Clone(f.queue)
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			f.open++
			f.most = max(f.most, f.open)
			defer func() { f.open-- }()
			if err := workflow.Sleep(ctx, takes(slices.Index(orders, in.Key))); err != nil {
				return nil, err
			}
			f.taken(in.Key)
			return posted, nil
		})
}

// slow makes one order take that long, and each other a second.
func slow(order int, takes time.Duration) func(int) time.Duration {
	return func(n int) time.Duration {
		if n == order {
			return takes
		}
		return time.Second
	}
}

func took(run store.Run) time.Duration { return run.EndedAt.Sub(run.StartedAt) }

// One order that waits for B1 does not keep the run, and with it all new orders, for the run's ten minutes. Fails without: the
// leaving in drain.
func TestSyncOrders_DoesNotWaitForOneSlowOrder(t *testing.T) {
	f := newFlow(t, 20)
	f.paced(slow(3, 8*time.Minute))
	run := f.run(workflows.SyncOrdersInput{})
	if took(run) > 12*time.Second {
		t.Errorf("it took %s, want 12 s at most", took(run))
	}
	if run.Counts.Started != 20 || run.Counts.Posted != 19 || run.Counts.InHand != 1 {
		t.Errorf("counts %+v, want 20 started, 19 posted, one in hand", run.Counts)
	}
}

// As long as orders end, however slowly, the run waits for them and counts how. Fails without: last set when a child ends.
func TestSyncOrders_WaitsForOrdersThatEndOneByOne(t *testing.T) {
	f := newFlow(t, 10)
	f.paced(func(n int) time.Duration { return time.Duration(n+1) * 9 * time.Second })
	run := f.run(workflows.SyncOrdersInput{})
	if run.Counts.Posted != 10 || run.Counts.InHand != 0 {
		t.Errorf("counts %+v, want all 10 posted", run.Counts)
	}
}

// Nobody waits for a run of the schedule; for a resync somebody does, who is told what came of it. Fails without: leaves, when
// all leave.
func TestResyncOrders_WaitsForASlowOrder(t *testing.T) {
	f := newFlow(t, 0)
	f.RegisterWorkflow(workflows.ResyncOrders)
	f.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(&activities.FindOrdersResult{}, nil)
	f.named = []order.Key{"main:1:1"}
	f.children(4*time.Minute, posted, nil)
	f.ExecuteWorkflow(workflows.ResyncOrders, workflows.ResyncOrdersInput{Instance: "main", IncrementIDs: []string{"1"}})
	var r workflows.ResyncOrdersResult
	if err := f.GetWorkflowResult(&r); err != nil || r.Run.Counts.Posted != 1 {
		t.Errorf("%+v, %v; want the order posted", r.Run.Counts, err)
	}
}

// goesOn runs until the new history of a run of 700 orders, of which the fourth and fifth are slow, and gives what it is begun with.
func goesOn(t *testing.T) workflows.SyncOrdersInput {
	t.Helper()
	f := newFlow(t, 700)
	f.paced(func(n int) time.Duration { return max(slow(3, 8*time.Minute)(n), slow(4, 8*time.Minute)(n)) })
	f.ExecuteWorkflow(workflows.SyncOrders, workflows.SyncOrdersInput{Instance: "main", Window: 10})
	return goneOn(t, f.GetWorkflowError())
}

// goneOn is what a new history is begun with.
func goneOn(t *testing.T, end error) workflows.SyncOrdersInput {
	t.Helper()
	again, ok := errors.AsType[*workflow.ContinueAsNewError](end)
	if !ok {
		t.Fatalf("ended with %v, want continue-as-new", end)
	}
	var next workflows.SyncOrdersInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		t.Fatal(err)
	}
	return next
}

// A run that goes on in a new history leaves slow orders to themselves. They stay counted, once, as started and in hand, unless
// the run begins them anew and sees their end; and they keep their place in the window for no longer than others have them in
// hand. Fails without: the leaving in drain (all 500 are posted when it goes on, after minutes); left (705 or more started, or fewer than 700); noting it again
// when a child of it is still there (forgotten once it is posted).
func TestSyncOrders_CountsWhatItLeavesToItselfOnce(t *testing.T) {
	const goneOn, posts, postsLate, givenUp = 8 * time.Minute, 2 * time.Second, 8 * time.Second, 3 * time.Second
	tests := map[string]struct {
		left           [2]time.Duration
		posted, inHand int
	}{
		"both wait on":                      {[2]time.Duration{goneOn, goneOn}, 698, 2},
		"both are posted":                   {[2]time.Duration{posts, posts}, 698, 2},
		"the first is given up":             {[2]time.Duration{givenUp, goneOn}, 699, 1},
		"one is given up, one posted later": {[2]time.Duration{givenUp, postsLate}, 699, 1},
		"the first is posted, one given up": {[2]time.Duration{posts, givenUp}, 699, 1},
	}
	next := goesOn(t)
	if c := next.Resume.Run.Counts; c.Started != 500 || c.Posted != 498 || c.InHand != 2 {
		t.Fatalf("it carries on %+v, want 500 started, 498 posted, two in hand", c)
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFlow(t, 700)
			f.queue = append(slices.Clone(f.queue[3:5]), f.queue[500:]...)
			first := map[order.Key]time.Duration{f.queue[0]: tc.left[0], f.queue[1]: tc.left[1]}
			f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
				func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
					takes, left := first[in.Key]
					delete(first, in.Key)
					if err := workflow.Sleep(ctx, max(takes, time.Second)); err != nil {
						return nil, err
					}
					if left && takes == givenUp {
						return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Deferred}, nil
					}
					f.taken(in.Key)
					return posted, nil
				})
			f.ExecuteWorkflow("EarlierRun", 2, next)
			var run store.Run
			if err := f.GetWorkflowResult(&run); err != nil {
				t.Fatal(err)
			}
			if c := run.Counts; c.Started != 700 || c.Posted != tc.posted || c.InHand != tc.inHand {
				t.Errorf("counts %+v, want 700 started, %d posted, %d in hand", c, tc.posted, tc.inHand)
			}
		})
	}
}

// A history that grows long while others have the window in hand is ended like any other: the run waits for its own orders first,
// and counts how they end. Fails without: renew (left to themselves, ten in hand).
func TestSyncOrders_WaitsForItsOwnOrdersBeforeANewHistory(t *testing.T) {
	f := newFlow(t, 30)
	orders := slices.Clone(f.queue)
	f.paced(func(n int) time.Duration {
		if n < 8 {
			return 9 * time.Minute
		}
		return 8 * time.Second
	})
	f.RegisterDelayedCallback(func() { f.SetContinueAsNewSuggested(true) }, 2*time.Second)
	f.ExecuteWorkflow("EarlierRun", 8, workflows.SyncOrdersInput{Instance: "main", Window: 10})
	if next := goneOn(t, f.GetWorkflowError()); next.Resume.Run.Counts.Posted != 2 || next.Resume.Run.Counts.InHand != 8 || len(next.Resume.Left) != 0 {
		t.Errorf("it carries on %+v, left %v; want two posted and eight in hand", next.Resume.Run.Counts, next.Resume.Left)
	}
	if len(orders)-len(f.queue) != 10 {
		t.Errorf("%d orders are posted, want those of both runs", len(orders)-len(f.queue))
	}
}

// What left the queue long ago takes nothing of the window, though it counts as in hand. Fails without: taken carried on (4 at
// once, after the first look for room).
func TestSyncOrders_BeginsANewHistoryWithItsWholeWindow(t *testing.T) {
	next := goesOn(t)
	next.Resume.Run.Counts.Started, next.Resume.Run.Counts.InHand, next.Resume.Taken = 507, 9, new(0)
	f := newFlow(t, 709)
	f.queue = f.queue[700:]
	f.paced(func(int) time.Duration { return time.Second })
	f.ExecuteWorkflow(workflows.SyncOrders, next)
	if err := f.GetWorkflowError(); err != nil || f.most != 9 {
		t.Errorf("%d orders at once, %v; want all 9", f.most, err)
	}
}

// A run that goes on in a new history while it reads Magento, with its window full, still asks for the orders that Magento could not
// show: the queue does not name them again. Fails without: Reread in what is carried on.
func TestSyncOrders_AsksInItsNextHistoryForWhatMagentoCouldNotShow(t *testing.T) {
	f := newFlow(t, 30)
	f.reread = []int64{7}
	f.paced(func(int) time.Duration { return 9 * time.Minute })
	f.longAt = 2
	first := slices.Clone(f.queue[:10])
	f.off = func(key order.Key) bool { return slices.Contains(first, key) } // so that the run waits for room before its first order
	f.ExecuteWorkflow("EarlierRun", 10, workflows.SyncOrdersInput{Instance: "main", Window: 10})
	next := goneOn(t, f.GetWorkflowError())

	f = newFlow(t, 30)
	f.paced(func(int) time.Duration { return time.Second })
	var asked [][]int64
	f.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.FindOrdersInput) (*activities.FindOrdersResult, error) {
		asked = append(asked, in.EntityIDs)
		return &activities.FindOrdersResult{}, nil
	})
	f.ExecuteWorkflow(workflows.SyncOrders, next)
	if err := f.GetWorkflowError(); err != nil || len(asked) != 1 || !slices.Equal(asked[0], []int64{7}) {
		t.Errorf("asked for %v, %v; want order 7, once", asked, err)
	}
}
