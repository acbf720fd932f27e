package activities

import (
	"context"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

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
	return p.setAside(ctx, d)
}

// setAside keeps an order out of B1 as the eligibility rules say.
func (p *posting) setAside(ctx context.Context, d mapping.Decision) (*InsertOrderResult, error) {
	err := p.change(ctx, func(doc *store.Staged) error {
		if p.token == "" && doc.Rev != p.doc.Rev {
			return later(time.Second, "the order has just changed")
		}
		if doc.Status != d.Status || p.token != "" {
			doc.Note(event(ctx, "considered", string(d.Status), d.Reason.Code))
		}
		if p.token != "" {
			doc.Claim, doc.Intent = nil, nil
		}
		doc.Status, doc.Reason, doc.DueAt, doc.Manual = d.Status, d.Reason, d.Recheck, false
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result("left out"), nil
}
