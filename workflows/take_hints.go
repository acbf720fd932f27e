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

// gather is how long an order that is being read is not read again: what is said many times costs two readings, one at once and one
// when the shop has stopped to speak, or is still speaking, of it.
const gather = 2 * time.Second

// breath is how long hints are gathered after a reading when manyReadings began within gather: a shop that names hundreds of orders
// a second is read ten times a second at most. Where orders come one by one nobody waits: the server may take a second more for any
// timer (history.timerProcessorMaxTimeShift).
const (
	breath       = 100 * time.Millisecond
	manyReadings = 20
	// manyOpen readings that have not ended say that Magento or B1 is slow: then hints are gathered for longer, and Magento is not asked
	// for more and more at once.
	manyOpen = 16
	// maxCarried bounds the orders that are carried on into a new history: the server takes 2 MB of input.
	maxCarried = 10_000
)

// maxListen is how much is heard before readings begin: signals, and orders named in them. After an outage of the worker
// the server hands over all that was said meanwhile, up to 10,000 signals (its limit for one workflow); a workflow task
// must end within a second, and what is carried on must stay far below the 2 MB that the server takes as input.
const maxListen = 2000

// TakeHints reads the orders that the shop hints at, at once, and those that it goes on speaking of a second time. It is started by
// the first hint (signal-with-start), one for each instance at once, and ends when there are no more. A hint that comes after a
// reading has begun leads to another one, so that none is lost; what the readings do not see, the next SyncOrders sees.
func TakeHints(ctx workflow.Context, in TakeHintsInput) error {
	h := &takeHints{in: in, said: workflow.GetSignalChannel(ctx, HintSignal), waiting: newWaiting(in.Waiting), recent: newRecent()}
	if workflow.GetVersion(ctx, "at-once", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return h.runGathered(ctx)
	}
	return h.run(ctx)
}

type takeHints struct {
	in      TakeHintsInput
	said    workflow.ReceiveChannel
	waiting waiting
	// recent are the orders whose reading began less than gather ago.
	recent *recent
	// timer runs until one of them may be read again; nil for none.
	timer workflow.Future
	// readings is how many were begun, open how many of them have not ended.
	readings, open int
}

// run reads what is named and was not read just now, and then waits for more.
func (h *takeHints) run(ctx workflow.Context) error {
	for {
		all := h.listen()
		if all && h.readings > 0 && h.waiting.orders() <= maxCarried && workflow.GetInfo(ctx).GetContinueAsNewSuggested() { // a shop that never stops to speak
			return h.renew(ctx)
		}
		h.recent.forget(workflow.Now(ctx).Add(-gather))
		if next := h.waiting.takeBut(h.recent, maxResync); !next.empty() {
			if err := h.read(ctx, next); err != nil {
				return err
			}
			h.recent.add(next, workflow.Now(ctx))
			if err := h.pause(ctx, next); err != nil {
				return err
			}
			continue
		}
		if !all { // all of it about orders that were read just now: a workflow task bears no more
			if err := workflow.Sleep(ctx, breath); err != nil {
				return err
			}
			continue
		}
		if h.recent.empty() { // and so nothing waits
			return nil
		}
		if err := h.wait(ctx); err != nil {
			return err
		}
	}
}

// pause lets hints gather after a reading, where there are too many.
func (h *takeHints) pause(ctx workflow.Context, read Hint) error {
	switch {
	case h.open >= manyOpen:
		return workflow.Sleep(ctx, gather)
	case h.recent.many() && read.orders() < maxResync:
		return workflow.Sleep(ctx, breath)
	}
	return nil
}

// wait waits for more hints, or until an order may be read again. One timer serves many hints: one for each wait would cost two
// events a hint.
func (h *takeHints) wait(ctx workflow.Context) error {
	if h.timer == nil {
		h.timer = workflow.NewTimer(ctx, h.recent.since().Add(gather).Sub(workflow.Now(ctx)))
	}
	if err := workflow.Await(ctx, func() bool { return h.said.Len() > 0 || h.timer.IsReady() }); err != nil {
		return err
	}
	if h.timer.IsReady() {
		h.timer = nil
	}
	return nil
}

// renew goes on in a new history, when all that was said is heard: what is not would be lost.
func (h *takeHints) renew(ctx workflow.Context) error {
	if h.waiting.empty() {
		return nil
	}
	return workflow.NewContinueAsNewError(ctx, TakeHints, TakeHintsInput{Instance: h.in.Instance, Waiting: h.waiting.hint()})
}

// runGathered is what earlier releases did: they gathered before each reading.
func (h *takeHints) runGathered(ctx workflow.Context) error {
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
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return h.renew(ctx)
		}
	}
}

// readAll begins to read all orders that were named by now.
func (h *takeHints) readAll(ctx workflow.Context) error {
	for all := false; !all; {
		all = h.listen()
		for !h.waiting.empty() {
			if err := h.read(ctx, h.waiting.take(maxResync)); err != nil {
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

// read begins to read orders, as many as one resync takes, and does not wait for its end: that may hang on B1.
func (h *takeHints) read(ctx workflow.Context, next Hint) error {
	h.readings++
	name := fmt.Sprintf("hint-%s-%d", workflow.Now(ctx).UTC().Format("20060102T150405Z"), h.readings)
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        ResyncOrdersID(h.in.Instance, name),
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,

		TypedSearchAttributes: runAttributes(h.in.Instance, sourceOf(ctx)),
		StaticSummary:         ResyncSummary(len(next.EntityIDs)+len(next.IncrementIDs), HintActor),
	})
	child := workflow.ExecuteChildWorkflow(ctx, ResyncOrders, ResyncOrdersInput{
		Instance: h.in.Instance, EntityIDs: next.EntityIDs, IncrementIDs: next.IncrementIDs, Hint: true, Actor: HintActor})
	h.open++
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = child.Get(ctx, nil) // how it ended stands in its record
		h.open--
	})
	return child.GetChildWorkflowExecution().Get(ctx, nil)
}
