package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

const (
	// partWindow is how much of the window makes one part more: what a part has in hand is what its tasks have to do.
	partWindow = 25
	// maxParts bounds them.
	maxParts = 8
	// partFor is about how long a part takes, where B1 is slow: with its end its orders are counted.
	partFor = 30 * time.Second
	// partsPerHistory ends a history; with partOrders in each these are 25,000 orders, and about 3,000 events.
	partsPerHistory = 100
	// lookOften and lookSeldom are between two looks at the queue while parts are open: whether fresh orders wait, and whether it is quiet.
	lookOften, lookSeldom = 2 * time.Second, 30 * time.Second
)

// parts are what a backfill has begun to take its imports to B1.
type parts struct {
	// slots are the parts that are open, nil where there is none. Each slot has a share of the window.
	slots []*openPart
	// begun is how many this history has begun.
	begun int
	// fresh is true while other orders wait, paced when each order must pass Temporal's queue, last at the end of the queue.
	fresh, paced, last bool
	// rest is true when a part came back with orders that it has not begun; halted when B1 refuses the connector, quiet when an order
	// came back because it is quiet, lost why a part has not come back at all. With each of them the pass is begun again.
	rest, halted, quiet bool
	lost                string
	// look is true when it is time to look at the queue, looks how long it is until the next look.
	look  bool
	looks time.Duration
}

// openPart is a part that is under way.
type openPart struct {
	future workflow.ChildWorkflowFuture
	keys   []order.Key
	// told is the share that it knows of.
	told Share
}

func newParts(window int) *parts {
	return &parts{slots: make([]*openPart, min(maxParts, max(1, window/partWindow))), looks: lookOften}
}

// open is how many are under way, orders how many orders they were given.
func (p *parts) open() (open, orders int) {
	for _, part := range p.slots {
		if part != nil {
			open, orders = open+1, orders+len(part.keys)
		}
	}
	return open, orders
}

// none reports whether none is under way.
func (p *parts) none() bool {
	open, _ := p.open()
	return open == 0
}

// upset reports whether the pass through the queue is to be begun again when no part is under way.
func (p *parts) upset() bool { return p.rest || p.halted || p.quiet || p.lost != "" }

// postInParts takes the imports of the instance to B1 as post does, and leaves the orders themselves to parts: this workflow reads the
// queue, hands it out, and adds up what comes back.
func (b *backfill) postInParts(ctx workflow.Context) error {
	b.parts = newParts(b.in.Window)
	b.tell(ctx)
	b.lookAgain(ctx)
	for {
		if b.parts.none() || !b.long(ctx) {
			if err := b.gate(ctx); err != nil {
				return err
			}
		}
		if b.parts.upset() || b.state.Queue == "" { // a pass begins when no part is open
			if err := b.until(ctx, b.parts.none); err != nil {
				return err
			}
		}
		if b.parts.upset() {
			if err := b.beginAgain(ctx); err != nil {
				return err
			}
			continue
		}
		again, err := b.step(ctx)
		if err != nil || !again {
			return err
		}
	}
}

// beginAgain begins the pass through the queue again: what parts have not begun is where it was.
func (b *backfill) beginAgain(ctx workflow.Context) (err error) {
	p := b.parts
	b.state.Queue = ""
	switch {
	case p.halted:
		err = b.rest(ctx, refusedPause, "B1 refuses the connector; look at its settings")
	case p.lost != "":
		err = b.rest(ctx, outagePause, p.lost)
	}
	quiet := p.quiet
	p.last, p.rest, p.halted, p.quiet, p.lost = false, false, false, false, ""
	if err != nil || !quiet {
		return err
	}
	var next activities.NextOrdersResult
	in := activities.NextOrdersInput{Instance: b.in.Instance, Imports: true, Limit: 1}
	if err := workflow.ExecuteActivity(ctx, act.NextOrders, in).Get(ctx, &next); err != nil {
		return b.outage(ctx, "read the queue", err)
	}
	if next.QuietUntil == nil { // another worker has other rules, or it is just over
		return b.rest(ctx, outagePause, "orders came back for quiet hours")
	}
	return b.restQuiet(ctx, *next.QuietUntil)
}

// restQuiet waits for the end of quiet hours. It waits for a moment at least: the worker that says until when has a clock of its own.
func (b *backfill) restQuiet(ctx workflow.Context, until time.Time) error {
	return b.rest(ctx, max(until.Sub(workflow.Now(ctx)), lookOften), "quiet hours until "+stamp(until))
}

// step reads the queue and hands out what it gives. again is false when all is done that can be.
func (b *backfill) step(ctx workflow.Context) (again bool, err error) {
	p := b.parts
	slots, size := b.room(ctx)
	var next activities.NextOrdersResult
	in := activities.NextOrdersInput{Instance: b.in.Instance, Imports: true, After: b.state.Queue, Limit: max(1, len(slots)*size)}
	p.look = false
	if err := workflow.ExecuteActivity(ctx, act.NextOrders, in).Get(ctx, &next); err != nil {
		return true, b.outage(ctx, "read the queue", err)
	}
	if next.QuietUntil != nil { // the parts are told
		p.quiet = !p.none()
		if p.quiet {
			return true, nil
		}
		return true, b.restQuiet(ctx, *next.QuietUntil)
	}
	p.fresh, p.paced = next.Fresh, next.Paced
	head := b.state.Queue == ""
	if head {
		if begins, again, err := b.atHead(ctx, &next); err != nil || !begins {
			return again, err
		}
	}
	p.last = len(next.Orders) == 0
	if !p.last && len(slots) > 0 && b.share(ctx, 0).Window > 0 {
		b.handOut(ctx, slots, next.Orders)
	}
	if err := b.stepped(ctx); err != nil {
		return false, err
	}
	return b.waitForParts(ctx, head)
}

