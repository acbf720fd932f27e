package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
)

// How a poster lingers.
const (
	// lingerWindow is the least window with which it lingers: of a smaller one, orders that are begun a moment later leave B1 idle. A sixth of it, four
	// orders, is begun a moment later; a part of a backfill has 25.
	lingerWindow = 24
	// lingerPart: a linger is to take in the ends of one order in so many of the window, while the others are in hand, but no more than lingerEnds: at
	// two events for an order, and twice as many when the pace changes, that stays below the hundred that the server keeps for an open
	// task. With more it makes the task fail, and gives all at once (history.maximumBufferedEventsBatch).
	lingerPart, lingerEnds = 6, 20
	// lingerRest is the part of the window with which one that begins no more waits for each end by itself.
	lingerRest = 4
	// A linger takes so long at first, and later within these bounds. Queries, signals and orders that were just begun wait as long.
	firstLinger = 50 * time.Millisecond
	leastLinger = 10 * time.Millisecond
	mostLinger  = 3 * time.Second
)

// lingering lets a run, a resync or a part of a backfill wait for the ends of several orders at once.
//
// The server opens a task of theirs for each order that begins or ends, at three events and as many transactions. What comes while a task is
// open it keeps, and gives with the next one. So whoever has much in hand keeps the task open for a moment, by a local activity that does nothing
// but wait: it has a task for a dozen ends or more then, and not for one or two.
type lingering struct {
	// asked is true when the history was asked for its version, able what that said.
	asked, able bool
	// lasts is how long the latest one was, ended how many orders have ended since it began.
	lasts time.Duration
	ended int
}

// linger waits for a moment with the task open. What comes meanwhile is seen only after it, when the workflow waits for something. With
// a small window, or in the history of an earlier release, it does nothing.
func (p *poster) linger(ctx workflow.Context) error {
	l := &p.lingering
	if p.window < lingerWindow || p.over() {
		return nil
	}
	if !p.able(ctx) {
		return nil
	}
	l.next(endsOf(p.window))
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 5 * mostLinger,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	err := workflow.ExecuteLocalActivity(ctx, act.Linger, activities.LingerInput{For: l.lasts}).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil // one that failed gained nothing, and nothing is lost
}

// able reports whether the history is one that may linger. It is asked late: the question costs two events.
func (p *poster) able(ctx workflow.Context) bool {
	l := &p.lingering
	if !l.asked {
		l.asked = true
		l.able = workflow.GetVersion(ctx, "linger", workflow.DefaultVersion, 1) >= 1
	}
	return l.able
}

// endsOf is how many ends a linger is to take in.
func endsOf(window int) int { return min(window/lingerPart, lingerEnds) }

// next makes the next one as long as so many ends took, but at most twice or half as long as the one before.
func (l *lingering) next(ends int) {
	if l.lasts == 0 {
		l.lasts, l.ended = firstLinger, 0
		return
	}
	took := l.lasts * time.Duration(ends) / time.Duration(max(l.ended, 1))
	l.lasts = min(max(took, l.lasts/2, leastLinger), 2*l.lasts, mostLinger)
	l.ended = 0
}

// lingers reports whether several ends are waited for at once while no more orders are begun. One that is over waits for each.
func (p *poster) lingers() bool {
	return !p.over() && p.lingering.able && p.open > p.window/lingerRest
}

// full reports whether the history is long enough, so that the run goes on in a new one. A run that lingers takes few events for an order,
// and each new history has a moment in which little is in hand: so it goes on for longer, as long as a further page of the queue stays
// below the 4,096 events at which the server suggests it.
func (p *poster) full(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	if info.GetContinueAsNewSuggested() {
		return true
	}
	if p.started < childrenPerRun && !p.lingering.able {
		return false
	}
	if p.window < lingerWindow || !p.able(ctx) { // a window of 500 may not have been full yet
		return p.started >= childrenPerRun
	}
	return p.started >= 2*childrenPerRun || info.GetCurrentHistoryLength() >= longHistory
}

// longHistory is so many events that a page of the queue, 250 orders at six and a half events when B1 is slow, does not fit any more.
const longHistory = 2400
