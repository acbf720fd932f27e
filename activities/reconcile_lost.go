package activities

import (
	"context"
	"fmt"
	"strings"

	"datawald/order"
	"datawald/store"
)

// This file is about orders that the store has lost and gets back from Magento, whoever brings them: the reading, a person, a backfill, a reconciliation. What it knew of their sending is lost with them, but for the references that
// they took in the B1 company: these are kept apart.

// tookBefore gives the references in the company of today that orders took which are new here: the store had them before. Under these B1 may have them, whatever
// the rules give them today.
func (p *page) tookBefore(ctx context.Context, fresh []store.PayloadRef) (map[order.Key][]string, error) {
	keys := make([]order.Key, len(fresh))
	for n, ref := range fresh {
		keys[n] = ref.Key
	}
	return p.store.ReferencesOf(ctx, p.instance.CompanyID, keys)
}

// mayBeHidden reports whether an order that the store has lost took a reference in B1's company before, where B1 may have it and not show it. Whoever looked for it would
// not find it, and send it a second time.
func (c *comparison) mayBeHidden(ctx context.Context, key order.Key) (bool, error) {
	took, err := c.store.ReferencesOf(ctx, c.instance.CompanyID, []order.Key{key})
	if err != nil || len(took) == 0 {
		return false, err
	}
	whole, err := c.seesAll(ctx)
	return !whole, err
}

// mayBeInB1 notes under which references a new order was sent, or was about to be, before the store lost it. It is looked for under each, as after a lost
// answer: several times, and what was cancelled there is taken for its own.
func (s *staging) mayBeInB1(references []string) {
	for _, r := range references {
		s.doc.Known(r)
	}
	if s.doc.Status != order.Pending {
		return
	}
	s.doc.Intent = &store.Intent{SentAt: now(), Hash: s.doc.ContentHash, Payload: s.doc.PayloadHash, Reference: references[len(references)-1], Over: true}
	s.detail = fmt.Sprintf("B1 may have it as %s from before it was lost here: it is looked for first", strings.Join(references, ", "))
}
