package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// draftPause is how long to wait before a draft is looked at again: an approver is a person.
const draftPause = 5 * time.Minute

// Codes of reasons on which a later attempt acts, or a person's desk.
const (
	CodeDraftRejected      = "draft_rejected"
	CodeDuplicate          = "duplicate_in_b1"
	codeGone               = "gone_from_b1"
	codeCancelledInB1      = "cancelled_in_b1"
	codeReferenceCancelled = "reference_cancelled"
	codeCreatedLate        = store.CodeCreatedLate
)

// record is the last step: B1's document stands beside the order, and the totals agree or the order is held.
func (p *posting) record(ctx context.Context, d *sapb1.Document, linked bool) (*InsertOrderResult, error) {
	reason := p.verify(d)
	note := "created"
	if linked {
		note = "linked"
	}
	fresh := false
	err := p.change(ctx, func(doc *store.Staged) error {
		known(doc)
		fresh = doc.PostedAt.IsZero() && doc.Import == ""
		doc.BO = p.backOffice(d, linked && !wroteIt(doc))
		doc.Claim, doc.Intent, doc.Manual, doc.AgainstCancelled = nil, nil, false, false
		doc.Status, doc.Reason = order.Posted, reason
		if reason != nil {
			doc.Status = order.Held
		}
		(&staging{instance: p.instance, doc: doc}).afterPosting(doc.Order)
		owe(doc, p.instance.Rules.WriteBack)
		doc.Note(event(ctx, "verified", string(doc.Status), fmt.Sprintf("%s, sales order %d, total %s", note, d.DocNum, doc.BO.Total)))
		return nil
	})
	if errors.Is(err, errLostClaim) && !linked {
		return nil, p.createdTooLate(ctx, d)
	}
	if err != nil {
		return nil, err
	}
	if reason != nil {
		p.log.Warn("order held", "order", p.key, "code", reason.Code)
		return nil, p.heldError(reason)
	}
	if fresh && p.instance.Posted != nil {
		p.instance.Posted(p.doc.PlacedAt)
	}
	result := p.result(note)
	result.WriteBack = p.doc.WriteBack.Open()
	return result, nil
}

// known notes what content B1 was told, when it is told: a document that is looked at again later holds no more than that.
func known(doc *store.Staged) {
	if doc.BO == nil && doc.Intent != nil {
		doc.PostedHash, doc.PostedPayload = doc.Intent.Hash, doc.Intent.Payload
	}
}

// createdTooLate leaves a trace of a sales order that B1 made for an attempt whose claim had passed to another: this
// process stood still for longer than the claim. The other attempt may have made a second one, unless it has recorded this one.
func (p *posting) createdTooLate(ctx context.Context, d *sapb1.Document) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	_, err := p.store.Change(ctx, p.key, func(doc *store.Staged) error {
		if doc.BO != nil && !doc.BO.Draft && doc.BO.DocEntry == d.DocEntry {
			return store.ErrUnchanged
		}
		doc.Attention = &order.Reason{Code: codeCreatedLate, Field: "Orders",
			Message: fmt.Sprintf("Sales order %d was made by an attempt that came too late; there may be two.", d.DocNum),
			Hint:    "Look for the reference in B1; cancel one if there are two."}
		doc.Note(event(ctx, "created", "too late", doc.Attention.Message))
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrUnchanged) {
		return err
	}
	if err == nil {
		p.log.Error("sales order created after the claim was lost", "order", p.key, "doc_num", d.DocNum)
	}
	return later(p.instance.Settle, "the claim was lost while B1 made the order")
}

// wroteIt reports whether the connector itself has sent the order before, so that finding it is no surprise.
func wroteIt(doc *store.Staged) bool { return doc.Attempts > 1 }

