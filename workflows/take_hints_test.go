package workflows_test

import (
	"context"
	"errors"
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
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// hints runs TakeHints on a simulated clock and keeps what it reads.
type hints struct {
	*testsuite.TestWorkflowEnvironment
	began time.Time
	reads []reading
	// takes is how long a reading lasts.
	takes time.Duration
}

type reading struct {
	at time.Duration
	workflows.ResyncOrdersInput
}

func newHints() *hints {
	h := &hints{TestWorkflowEnvironment: testkit.WorkflowEnvironment(), takes: 5 * time.Minute} // B1 takes its time
	h.RegisterWorkflow(workflows.TakeHints)
	h.SetWorkflowRunTimeout(24 * time.Hour)
	h.began = h.Now()
	// No mock: of one the parent hears that it began when it has ended.
	read := func(ctx workflow.Context, in workflows.ResyncOrdersInput) (*workflows.ResyncOrdersResult, error) {
		h.reads = append(h.reads, reading{h.Now().Sub(h.began), in})
		return &workflows.ResyncOrdersResult{}, workflow.Sleep(ctx, h.takes)
	}
	h.RegisterWorkflowWithOptions(read, workflow.RegisterOptions{Name: "ResyncOrders"})
	return h
}

// say brings a hint after so long.
func (h *hints) say(after time.Duration, hint workflows.Hint) {
	h.RegisterDelayedCallback(func() { h.SignalWorkflow(workflows.HintSignal, hint) }, after)
}

// What is said many times of an order is read at once, and again when it has been said for the last time. Fails without: recent
// (it is read ten times).
func TestTakeHints_ManyHintsAtOneOrderAreTwoReadings(t *testing.T) {
	h := newHints()
	for n := range 20 {
		h.say(time.Duration(n)*50*time.Millisecond, workflows.Hint{EntityIDs: []int64{12}, IncrementIDs: []string{"000000013"}})
	}
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
	if err := h.GetWorkflowError(); err != nil || len(h.reads) != 2 {
		t.Fatalf("%d readings, %v; want two", len(h.reads), err)
	}
	for n, within := range []time.Duration{0, 2500 * time.Millisecond} {
		r := h.reads[n]
		if !slices.Equal(r.EntityIDs, []int64{12}) || !slices.Equal(r.IncrementIDs, []string{"000000013"}) || !r.Hint || r.Instance != "main" || r.Actor != "webhook" || r.at > within {
			t.Errorf("reading %+v; want both orders once, within %s, as a hint", r, within)
		}
	}
}

// Orders that the shop speaks of one after the other are each read at once, and many of them together. Fails without: many (50 a second
// are 100 readings), and the bound on readings that have not ended (all 50 are open at once).
func TestTakeHints_ReadsEachNewOrderAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		every    time.Duration
		orders   int
		takes    time.Duration
		longest  time.Duration
		readings int
	}{
		"five a second":  {200 * time.Millisecond, 50, 300 * time.Millisecond, 0, 50},
		"fifty a second": {20 * time.Millisecond, 100, 100 * time.Millisecond, 100 * time.Millisecond, 37},
		"a slow shop":    {200 * time.Millisecond, 50, time.Minute, 2 * time.Second, 20},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHints()
			h.takes = tc.takes
			for n := range tc.orders {
				h.say(time.Duration(n)*tc.every, workflows.Hint{EntityIDs: []int64{int64(n)}})
			}
			h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
			if err := h.GetWorkflowError(); err != nil || len(h.reads) > tc.readings {
				t.Errorf("%d readings, %v; want %d at most", len(h.reads), err, tc.readings)
			}
			seen := 0
			for _, r := range h.reads {
				for _, id := range r.EntityIDs {
					if wait := r.at - time.Duration(id)*tc.every; wait > tc.longest {
						t.Errorf("order %d is read %s after the hint, want %s at most", id, wait, tc.longest)
					}
					seen++
				}
			}
			if seen != tc.orders {
				t.Errorf("%d orders are read, want %d", seen, tc.orders)
			}
		})
	}
}

func TestTakeHints_ReadsAsManyAtOnceAsAResyncTakes(t *testing.T) {
	h := newHints()
	var first, second []int64
	for id := range int64(1200) {
		first = append(first, id+1)
		second = append(second, id+600)
	}
	h.say(0, workflows.Hint{EntityIDs: first, IncrementIDs: []string{"A", "B"}})
	h.say(500*time.Millisecond, workflows.Hint{EntityIDs: second}) // when what was said first is being read, and before it is read again
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
	seen := map[int64]int{}
	numbers := 0
	for _, r := range h.reads {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		numbers += len(r.IncrementIDs)
		for _, id := range r.EntityIDs {
			seen[id]++
		}
	}
	// Three readings of what is said first, two of what is new in the second hint, two of the 601 orders that both name.
	if len(h.reads) != 7 || len(seen) != 1799 || numbers != 2 || seen[1000] != 2 || seen[1] != 1 {
		t.Errorf("%d readings of %d and %d orders; want 7 of 1799 and 2", len(h.reads), len(seen), numbers)
	}
}

