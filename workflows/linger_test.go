package workflows_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// backlog posts so many orders of which each takes 50 to 150 ms, and gives the run and how many tasks of the workflow that took.
func backlog(t *testing.T, name string, orders, window int) (run store.Run, tasks int) {
	t.Helper()
	c := testkit.Temporal(t)
	s := newStage(t, c, scene{name: name})
	s.wait(orders)
	s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
		select {
		case <-time.After(50*time.Millisecond + rand.N(100*time.Millisecond)): // B1 takes so long
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	begun := s.sync(workflows.SyncOrdersInput{Window: window})
	id, runID := begun.GetID(), begun.GetRunID()
	if err := begun.Get(t.Context(), &run); err != nil {
		t.Fatal(err)
	}
	for _, e := range read(t, c, id, runID).Events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks++
		}
	}
	return run, tasks
}

// A run with much in hand takes the ends of several orders with one task. 160 orders end one by one, and begin one by one. Fails without: the
// linger in room (about 120 tasks then).
func TestLinger_TakesSeveralEndsInOneTask(t *testing.T) {
	run, tasks := backlog(t, "lingers", 160, 40)
	t.Logf("%d tasks", tasks)
	if run.Counts.Posted != 160 || run.Counts.Started != 160 || run.Counts.InHand != 0 {
		t.Errorf("counts %+v, want 160 posted", run.Counts)
	}
	if tasks > 80 {
		t.Errorf("%d tasks of the run for 160 orders, want half of that at most", tasks)
	}
}

// The next page of the queue is asked for while orders of this one are still to be begun, and each order is begun once. Fails without: the
// question ahead.
func TestLookAhead_AsksBeforeThePageIsUsedUp(t *testing.T) {
	f := newFlow(t, 280)
	orders, begun := slices.Clone(f.queue), map[order.Key]int{}
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			begun[in.Key]++
			n := slices.Index(orders, in.Key) // they end one by one, and so they begin
			return posted, workflow.Sleep(ctx, time.Second+time.Duration(n%97)*11*time.Millisecond)
		})
	var early []int
	f.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "NextOrders" {
			early = append(early, len(begun))
		}
	})
	run := f.run(workflows.SyncOrdersInput{Window: 200})
	if run.Counts.Posted != 280 || run.Counts.Started != 280 || len(begun) != 280 {
		t.Errorf("counts %+v of %d orders, want 280 posted", run.Counts, len(begun))
	}
	for key, n := range begun {
		if n != 1 {
			t.Errorf("%s was begun %d times", key, n)
		}
	}
	if len(early) != 4 || early[1] > 215 {
		t.Errorf("the queue was asked when %v orders were begun, want 0, before 250, and at the end twice: an answer from before is old", early)
	}
}

// A page that was asked for ahead is not begun when it has become quiet since. Fails without: rests in startAll.
func TestLookAhead_BeginsNothingOfTheNextPageInQuietHours(t *testing.T) {
	f := newFlow(t, 300)
	until := time.Date(2026, 11, 26, 5, 0, 0, 0, time.UTC)
	orders, begun := slices.Clone(f.queue), 0
	f.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(&activities.FindOrdersResult{}, nil)
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			begun++
			if err := workflow.Sleep(ctx, time.Second); err != nil || slices.Index(orders, in.Key) < 100 {
				return posted, err
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.quiet = &until
			return &activities.InsertOrderResult{Status: order.Pending, Note: activities.NoteQuiet}, nil
		})
	run := f.run(workflows.SyncOrdersInput{Window: 24}) // pages of 120
	if begun != 120 || run.Counts.Posted != 100 || run.QuietUntil == nil || !run.QuietUntil.Equal(until) {
		t.Errorf("%d orders were begun, %d posted, quiet until %v; want the first page and no more", begun, run.Counts.Posted, run.QuietUntil)
	}
}

// While it lingers a run hears that B1 refuses the connector, and waits for what is in hand without a further task. Fails without: over in lingers (it never ends).
func TestLinger_OneWrongPasswordIsOneFailure(t *testing.T) {
	f := newFlow(t, 200)
	first := f.queue[0]
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			takes := time.Minute
			if in.Key == first {
				takes = time.Second
			}
			return &activities.InsertOrderResult{Status: order.Pending, Note: workflows.Misconfigured}, workflow.Sleep(ctx, takes)
		})
	run := f.run(workflows.SyncOrdersInput{Window: 40})
	if run.Counts.Started != 40 || len(run.Errors) != 1 {
		t.Errorf("started %d, errors %v; want one window and one error", run.Counts.Started, run.Errors)
	}
}

// A worker that stops while a run of it lingers is gone soon, though other workers go on ending orders. Fails without: the stop channel in Linger (it
// takes all of its time: with each task that it completes the server gives it the next).
func TestLinger_EndsWhenItsWorkerStops(t *testing.T) {
	s := newStage(t, testkit.Temporal(t), scene{name: "lingers-stop", patience: 20 * time.Second})
	s.wait(900)
	begun := make(chan struct{}, 900)
	s.insert = func(ctx context.Context, _ order.Key, _ int32) (*activities.InsertOrderResult, error) {
		begun <- struct{}{}
		select {
		case <-time.After(time.Second + rand.N(2*time.Second)): // B1 takes so long
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	s.sync(workflows.SyncOrdersInput{Window: 100})
	for range 400 { // orders end all the time by now, and it lingers
		<-begun
	}
	began := time.Now()
	s.own.Stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it stopped after %s", took)
	}
}

// Of a page that was asked for ahead no import is begun before it is asked whether fresh orders have come in since. Fails without: the condition on imports in next.
func TestLookAhead_PutsNoImportBeforeFreshOrders(t *testing.T) {
	f := newFlow(t, 160) // pages of 120
	late := f.queue[120]
	f.imports = map[order.Key]bool{}
	for _, key := range f.queue[121:] {
		f.imports[key] = true
	}
	f.queue = slices.Delete(f.queue, 120, 121)
	var begun []order.Key
	f.OnWorkflow(workflows.InsertOrder, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.InsertOrderInput) (*activities.InsertOrderResult, error) {
			begun = append(begun, in.Key)
			err := workflow.Sleep(ctx, time.Second)
			f.taken(in.Key)
			return posted, err
		})
	asked := 0
	f.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name != "NextOrders" {
			return
		}
		if asked++; asked == 2 { // it comes in when the next page was asked for
			f.mu.Lock()
			defer f.mu.Unlock()
			f.queue = slices.Insert(f.queue, slices.IndexFunc(f.queue, func(k order.Key) bool { return f.imports[k] }), late)
		}
	})
	f.run(workflows.SyncOrdersInput{Window: 24})
	if at := slices.Index(begun, late); at != 120 {
		t.Errorf("the fresh order was begun as number %d of %d, want before the imports", at, len(begun))
	}
}
