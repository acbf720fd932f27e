package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"datawald/order"
	"datawald/store"
)

// NoteQuiet is the note of an order that waits for the end of the quiet hours.
const NoteQuiet = "quiet"

const (
	// attemptTime bounds one attempt from its admission on: enough for its calls as B1 answers them. One that B1 keeps
	// waiting longer is cut off, writes down what it knows, and the next goes on from there.
	attemptTime = 5 * time.Minute
	// reserve is what is left of the activity's time when it ceases to wait for its turn, so that it ends by itself.
	reserve = time.Minute
)

// run takes the order to B1 when it is its turn, unless it is quiet.
func (p *posting) run(ctx context.Context) (*InsertOrderResult, error) {
	if p.isQuiet() {
		return p.rest(ctx)
	}
	release, err := p.admit(ctx)
	if err == nil {
		defer release()
		err = p.renew(ctx, "") // it may have waited for long
	}
	switch { // it may have become quiet meanwhile
	case p.isQuiet():
		return p.rest(ctx)
	case err != nil:
		return nil, p.notAdmitted(ctx, err)
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	if activity.IsActivity(ctx) {
		go p.cutOff(ctx, cancel)
	}
	return p.post(ctx)
}

// renew takes the rules that are in force now that nothing of the attempt was decided by others. version is that by which the order
// was decided last; empty where it is not known yet.
func (p *posting) renew(ctx context.Context, version string) error {
	if p.instance.Live == nil {
		return nil
	}
	rules, err := p.instance.Live.After(ctx, version)
	if err != nil {
		return cannotUse(err)
	}
	p.instance.Rules = rules
	return nil
}

// admit waits until B1 takes one more order, for as long as the activity may, the worker runs, and it is not quiet.
func (p *posting) admit(ctx context.Context) (release func(), err error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	if activity.IsActivity(ctx) {
		go cancelOn(activity.GetWorkerStopChannel(ctx), waiting, cancel)
	}
	if p.atOnce {
		waiting, cancel = context.WithTimeout(waiting, atOnceWait)
		defer cancel()
		go p.leaveTrouble(waiting, cancel)
	}
	if end, limited := ctx.Deadline(); limited {
		waiting, cancel = context.WithDeadline(waiting, end.Add(-reserve))
		defer cancel()
	}
	if quiet := p.instance.Rules.QuietFrom(now()); !quiet.IsZero() {
		waiting, cancel = context.WithDeadline(waiting, quiet)
		defer cancel()
	}
	return p.instance.Company.Admit(waiting)
}

// cancelOn cancels when stop is closed, unless ctx ends before.
func cancelOn(stop <-chan struct{}, ctx context.Context, cancel context.CancelFunc) {
	select {
	case <-stop:
		cancel()
	case <-ctx.Done():
	}
}

func (p *posting) isQuiet() bool { return !p.instance.Rules.QuietUntil(now()).IsZero() }

// rest leaves the order to a run after the quiet hours. A held one that somebody tries again is put into the queue for it,
// unless what to do about it depends on why it is held: that is decided with B1.
func (p *posting) rest(ctx context.Context) (*InsertOrderResult, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	if p.settled() {
		return p.result("unchanged"), nil
	}
	if p.doc.Status == order.Held && p.doc.Reason != nil {
		switch p.doc.Reason.Code {
		case codeCancelledInB1, codeReferenceCancelled, CodeDraftRejected, codeGone:
			if p.doc.Order != nil {
				p.hide = order.NewRedactor(p.doc.Order).Text
			}
			return nil, p.heldError(p.doc.Reason)
		}
		if err := p.queueAfterQuiet(ctx); err != nil {
			return nil, err
		}
	}
	return p.result(NoteQuiet), nil
}

func (p *posting) queueAfterQuiet(ctx context.Context) error {
	return p.change(ctx, func(doc *store.Staged) error {
		if doc.Rev != p.doc.Rev {
			return later(time.Second, "the order has just changed")
		}
		doc.Status, doc.Reason, doc.DueAt, doc.Manual = order.Pending, nil, now(), true
		doc.Note(event(ctx, "considered", string(order.Pending), fmt.Sprintf("waits for the end of the quiet hours at %s",
			p.instance.Rules.QuietUntil(now()).UTC().Format("15:04 MST"))))
		return nil
	})
}
