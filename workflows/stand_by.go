package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
)

const (
	// standByPause is how often a run whose window is full of orders that others have in hand looks whether there is room:
	// after an outage of B1 the backlog must move on within 10 s. A look costs 16 events, so that ten minutes of them are
	// 1,900 of the 4,096 after which the server wants a new history.
	standByPause = 5 * time.Second
	// readEvery is after how many looks Magento is read again: orders are staged while they cannot be sent.
	readEvery = 12
	// readAgainFor bounds that.
	readAgainFor = 30 * time.Second
)

// standBy waits while the window is full of orders that others have in hand: those of earlier runs, which wait for a B1 that
// does not answer. It starts nothing but the first order of the queue, when it may be: so no children pile up. more is
// true when the run may go on; otherwise its time is up.
func (s *syncOrders) standBy(ctx workflow.Context) (more bool, err error) {
	if s.poster.late || s.poster.halted || workflow.GetVersion(ctx, "stand-by", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return false, nil
	}
	over := func() bool { return s.poster.late || s.poster.halted }
	for look := 1; ; look++ {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return false, s.continueAsNew(ctx)
		}
		if _, err := workflow.AwaitWithTimeout(ctx, standByPause, over); err != nil || over() {
			return false, err
		}
		if look%readEvery == 0 {
			if err := s.readAgain(ctx); err != nil {
				return false, err
			}
		}
		if done, more, err := s.look(ctx); done || err != nil {
			return more, err
		}
	}
}

// look sees whether there is room by now: because orders that were in hand have left the queue, or because the child of the
// first has ended, and so others may have. Done is true when there is nothing to wait for.
func (s *syncOrders) look(ctx workflow.Context) (done, more bool, err error) {
	var head activities.NextOrdersResult
	in := activities.NextOrdersInput{Instance: s.in.Instance, Limit: 1, Until: s.state.Queue}
	if err := workflow.ExecuteActivity(ctx, act.NextOrders, in).Get(ctx, &head); err != nil {
		if temporal.IsCanceledError(err) {
			return true, false, err
		}
		s.note("read the queue: " + text(err))
		return true, false, nil
	}
	if s.hear(&head); head.QuietUntil != nil {
		return true, false, nil
	}
	counts := &s.state.Run.Counts
	if len(head.Orders) > 0 {
		started, err := s.poster.try(ctx, head.Orders[0].Key)
		if err != nil {
			return true, false, err
		}
		if started { // go through the queue once more
			counts.Started -= counts.InHand
			counts.InHand, s.state.Queue = 0, head.Orders[0].Queue
			return true, true, nil
		}
	}
	if still := max(head.Before-s.poster.open, 0); still < counts.InHand {
		counts.Started -= counts.InHand - still
		counts.InHand = still
		return true, true, nil
	}
	return false, false, nil
}

// readAgain stages what has changed in Magento meanwhile.
func (s *syncOrders) readAgain(ctx workflow.Context) error {
	from := s.state.Run.From
	s.state.Read, s.state.ShopTime = false, time.Time{}
	s.begin(ctx)
	s.state.Run.From = from
	return s.stage(ctx, workflow.Now(ctx).Add(readAgainFor))
}

// hear notes in the run what the queue says of B1: once.
func (s *syncOrders) hear(next *activities.NextOrdersResult) {
	if next.QuietUntil != nil {
		s.state.Run.QuietUntil = next.QuietUntil
	}
	if next.Alarm != "" && !s.state.Alarmed {
		s.state.Alarmed = true
		s.note(next.Alarm)
	}
}
