package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// HealFindingsInput is a page of what a reconciliation has found and may mend by itself.
type HealFindingsInput struct {
	Instance string `json:"instance"`
	Run      string `json:"run"`
	// After is the place of the last finding of the page before.
	After string `json:"after,omitempty"`
	Actor string `json:"actor,omitempty"`
	// Force sends anew also while it is open that too much is missing.
	Force bool `json:"force,omitempty"`
}

// HealFindingsResult counts by kind what was mended.
type HealFindingsResult struct {
	Next       string                      `json:"next,omitempty"`
	Done       bool                        `json:"done,omitempty"`
	Healed     map[store.FindingKind]int64 `json:"healed,omitempty"`
	QuietUntil *time.Time                  `json:"quiet_until,omitempty"`
}

// healedAtOnce is how many findings a page has.
const healedAtOnce = 25

// HealFindings mends what can be mended, after a second look at each. It sends nothing to B1: what is to be sent anew becomes pending, with an intent, so
// that InsertOrder looks for it several times, with time between, before it sends it. It may be run any number of times.
func (a *Activities) HealFindings(ctx context.Context, in HealFindingsInput) (*HealFindingsResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	if until := i.Rules.QuietUntil(now()); !until.IsZero() {
		return &HealFindingsResult{Next: in.After, QuietUntil: &until}, nil
	}
	all, err := a.store.Findings(ctx, store.FindingFilter{Instance: in.Instance, Run: in.Run, Curable: true, Unhealed: true, After: in.After, Limit: healedAtOnce})
	if err != nil {
		return nil, err
	}
	h := &healing{Activities: a, instance: i, in: in, result: &HealFindingsResult{Next: in.After, Done: len(all) < healedAtOnce, Healed: map[store.FindingKind]int64{}}}
	if len(all) > 0 {
		h.result.Next = all[len(all)-1].Place
	}
	if all, err = h.rest(ctx, all); err != nil {
		return nil, err
	}
	for _, heal := range []func(context.Context, []store.Finding) error{h.stage, h.follow, h.unfollow, h.relink, h.sendAnew} {
		if err := heal(ctx, all); err != nil {
			return nil, fail(err, nil)
		}
	}
	return h.result, nil
}

// healing mends a page of findings.
type healing struct {
	*Activities
	instance Instance
	in       HealFindingsInput
	result   *HealFindingsResult
}

