package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// post takes pending orders from the store, oldest first, and awaits their children. more is true when there is work left
// that belongs into a new history.
func (s *syncOrders) post(ctx workflow.Context) (more bool, err error) {
	for {
		next, err := s.next(ctx)
		if err != nil {
			if temporal.IsCanceledError(err) {
				return false, err
			}
			s.note("read the queue: " + text(err))
			break
		}
		s.state.WriteBack = s.state.WriteBack || next.WriteBack
		s.state.Reread = append(s.state.Reread, next.Reread...)
		s.hear(next)
		s.poster.paced = next.Paced
		if !s.poster.lingering.able { // as earlier releases did it: what an order said while the answer was on its way was forgotten
			s.poster.quiet = false
		}
		if next.QuietUntil != nil {
			break
		}
		if len(next.Orders) == 0 && len(next.Reread) > 0 {
			s.state.Queue = next.Last
			continue
		}
		if len(next.Orders) == 0 {
			break
		}
		if next.PutOff > 0 {
			s.state.PutOff = next.PutOff
			s.poster.putOff(next.PutOff)
		}
		if ok, err := s.startAll(ctx, next.Orders); err != nil {
			return false, err
		} else if !ok && s.renew {
			more = true
			break
		} else if !ok {
			if ok, err = s.standBy(ctx); err != nil {
				return false, err
			} else if !ok {
				return s.full(ctx)
			}
		}
		if err := s.askAgain(ctx); err != nil {
			return false, err
		}
		if s.poster.full(ctx) {
			more = true
			break
		}
	}
	if err := s.askAgain(ctx); err != nil {
		return false, err
	}
	err = s.poster.drain(ctx)
	return more && !s.poster.late && !s.poster.halted, err
}

// queuePage is how many orders are read of the queue at once: each reading takes a dozen events. It is kept below half of childrenPerRun, and smaller
// with a small window, whose children take more events each: between two readings the run looks whether it needs a new history. Who comes to the head of
// the queue meanwhile, is not behind the place that the run has come to, and waits for the next run with pages of any size.
func queuePage(window int) int { return min(5*window, childrenPerRun/2) }

// ahead is a question for the next page of the queue that was asked before the run has come to its end.
type ahead struct {
	after string
	page  workflow.Future
}

// next gives the page of the queue behind the place that the run has come to: the one that was asked for ahead, unless the run is to go on elsewhere.
func (s *syncOrders) next(ctx workflow.Context) (*activities.NextOrdersResult, error) {
	asked := s.ahead
	s.ahead = nil
	if asked != nil && asked.after == s.state.Queue {
		var next activities.NextOrdersResult
		// That there was nothing more, or no more fresh orders, is asked again: it may be minutes old, and some have come in since.
		if err := asked.page.Get(ctx, &next); err != nil || len(next.Orders) > 0 && !next.Orders[0].IsImport() {
			return &next, err
		}
	}
	var next activities.NextOrdersResult
	err := s.ask(ctx, s.state.Queue).page.Get(ctx, &next)
	return &next, err
}

func (s *syncOrders) ask(ctx workflow.Context, after string) *ahead {
	s.poster.quiet = false // what comes back from now on is news
	in := activities.NextOrdersInput{Instance: s.in.Instance, After: after, Limit: queuePage(s.in.Window), Window: s.in.Window}
	return &ahead{after, workflow.ExecuteActivity(ctx, act.NextOrders, in)}
}

// lookAhead asks for the next page when the last orders of this one are begun, so that a run that lingers does so until the answer is there. What is asked
// for in vain, because a new history begins or the queue is gone through once more, is asked again.
func (s *syncOrders) lookAhead(ctx workflow.Context, rest []store.Due) {
	if s.poster.lingering.able && s.ahead == nil && !s.poster.quiet && len(rest) <= s.in.Window/lingerRest {
		s.ahead = s.ask(ctx, rest[len(rest)-1].Queue)
	}
}

// startAll starts the children of orders as there is room for them; ok is false when there is none any more. It may end before
// all are started, when the queue is to be read again.
func (s *syncOrders) startAll(ctx workflow.Context, orders []store.Due) (ok bool, err error) {
	for n, due := range orders {
		s.lookAhead(ctx, orders[n:])
		if s.looks && s.poster.mine[due.Key] > 0 { // the queue is gone through once more
			s.state.Queue = due.Queue
			continue
		}
		if ok, again, err := s.room(ctx); err != nil || !ok || again {
			return ok, err
		}
		if s.rests(ctx) {
			return true, nil
		}
		s.poster.start(ctx, due.Key)
		s.state.Queue = due.Queue
	}
	return true, nil
}

// rests reports whether it has become quiet since the queue was read: it is read again, and says until when. A page may be minutes old when its
// last orders are started, and each would be started for nothing.
func (s *syncOrders) rests(ctx workflow.Context) bool {
	return s.poster.quiet && workflow.GetVersion(ctx, "quiet", workflow.DefaultVersion, 1) >= 1
}

// askAgain asks Magento for orders that it could not show, while those of this run are on their way to B1. What it shows now
// is pending for the next run.
func (s *syncOrders) askAgain(ctx workflow.Context) error {
	if len(s.state.Reread) == 0 {
		return nil
	}
	entityIDs := s.state.Reread
	s.state.Reread = nil
	ctx = withFewTries(ctx)
	var found activities.FindOrdersResult
	err := workflow.ExecuteActivity(ctx, act.FindOrders, activities.FindOrdersInput{Instance: s.in.Instance, EntityIDs: entityIDs}).Get(ctx, &found)
	var staged activities.SyncOrderResult
	if err == nil && len(found.Refs) > 0 {
		err = workflow.ExecuteActivity(ctx, act.SyncOrder, activities.SyncOrderInput{Instance: s.in.Instance, Refs: found.Refs}).Get(ctx, &staged)
	}
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		s.note("ask Magento for orders that it could not show: " + text(err))
	}
	s.state.Run.Counts = s.state.Run.Counts.Add(staged.Counts)
	return nil
}

// full ends a run that may start no more.
func (s *syncOrders) full(ctx workflow.Context) (more bool, err error) {
	if s.poster.halted {
		s.note("B1 refuses the connector; no more orders are sent in this run")
	}
	return false, s.poster.drain(ctx)
}
