package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities/failpoint"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// InsertOrderInput is the key of a staged order: its document stays in the store.
type InsertOrderInput struct {
	Key order.Key `json:"key"`
	// Trouble is what an attempt at once met before; nil for none.
	Trouble *Trouble `json:"trouble,omitempty"`
}

// InsertOrderResult says where the order stands now.
type InsertOrderResult struct {
	Status   order.Status `json:"status"`
	DocEntry int64        `json:"doc_entry,omitempty"`
	DocNum   int64        `json:"doc_num,omitempty"`
	// Note tells what happened in one word: created, linked, unchanged, quiet.
	Note string `json:"note,omitempty"`
	// WriteBack is true when Magento is to be told of the order now.
	WriteBack bool `json:"write_back,omitempty"`
}

// InsertOrder is step 6 and 7 of the flow: is the order in B1; if not, insert it; verify it; write the result back.
// It is safe to run any number of times and at once: an order is sent only by the holder of its claim, only after a
// look that found nothing, and the intent to send it is in the store before the first byte leaves.
func (a *Activities) InsertOrder(ctx context.Context, in InsertOrderInput) (*InsertOrderResult, error) {
	i, err := a.instance(in.Key.Instance())
	if err != nil {
		return nil, err
	}
	if err := in.Trouble.show(ctx); err != nil {
		return nil, err
	}
	p := &posting{Activities: a, instance: i, key: in.Key, atOnce: atOnce(ctx), hide: func(s string) string { return s }}
	if p.atOnce && !i.AtOnce {
		return nil, inTurn("this worker takes no orders of the instance to B1 at once")
	}
	result, err := p.run(ctx)
	if p.atOnce {
		a.logAsActivity(ctx, err)
	}
	return result, err
}

// posting is the way of one order into B1.
type posting struct {
	*Activities
	instance Instance
	key      order.Key
	// atOnce is true inside of a workflow's task, where nobody waits for long.
	atOnce bool
	doc    *store.Staged
	// source is the Magento document; nil where the rules do not need it.
	source *mapping.Source
	// buyer is who the order goes to, items the codes of its barcodes.
	buyer buyer
	items map[string]string
	// itemsHold is why the articles are not known.
	itemsHold *order.Reason
	mapped    mapping.Result
	// unread is why an order that B1 may have cannot be mapped from its document.
	unread *order.Reason
	// unasked is why B1 could not be asked what the mapping needs, of an order that it may have: it is looked for all the same,
	// and asked again before it is sent.
	unasked error
	// hash is of the content that was mapped, and so of what is sent, whatever is staged meanwhile.
	hash string
	// reference is the NumAtCard that the rules give the order.
	reference string
	token     string
	// events are of partners and contact persons that were made for the order, until they stand in its timeline.
	events []store.Event
	// failures counts the attempts before this one that came to nothing, in a row.
	failures int
	// fresh is true when nobody can have sent the order before this attempt; maybeSent when somebody may have by now.
	fresh     bool
	maybeSent bool
	// obstacle is the cancelled sales order in B1 (DocEntry) for which the order is held.
	obstacle int64
	// rate is the exchange rate that B1 lacks; nil for none.
	rate *missingRate
	// lacked says for which exchange rate the order waits since an earlier attempt; nil when it does not, or no longer.
	lacked *order.Reason
	// heldAs is the code for which the order was held before this attempt.
	heldAs string
	// hide takes the order's personal data out of what leaves the store.
	hide func(string) string
}

// post takes the order to B1, now that it is its turn.
func (p *posting) post(ctx context.Context) (*InsertOrderResult, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	if err := p.renew(ctx, p.doc.RuleVersion); err != nil {
		return nil, err
	}
	if n := p.doc.Intent; n != nil {
		p.sawSending(string(p.key), n.SentAt)
	}
	failpoint.Hit(failpoint.Loaded)
	if p.settled() {
		return p.result("unchanged"), nil
	}
	if p.doc.Erased() {
		return p.erased(ctx)
	}
	if err := p.understand(ctx); err != nil {
		return nil, err
	}
	p.hide = order.NewRedactor(p.doc.Order).Text
	if !inB1(p.doc) {
		if out, err := p.leftOut(ctx); out != nil || err != nil {
			return out, err
		}
	}
	if wait := p.tooEarly(); wait > 0 {
		return nil, later(wait, "an earlier attempt may still be at work")
	}
	if p.unasked = p.ask(ctx); p.unasked != nil && !inB1(p.doc) {
		return nil, p.notAsked(ctx, p.unasked)
	}
	p.hash, p.reference = p.doc.ContentHash, p.instance.Rules.NumAtCard(p.doc.Order)
	p.mapOrder()
	// An order that B1 may have is looked for even when it could not be sent today.
	if p.mapped.Hold != nil && !inB1(p.doc) {
		return nil, p.hold(ctx, "mapped", p.mapped.Hold)
	}
	if lackedRate(p.doc) {
		p.lacked = p.doc.Reason
	}
	if !inB1(p.doc) && p.stillLacksRate(ctx) {
		return p.waitForRate(ctx)
	}
	failpoint.Hit(failpoint.Mapped)
	if err := p.claim(ctx); err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.Claimed)
	found, err := p.lookUp(ctx)
	if err != nil {
		return nil, p.lookUpFailed(ctx, err)
	}
	failpoint.Hit(failpoint.LookedUp)
	if found != nil {
		return p.link(ctx, found)
	}
	return p.notFound(ctx)
}

