package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"datawald/order"
)

// leftOrder is an order whose child a history has left to itself.
type leftOrder struct {
	Key order.Key `json:"key"`
	// Until is when it has ended at the latest.
	Until time.Time `json:"until"`
}

// away is how much of the window children take that earlier histories have left to themselves. How they end is not seen.
func (b *backfill) away(ctx workflow.Context) (n int) {
	for _, left := range b.state.Left {
		if b.poster.left[left.Key] && left.Until.After(workflow.Now(ctx)) {
			n++
		}
	}
	return n
}

// hasRoom reports whether one more child has a place in the window. One always has: nobody hears of the end of those that are away.
func (b *backfill) hasRoom(ctx workflow.Context) bool {
	return b.poster.open == 0 || b.poster.open+b.away(ctx) < b.poster.window
}

// waitForMost waits until all children have ended, or until none of the last few has for leaveAfter: one order that waits for B1 by itself
// for a quarter of an hour must not keep all others back. Where more than half of a window does, B1 is not there, and the window
// of the next history must not come on top.
func (b *backfill) waitForMost(ctx workflow.Context) error {
	few := func() bool { return 2*(b.poster.open+b.away(ctx)) <= b.in.Window }
	w := wait{few: few, over: func() bool { return b.poster.open == 0 }, after: func() time.Duration { return leaveAfter }, until: b.until}
	return w.forMost(ctx, b.poster)
}

// wait is how a poster waits for most of its children: until it is over, or until none has ended for the time after while but few
// are open. until waits for a condition.
type wait struct {
	few, over func() bool
	after     func() time.Duration
	until     func(workflow.Context, func() bool) error
}

func (w wait) forMost(ctx workflow.Context, p *poster) error {
	few, over := w.few, w.over
	for !over() {
		left := p.last.Add(w.after()).Sub(workflow.Now(ctx))
		switch {
		case few() && left <= 0:
			return nil
		case few():
			if _, err := workflow.AwaitWithTimeout(ctx, left, over); err != nil {
				return err
			}
		default:
			if err := w.until(ctx, func() bool { return over() || few() }); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave counts the children that are still open as in hand, and leaves them to themselves.
func (b *backfill) leave(ctx workflow.Context) { b.state.Left = b.poster.leaveOpen(ctx, b.state.Left) }

// leaveOpen counts the children that are still open as in hand, and gives all orders that are left to themselves, those that were
// before with the time that they had.
func (p *poster) leaveOpen(ctx workflow.Context, before []leftOrder) (all []leftOrder) {
	until := map[order.Key]time.Time{}
	for _, left := range before {
		until[left.Key] = left.Until
	}
	for _, key := range p.leave() {
		if _, known := until[key]; !known || p.mine[key] > 0 {
			until[key] = workflow.Now(ctx).Add(insertLimit)
		}
		all = append(all, leftOrder{Key: key, Until: until[key]})
	}
	return all
}
