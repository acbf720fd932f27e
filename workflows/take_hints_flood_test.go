package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// ear counts the hints that the workflow hears.
type ear struct {
	converter.DataConverter
	heard, most int
}

func (e *ear) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	if _, ok := values[0].(*workflows.Hint); ok {
		e.heard++
		e.most = max(e.most, e.heard)
	}
	return e.DataConverter.FromPayloads(payloads, values...)
}

// flood is so many hints of so many orders each, no order twice.
func flood(hints, orders int) (all []workflows.Hint) {
	for n := range hints {
		var h workflows.Hint
		for id := range orders {
			h.EntityIDs = append(h.EntityIDs, int64(n*orders+id+1))
		}
		all = append(all, h)
	}
	return all
}

// sayAll brings hints before the first are looked at, a few hundred at once: the simulated server takes no more.
func (h *hints) sayAll(said []workflows.Hint) {
	after := time.Duration(0)
	for some := range slices.Chunk(said, 500) {
		h.RegisterDelayedCallback(func() { h.sayNow(some) }, after)
		after += 10 * time.Millisecond
	}
}

func (h *hints) sayNow(said []workflows.Hint) {
	for _, hint := range said {
		h.SignalWorkflow(workflows.HintSignal, hint)
	}
}

// counted gives how often each order is read.
func (h *hints) counted(t *testing.T) map[int64]int {
	t.Helper()
	seen := map[int64]int{}
	for _, r := range h.reads {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		for _, id := range r.EntityIDs {
			seen[id]++
		}
	}
	return seen
}

// After an outage of the worker all that was said meanwhile is there at once. What one workflow task does about it has a
// bound, or the task would be cut off each time that it is tried.
func TestTakeHints_HearsAFloodInParts(t *testing.T) {
	for name, tc := range map[string]struct {
		said   []workflows.Hint
		orders int
	}{
		"10,000 hints of an order each": {flood(10_000, 1), 10_000},
		"2,000 hints of 20 orders":      {flood(2000, 20), 40_000},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHints()
			e := &ear{DataConverter: converter.GetDefaultDataConverter()}
			h.SetDataConverter(e)
			h.SetOnChildWorkflowStartedListener(func(*workflow.Info, workflow.Context, converter.EncodedValues) { e.heard = 0 })
			h.sayAll(tc.said)
			h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
			if err := h.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			if seen := h.counted(t); len(seen) != tc.orders {
				t.Errorf("%d orders are read, want %d", len(seen), tc.orders)
			}
			if e.most == 0 || e.most > 2000 {
				t.Errorf("it hears up to %d hints before a reading begins, want 2000 at most", e.most)
			}
		})
	}
}

// A new history begins without what the old one has not heard; so all must be heard before.
func TestTakeHints_LosesNothingOfAFloodInANewHistory(t *testing.T) {
	h := newHints()
	h.SetContinueAsNewSuggested(true)
	h.say(0, workflows.Hint{EntityIDs: []int64{1}})
	said := flood(500, 5)
	h.SetOnChildWorkflowStartedListener(func(*workflow.Info, workflow.Context, converter.EncodedValues) {
		h.sayNow(said)
		said = nil
	})
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
	seen := h.counted(t)
	if next, ok := errors.AsType[*workflow.ContinueAsNewError](h.GetWorkflowError()); ok {
		var in workflows.TakeHintsInput
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			t.Fatal(err)
		}
		for _, id := range in.Waiting.EntityIDs {
			seen[id]++
		}
	} else if h.GetWorkflowError() != nil {
		t.Fatal(h.GetWorkflowError())
	}
	if len(seen) != 2500 {
		t.Errorf("%d orders are read or carried on, want 2500", len(seen))
	}
}

// readings are what the workflows of a real server read, by workflow.
type readings struct {
	sync.Mutex
	all map[string][]int64
	// began has an entry for each reading, at least.
	began chan bool
}

func (r *readings) resync(ctx workflow.Context, in workflows.ResyncOrdersInput) (*workflows.ResyncOrdersResult, error) {
	r.Lock()
	defer r.Unlock()
	r.all[workflow.GetInfo(ctx).WorkflowExecution.ID] = in.EntityIDs
	r.began <- true
	return &workflows.ResyncOrdersResult{}, nil
}

// orders is how many different orders are read, by readings of at most 500.
func (r *readings) orders(t *testing.T) int {
	r.Lock()
	defer r.Unlock()
	seen := map[int64]bool{}
	for name, orders := range r.all {
		if len(orders) > 500 {
			t.Errorf("%s reads %d orders", name, len(orders))
		}
		for _, id := range orders {
			seen[id] = true
		}
	}
	return len(seen)
}

// What was said while no worker ran is read when one does: a task that takes too long is cut off, and again when it is tried again.
func TestTakeHints_CatchesUpAfterAnOutageOfTheWorker(t *testing.T) {
	same := make([]workflows.Hint, 5000)
	for n := range same {
		same[n] = workflows.Hint{EntityIDs: []int64{1}}
	}
	for name, tc := range map[string]struct {
		said   []workflows.Hint
		orders int
	}{
		"2,500 hints of 20 orders": {flood(2500, 20), 50_000},
		"5,000 hints of one order": {same, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, name := testkit.Temporal(t), testkit.Name(t)
			sayToServer(t, c, name, tc.said)
			r := &readings{all: map[string][]int64{}, began: make(chan bool, 1000)}
			w := worker.New(c, name, worker.Options{})
			w.RegisterWorkflow(workflows.TakeHints)
			w.RegisterWorkflowWithOptions(r.resync, workflow.RegisterOptions{Name: "ResyncOrders"})
			if err := w.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.Stop)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			run := c.GetWorkflow(ctx, workflows.TakeHintsID(name), "")
			if err := run.Get(ctx, nil); err != nil {
				t.Fatal(err)
			}
			for seen := r.orders(t); seen != tc.orders; seen = r.orders(t) { // the last may begin after their parent has ended
				select {
				case <-r.began:
				case <-time.After(30 * time.Second):
					t.Fatalf("%d orders are read, want %d", seen, tc.orders)
				}
			}
		})
	}
}

// sayToServer brings hints as the gateway does, while no worker runs.
func sayToServer(t *testing.T, c client.Client, name string, said []workflows.Hint) {
	t.Helper()
	for part := range slices.Chunk(said, 500) {
		var senders sync.WaitGroup
		for some := range slices.Chunk(part, 50) {
			senders.Go(func() {
				for _, hint := range some {
					if _, err := c.SignalWithStartWorkflow(t.Context(), workflows.TakeHintsID(name), workflows.HintSignal, hint,
						client.StartWorkflowOptions{TaskQueue: name}, workflows.TakeHints, workflows.TakeHintsInput{Instance: name}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Wait()
	}
}
