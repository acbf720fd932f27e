package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// ReconsiderInput says where among the orders that wait for nobody to go on.
type ReconsiderInput struct {
	Instance string `json:"instance"`
	// Rules names the rules to apply: workers that are started again one by one may have different ones.
	Rules string `json:"rules"`
	// Status is Excluded or Held; empty to begin.
	Status order.Status `json:"status,omitempty"`
	// Began is when the first call of all did; zero to begin.
	Began time.Time `json:"began,omitzero"`
	// After is the last order that was looked at.
	After *store.Position `json:"after,omitempty"`
}

// ReconsiderResult says where to go on, and how many orders the new rules let in.
type ReconsiderResult struct {
	// Next is nil when all orders are decided by the rules of today.
	Next *ReconsiderInput `json:"next,omitempty"`
	Open int              `json:"open"`
}

// reconsideredAtOnce is how many orders one call looks at: a few seconds of work.
const reconsideredAtOnce = 500

// Reconsider asks changed rules about the orders that the earlier ones left out or held, so that they come in by
// themselves. Nothing is sent, and orders that B1 has, may have, or has refused are left alone.
func (a *Activities) Reconsider(ctx context.Context, in ReconsiderInput) (*ReconsiderResult, error) {
	i, _, err := a.freshly(ctx, in.Instance)
	if err != nil {
		return nil, err
	}
	if in.Rules != i.Rules.ID() && i.Live != nil && i.Live.Passed(in.Rules) {
		return &ReconsiderResult{}, nil // others were activated meanwhile: the next run asks them, from the beginning
	}
	if in.Rules != i.Rules.ID() {
		return nil, temporal.NewApplicationErrorWithOptions("this worker has other rules; one with the same must do it", TypeTransient,
			temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	}
	if in.Status == "" {
		in.Status, in.Began = order.Excluded, i.now()
	}
	page, err := a.store.List(ctx, store.Filter{Instance: in.Instance, Status: in.Status, After: in.After, Limit: reconsideredAtOnce})
	if err != nil {
		return nil, err
	}
	result := &ReconsiderResult{}
	for _, doc := range page {
		open, err := a.reconsider(ctx, i, doc.Key)
		if err != nil {
			return nil, err
		}
		if open {
			result.Open++
		}
	}
	switch {
	case len(page) == reconsideredAtOnce:
		last := page[len(page)-1]
		result.Next = &ReconsiderInput{Instance: in.Instance, Rules: in.Rules, Began: in.Began, Status: in.Status, After: &store.Position{PlacedAt: last.PlacedAt, Key: last.Key}}
	case in.Status == order.Excluded:
		result.Next = &ReconsiderInput{Instance: in.Instance, Rules: in.Rules, Began: in.Began, Status: order.Held}
	default:
		err = a.store.NoteRules(ctx, in.Instance, store.TaskOrders, i.Rules.ID(), in.Began)
	}
	return result, err
}

// reconsider decides one order anew; open is true when it goes to B1 now.
func (a *Activities) reconsider(ctx context.Context, i Instance, key order.Key) (open bool, err error) {
	_, err = a.store.Change(ctx, key, func(doc *store.Staged) error {
		open = false
		if waitsForMagento(doc) {
			doc.Reread, doc.DueAt = true, now()
			return nil
		}
		if !ruledOut(doc) {
			return store.ErrUnchanged
		}
		source, err := a.understood(ctx, i, doc)
		if _, ok := errors.AsType[*order.Reason](err); ok {
			return store.ErrUnchanged // its document says nothing, whatever the rules are
		}
		if err != nil {
			return err
		}
		d := i.Rules.Decide(doc.Order, now())
		if d.Status == order.Pending {
			if d.Reason = i.Rules.Map(mapping.Input{Order: doc.Order, Source: source, Now: now()}).Hold; d.Reason != nil {
				d.Status = order.Held
			}
		}
		if d.Reason != nil { // a hook may quote the buyer, and reasons are in lists that everybody sees
			d.Reason = withoutBuyer(d.Reason, order.NewRedactor(doc.Order).Text)
		}
		if d.Status == doc.Status && d.Reason != nil && doc.Reason != nil && *d.Reason == *doc.Reason &&
			(d.Status != order.Excluded || d.Recheck.Equal(doc.DueAt)) {
			return store.ErrUnchanged
		}
		open = d.Status == order.Pending
		doc.Status, doc.Reason, doc.DueAt, doc.RuleVersion = d.Status, d.Reason, d.Recheck, i.Rules.ID()
		detail := "the rules have changed"
		if open {
			doc.DueAt = now()
		} else {
			detail += ": " + d.Reason.Code
		}
		doc.Note(event(ctx, "considered", string(d.Status), detail))
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	return open, err
}

// waitsForMagento reports whether Magento could not show the order, and nobody asks for it again: an earlier release left it
// to a person.
func waitsForMagento(doc *store.Staged) bool {
	return doc.Status == order.Held && doc.Reason != nil && doc.Reason.Code == codeCannotShow && !doc.Reread
}

// ruledOut reports whether rules alone keep the order from B1: it is excluded, and not by a person, or was held before anything was sent.
// What was erased says nothing that rules could be asked about.
func ruledOut(doc *store.Staged) bool {
	if doc.Order == nil || inB1(doc) || doc.Skipped() || doc.Erased() {
		return false
	}
	return doc.Status == order.Excluded || doc.Status == order.Held && heldByRules(doc)
}

// heldByRules reports whether the step that held the order last is one that asks the rules, or that made its buyer as they
// say, and not B1's answer to the order itself.
func heldByRules(doc *store.Staged) bool {
	for n := len(doc.Timeline) - 1; n >= 0; n-- {
		if e := doc.Timeline[n]; e.Outcome == string(order.Held) {
			return e.Step == "staged" || e.Step == "considered" || e.Step == "mapped" || e.Step == "partner"
		}
	}
	return false
}
