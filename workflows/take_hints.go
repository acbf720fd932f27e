package workflows

import (
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"
)

// Hint names orders of which the shop says that they changed.
type Hint struct {
	EntityIDs    []int64  `json:"entity_ids,omitempty"`
	IncrementIDs []string `json:"increment_ids,omitempty"`
}

// HintSignal is the signal that brings a Hint to TakeHints.
const HintSignal = "hint"

// HintActor is whom timelines name for what a hint of the shop started.
const HintActor = "webhook"

// TakeHintsInput is the instance whose shop speaks.
type TakeHintsInput struct {
	Instance string `json:"instance"`
	// Waiting carries hints on after continue-as-new; leave it out.
	Waiting Hint `json:"waiting,omitzero"`
}

// gather is how long hints are gathered before they are looked at together: what is said many times costs one reading,
// and a shop that speaks in the middle of an order's transaction has time to commit it.
const gather = 2 * time.Second

// TakeHints reads the orders that the shop hints at, together and soon. It is started by the first hint (signal-with-start),
// one for each instance at once, and ends when there are no more. A hint that comes after a reading has begun leads to
// another one, so that none is lost; what the readings do not see, the next SyncOrders sees.
func TakeHints(ctx workflow.Context, in TakeHintsInput) error {
	h := &takeHints{in: in, said: workflow.GetSignalChannel(ctx, HintSignal)}
	return h.run(ctx)
}

type takeHints struct {
	in       TakeHintsInput
	said     workflow.ReceiveChannel
	readings int
}

func (h *takeHints) run(ctx workflow.Context) error {
	for {
		if err := workflow.Sleep(ctx, gather); err != nil {
			return err
		}
		h.listen()
		for !h.in.Waiting.empty() {
			if err := h.read(ctx); err != nil {
				return err
			}
		}
		if h.listen(); h.in.Waiting.empty() {
			return nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() { // a shop that never stops to speak
			return workflow.NewContinueAsNewError(ctx, TakeHints, h.in)
		}
	}
}

// listen takes all hints that are there. One that comes while this run ends makes the server ask again before it does.
func (h *takeHints) listen() {
	for {
		var said Hint
		if !h.said.ReceiveAsync(&said) {
			return
		}
		h.in.Waiting.add(said)
	}
}

// read begins to read as many orders as one resync takes, and does not wait for its end: that may hang on B1.
func (h *takeHints) read(ctx workflow.Context) error {
	h.readings++
	name := fmt.Sprintf("hint-%s-%d", workflow.Now(ctx).UTC().Format("20060102T150405Z"), h.readings)
	next := h.in.Waiting.take(maxResync)
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        ResyncOrdersID(h.in.Instance, name),
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
	})
	child := workflow.ExecuteChildWorkflow(ctx, ResyncOrders, ResyncOrdersInput{
		Instance: h.in.Instance, EntityIDs: next.EntityIDs, IncrementIDs: next.IncrementIDs, Hint: true, Actor: HintActor})
	return child.GetChildWorkflowExecution().Get(ctx, nil)
}

func (h *Hint) empty() bool { return len(h.EntityIDs)+len(h.IncrementIDs) == 0 }

// add keeps each order once, in the order in which they were named.
func (h *Hint) add(more Hint) {
	h.EntityIDs = addNew(h.EntityIDs, more.EntityIDs)
	h.IncrementIDs = addNew(h.IncrementIDs, more.IncrementIDs)
}

func addNew[T comparable](all, more []T) []T {
	has := make(map[T]bool, len(all))
	for _, v := range all {
		has[v] = true
	}
	for _, v := range more {
		if !has[v] {
			has[v], all = true, append(all, v)
		}
	}
	return all
}

// take removes up to n orders.
func (h *Hint) take(n int) (taken Hint) {
	k := min(n, len(h.EntityIDs))
	m := min(n-k, len(h.IncrementIDs))
	taken = Hint{EntityIDs: slices.Clone(h.EntityIDs[:k]), IncrementIDs: slices.Clone(h.IncrementIDs[:m])}
	h.EntityIDs, h.IncrementIDs = h.EntityIDs[k:], h.IncrementIDs[m:]
	return taken
}
