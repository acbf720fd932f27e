package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"datawald/activities/failpoint"
	"datawald/order"
	"datawald/store"
)

// Codes of what a write-back leaves for people.
const (
	codeNotWritten   = "not_written"             // Magento did not answer, or not clearly
	codeNotAllowed   = store.WriteBackNotAllowed // the integration lacks a right
	codeRefused      = "magento_refused"         // Magento said no
	codeNoStatus     = "no_status"               // the order has no status, and a comment could not keep it so
	codeIDTaken      = "ext_order_id_taken"      // somebody else's number stands there
	codeAnotherOrder = "another_order"           // the entity_id belongs to another order now
	codeOldStatus    = "status_may_be_older"     // the order moved on while it was written to
)

// done records that Magento knows.
func (w *writing) done(ctx context.Context) (writeBackOutcome, error) {
	detail := strings.Join(w.wrote, ", ")
	if detail == "" {
		detail = "was there already"
	}
	err := w.record(ctx, func(doc *store.Staged, b *store.WriteBack) {
		at := now()
		b.State, b.DoneAt, b.Reason, b.BusyUntil = store.WriteBackDone, &at, b.Concern, nil
		outcome := "done"
		if b.Concern != nil {
			b.State, b.Concern = store.WriteBackToLookAt, nil
			outcome, detail = "to look at", detail+"; "+b.Reason.Code
		}
		doc.Note(event(ctx, "written back", outcome, detail))
	})
	return writeBackOutcome{written: true}, err
}

// writeBackPatience is how long an order fails, by the pauses after its own failures, before it is left to a person. The time
// of an outage or of a missing right is not its own.
const writeBackPatience = 72 * time.Hour

// failed records an attempt that did not get through.
func (w *writing) failed(ctx context.Context, cause error) (writeBackOutcome, error) {
	reason, out := w.reasonOf(cause)
	err := w.record(ctx, func(doc *store.Staged, b *store.WriteBack) {
		if b.BusyUntil == nil || !b.BusyUntil.Equal(w.until) {
			return // another attempt has it by now
		}
		first := b.Reason == nil || b.Reason.Code != reason.Code
		b.Reason = reason
		w.putOff(b, out)
		if out.givenUp = out.givenUp || b.Waited > writeBackPatience; out.givenUp {
			out.later = false
			b.State = store.WriteBackGivenUp
			doc.Note(event(ctx, "written back", "given up", reason.Code+": "+reason.Message))
			return
		}
		if first { // an outage of days must not fill the timeline
			doc.Note(event(ctx, "written back", "later", reason.Code+": "+reason.Message))
		}
	})
	return out, err
}

// putOff sets when the order is tried next, and counts the attempt unless it failed for what is the same for all orders.
func (w *writing) putOff(b *store.WriteBack, out writeBackOutcome) {
	var pause time.Duration
	if out.stop != "" {
		b.Attempts--
		b.Stops++
		pause = min(w.instance.writeBackPause(b.Stops), maxLanePause)
	} else {
		b.Stops = 0
		pause = w.instance.writeBackPause(b.Attempts)
	}
	b.BusyUntil = nil
	if out.unclear {
		until := now().Add(w.instance.shopSettle())
		b.BusyUntil = &until // nobody who asks for the order by name comes before that either
		pause = max(pause, w.instance.shopSettle())
	}
	if out.stop == "" {
		b.Waited += pause
	}
	b.DueAt = now().Add(pause)
}

// reasonOf says why an attempt did not get through, and what that means for the others.
func (w *writing) reasonOf(cause error) (*order.Reason, writeBackOutcome) {
	if reason, ok := errors.AsType[*order.Reason](cause); ok {
		given := reason.Code != codeNoStatus
		return reason, writeBackOutcome{givenUp: given, later: !given}
	}
	f, ok := errors.AsType[*order.Failure](cause)
	if !ok {
		f = &order.Failure{Kind: order.Transient, System: "magento", Op: "write back", Message: cause.Error()}
	}
	reason := &order.Reason{Code: codeNotWritten, Message: w.hide(short(f.Error())), Hint: f.Hint}
	out := writeBackOutcome{later: true, code: f.Code}
	switch f.Kind {
	case order.Permanent:
		reason.Code, out = codeRefused, writeBackOutcome{givenUp: true}
	case order.Config:
		reason.Code, out.stop = codeNotAllowed, stopText(f, w.hide)
	case order.Transient, order.Unknown:
		out.unclear = f.Kind == order.Unknown
		if f.Code == "no_answer" || f.Code == "503" || f.Code == "429" || f.RetryAfter > 0 {
			out.stop = stopText(f, w.hide)
		}
	}
	return reason, out
}

// record writes the outcome to the order, as long as it is about the same sales order and still open. It outlives a
// cancelled activity: what was written to Magento must not be forgotten because the worker is told to stop.
func (w *writing) record(ctx context.Context, change func(*store.Staged, *store.WriteBack)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	_, err := w.store.Change(ctx, w.key, func(doc *store.Staged) error {
		if b := doc.WriteBack; b.Open() && b.DocNum == w.doc.WriteBack.DocNum {
			if w.concern != nil {
				b.Concern = w.concern
			}
			change(doc, b)
			return nil
		}
		return store.ErrUnchanged
	})
	failpoint.Hit(failpoint.TellingRecorded)
	if errors.Is(err, store.ErrUnchanged) {
		return nil
	}
	return err
}