// rest leaves out what is mended already: an attempt of this page that was lost may have written to an order, and not that it did. It counts these.
func (h *healing) rest(ctx context.Context, all []store.Finding) (rest []store.Finding, err error) {
	for _, f := range all {
		doc, err := h.store.Get(ctx, f.Key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err != nil || !slices.ContainsFunc(doc.Timeline, func(e store.Event) bool { return e.Step == stepReconciled && !e.At.Before(f.LastSeen) }) {
			rest = append(rest, f)
			continue
		}
		if err := h.healed(ctx, f); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// stepReconciled begins the lines of what a reconciliation has mended.
const stepReconciled = "reconciled"

func (h *healing) healed(ctx context.Context, f store.Finding) error {
	if err := h.store.Heal(ctx, h.in.Run, f.ID); err != nil {
		return err
	}
	h.result.Healed[f.Kind]++
	return nil
}

// stage reads what the store lacks, or has as it was, from Magento, and stages it as any other order. InsertOrder then finds it in B1 or sends it. What
// it may have, and not show, is let be.
func (h *healing) stage(ctx context.Context, all []store.Finding) error {
	var some []store.Finding
	var ids []int64
	c := &comparison{Activities: h.Activities, instance: h.instance}
	for _, f := range all {
		if f.Kind != store.FindMissingInStore && f.Kind != store.FindStaleInStore {
			continue
		}
		if f.Kind == store.FindMissingInStore {
			if hidden, err := c.mayBeHidden(ctx, f.Key); err != nil {
				return err
			} else if hidden {
				continue
			}
		}
		some, ids = append(some, f), append(ids, f.EntityID)
	}
	if len(ids) == 0 {
		return nil
	}
	asked := h.instance.now()
	documents, err := h.instance.Shop.FindByEntityIDs(ctx, ids)
	if err != nil {
		return err
	}
	refs, err := h.keep(ctx, h.instance.Name, documents, asked)
	if err != nil {
		return err
	}
	if _, err := h.stageAll(ctx, h.instance, SyncOrderInput{Instance: h.instance.Name, Refs: refs, Actor: h.in.Actor}); err != nil {
		return err
	}
	if err := h.forgetStandIns(ctx, h.instance.Name, documents); err != nil {
		return err
	}
	for _, f := range some {
		if slices.ContainsFunc(documents, func(d magento.Document) bool { return d.EntityID == f.EntityID }) {
			if err := h.healed(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// second gives the orders of some findings as B1 has them now. For drafts it does not look: InsertOrder goes by one that is there.
func (h *healing) second(ctx context.Context, all []store.Finding, kind store.FindingKind) (*comparison, map[order.Key]store.Finding, error) {
	about := map[order.Key]store.Finding{}
	c := &comparison{Activities: h.Activities, instance: h.instance, run: h.in.Run, left: noLimit}
	var keys []order.Key
	for _, f := range all {
		if f.Kind == kind {
			about[f.Key], keys = f, append(keys, f.Key)
		}
	}
	heads, err := h.store.Heads(ctx, keys)
	if err != nil || len(keys) == 0 {
		return c, about, err
	}
	for _, key := range keys {
		if doc := heads[key]; doc != nil {
			c.orders = append(c.orders, &compared{key: key, doc: doc})
		}
	}
	for _, look := range []func(context.Context) error{c.fromOrders, c.notOthers, c.fromEntries} {
		if err := look(ctx); err != nil {
			return c, about, err
		}
	}
	return c, about, nil
}

// follow notes that sales orders were cancelled in B1, as InsertOrder does when it comes upon one.
func (h *healing) follow(ctx context.Context, all []store.Finding) error {
	c, about, err := h.second(ctx, all, store.FindCancelledInB1)
	if err != nil {
		return err
	}
	for _, o := range c.orders {
		if !o.asked() || len(o.live) > 0 || len(o.cancelled) == 0 {
			continue
		}
		if in, err := c.isIn(ctx, o); err != nil || !in {
			if err != nil {
				return err
			}
			continue
		}
		message := fmt.Sprintf("Sales order %d is cancelled in B1.", o.docNum())
		done, err := h.change(ctx, about[o.key], func(doc *store.Staged) {
			doc.Status, doc.Reason = order.Cancelled, &order.Reason{Code: codeCancelledInB1, Message: message}
			doc.Note(h.event(ctx, string(order.Cancelled), message))
		})
		if err := h.healedIf(ctx, done, err, about[o.key]); err != nil {
			return err
		}
	}
	return nil
}

// unfollow takes back that sales orders were cancelled which are not: they were looked for in another company then.
func (h *healing) unfollow(ctx context.Context, all []store.Finding) error {
	c, about, err := h.second(ctx, all, store.FindUnexpectedInB1)
	if err != nil {
		return err
	}
	for _, o := range c.orders {
		in, err := c.isIn(ctx, o)
		if err != nil {
			return err
		}
		if !in || !o.isLiveAgain() {
			continue
		}
		done, err := h.changeFrom(ctx, about[o.key], order.Cancelled, func(doc *store.Staged) error {
			if doc.Reason == nil || doc.Reason.Code != codeCancelledInB1 {
				return store.ErrUnchanged
			}
			doc.Status, doc.Reason = order.Posted, nil
			doc.Note(h.event(ctx, string(order.Posted), fmt.Sprintf("Sales order %d is not cancelled in B1.", o.docNum())))
			return nil
		})
		if err := h.healedIf(ctx, done, err, about[o.key]); err != nil {
			return err
		}
	}
	return nil
}

// relink notes which sales order stands in place of the one that an order was posted as, where that is beyond doubt and comes to the right total.
func (h *healing) relink(ctx context.Context, all []store.Finding) error {
	c, about, err := h.second(ctx, all, store.FindOtherDocument)
	if err != nil {
		return err
	}
	for _, o := range c.orders {
		f := about[o.key]
		if !o.strays() || !slices.Equal(f.Documents, []int64{o.live[0].DocNum}) {
			continue
		}
		if err := c.placeByTotal(ctx, o); err != nil {
			return err
		}
		mine, err := c.takesItsPlace(ctx, o)
		if err != nil {
			return err
		}
		if !mine || o.line != store.LineInB1 {
			continue
		}
		d := o.live[0].Document
		done, err := h.changeFrom(ctx, f, order.Posted, func(doc *store.Staged) error {
			doc.Note(h.event(ctx, string(order.Posted), fmt.Sprintf("Sales order %d stands in place of %d.", d.DocNum, doc.BO.DocNum)))
			doc.BO.DocEntry, doc.BO.DocNum, doc.BO.Total, doc.BO.Linked = d.DocEntry, d.DocNum, h.instance.Rules.Total(&d), true
			return nil
		})
		if err := h.healedIf(ctx, done, err, f); err != nil {
			return err
		}
	}
	return nil
}

// healedIf counts what was changed.
func (h *healing) healedIf(ctx context.Context, done bool, err error, f store.Finding) error {
	if err != nil || !done {
		return err
	}
	return h.healed(ctx, f)
}

// change writes to an order, if it is still as it was found: posted, with the same document, and in nobody's hands.
func (h *healing) change(ctx context.Context, f store.Finding, change func(*store.Staged)) (done bool, err error) {
	return h.changeFrom(ctx, f, order.Posted, func(doc *store.Staged) error { change(doc); return nil })
}

// changeFrom is change for an order in another state.
func (h *healing) changeFrom(ctx context.Context, f store.Finding, was order.Status, change func(*store.Staged) error) (done bool, err error) {
	_, err = h.store.Change(ctx, f.Key, func(doc *store.Staged) error {
		if doc.Status != was || doc.BO == nil || doc.BO.Draft || doc.BO.DocEntry != f.DocEntry || doc.Claim != nil || doc.Intent != nil {
			return store.ErrUnchanged
		}
		return change(doc)
	})
	if errors.Is(err, store.ErrUnchanged) {
		return false, nil
	}
	return err == nil, err
}

// event begins a line of the order's timeline.
func (h *healing) event(ctx context.Context, outcome, detail string) store.Event {
	e := event(ctx, stepReconciled, outcome, detail)
	e.Actor = h.in.Actor
	return e
}