// waitForApproval keeps a draft in sight until it is approved (then it is a sales order) or rejected.
func (p *posting) waitForApproval(ctx context.Context, d *sapb1.Document) (*InsertOrderResult, error) {
	if d.IsRejected() {
		return nil, p.holdWith(ctx, "looked up", p.draft(d), &order.Reason{Code: CodeDraftRejected, Field: "Drafts",
			Message: fmt.Sprintf("The approval of draft %d was refused in B1.", d.DocEntry),
			Hint:    "Clear it with the approver; remove the draft in B1 and retry the order to send it anew."})
	}
	err := p.change(ctx, func(doc *store.Staged) error {
		if doc.Status != order.Draft {
			doc.Note(event(ctx, "looked up", string(order.Draft), fmt.Sprintf("draft %d waits for approval", d.DocEntry)))
		}
		known(doc)
		doc.BO, doc.Claim, doc.Intent, doc.Manual = p.draft(d), nil, nil, false
		doc.Status, doc.Reason, doc.DueAt = order.Draft, draftReason(d), now().Add(draftPause)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result("waits for approval"), nil
}

// draftReason tells the clerk when the next step is his: an approved draft is added by its author, who is our user.
func draftReason(d *sapb1.Document) *order.Reason {
	if !d.IsApproved() {
		return nil
	}
	return &order.Reason{Code: "draft_approved", Field: "Drafts", Message: fmt.Sprintf("Draft %d is approved and not added yet.", d.DocEntry),
		Hint: "Open it in B1 under Document Drafts Report and add it; the order is then posted by itself."}
}

func (p *posting) draft(d *sapb1.Document) *store.BackOffice {
	bo := p.backOffice(d, false)
	bo.Draft = true
	return bo
}

// vanished holds an order whose document is no longer in B1. Its trace is dropped, so that resuming sends it anew.
func (p *posting) vanished(ctx context.Context) error {
	what := fmt.Sprintf("Sales order %d", p.doc.BO.DocNum)
	if p.doc.BO.Draft {
		what = fmt.Sprintf("Draft %d", p.doc.BO.DocEntry)
	}
	return p.holdWith(ctx, "looked up", nil, &order.Reason{Code: codeGone, Field: "Orders",
		Message: what + " is no longer in B1.", Hint: "Retry the order to send it anew."})
}

// cancelledInB1 follows a person who cancelled the sales order in B1.
func (p *posting) cancelledInB1(ctx context.Context, d *sapb1.Document) (*InsertOrderResult, error) {
	p.doc.BO = p.backOffice(d, true)
	return p.cancelled(ctx, codeCancelledInB1, fmt.Sprintf("Sales order %d is cancelled in B1.", d.DocNum))
}

func (p *posting) cancelled(ctx context.Context, code, message string) (*InsertOrderResult, error) {
	bo := p.doc.BO
	err := p.change(ctx, func(doc *store.Staged) error {
		doc.BO, doc.Claim, doc.Intent, doc.Manual = bo, nil, nil, false
		doc.Status, doc.Reason = order.Cancelled, &order.Reason{Code: code, Message: message}
		doc.Note(event(ctx, "looked up", string(order.Cancelled), message))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result("cancelled"), nil
}

// hold sets the order aside for a person, with the document that B1 has of it, if any.
func (p *posting) hold(ctx context.Context, step string, reason *order.Reason) error {
	return p.holdWith(ctx, step, p.doc.BO, reason)
}

// withoutBuyer is a reason as it is kept: reasons are in lists that everybody sees, and B1 or a hook may quote the buyer.
func withoutBuyer(r *order.Reason, hide func(string) string) *order.Reason {
	h := *r
	h.Message, h.Hint = hide(short(r.Message)), hide(r.Hint)
	return &h
}

func (p *posting) holdWith(ctx context.Context, step string, bo *store.BackOffice, reason *order.Reason) error {
	r := *withoutBuyer(reason, p.hide)
	err := p.change(ctx, func(doc *store.Staged) error {
		if p.token == "" && doc.Rev != p.doc.Rev {
			return later(time.Second, "the order has just changed")
		}
		if known(doc); bo == nil {
			DropDocument(doc)
		}
		if p.token != "" {
			doc.Claim, doc.Intent = nil, nil
		}
		doc.AgainstCancelled = doc.AgainstCancelled && p.obstacle == 0
		doc.BO, doc.Obstacle, doc.Manual, doc.RuleVersion = bo, p.obstacle, false, p.instance.Rules.ID()
		doc.Status, doc.Reason = order.Held, &r
		doc.Note(event(ctx, step, string(order.Held), r.Code+": "+r.Message))
		return nil
	})
	if err != nil {
		return err
	}
	p.log.Warn("order held", "order", p.key, "code", r.Code)
	return p.heldError(&r)
}

// heldError makes the workflow fail in a way that a list of failed workflows is the list of held orders.
func (p *posting) heldError(r *order.Reason) error {
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("order %s is held (%s): %s", p.key, r.Code, r.Error()), TypeHeld,
		temporal.ApplicationErrorOptions{NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{r.Code}})
}
