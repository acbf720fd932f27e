package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// post takes the imports of the instance to B1, oldest first, until a pass through all that wait leaves none fewer: then each of
// them waits for something of its own, and the runs of the schedule go on with it.
//
// The backfill does so itself, and leaves it to no run: so a run never spends its time on imports while fresh orders come in, a
// pause stops all of it, and one parent more shares the work. The queue in the store stays the account: what this workflow leaves,
// or loses when it is terminated, is taken up by the runs of the schedule, a page each.
func (b *backfill) post(ctx workflow.Context) error {
	if p := b.progress(); p.Phase == store.BackfillReads {
		p.Phase, p.Rate = store.BackfillPosts, 0
		b.mark(ctx)
		if err := b.note(ctx); err != nil {
			return err
		}
	}
	// What an earlier release began goes on without parts, until its next history.
	if workflow.GetVersion(ctx, "parts", workflow.DefaultVersion, 1) >= 1 {
		return b.postInParts(ctx)
	}
	for { // each page looks whether fresh orders wait, and so it is small
		if err := b.gate(ctx); err != nil {
			return err
		}
		var next activities.NextOrdersResult
		in := activities.NextOrdersInput{Instance: b.in.Instance, Imports: true, After: b.state.Queue, Limit: min(pagesOfWindow*b.in.Window, childrenPerRun)}
		if err := workflow.ExecuteActivity(ctx, act.NextOrders, in).Get(ctx, &next); err != nil {
			if err := b.outage(ctx, "read the queue", err); err != nil {
				return err
			}
			continue
		}
		if next.QuietUntil != nil {
			if err := b.rest(ctx, next.QuietUntil.Sub(workflow.Now(ctx)), "quiet hours until "+stamp(*next.QuietUntil)); err != nil {
				return err
			}
			continue
		}
		b.poster.paced = next.Paced
		again, err := b.pass(ctx, &next)
		if err != nil || !again {
			return err
		}
		if err := b.stepped(ctx); err != nil {
			return err
		}
	}
}

// pass starts a page of imports. again is false when all is done that can be.
func (b *backfill) pass(ctx workflow.Context, next *activities.NextOrdersResult) (again bool, err error) {
	if b.state.Queue == "" {
		if begins, again, err := b.atHead(ctx, next); err != nil || !begins {
			return again, err
		}
	}
	b.poster.window = b.in.Window
	if next.Fresh { // they come first; B1 is kept busy all the same
		b.poster.window = max(1, b.in.Window/beside)
	}
	for _, due := range next.Orders {
		if err := b.start(ctx, due.Key); err != nil {
			return false, err
		}
		if b.poster.halted {
			return true, b.refused(ctx)
		}
		b.state.Queue = due.Queue
	}
	if len(next.Orders) > 0 {
		return true, nil
	}
	if err := b.until(ctx, func() bool { return b.poster.open == 0 }); err != nil {
		return false, err
	}
	if b.poster.halted {
		return true, b.refused(ctx)
	}
	empty := b.state.Queue == ""
	b.state.Queue, b.state.Passed = "", b.state.Waiting
	return !empty, nil
}

// atHead says whether a pass through the queue begins, and if not, whether the queue is to be asked again: not when the pass before has
// left none fewer. That says nothing while B1 does not answer, while orders of that pass are still on their way, or while all that are
// left are put off for a moment: then it rests.
func (b *backfill) atHead(ctx workflow.Context, next *activities.NextOrdersResult) (begins, again bool, err error) {
	all := next.Waiting + next.PutOff
	b.progress().ToPost = b.state.Run.Counts.Settled() + all
	onWay := b.state.OnWay
	b.state.OnWay = 0
	switch {
	case b.state.Passed > 0 && all >= b.state.Passed && next.Down == "" && onWay > 0:
		b.state.Passed = 0
		return false, true, b.rest(ctx, outagePause, fmt.Sprintf("%d orders are on their way to B1", onWay))
	case b.state.Passed > 0 && all >= b.state.Passed && next.Down == "":
		return false, false, nil
	case b.state.Passed > 0 && all >= b.state.Passed:
		b.state.Passed = 0
		return false, true, b.rest(ctx, outagePause, next.Down)
	case next.Waiting == 0 && next.PutOff > 0:
		return false, true, b.rest(ctx, max(0, next.DueAgain.Sub(workflow.Now(ctx)))+time.Second, fmt.Sprintf("%d orders are put off", next.PutOff))
	}
	b.state.Waiting = all
	return true, false, nil
}

// start begins the child of one order when there is room for it.
func (b *backfill) start(ctx workflow.Context, key order.Key) error {
	for {
		if err := b.gate(ctx); err != nil {
			return err
		}
		if b.poster.mine[key] > 0 || b.poster.halted {
			return nil
		}
		if b.hasRoom(ctx) {
			b.poster.start(b.children, key)
			return b.stepped(ctx)
		}
		err := b.until(ctx, func() bool { return b.hasRoom(ctx) || b.poster.halted || b.paused() || b.poster.late })
		if err != nil {
			return err
		}
	}
}

// refused waits while B1 refuses the connector itself, and then begins with the first import again.
func (b *backfill) refused(ctx workflow.Context) error {
	if err := b.until(ctx, func() bool { return b.poster.open == 0 }); err != nil {
		return err
	}
	b.state.Queue = ""
	err := b.rest(ctx, refusedPause, "B1 refuses the connector; look at its settings")
	b.poster.halted = false
	return err
}
