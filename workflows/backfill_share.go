package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// share is how much of the window a part has now: an equal one, of a quarter while fresh orders wait, and nothing while the backfill
// is paused, or when the pass is to be begun again.
func (b *backfill) share(ctx workflow.Context, slot int) Share {
	p := b.parts
	if b.paused() || b.poster.late || p.upset() {
		return Share{}
	}
	window := b.in.Window
	if p.fresh { // they come first; B1 is kept busy all the same
		window /= beside
	}
	now := workflow.Now(ctx)
	for _, left := range b.state.Left { // they may still be on their way
		if left.Until.After(now) {
			window--
		}
	}
	window = max(window, len(p.slots))
	share := window / len(p.slots)
	if slot < window%len(p.slots) {
		share++
	}
	return Share{Window: share, Stay: p.last && !b.long(ctx)}
}

// tell keeps telling the parts their share.
func (b *backfill) tell(ctx workflow.Context) {
	untold := func() *openPart {
		for slot, part := range b.parts.slots {
			if part == nil {
				continue
			}
			if share := b.share(ctx, slot); part.told != share {
				part.told = share
				return part
			}
		}
		return nil
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		var part *openPart
		for workflow.Await(ctx, func() bool { part = untold(); return part != nil }) == nil {
			// One that has ended hears no more: what it has not begun it has given back.
			part.future.SignalChildWorkflow(ctx, ShareSignal, part.told)
		}
	})
}

// lookAgain says from time to time that the queue is to be looked at, while parts are open.
func (b *backfill) lookAgain(ctx workflow.Context) {
	p := b.parts
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return !p.none() }) == nil && workflow.Sleep(ctx, p.looks) == nil {
			p.look = true
			p.looks = min(2*p.looks, lookSeldom) // as long as no part ends
		}
	})
}

// untilLook is the time between two looks: that of two windows of orders, at the rate of late.
func (b *backfill) untilLook() time.Duration {
	rate := b.progress().Rate
	if rate <= 0 {
		return lookOften
	}
	windows := time.Duration(float64(pagesOfWindow*b.in.Window) / rate * float64(time.Second))
	return min(max(windows, lookOften), lookSeldom)
}