// load reads the order.
func (p *posting) load(ctx context.Context) error {
	doc, err := p.store.Get(ctx, p.key)
	if errors.Is(err, store.ErrNotFound) {
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf("order %s is not staged: resync it by its number", p.key), TypeRefused, nil)
	}
	if err != nil {
		return err
	}
	if p.doc, p.failures = doc, doc.Failures; doc.PayloadHash == "" {
		return heldWithoutDocument(doc)
	}
	return nil
}

// settled reports whether nothing is left to do. A held order is not settled: whoever starts this again has mended it. One that a person has
// skipped is: the attempt was begun before. It is asked before the document is read, which is not needed any more.
func (p *posting) settled() bool {
	return p.doc.Status == order.Cancelled || p.doc.Status == order.Posted || p.doc.Skipped()
}

// erased ends an attempt at an order whose personal data were erased: what is left is no order that could be sent or compared. One that is to go to B1
// all the same is held until it was read from Magento again.
func (p *posting) erased(ctx context.Context) (*InsertOrderResult, error) {
	if p.doc.Status == order.Excluded {
		return p.result("left out"), nil
	}
	return nil, p.hold(ctx, "read", &order.Reason{Code: codeDocumentMissing, Field: "payload",
		Message: "The personal data of the order were erased on " + p.doc.ErasedAt.Format(time.DateOnly) + ", so that it cannot be sent.", Hint: "Resync the order: it is read from Magento again."})
}

func (p *posting) result(note string) *InsertOrderResult {
	r := &InsertOrderResult{Status: p.doc.Status, Note: note}
	if p.doc.BO != nil {
		r.DocEntry, r.DocNum = p.doc.BO.DocEntry, p.doc.BO.DocNum
	}
	return r
}

// notFound decides what a look that found nothing means: a first attempt sends; an order that may have been sent
// before is looked for several times, with time between, and only then sent again, at most a few times.
func (p *posting) notFound(ctx context.Context) (*InsertOrderResult, error) {
	if p.doc.BO != nil && p.heldAs != CodeDraftRejected && p.heldAs != codeGone {
		return nil, p.vanished(ctx)
	}
	if !p.fresh {
		if looks := p.doc.Intent.Looks + 1; looks < p.instance.Looks || p.mayStillRun(string(p.key), p.doc.Intent.SentAt, p.doc.Intent.Over) {
			return nil, p.lookAgain(ctx, looks)
		}
		if reason, err := p.noClearAnswer(ctx); err != nil {
			return nil, p.nothingSent(ctx, err)
		} else if reason != nil {
			return nil, p.hold(ctx, "refused", reason)
		}
	}
	// It is certain now that B1 has not got it: whatever happened in Magento meanwhile counts.
	switch d := p.instance.Rules.Decide(p.doc.Order, now()); {
	case d.Status == order.Held:
		return nil, p.hold(ctx, "considered", d.Reason)
	case d.Status != order.Pending:
		return p.setAside(ctx, d)
	}
	if !p.fresh && p.stillLacksRate(ctx) { // it would be sent to be refused
		return p.waitForRate(ctx)
	}
	if err := p.settleBuyer(ctx); err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.BuyerSettled)
	if err := p.takeReference(ctx, p.reference); err != nil {
		return nil, err
	}
	if err := p.aboutToSend(ctx); err != nil {
		return nil, err
	}
	return p.insert(ctx)
}

// insert sends the order, once. B1 must have answered before the claim ends.
func (p *posting) insert(ctx context.Context) (*InsertOrderResult, error) {
	sending, cancel := context.WithDeadline(ctx, p.doc.Claim.ExpiresAt)
	defer cancel()
	failpoint.Hit(failpoint.Sending)
	p.maybeSent, p.lacked = true, nil
	created, err := p.sendOrder(sending)
	failpoint.Hit(failpoint.Answered)
	if err == nil {
		return p.record(ctx, created, false)
	}
	failure, ok := errors.AsType[*order.Failure](err)
	p.maybeSent = !p.fresh || ok && failure.Kind == order.Unknown
	if !ok {
		return nil, p.nothingSent(ctx, err) // it could not even be written down as JSON
	}
	switch failure.Kind {
	case order.Permanent:
		if again, err := p.forgotten(ctx, failure); again || err != nil {
			return nil, p.resolveAnew(ctx)
		}
		if p.lacksRate(ctx, failure) {
			return p.waitForRate(ctx)
		}
		return nil, p.hold(ctx, "refused", refusal(failure))
	case order.Unknown:
		return nil, p.unresolved(ctx, failure)
	}
	return nil, p.nothingSent(ctx, failure)
}
