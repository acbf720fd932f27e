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
	for b.poster.open > 0 {
		wait := b.poster.last.Add(leaveAfter).Sub(workflow.Now(ctx))
		switch {
		case few() && wait <= 0:
			return nil
		case few():
			if _, err := workflow.AwaitWithTimeout(ctx, wait, func() bool { return b.poster.open == 0 }); err != nil {
				return err
			}
		default:
			if err := b.until(ctx, func() bool { return b.poster.open == 0 || few() }); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave counts the children that are still open as in hand, and leaves them to themselves.
func (b *backfill) leave(ctx workflow.Context) {
	until := map[order.Key]time.Time{}
	for _, left := range b.state.Left {
		until[left.Key] = left.Until
	}
	b.state.Left = nil
	for _, key := range b.poster.leave() {
		if b.poster.mine[key] > 0 {
			until[key] = workflow.Now(ctx).Add(insertLimit)
		}
		b.state.Left = append(b.state.Left, leftOrder{Key: key, Until: until[key]})
	}
}