// whileReading brings hints in the moments in which readings begin.
func (h *hints) whileReading(said ...workflows.Hint) {
	h.SetOnChildWorkflowStartedListener(func(*workflow.Info, workflow.Context, converter.EncodedValues) {
		if len(said) > 0 {
			h.SignalWorkflow(workflows.HintSignal, said[0])
			said = said[1:]
		}
	})
}

func TestTakeHints_HearsWhatIsSaidWhileAReadingBegins(t *testing.T) {
	h := newHints()
	h.say(0, workflows.Hint{EntityIDs: []int64{12}})
	h.whileReading(workflows.Hint{EntityIDs: []int64{12}}, workflows.Hint{EntityIDs: []int64{13}})
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
	if err := h.GetWorkflowError(); err != nil || len(h.reads) != 3 || h.reads[1].EntityIDs[0] != 12 || h.reads[2].EntityIDs[0] != 13 {
		t.Errorf("readings %+v, %v; want 12, 12 and 13", h.reads, err)
	}
}

// A shop that never stops to speak fills no history; what waits is carried on.
func TestTakeHints_ContinuesInANewHistory(t *testing.T) {
	h := newHints()
	h.SetContinueAsNewSuggested(true)
	h.say(0, workflows.Hint{EntityIDs: []int64{12}})
	h.whileReading(workflows.Hint{EntityIDs: []int64{13}, IncrementIDs: []string{"A"}})
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main"})
	next, ok := errors.AsType[*workflow.ContinueAsNewError](h.GetWorkflowError())
	if !ok || len(h.reads) != 1 {
		t.Fatalf("ends with %v after %d readings, want it to continue after one", h.GetWorkflowError(), len(h.reads))
	}
	var in workflows.TakeHintsInput
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(in.Waiting.EntityIDs, []int64{13}) || !slices.Equal(in.Waiting.IncrementIDs, []string{"A"}) {
		t.Errorf("it carries on %+v, want what was said while it read", in)
	}
}

func TestTakeHints_TakesUpWhatWasCarriedOn(t *testing.T) {
	h := newHints()
	h.ExecuteWorkflow(workflows.TakeHints, workflows.TakeHintsInput{Instance: "main", Waiting: workflows.Hint{EntityIDs: []int64{7}}})
	if len(h.reads) != 1 || !slices.Equal(h.reads[0].EntityIDs, []int64{7}) {
		t.Errorf("readings %+v, want that of order 7", h.reads)
	}
}

// A hint is worth a minute: when Magento is down, the next run reads the order.
func TestResyncOrders_AHintGivesUpSoonAndQuietly(t *testing.T) {
	for name, tc := range map[string]struct {
		hint   bool
		within time.Duration
		failed bool
	}{
		"a hint":   {true, 70 * time.Second, false},
		"a person": {false, 11 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			env := testkit.WorkflowEnvironment()
			env.RegisterActivity(act)
			env.SetWorkflowRunTimeout(time.Hour)
			env.OnActivity(act.FindOrders, mock.Anything, mock.Anything).Return(nil, temporal.NewApplicationError("magento is down", activities.TypeTransient))
			var recorded store.Run
			env.OnActivity(act.RecordRun, mock.Anything, mock.Anything).Return(func(_ context.Context, r store.Run) error { recorded = r; return nil }).Maybe()
			began := env.Now()
			env.ExecuteWorkflow(workflows.ResyncOrders, workflows.ResyncOrdersInput{Instance: "main", EntityIDs: []int64{12}, Hint: tc.hint})
			if took := env.Now().Sub(began); took > tc.within || !tc.hint && took < 2*time.Minute {
				t.Errorf("it tried for %s", took)
			}
			if failed := env.GetWorkflowError() != nil; failed != tc.failed {
				t.Errorf("ends with %v", env.GetWorkflowError())
			}
			if tc.hint && (recorded.Kind != "hint" || len(recorded.Errors) != 1 || !strings.Contains(recorded.Errors[0], "magento is down")) {
				t.Errorf("recorded %+v, want the error noted", recorded)
			}
		})
	}
}
