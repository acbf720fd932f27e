package workflows

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// poster starts one InsertOrder child for each order, at most window at once, and counts how they end.
type poster struct {
	window int
	counts *store.Counts
	// open is the number of children in hand, started the number begun in this history.
	open, started int
	// late is true when the run's time is up: nothing more is started or waited for.
	late bool
	// halted is true when B1 refuses the connector itself: nothing more is started, so that one wrong password is one
	// failure and not one for each order.
	halted bool
	// writeBack is true when Magento is to be told of an order that was posted.
	writeBack bool
}

// newPoster begins to count the time. One timer serves the whole run: a timer for each wait would cost two events each.
func newPoster(ctx workflow.Context, window int, counts *store.Counts, deadline time.Time) *poster {
	p := &poster{window: window, counts: counts}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := workflow.Sleep(ctx, deadline.Sub(workflow.Now(ctx))); err == nil {
			p.late = true
		}
	})
	return p
}

// room waits until a child may be started. false means that this run starts no more: its time is up, B1 refuses the
// connector, or the window is full of orders that others have in hand.
func (p *poster) room(ctx workflow.Context) (bool, error) {
	over := func() bool { return p.late || p.halted || p.counts.InHand >= p.window }
	err := workflow.Await(ctx, func() bool { return over() || p.open+p.counts.InHand < p.window })
	return !over(), err
}

// drain waits until all children have ended, or until the time is up.
func (p *poster) drain(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return p.late || p.open == 0 })
}

// start begins the child of one order. A child that runs already has the order in hand, which is as good.
func (p *poster) start(ctx workflow.Context, key order.Key) {
	p.began()
	p.follow(ctx, p.child(ctx, key))
}

// try begins the child of one order unless one runs already, and reports whether it did.
func (p *poster) try(ctx workflow.Context, key order.Key) (started bool, err error) {
	child := p.child(ctx, key)
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		if temporal.IsCanceledError(err) {
			return false, err
		}
		return false, nil
	}
	p.began()
	p.follow(ctx, child)
	return true, nil
}

func (p *poster) began() {
	p.open++
	p.started++
	p.counts.Started++
}

func (p *poster) child(ctx workflow.Context, key order.Key) workflow.ChildWorkflowFuture {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: InsertOrderID(key),
		// A half-inserted order must not die with the run that started it.
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	})
	return workflow.ExecuteChildWorkflow(ctx, InsertOrder, InsertOrderInput{Key: key})
}

// follow counts how a child ends.
func (p *poster) follow(ctx workflow.Context, child workflow.ChildWorkflowFuture) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		var result activities.InsertOrderResult
		err := child.Get(ctx, &result)
		p.open--
		p.halted = p.halted || err == nil && result.Note == Misconfigured
		p.writeBack = p.writeBack || err == nil && result.WriteBack
		*p.counter(result, err)++
	})
}

// counter says what the end of a child means.
func (p *poster) counter(result activities.InsertOrderResult, err error) *int {
	switch {
	case err != nil && temporal.IsWorkflowExecutionAlreadyStartedError(err):
		return &p.counts.InHand
	case err != nil && isTyped(err, activities.TypeHeld):
		return &p.counts.Held
	case err != nil || result.Note == Deferred || result.Note == Misconfigured || result.Note == activities.NoteQuiet:
		return &p.counts.Deferred
	}
	switch result.Status {
	case order.Posted:
		return &p.counts.Posted
	case order.Draft:
		return &p.counts.Draft
	}
	return &p.counts.Other
}
