package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"datawald/order"
	"datawald/store"
)

// PostImportsInput is a part of what a backfill takes to B1: some orders of the queue, and how many of them at once.
type PostImportsInput struct {
	Instance string `json:"instance"`
	// Keys are at most partOrders orders, oldest first.
	Keys []order.Key `json:"keys"`
	// Left are those of them whose children earlier parts have left to themselves: they are counted as in hand.
	Left []leftOrder `json:"left,omitempty"`
	// Window is how many are in hand at once, at least 1. ShareSignal says so when it changes.
	Window int `json:"window"`
	// Paced is true when each order must pass Temporal's queue, which keeps a rate.
	Paced bool `json:"paced,omitempty"`
}

// PostImportsResult says what came of a part.
type PostImportsResult struct {
	// Counts are of its orders. InHand may be negative: of those that were left before, one is in hand no longer when its end is seen.
	Counts store.Counts `json:"counts"`
	// Left are the orders whose children are left to themselves, or were found so.
	Left []leftOrder `json:"left,omitempty"`
	// Rest is how many were not begun; they are where they were in the queue.
	Rest int `json:"rest,omitempty"`
	// Halted is true when B1 refuses the connector itself, Quiet when an order came back for quiet hours.
	Halted bool `json:"halted,omitempty"`
	Quiet  bool `json:"quiet,omitempty"`
}

// ShareSignal tells a part how much of the window it has from now on.
const ShareSignal = "share"

// Share is what ShareSignal brings.
type Share struct {
	// Window is how many orders may be in hand at once. While it is 0 none is begun; a part that has it when its children have ended gives
	// the rest back.
	Window int `json:"window"`
	// Stay is true when nothing waits for the part's place: it leaves no order to itself.
	Stay bool `json:"stay,omitempty"`
}

// partOrders bounds a part. Where B1 is so slow that no two children share a task of their part, an order takes nine events there: it
// ends far below the 4,096 events from which the server wants a new history.
const partOrders = 250

// PostImportsID is the workflow ID of the n-th part of a backfill, whose first run has the ID run.
func PostImportsID(instance, run string, n int) string {
	return fmt.Sprintf("post-imports:%s:%s:%d", instance, run, n)
}

// PostImports takes a part of a backfill's imports to B1. So the backfill's own history grows by the part and not by the order, and
// its workflow is not the one that hears of every order. It begins what it was given as far as it may, waits for most of it, and says
// what came of it. It never fails: what is not begun, or not posted, is still in the queue.
func PostImports(ctx workflow.Context, in PostImportsInput) (*PostImportsResult, error) {
	p := &postImports{in: in, rest: in.Keys, began: workflow.Now(ctx)}
	p.setup(ctx)
	return p.run(ctx), nil
}

type postImports struct {
	in     PostImportsInput
	result PostImportsResult
	poster *poster
	// rest are the orders that are not begun.
	rest  []order.Key
	began time.Time
	// stays is true when no order is left to itself.
	stays bool
	// children is the context of the children: they go on when the part is cancelled.
	children workflow.Context
}

func (p *postImports) setup(ctx workflow.Context) {
	p.poster = newPoster(ctx, p.in.Window, &p.result.Counts, workflow.Now(ctx).Add(historyFor))
	p.poster.paced, p.poster.keeps = p.in.Paced, true
	for _, left := range p.in.Left {
		p.poster.left[left.Key] = true
	}
	p.children, _ = workflow.NewDisconnectedContext(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var share Share
			if !workflow.GetSignalChannel(ctx, ShareSignal).Receive(ctx, &share) {
				return
			}
			p.poster.window, p.stays = share.Window, share.Stay
		}
	})
}

func (p *postImports) run(ctx workflow.Context) *PostImportsResult {
	for {
		if p.begin(ctx) != nil || p.drain(ctx) != nil { // it is cancelled
			break
		}
		if !p.goesOn() {
			break
		}
	}
	p.result.Left = p.poster.leaveOpen(ctx, p.in.Left)
	p.result.Rest, p.result.Halted, p.result.Quiet = len(p.rest), p.poster.halted, p.poster.quiet
	return &p.result
}

// may reports whether anything may be begun. One order that came back because it is quiet, or because B1 refuses the connector, stands
// for all.
func (p *postImports) may() bool { return p.poster.window > 0 && !p.poster.over() && !p.poster.quiet }

// goesOn reports whether there is an order that may be begun.
func (p *postImports) goesOn() bool { return len(p.rest) > 0 && p.may() }

// begin begins the orders as there is room for them, until none is left or none may be begun.
func (p *postImports) begin(ctx workflow.Context) error {
	for len(p.rest) > 0 {
		room := func() bool { return p.poster.open < p.poster.window } // what others have in hand, the window leaves out already
		if p.may() && !room() {
			if err := p.poster.linger(ctx); err != nil {
				return err
			}
		}
		err := workflow.Await(ctx, func() bool { return !p.may() || room() })
		if err == nil {
			err = ctx.Err() // a child may end in the moment in which the part is cancelled
		}
		if err != nil || !p.may() {
			return err
		}
		p.poster.start(p.children, p.rest[0])
		p.rest = p.rest[1:]
	}
	return nil
}

// drain waits for most of the children, or until orders may be begun again. It leaves none to itself before it has waited for as long as
// all before took: where B1 is slow, ten seconds without an end say nothing.
func (p *postImports) drain(ctx workflow.Context) error {
	return wait{
		few:   func() bool { return !p.stays && 2*p.poster.open <= p.in.Window },
		over:  func() bool { return p.poster.open == 0 || p.goesOn() },
		after: func() time.Duration { return max(leaveAfter, p.poster.last.Sub(p.began)) },
		until: workflow.Await,
	}.forMost(ctx, p.poster)
}
