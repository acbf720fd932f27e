package activities

import (
	"context"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// comparison is a page of orders as Magento, the store and B1 have them. Of a page of a hundred B1 is asked in two or three calls.
type comparison struct {
	*Activities
	instance Instance
	run      string
	// left is how many more orders that B1 lacks are looked into, leftInStore how many that the store lacks; negative for all.
	left, leftInStore int64
	orders            []*compared
	// readUpTo is the time of the last change in Magento that is certainly staged.
	readUpTo time.Time
	findings []store.Finding
	// sight is whether B1 shows all orders; empty until it was asked.
	sight sapb1.Sight
	// since is a time from which on it is known of a store_id that there are earlier orders.
	since map[int64]time.Time
}

// compared is one order in all three books.
type compared struct {
	account magento.Account
	key     order.Key
	// doc is the order in the store, without content and timeline; nil when it is not there.
	doc *store.Staged
	// live and cancelled are B1's sales orders of it, of the cancelled ones only the one that the store knows; draft is true when B1 has a draft.
	live, cancelled []sapb1.Keyed
	draft           bool
	// passed are other cancelled ones (DocEntry) under its references: they say nothing of the order, to whoever looks for it later either.
	passed []int64
	// numbered is what B1 has under the DocEntry of the store, of an order that is not there under its references.
	numbered *sapb1.Keyed
	// lookedUp is true when B1 was asked for that.
	lookedUp bool
	// line is where the order stands.
	line store.AccountLine
}

// compare reads all three books of the orders, and puts each into its line.
func (c *comparison) compare(ctx context.Context, accounts []magento.Account) error {
	for _, load := range []func(context.Context) error{
		func(ctx context.Context) error { return c.fromStore(ctx, accounts) },
		c.fromOrders, c.notOthers, c.fromEntries, c.fromDrafts,
	} {
		if err := load(ctx); err != nil {
			return err
		}
	}
	for _, o := range c.orders {
		if err := c.place(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// fromStore reads the orders as they are staged, and how far Magento is read.
func (c *comparison) fromStore(ctx context.Context, accounts []magento.Account) error {
	keys := make([]order.Key, len(accounts))
	for n, a := range accounts {
		key, err := a.Key(c.instance.Name)
		if err != nil {
			return err
		}
		keys[n] = key
	}
	progress, err := c.store.Progress(ctx, c.instance.Name, store.TaskOrders)
	if err != nil {
		return err
	}
	c.readUpTo = readUpTo(progress, c.instance.Overlap)
	heads, err := c.store.Heads(ctx, keys)
	if err != nil {
		return err
	}
	for n, a := range accounts {
		c.orders = append(c.orders, &compared{account: a, key: keys[n], doc: heads[keys[n]]})
	}
	return c.shownBefore(ctx)
}

// shownBefore finds the orders that Magento cannot show at the moment under the keys that they had when it could. What the reading holds in their place meanwhile
// stands beside them: B1 has the order under its own key.
func (c *comparison) shownBefore(ctx context.Context) error {
	var ids []int64
	for _, o := range c.orders {
		if o.account.Fault != "" {
			ids = append(ids, o.account.EntityID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := c.store.HeadsOfEntities(ctx, c.instance.Name, ids)
	if err != nil {
		return err
	}
	for _, o := range c.orders {
		if o.account.Fault == "" {
			continue
		}
		for _, doc := range known[o.account.EntityID] {
			if _, standIn := magento.StandsFor(doc.IncrementID); o.doc == nil || !standIn {
				o.doc, o.key = doc, doc.Key
			}
		}
	}
	return nil
}

// readUpTo is the time of the last change in Magento that is certainly staged: the overlap before the latest reading that came to its end, or before the cut
// where that is later. What changed after that may be committed behind the reading's back, which the next one looks back for.
func readUpTo(p store.Progress, overlap time.Duration) time.Time {
	caughtUp := p.CaughtUp.ShopTime
	if caughtUp.IsZero() {
		caughtUp = p.CaughtUp.Began
	}
	if p.Cut.UpdatedAt.After(caughtUp) {
		caughtUp = p.Cut.UpdatedAt
	}
	if caughtUp.IsZero() {
		return caughtUp
	}
	return caughtUp.Add(-overlap)
}

// lines counts the orders by their line.
func (c *comparison) lines() map[store.AccountLine]int64 {
	counts := map[store.AccountLine]int64{}
	for _, o := range c.orders {
		counts[o.line]++
	}
	return counts
}

// note writes down what was found. An attempt of this page that was lost may have found something that is settled by now: that is taken back.
func (c *comparison) note(ctx context.Context) error {
	if err := c.store.Saw(ctx, c.run, c.findings); err != nil {
		return err
	}
	keys := make([]order.Key, len(c.orders))
	for n, o := range c.orders {
		keys[n] = o.key
	}
	return c.store.SawNoMore(ctx, c.run, keys, c.findings)
}
