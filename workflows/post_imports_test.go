package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"datawald/order"
	"datawald/workflows"
)

// part runs one part of so many orders.
func (a *archive) part(in workflows.PostImportsInput, orders int) (result workflows.PostImportsResult) {
	a.t.Helper()
	in.Instance = "main"
	for n := range orders {
		in.Keys = append(in.Keys, order.Key(fmt.Sprintf("main:1:%09d", n)))
	}
	a.ExecuteWorkflow(workflows.PostImports, in)
	if err := a.GetWorkflowResult(&result); err != nil {
		a.t.Fatal(err)
	}
	return result
}

// A part keeps to the share that it was told last; without one it gives back what it has not begun. Fails without: the signal in setup
// (10 at once to the end); may in begin (40 begun).
func TestPostImports_KeepsToItsShare(t *testing.T) {
	a := newArchive(t, 0)
	a.takes = 10 * time.Second
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.ShareSignal, workflows.Share{Window: 3}) }, 11*time.Second)
	a.RegisterDelayedCallback(func() { a.most = 0 }, 21*time.Second)
	a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.ShareSignal, workflows.Share{}) }, 41*time.Second)
	r := a.part(workflows.PostImportsInput{Window: 10}, 100)
	if a.most > 3 || len(a.began) != 29 || r.Rest != 71 || r.Counts.Started != 29 || r.Counts.Posted != 29 || len(r.Left) != 0 {
		t.Errorf("%d at once, %d begun, result %+v; want 10, then 3, then none", a.most, len(a.began), r)
	}
}

// A part that is cancelled ends at once, says what it had in hand, and begins none more. Its orders go on. Fails without: the end in run (it
// waits for them).
func TestPostImports_IsCancelled(t *testing.T) {
	a := newArchive(t, 0)
	a.takes = 10 * time.Minute
	a.RegisterDelayedCallback(a.CancelWorkflow, time.Second)
	r := a.part(workflows.PostImportsInput{Window: 10}, 100)
	if len(a.began) != 10 || r.Rest != 90 || r.Counts.InHand != 10 || len(r.Left) != 10 || a.stopped != 0 {
		t.Errorf("%d begun, %d stopped, result %+v; want 10 in hand", len(a.began), a.stopped, r)
	}
}

// A part that is a day old gives back what it has not begun: a worker of another release is to meet young histories. Fails without:
// over in may (100 begun).
func TestPostImports_LastsNoLongerThanADay(t *testing.T) {
	a := newArchive(t, 0)
	a.takes = 20 * time.Minute
	if r := a.part(workflows.PostImportsInput{Window: 1}, 100); r.Rest < 27 || r.Rest > 28 || r.Counts.Posted != 100-r.Rest {
		t.Errorf("result %+v, want three orders each hour of a day", r)
	}
}

// A part for whose place nothing waits leaves no order to itself. Fails without: stays in drain (one is in hand).
func TestPostImports_StaysWhenNothingWaits(t *testing.T) {
	for stay, want := range map[bool]int{true: 10, false: 9} {
		a := newArchive(t, 0)
		a.slow = map[order.Key]time.Duration{"main:1:000000003": 15 * time.Minute}
		a.RegisterDelayedCallback(func() { a.SignalWorkflow(workflows.ShareSignal, workflows.Share{Window: 5, Stay: stay}) }, time.Second)
		if r := a.part(workflows.PostImportsInput{Window: 5}, 10); r.Counts.Posted != want || r.Counts.InHand != 10-want || len(r.Left) != 10-want {
			t.Errorf("it is to stay %v: result %+v, want %d posted", stay, r, want)
		}
	}
}
