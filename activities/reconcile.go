package activities

import (
	"context"
	"slices"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// ReconcileOrdersInput is one page of a reconciliation: the orders of Magento that were placed in a window, behind an entity_id.
type ReconcileOrdersInput struct {
	Instance string `json:"instance"`
	// Run is the reconciliation, by the ID of its record.
	Run string `json:"run"`
	// From is inclusive, To exclusive; both by created_at in Magento, UTC.
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	After int64     `json:"after,omitempty"`
	// Left is how many more orders that B1 lacks are looked into and written down one by one, LeftInStore the same of the store; negative for no
	// limit. Further ones are counted.
	Left        int64 `json:"left"`
	LeftInStore int64 `json:"left_in_store"`
}

// ReconcileOrdersResult counts the orders of the page by their line of account: a history holds none of them.
type ReconcileOrdersResult struct {
	// Next is where the window goes on; of the last page the last order that was compared. Total is how many orders lie behind After, by Magento's count.
	Next  int64 `json:"next,omitempty"`
	Done  bool  `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
	// Behind is how many orders Magento counted behind Next when it had none to show there any more.
	Behind int64 `json:"behind,omitempty"`
	// Lines counts the orders; each is in one.
	Lines map[store.AccountLine]int64 `json:"lines,omitempty"`
	// QuietUntil is when B1 may be asked again; then nothing was compared.
	QuietUntil *time.Time `json:"quiet_until,omitempty"`
}

// ReconcileOrders compares a page of Magento's orders with the store and with B1, and writes down what does not agree. It changes no order. It may
// be run any number of times: what the page finds stands under the order's key.
func (a *Activities) ReconcileOrders(ctx context.Context, in ReconcileOrdersInput) (*ReconcileOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	if until := i.Rules.QuietUntil(now()); !until.IsZero() {
		return &ReconcileOrdersResult{Next: in.After, QuietUntil: &until}, nil
	}
	page, err := i.Accounts.Accounts(ctx, windowOf(in.From, in.To), in.After)
	if err != nil {
		return nil, fail(err, nil)
	}
	c := &comparison{Activities: a, instance: i, run: in.Run, left: in.Left, leftInStore: in.LeftInStore}
	if err := c.compare(ctx, page.Accounts); err != nil {
		return nil, fail(err, nil)
	}
	if err := c.note(ctx); err != nil {
		return nil, err
	}
	result := &ReconcileOrdersResult{Next: page.Next, Done: page.Done, Total: page.Total, Lines: c.lines()}
	switch {
	case !page.Done:
	case page.Next == in.After: // those that it cannot show, which were compared, are counted here and not up to Next
		result.Behind = page.Total
	default: // the last ones may be among those that it cannot show
		for _, account := range page.Accounts {
			result.Next = max(result.Next, account.EntityID)
		}
	}
	return result, nil
}

// windowOf selects the orders that were placed in a window.
func windowOf(from, to time.Time) order.Selection {
	return order.Selection{By: order.ByCreated, From: from, To: to}
}

// RecheckFindingsInput is a page of the open findings that a reconciliation has not seen again: of orders that were placed before its window, or that Magento shows no more.
type RecheckFindingsInput struct {
	Instance string    `json:"instance"`
	Run      string    `json:"run"`
	Before   time.Time `json:"before"`
	// Started is when the reconciliation began: what was seen since by another one stays.
	Started time.Time `json:"started"`
	// After is the place of the last finding of the page before.
	After string `json:"after,omitempty"`
	// From leaves out orders that were placed before; zero for none.
	From time.Time `json:"from,omitzero"`
}

// RecheckFindingsResult counts what is still so, by kind, and what is not.
type RecheckFindingsResult struct {
	Next     string                      `json:"next,omitempty"`
	Done     bool                        `json:"done,omitempty"`
	Findings map[store.FindingKind]int64 `json:"findings,omitempty"`
	Resolved int64                       `json:"resolved,omitempty"`
	// Posted is how many of the orders the store has as posted.
	Posted int64 `json:"posted,omitempty"`
	// Curable counts by kind, with the last page, all that the reconciliation has seen and may mend, of its window and of older orders. It is read from what
	// is written down: an attempt that was lost may have looked at some of these, which this one then passes.
	Curable    map[store.FindingKind]int64 `json:"curable,omitempty"`
	QuietUntil *time.Time                  `json:"quiet_until,omitempty"`
}

// recheckedAtOnce is how many findings a page has.
const recheckedAtOnce = 100

// RecheckFindings looks at open findings of older orders again. What is found no more is resolved.
func (a *Activities) RecheckFindings(ctx context.Context, in RecheckFindingsInput) (*RecheckFindingsResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	if until := i.Rules.QuietUntil(now()); !until.IsZero() {
		return &RecheckFindingsResult{Next: in.After, QuietUntil: &until}, nil
	}
	open, err := a.store.Findings(ctx, store.FindingFilter{Instance: in.Instance, Open: true, PlacedFrom: in.From, PlacedBefore: in.Before, After: in.After, Limit: recheckedAtOnce})
	if err != nil {
		return nil, err
	}
	result := &RecheckFindingsResult{Next: in.After, Done: len(open) < recheckedAtOnce, Findings: map[store.FindingKind]int64{}}
	if len(open) > 0 {
		result.Next = open[len(open)-1].Place
	}
	open = slices.DeleteFunc(open, func(f store.Finding) bool { return f.Run == in.Run || f.Key == "" }) // what this one has seen is known
	accounts, err := a.accountsOf(ctx, i, open)
	if err != nil {
		return nil, fail(err, nil)
	}
	c := &comparison{Activities: a, instance: i, run: in.Run, left: noLimit, leftInStore: noLimit}
	if err := c.compare(ctx, accounts); err != nil {
		return nil, fail(err, nil)
	}
	if err := c.note(ctx); err != nil {
		return nil, err
	}
	for line, n := range c.lines() {
		if kind := store.FindingKind(line); isFinding(line) {
			result.Findings[kind] = n
		}
	}
	result.Posted = int64(len(c.those(func(o *compared) bool { return o.doc != nil && o.doc.Status == order.Posted })))
	if result.Done {
		if result.Curable, err = a.store.CountCurable(ctx, in.Instance, in.Run); err != nil {
			return nil, err
		}
	}
	return result, c.resolve(ctx, store.Run{ID: in.Run, StartedAt: in.Started}, open, result)
}

// accountsOf gives the orders of findings as Magento has them. Of one that it shows no more, and that the store has, what is known of it: B1 may have it all the same.
func (a *Activities) accountsOf(ctx context.Context, i Instance, findings []store.Finding) ([]magento.Account, error) {
	var ids []int64
	var keys []order.Key
	for _, f := range findings {
		if keys = append(keys, f.Key); f.EntityID > 0 {
			ids = append(ids, f.EntityID)
		}
	}
	slices.Sort(ids)
	accounts, err := i.Accounts.AccountsOf(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	heads, err := a.store.Heads(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		if slices.ContainsFunc(accounts, func(a magento.Account) bool { return a.EntityID == f.EntityID }) || heads[f.Key] == nil {
			continue
		}
		accounts = append(accounts, magento.Account{EntityID: f.EntityID, StoreID: f.Key.StoreID(), IncrementID: f.Key.IncrementID(), CreatedAt: f.PlacedAt})
	}
	return accounts, nil
}

// resolve ends those of the findings that this look has not seen again.
func (c *comparison) resolve(ctx context.Context, run store.Run, open []store.Finding, result *RecheckFindingsResult) error {
	seen := map[string]bool{}
	for _, f := range c.findings {
		seen[store.FindingID(string(f.Key), f.Kind)] = true
	}
	for _, f := range open {
		if f.Key == "" || seen[f.ID] || f.Run == c.run || !f.LastSeen.Before(run.StartedAt) {
			continue
		}
		if err := c.store.ResolveOne(ctx, run, f.ID); err != nil {
			return err
		}
		result.Resolved++
	}
	return nil
}

// isFinding reports whether the line is a kind of finding.
func isFinding(line store.AccountLine) bool {
	for _, k := range store.FindingKinds() {
		if store.AccountLine(k) == line {
			return true
		}
	}
	return false
}

// noLimit has each order that B1 lacks looked into.
const noLimit = -1
