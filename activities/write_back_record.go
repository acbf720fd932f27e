package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"datawald/order"
	"datawald/store"
)

// Codes of what a write-back leaves for people.
const (
	codeNotWritten   = "not_written"         // Magento did not answer, or not clearly
	codeNotAllowed   = "not_allowed"         // the integration lacks a right
	codeRefused      = "magento_refused"     // Magento said no
	codeNoStatus     = "no_status"           // the order has no status, and a comment could not keep it so
	codeIDTaken      = "ext_order_id_taken"  // somebody else's number stands there
	codeAnotherOrder = "another_order"       // the entity_id belongs to another order now
	codeOldStatus    = "status_may_be_older" // the order moved on while it was written to
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

// How long and how often a write-back is tried before it is left to a person.
const (
	writeBackPatience = 72 * time.Hour
	minWriteBackTries = 10
)

// failed records an attempt that did not get through.
func (w *writing) failed(ctx context.Context, cause error) (writeBackOutcome, error) {
	reason, out := w.reasonOf(cause)
	err := w.record(ctx, func(doc *store.Staged, b *store.WriteBack) {
		if b.BusyUntil == nil || !b.BusyUntil.Equal(w.until) {
			return // another attempt has it by now
		}
		b.BusyUntil = nil
		first := b.Reason == nil || b.Reason.Code != reason.Code
		b.Reason = reason
		if out.givenUp = out.givenUp || time.Since(b.Since) > writeBackPatience && b.Attempts >= minWriteBackTries; out.givenUp {
			out.later = false
			b.State = store.WriteBackGivenUp
			doc.Note(event(ctx, "written back", "given up", reason.Code+": "+reason.Message))
			return
		}
		b.DueAt = now().Add(w.pause(reason.Code, b.Attempts))
		if first { // an outage of days must not fill the timeline
			doc.Note(event(ctx, "written back", "later", reason.Code+": "+reason.Message))
		}
	})
	return out, err
}

// pause is the wait before the next attempt. A missing right is no matter of the order: once it is there, none waits long.
func (w *writing) pause(code string, attempts int) time.Duration {
	if code == codeNotAllowed {
		attempts = 1
	}
	return w.instance.writeBackPause(attempts)
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
	if errors.Is(err, store.ErrUnchanged) {
		return nil
	}
	return err
}
