package workflows

import (
	"fmt"
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

// maxListen is how much is heard before readings begin: signals, and orders named in them. After an outage of the worker
// the server hands over all that was said meanwhile, up to 10,000 signals (its limit for one workflow); a workflow task
// must end within a second, and what is carried on must stay far below the 2 MB that the server takes as input.
const maxListen = 2000

// TakeHints reads the orders that the shop hints at, together and soon. It is started by the first hint (signal-with-start),
// one for each instance at once, and ends when there are no more. A hint that comes after a reading has begun leads to
// another one, so that none is lost; what the readings do not see, the next SyncOrders sees.
func TakeHints(ctx workflow.Context, in TakeHintsInput) error {
	h := &takeHints{in: in, said: workflow.GetSignalChannel(ctx, HintSignal), waiting: newWaiting(in.Waiting)}
	return h.run(ctx)
}

type takeHints struct {
	in       TakeHintsInput
	said     workflow.ReceiveChannel
	waiting  waiting
	readings int
}

func (h *takeHints) run(ctx workflow.Context) error {
	for {
		if err := workflow.Sleep(ctx, gather); err != nil {
			return err
		}
		if err := h.readAll(ctx); err != nil {
			return err
		}
		if !h.listen() {
			continue // neither the end nor a new history: what is not heard would be lost
		}
		if h.waiting.empty() {
			return nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() { // a shop that never stops to speak
			return workflow.NewContinueAsNewError(ctx, TakeHints, TakeHintsInput{Instance: h.in.Instance, Waiting: h.waiting.hint()})
		}
	}
}

// readAll begins to read all orders that were named by now.
func (h *takeHints) readAll(ctx workflow.Context) error {
	for all := false; !all; {
		all = h.listen()
		for !h.waiting.empty() {
			if err := h.read(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen takes the hints that are there, as many as one workflow task bears, and reports whether it took all. One that
// comes while this run ends makes the server ask again before it does.
func (h *takeHints) listen() (all bool) {
	for heard := 0; heard < maxListen; {
		var said Hint
		if !h.said.ReceiveAsync(&said) {
			return true
		}
		h.waiting.add(said)
		heard += 1 + len(said.EntityIDs) + len(said.IncrementIDs)
	}
	return false
}

// read begins to read as many orders as one resync takes, and does not wait for its end: that may hang on B1.
func (h *takeHints) read(ctx workflow.Context) error {
	h.readings++
	name := fmt.Sprintf("hint-%s-%d", workflow.Now(ctx).UTC().Format("20060102T150405Z"), h.readings)
	next := h.waiting.take(maxResync)
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        ResyncOrdersID(h.in.Instance, name),
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,

		TypedSearchAttributes: runAttributes(h.in.Instance, sourceOf(ctx)),
		StaticSummary:         ResyncSummary(len(next.EntityIDs)+len(next.IncrementIDs), HintActor),
	})
	child := workflow.ExecuteChildWorkflow(ctx, ResyncOrders, ResyncOrdersInput{
		Instance: h.in.Instance, EntityIDs: next.EntityIDs, IncrementIDs: next.IncrementIDs, Hint: true, Actor: HintActor})
	return child.GetChildWorkflowExecution().Get(ctx, nil)
}
