package workflows

import (
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// leaveAfter is how long a scheduled run waits for its last orders while none of them ends. One that waits for B1 by itself
// must not keep the new ones back: its child goes on without the run, and the next one counts it as in hand.
const leaveAfter = 10 * time.Second

// poster starts one InsertOrder child for each order, at most window at once, and counts how they end.
type poster struct {
	window int
	counts *store.Counts
	// open is the number of children in hand, started the number begun in this history.
	open, started int
	// mine are the orders of these children.
	mine map[order.Key]int
	// taken is how much of the window orders take that others have in hand, as far as it is known.
	taken int
	// left are orders whose children an earlier history of this run began and left to themselves. They count as started and in
	// hand, once, whatever becomes of them: how they end is not seen.
	left map[order.Key]bool
	// last is when a child was begun or ended last.
	last time.Time
	// leaves is true when the run leaves children to themselves of which none ends.
	leaves bool
	// late is true when the run's time is up: nothing more is started or waited for.
	late bool
	// halted is true when B1 refuses the connector itself: nothing more is started, so that one wrong password is one
	// failure and not one for each order.
	halted bool
	// quiet is true when an order came back because it has become quiet since the queue was read.
	quiet bool
	// writeBack is true when Magento is to be told of an order that was posted.
	writeBack bool
	// source is why the run began, for the search attributes of its orders; empty when they get none.
	source Source
	// paced is true when each order must pass Temporal's queue, which keeps a rate.
	paced bool
	// keeps is true when orders that are found with others are kept in left: whoever comes upon them again counts them once.
	keeps     bool
	lingering lingering
}

// newPoster begins to count the time. One timer serves the whole run: a timer for each wait would cost two events each.
func newPoster(ctx workflow.Context, window int, counts *store.Counts, deadline time.Time) *poster {
	p := &poster{window: window, counts: counts, mine: map[order.Key]int{}, taken: counts.InHand, left: map[order.Key]bool{}, source: sourceOf(ctx)}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := workflow.Sleep(ctx, deadline.Sub(workflow.Now(ctx))); err == nil {
			p.late = true
		}
	})
	return p
}

// over reports whether nothing more is started.
func (p *poster) over() bool { return p.late || p.halted }

// hasRoom reports whether one more child has a place in the window.
func (p *poster) hasRoom() bool { return p.open+p.taken < p.window }

// room waits until a child may be started. false means that this run starts no more: its time is up, B1 refuses the
// connector, or the window is full of orders that others have in hand.
func (p *poster) room(ctx workflow.Context) (bool, error) {
	over := func() bool { return p.over() || p.taken >= p.window }
	if !over() && !p.hasRoom() {
		if err := p.linger(ctx); err != nil {
			return false, err
		}
	}
	err := workflow.Await(ctx, func() bool { return over() || p.hasRoom() })
	return !over(), err
}

// drain waits until all children have ended, or until the time is up. A scheduled run does not wait for those of which none
// ends for leaveAfter. While many are open it lingers.
func (p *poster) drain(ctx workflow.Context) error {
	done := func() bool { return p.late || p.open == 0 }
	leaves := !done() && p.leaves && workflow.GetVersion(ctx, "drain", workflow.DefaultVersion, 1) != workflow.DefaultVersion
	for !done() { // the timer of ten seconds is for several ends, and not for each
		if p.lingers() {
			if err := p.linger(ctx); err != nil {
				return err
			}
		}
		enough := func() bool { return done() || p.lingers() && p.lingering.ended > 0 }
		if !leaves {
			if err := workflow.Await(ctx, enough); err != nil {
				return err
			}
			continue
		}
		wait := p.last.Add(leaveAfter).Sub(workflow.Now(ctx))
		if wait <= 0 {
			return nil
		}
		if _, err := workflow.AwaitWithTimeout(ctx, wait, enough); err != nil {
			return err
		}
	}
	return nil
}

// start begins the child of one order. A child that runs already has the order in hand, which is as good.
func (p *poster) start(ctx workflow.Context, key order.Key) {
	again := p.began(ctx, key)
	p.follow(ctx, key, p.child(ctx, key), again)
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
	p.follow(ctx, key, child, p.began(ctx, key))
	return true, nil
}

// began counts a child. again is true when the order is counted already, as one that was left to itself.
func (p *poster) began(ctx workflow.Context, key order.Key) (again bool) {
	p.open++
	p.started++
	p.mine[key]++
	p.last = workflow.Now(ctx)
	if again = p.left[key]; again {
		delete(p.left, key)
		p.counts.InHand--
	} else {
		p.counts.Started++
	}
	return again
}

func (p *poster) child(ctx workflow.Context, key order.Key) workflow.ChildWorkflowFuture {
	options := workflow.ChildWorkflowOptions{
		WorkflowID: InsertOrderID(key),
		// A half-inserted order must not die with the run that started it.
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: orderAttributes(key, p.source),
		StaticSummary:         orderSummary(key),
	}
	if !p.paced { // what is tried at once needs a worker that speaks to B1
		options.TaskQueue, options.WorkflowTaskTimeout, options.WorkflowRunTimeout = B1TaskQueue(key.Instance()), silence, insertLimit
	}
	ctx = workflow.WithChildOptions(ctx, options)
	return workflow.ExecuteChildWorkflow(ctx, InsertOrder, InsertOrderInput{Key: key, AtOnce: !p.paced})
}

// follow counts how a child ends.
func (p *poster) follow(ctx workflow.Context, key order.Key, child workflow.ChildWorkflowFuture, again bool) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		var result activities.InsertOrderResult
		err := child.Get(ctx, &result)
		p.open--
		if p.mine[key]--; p.mine[key] == 0 {
			delete(p.mine, key)
		}
		p.last = workflow.Now(ctx)
		p.lingering.ended++
		p.halted = p.halted || err == nil && result.Note == Misconfigured
		p.quiet = p.quiet || err == nil && result.Note == activities.NoteQuiet
		p.writeBack = p.writeBack || err == nil && result.WriteBack
		*p.counter(result, err)++
		if err != nil && temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			p.taken++
			if again || p.keeps {
				p.left[key] = true
			}
		}
	})
}

// leave counts the children that are still open as left to themselves, and gives the orders of all that are.
func (p *poster) leave() []order.Key {
	p.counts.InHand += p.open
	//workflowcheck:ignore
	for key := range p.mine { // in any order: they are sorted below
		p.left[key] = true
	}
	//workflowcheck:ignore
	return slices.Sorted(maps.Keys(p.left))
}

// released takes note that others have only so many orders of the window in hand. Those of other runs are theirs to count.
func (p *poster) released(still int) {
	others := min(p.taken-still, p.counts.InHand-len(p.left))
	p.counts.Started -= others
	p.counts.InHand -= others
	p.taken = still
}

// putOff takes note of orders that others have in hand and that are not due, so that nobody comes upon them in the queue.
func (p *poster) putOff(orders int) {
	more := max(orders-p.taken, 0)
	p.counts.Started += more
	p.counts.InHand += more
	p.taken += more
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
