package activities

import (
	"context"
	"fmt"

	"datawald/order"
	"datawald/store"
)

// sendAnew makes orders pending of which B1 has nothing any more, at this second look either. While it is open that too much is missing it does so only by
// force: what is missing beside that may be missing for the same reason. Where B1 may hide orders from the connector it does so not even by force: InsertOrder would
// not see them either. What it may have hidden at the first look is not curable, was not counted among what is sent anew, and waits for the next reconciliation.
func (h *healing) sendAnew(ctx context.Context, all []store.Finding) error {
	if !h.in.Force {
		open, err := h.store.Findings(ctx, store.FindingFilter{Instance: h.in.Instance, Kind: store.FindTooManyMissing, Unhealed: true, Limit: 1})
		if err != nil || len(open) > 0 {
			return err
		}
	}
	c, about, err := h.second(ctx, all, store.FindMissingInB1)
	if err != nil || len(c.orders) == 0 {
		return err
	}
	if whole, err := c.seesAll(ctx); err != nil || !whole {
		return err
	}
	for _, o := range c.orders {
		if !o.lacks() || !o.lookedUp || o.numbered != nil || o.doc.Erased() {
			continue
		}
		if in, err := c.isIn(ctx, o); err != nil || !in {
			if err != nil {
				return err
			}
			continue
		}
		done, err := h.changeFrom(ctx, about[o.key], order.Posted, func(doc *store.Staged) error {
			if doc.Erased() { // meanwhile: there is nothing left to send
				return store.ErrUnchanged
			}
			detail := fmt.Sprintf("sales order %d is no longer in B1: it is looked for, and sent anew when it is not found", doc.BO.DocNum)
			inDoubt(doc)
			for _, entry := range o.passed {
				doc.PassBy(entry)
			}
			doc.Status, doc.Reason, doc.DueAt = order.Pending, nil, now()
			doc.Note(h.event(ctx, string(order.Pending), detail))
			return nil
		})
		if err := h.healedIf(ctx, done, err, about[o.key]); err != nil {
			return err
		}
	}
	return nil
}

// inDoubt lets go of the order's document, and leaves the intent of its sending in its place, as if its answer had been lost just now: whoever takes the
// order up looks for it several times before he sends it, under each reference that it ever had.
func inDoubt(doc *store.Staged) {
	intent := &store.Intent{SentAt: now(), Hash: doc.PostedHash, Payload: doc.PostedPayload, Reference: doc.BO.Reference, CardCode: doc.BO.CardCode, Sent: doc.BO.Sent, Over: true}
	DropDocument(doc)
	intent.Replaces, intent.ReplacesDraft = doc.Replaces, doc.ReplacesDraft
	doc.Intent = intent
}
