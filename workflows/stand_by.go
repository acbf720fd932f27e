package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
)

const (
	// standByPause is how often a run that waits for room looks whether others still have their orders in hand: after an
	// outage of B1 the backlog must move on within 10 s. A look costs 16 events, so that ten minutes of them are 1,900 of the
	// 4,096 after which the server wants a new history.
	standByPause = 5 * time.Second
	// readEvery is after how many looks Magento is read again: orders are staged while they cannot be sent.
	readEvery = 12
	// readAgainFor bounds that.
	readAgainFor = 30 * time.Second
)

// room waits until one more child may be started. ok is false when this run starts no more; again is true when the queue is to
// be gone through once more.
//
// While orders that others have in hand take of the window, the run looks every few seconds which of them have left the queue:
// otherwise a backlog of an outage would keep the window small for as long as the run lasts. Meanwhile it reads Magento, and
// starts nothing but the first order of the queue, when it may: so no children pile up while B1 does not answer.
func (s *syncOrders) room(ctx workflow.Context) (ok, again bool, err error) {
	p := s.poster
	for !p.over() && !p.hasRoom() {
		if p.taken == 0 { // of its own orders the first that ends makes room
			if err := p.linger(ctx); err != nil {
				return false, false, err
			}
			if err := workflow.Await(ctx, func() bool { return p.over() || p.hasRoom() || p.taken > 0 }); err != nil {
				return false, false, err
			}
			continue
		}
		if s.looks = s.looks || workflow.GetVersion(ctx, "room", workflow.DefaultVersion, 1) >= 1; !s.looks {
			ok, err = p.room(ctx)
			return ok, false, err
		}
		switch seen, err := s.wait(ctx); {
		case err != nil || seen == noMore:
			return false, false, err
		case seen == fromHead:
			return true, true, nil
		}
	}
	return !p.over(), false, nil
}

// wait waits until there is room, or until it has looked for it.
func (s *syncOrders) wait(ctx workflow.Context) (verdict, error) {
	if s.renew = workflow.GetInfo(ctx).GetContinueAsNewSuggested(); s.renew {
		return noMore, nil
	}
	s.remind(ctx)
	err := workflow.Await(ctx, func() bool { return s.poster.over() || s.poster.hasRoom() || s.due })
	if err != nil || !s.due || s.poster.over() {
		return nothing, err
	}
	s.due = false
	s.looked++
	if s.looked%readEvery == 0 {
		if err := s.readAgain(ctx); err != nil {
			return nothing, err
		}
	}
	return s.look(ctx)
}

// remind makes a look due after standByPause. One timer serves all that wait meanwhile.
func (s *syncOrders) remind(ctx workflow.Context) {
	if s.reminded {
		return
	}
	s.reminded = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := workflow.Sleep(ctx, standByPause); err == nil {
			s.reminded, s.due = false, true
		}
	})
}

// standBy is how a run that an earlier release began waits while the window is full of orders that others have in hand. more
// is true when the run may go on; otherwise its time is up.
func (s *syncOrders) standBy(ctx workflow.Context) (more bool, err error) {
	if s.poster.over() || s.looks || workflow.GetVersion(ctx, "stand-by", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return false, nil
	}
	for look := 1; ; look++ {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return false, s.continueAsNew(ctx)
		}
		if _, err := workflow.AwaitWithTimeout(ctx, standByPause, s.poster.over); err != nil || s.poster.over() {
			return false, err
		}
		if look%readEvery == 0 {
			if err := s.readAgain(ctx); err != nil {
				return false, err
			}
		}
		if seen, err := s.look(ctx); seen != nothing || err != nil {
			return seen != noMore, err
		}
	}
}

// verdict is what a look for room has found.
type verdict int

const (
	// nothing: all is as it was.
	nothing verdict = iota
	// moreRoom: orders that others had in hand have left the queue.
	moreRoom
	// fromHead: the child of the first order had ended, and so others may have; or orders that were put off are due. The queue is
	// to be gone through once more.
	fromHead
	// noMore: this run starts no more, or no more in this history.
	noMore
)

// look sees whether there is room by now.
func (s *syncOrders) look(ctx workflow.Context) (verdict, error) {
	var head activities.NextOrdersResult
	in := activities.NextOrdersInput{Instance: s.in.Instance, Limit: 1, Until: s.state.Queue}
	if err := workflow.ExecuteActivity(ctx, act.NextOrders, in).Get(ctx, &head); err != nil {
		if temporal.IsCanceledError(err) {
			return noMore, err
		}
		s.note("read the queue: " + text(err))
		return noMore, nil
	}
	if s.hear(&head); head.QuietUntil != nil {
		return noMore, nil
	}
	p := s.poster
	if s.mayBeFree(&head) {
		if started, err := p.try(ctx, head.Orders[0].Key); err != nil {
			return noMore, err
		} else if started {
			p.released(min(head.PutOff, p.taken)) // the others are come upon again; what of these is its own the next look takes off
			s.state.Queue = head.Orders[0].Queue
			return fromHead, nil
		}
	}
	wereOff := s.state.PutOff
	s.state.PutOff = head.PutOff
	// Its own are taken off only what stands before the place that it has come to. Some that are put off may be its own too: then it starts
	// fewer for a while, rather than more than the window.
	if still := max(head.Before-p.open, 0) + head.PutOff; still < p.taken {
		if head.PutOff < wereOff { // some may be due by now, and in hand: all that are due are come upon again, before new ones
			p.released(min(head.PutOff, p.taken))
			s.state.Queue = ""
			return fromHead, nil
		}
		p.released(still)
		return moreRoom, nil
	}
	return nothing, nil
}

// mayBeFree reports whether the first order of the queue is worth a try: not one of its own, nor one that the run has not come to
// yet while orders before it are put off. That one is next, but only when there is room.
func (s *syncOrders) mayBeFree(head *activities.NextOrdersResult) bool {
	if len(head.Orders) == 0 || s.poster.mine[head.Orders[0].Key] > 0 {
		return false
	}
	return head.PutOff == 0 || head.Orders[0].Queue <= s.state.Queue
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