// waitForParts waits until the queue is to be read again: there is room for a part, or it is time to look. At the end of the queue it
// waits until all parts have ended, and then ends the pass.
func (b *backfill) waitForParts(ctx workflow.Context, head bool) (again bool, err error) {
	p := b.parts
	err = b.until(ctx, func() bool {
		slots, _ := b.room(ctx)
		return p.look || p.upset() || p.none() || b.paused() && !b.long(ctx) || len(slots) > 0 && !p.last
	})
	if err != nil || !p.last || !p.none() || p.upset() {
		return true, err
	}
	b.state.Queue, b.state.Passed, p.last = "", b.state.Waiting, false
	return !head, nil
}

// room gives the slots for which orders are to be read, and how many for each: as many as take about partFor, and towards the end of
// the queue so few that all slots have some. A history that is long enough begins none.
func (b *backfill) room(ctx workflow.Context) (slots []int, size int) {
	for slot, part := range b.parts.slots {
		if part == nil && !b.long(ctx) {
			slots = append(slots, slot)
		}
	}
	all := len(b.parts.slots)
	share := max(1, b.in.Window/all)
	_, inParts := b.parts.open()
	left := b.progress().ToPost - b.state.Run.Counts.Settled() - inParts
	size = min(int(b.progress().Rate*partFor.Seconds())/all, (left+all-1)/all)
	size = min(max(size, pagesOfWindow*share), partOrders)
	return slots[:min(len(slots), max(1, childrenPerRun/size))], size
}

// handOut deals orders out, the oldest first to each, to no more slots than they fill.
func (b *backfill) handOut(ctx workflow.Context, slots []int, orders []store.Due) {
	share := max(1, b.in.Window/len(b.parts.slots))
	slots = slots[:min(len(slots), (len(orders)+share-1)/share)]
	hands := make([][]order.Key, len(slots))
	for n, due := range orders {
		hands[n%len(slots)] = append(hands[n%len(slots)], due.Key)
	}
	for n, keys := range hands {
		b.beginPart(ctx, slots[n], keys)
	}
	b.state.Queue = orders[len(orders)-1].Queue
}

// beginPart begins a part.
func (b *backfill) beginPart(ctx workflow.Context, slot int, keys []order.Key) {
	b.parts.begun++
	b.state.Parts++
	part := &openPart{keys: keys, told: b.share(ctx, slot)}
	options := workflow.ChildWorkflowOptions{
		WorkflowID: PostImportsID(b.in.Instance, workflow.GetInfo(ctx).FirstRunID, b.state.Parts),
		// Whoever cancels the backfill is told what its parts had in hand. One that is terminated takes its parts along, and no order.
		WaitForCancellation:   true,
		TypedSearchAttributes: runAttributes(b.in.Instance, b.poster.source),
		StaticSummary:         fmt.Sprintf("part %d of the backfill of %s, %d orders", b.state.Parts, b.in.Instance, len(keys)),
	}
	in := PostImportsInput{Instance: b.in.Instance, Keys: keys, Window: part.told.Window, Paced: b.parts.paced}
	for _, left := range b.state.Left {
		if slices.Contains(keys, left.Key) {
			in.Left = append(in.Left, left)
		}
	}
	part.future = workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), PostImports, in)
	b.parts.slots[slot] = part
	workflow.Go(ctx, func(ctx workflow.Context) {
		var result PostImportsResult
		err := part.future.Get(ctx, &result)
		b.parts.slots[slot] = nil
		b.ended(ctx, part, &result, err)
	})
}

// ended adds up what came of a part.
func (b *backfill) ended(ctx workflow.Context, part *openPart, result *PostImportsResult, err error) {
	p := b.parts
	p.looks = b.untilLook()
	if err != nil {
		if !temporal.IsCanceledError(err) {
			p.lost = "a part has not come back: " + text(err)
		}
		return
	}
	b.state.Run.Counts = b.state.Run.Counts.Add(result.Counts)
	p.rest, p.halted, p.quiet = p.rest || result.Rest > 0, p.halted || result.Halted, p.quiet || result.Quiet
	b.state.Left = slices.DeleteFunc(b.state.Left, func(left leftOrder) bool { return slices.Contains(part.keys, left.Key) })
	b.state.Left = append(b.state.Left, result.Left...)
	b.state.OnWay += len(result.Left)
}

// maxLeft is how many orders that are left to themselves a history carries on at most: the server takes 2 MB.
const maxLeft = 5000

// forget drops the oldest of the orders that were left to themselves where there are too many. Those that it begins with have ended long ago; one that waits
// for B1 again by then is counted a second time.
func (b *backfill) forget() {
	if more := len(b.state.Left) - maxLeft; more > 0 && b.parts != nil {
		b.state.Left = slices.Clone(b.state.Left[more:])
	}
}
