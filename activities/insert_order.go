package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// InsertOrderInput is the key of a staged order: its document stays in the store.
type InsertOrderInput struct {
	Key order.Key `json:"key"`
}

// InsertOrderResult says where the order stands now.
type InsertOrderResult struct {
	Status   order.Status `json:"status"`
	DocEntry int64        `json:"doc_entry,omitempty"`
	DocNum   int64        `json:"doc_num,omitempty"`
	// Note tells what happened in one word: created, linked, unchanged.
	Note string `json:"note,omitempty"`
}

// InsertOrder is step 6 and 7 of the flow: is the order in B1; if not, insert it; verify it; write the result back.
// It is safe to run any number of times and at once: an order is sent only by the holder of its claim, only after a
// look that found nothing, and the intent to send it is in the store before the first byte leaves.
func (a *Activities) InsertOrder(ctx context.Context, in InsertOrderInput) (*InsertOrderResult, error) {
	i, err := a.instance(in.Key.Instance())
	if err != nil {
		return nil, err
	}
	stop := keepAlive(ctx)
	defer stop()
	p := &posting{Activities: a, instance: i, key: in.Key, hide: func(s string) string { return s }}
	return p.run(ctx)
}

// heartbeatEvery keeps the server told that this worker lives, so that another takes over soon when it dies.
const heartbeatEvery = 5 * time.Second

func keepAlive(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		t := time.NewTicker(heartbeatEvery)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-t.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(done) }
}

// posting is the way of one order into B1.
type posting struct {
	*Activities
	instance Instance
	key      order.Key
	doc      *store.Staged
	mapped   mapping.Result
	token    string
	// fresh is true when nobody can have sent the order before this attempt.
	fresh bool
	// hide takes the order's personal data out of what leaves the store.
	hide func(string) string
}

func (p *posting) run(ctx context.Context) (*InsertOrderResult, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	if p.doc.Status == order.Cancelled || p.doc.Status == order.Posted {
		return p.result("unchanged"), nil // settled; a held order is not: whoever starts this again has mended it
	}
	if !inB1(p.doc) {
		if out, err := p.leftOut(ctx); out != nil || err != nil {
			return out, err
		}
	}
	if wait := p.tooEarly(); wait > 0 {
		return nil, later(wait, "an earlier attempt may still be at work")
	}
	p.mapped = mapping.Map(p.doc.Order, p.instance.Rules, now())
	if p.mapped.Hold != nil {
		return nil, p.hold(ctx, "mapped", p.mapped.Hold)
	}
	if err := p.claim(ctx); err != nil {
		return nil, err
	}
	found, err := p.lookUp(ctx)
	if err != nil {
		return nil, p.lookUpFailed(ctx, err)
	}
	if found != nil {
		return p.link(ctx, found)
	}
	return p.notFound(ctx)
}

// load reads the order; one whose document could not be read is tried anew, since a later version may understand it.
func (p *posting) load(ctx context.Context) error {
	doc, err := p.store.Get(ctx, p.key)
	if errors.Is(err, store.ErrNotFound) {
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf("order %s is not staged: resync it by its number", p.key), TypeRefused, nil)
	}
	if err != nil {
		return err
	}
	p.doc = doc
	if doc.Order == nil {
		raw, err := p.store.Payload(ctx, store.PayloadRef{Key: p.key, Hash: doc.PayloadHash})
		if err != nil {
			return err
		}
		o, err := magento.Convert(p.instance.Name, raw)
		if err != nil {
			return p.hold(ctx, "read", unreadableReason(err))
		}
		doc.Order, doc.ContentHash = o, o.ContentHash()
	}
	p.hide = order.NewRedactor(doc.Order).Text
	return nil
}

// leftOut asks the eligibility rules once more: time has passed since the order was staged, and the rules may be others.
// Nil means that the order goes on to B1.
func (p *posting) leftOut(ctx context.Context) (*InsertOrderResult, error) {
	d := p.instance.Rules.Decide(p.doc.Order, now())
	switch d.Status {
	case order.Pending:
		return nil, nil
	case order.Held:
		return nil, p.hold(ctx, "considered", d.Reason)
	}
	err := p.change(ctx, func(doc *store.Staged) error {
		if doc.Rev != p.doc.Rev {
			return later(time.Second, "the order has just changed")
		}
		if doc.Status != d.Status {
			doc.Note(event(ctx, "considered", string(d.Status), d.Reason.Code))
		}
		doc.Status, doc.Reason, doc.DueAt, doc.Manual = d.Status, d.Reason, d.Recheck, false
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result("left out"), nil
}

func (p *posting) result(note string) *InsertOrderResult {
	r := &InsertOrderResult{Status: p.doc.Status, Note: note}
	if p.doc.BO != nil {
		r.DocEntry, r.DocNum = p.doc.BO.DocEntry, p.doc.BO.DocNum
	}
	return r
}

// notFound decides what a look that found nothing means: a first attempt sends; an order that may have been sent
// before is looked for several times, with time between, and only then sent again.
func (p *posting) notFound(ctx context.Context) (*InsertOrderResult, error) {
	if p.doc.BO != nil {
		return nil, p.vanished(ctx)
	}
	if !p.fresh {
		if looks := p.doc.Intent.Looks + 1; looks < p.instance.Looks {
			return nil, p.lookAgain(ctx, looks)
		}
		if p.doc.Intent.Approval {
			return nil, p.hold(ctx, "refused", &order.Reason{Code: "b1_no_match", Field: "Orders",
				Message: "B1 answered that it found no matching record, and there is no draft of the order.",
				Hint:    "A code in the rules (branch, series, cost centre) does not exist in B1, or a branch is missing."})
		}
	}
	if p.doc.Order.State == "canceled" {
		return p.cancelled(ctx, "cancelled_in_magento", "The order was cancelled in Magento before it was posted.")
	}
	if err := p.aboutToSend(ctx); err != nil {
		return nil, err
	}
	return p.insert(ctx)
}

// insert sends the order, once.
func (p *posting) insert(ctx context.Context) (*InsertOrderResult, error) {
	created, err := p.instance.Company.CreateOrder(ctx, p.mapped.Document)
	if err == nil {
		return p.record(ctx, created, false)
	}
	failure, ok := errors.AsType[*order.Failure](err)
	if !ok {
		return nil, p.nothingSent(ctx, err) // it could not even be written down as JSON
	}
	switch failure.Kind {
	case order.Permanent:
		return nil, p.hold(ctx, "refused", refusal(failure))
	case order.Unknown:
		return nil, p.unresolved(ctx, failure)
	}
	return nil, p.nothingSent(ctx, failure)
}

// refusal is B1's answer as a clerk reads it.
func refusal(f *order.Failure) *order.Reason {
	r := &order.Reason{Code: "b1_refused", Field: f.Field, Message: fmt.Sprintf("B1 refused the order: %s (%s).", f.Message, f.Code),
		Hint: "Mend it in B1 or in the rules, then resume the order."}
	if f.Field != "" {
		r.Hint = "Mend " + f.Field + " in B1 or in the rules, then resume the order."
	}
	return r
}
