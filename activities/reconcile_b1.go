package activities

import (
	"context"
	"slices"
	"strings"

	"datawald/order"
	"datawald/sapb1"
)

// This file asks B1 for what it has of the orders of a page.

// asked reports whether the order is one of which B1 should have something, or nothing any more. All others the store has work or a reason for.
func (o *compared) asked() bool {
	if o.doc == nil || o.inHand() || len(o.references()) == 0 {
		return false
	}
	return o.doc.Status == order.Posted || o.doc.Status == order.Draft || o.doc.Status == order.Cancelled
}

// inHand reports whether an attempt has the order, or one ended without a clear answer.
func (o *compared) inHand() bool { return o.doc.Claim != nil || o.doc.Intent != nil }

// references are all under which B1 may have the order.
func (o *compared) references() []string {
	all := slices.Concat([]string{o.doc.Reference}, o.doc.References)
	if o.doc.BO != nil {
		all = append(all, o.doc.BO.Reference)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(r string) bool { return r == "" })
}

func (c *comparison) reference(o *compared) sapb1.Reference {
	numbers := o.references()
	return sapb1.Reference{NumAtCard: numbers[0], Also: numbers[1:], Field: c.instance.Rules.Reference.UserField, Value: string(o.key)}
}

// fromOrders reads B1's sales orders.
func (c *comparison) fromOrders(ctx context.Context) error {
	asked := c.those((*compared).asked)
	found, err := c.under(ctx, c.instance.Books.OrdersUnder, asked)
	if err != nil {
		return err
	}
	for o, documents := range found {
		for _, d := range documents {
			if d.IsCancelled() {
				o.cancelled = append(o.cancelled, d)
			} else {
				o.live = append(o.live, d)
			}
		}
	}
	return nil
}

func (c *comparison) those(wanted func(*compared) bool) (some []*compared) {
	for _, o := range c.orders {
		if wanted(o) {
			some = append(some, o)
		}
	}
	return some
}

// under asks B1 for documents of some orders, and gives each to the order that it was asked for.
func (c *comparison) under(ctx context.Context, ask func(context.Context, []sapb1.Reference) ([]sapb1.Keyed, error), asked []*compared) (map[*compared][]sapb1.Keyed, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	references := make([]sapb1.Reference, len(asked))
	byNumber, byValue := map[string][]*compared{}, map[string]*compared{}
	for n, o := range asked {
		references[n], byValue[string(o.key)] = c.reference(o), o
		for _, number := range o.references() {
			byNumber[folded(number)] = append(byNumber[folded(number)], o)
		}
	}
	documents, err := ask(ctx, references)
	if err != nil {
		return nil, err
	}
	found := map[*compared][]sapb1.Keyed{}
	for _, d := range documents {
		if o := byValue[d.Value]; o != nil { // the field says whose it is, whatever the number
			found[o] = append(found[o], d)
			continue
		}
		for _, o := range byNumber[folded(d.NumAtCard)] {
			found[o] = append(found[o], d)
		}
	}
	return found, nil
}

// folded is a number as B1 on SQL Server compares it: small and large letters are the same, spaces around do not count.
func folded(number string) string { return strings.ToLower(strings.TrimSpace(number)) }

// notOthers leaves out what stands under a reference that belongs to another order: it is that one's. It is asked only where it makes a difference.
// Of cancelled ones it leaves the one that the store knows: others under the number are of earlier sendings, of other partners, or made by hand, and say
// nothing of this order.
func (c *comparison) notOthers(ctx context.Context) error {
	for _, o := range c.orders {
		if err := c.ownCancelled(ctx, o); err != nil {
			return err
		}
		if len(o.live) == 0 || len(o.live) == 1 && o.doc.BO != nil && o.live[0].DocEntry == o.doc.BO.DocEntry {
			continue
		}
		var own []sapb1.Keyed
		for _, d := range o.live {
			owner, err := c.ownerOf(ctx, o, d)
			if err != nil {
				return err
			}
			if owner == "" || owner == o.key {
				own = append(own, d)
			}
		}
		o.live = own
	}
	return nil
}

// ownCancelled leaves only the cancelled document that the order was posted as.
func (c *comparison) ownCancelled(ctx context.Context, o *compared) error {
	var own []sapb1.Keyed
	for _, d := range o.cancelled {
		if d.DocEntry != o.entry() {
			o.passed = append(o.passed, d.DocEntry)
			continue
		}
		owner, err := c.ownerOf(ctx, o, d)
		if err != nil {
			return err
		}
		if owner == "" || owner == o.key {
			own = append(own, d)
		}
	}
	o.cancelled = own
	return nil
}

// ownerOf is the order to which the reference of a document belongs; empty for none.
func (c *comparison) ownerOf(ctx context.Context, o *compared, d sapb1.Keyed) (order.Key, error) {
	if d.Value == string(o.key) {
		return o.key, nil
	}
	for _, number := range append(o.references(), d.NumAtCard) {
		if folded(number) != folded(d.NumAtCard) {
			continue
		}
		if owner, err := c.store.ReferenceOwner(ctx, c.instance.CompanyID, number); err != nil || owner != "" {
			return owner, err
		}
	}
	return "", nil
}

// isIn reports whether one of the order's references is its own in the company of today, so that it was posted there: the one that it was posted
// under, or any where that is not known.
func (c *comparison) isIn(ctx context.Context, o *compared) (bool, error) {
	numbers := o.references()
	if o.doc.BO != nil && o.doc.BO.Reference != "" {
		numbers = []string{o.doc.BO.Reference}
	}
	for _, number := range numbers {
		if owner, err := c.store.ReferenceOwner(ctx, c.instance.CompanyID, number); err != nil || owner == o.key {
			return owner == o.key, err
		}
	}
	return false, nil
}

// seesAll reports whether B1 certainly shows the connector every order, so that what it does not show is not there: its user is a superuser, or the settings say so.
func (c *comparison) seesAll(ctx context.Context) (bool, error) {
	if c.instance.SeesAll {
		return true, nil
	}
	if c.sight == "" {
		sight, err := c.instance.Books.SightOf(ctx)
		if err != nil {
			return false, err
		}
		c.sight = sight
	}
	return c.sight == sapb1.SightWhole, nil
}

// lacks reports whether the store has the order as posted, and B1 shows nothing of it under its references: no live document, and not the one that it was
// posted as as cancelled.
func (o *compared) lacks() bool {
	return o.asked() && o.doc.Status == order.Posted && len(o.live)+len(o.cancelled) == 0
}

// strays reports whether the store has the order as posted, and B1 shows one live document under its references that is not the one that it knows.
func (o *compared) strays() bool {
	return o.asked() && o.doc.Status == order.Posted && len(o.live) == 1 && o.live[0].DocEntry != o.entry()
}

// fromEntries looks whether what is missing under its references is there under the number that the store has of it. It goes on until as many are missing
// there too as are written down one by one: one that was not asked for is never told as missing.
func (c *comparison) fromEntries(ctx context.Context) error {
	if err := c.numbered(ctx, c.those((*compared).strays)); err != nil {
		return err
	}
	left := c.left
	for rest := c.those((*compared).lacks); len(rest) > 0 && left != 0; {
		some := rest
		if left > 0 {
			some = rest[:min(int64(len(rest)), left)]
		}
		if err := c.numbered(ctx, some); err != nil {
			return err
		}
		for _, o := range some {
			if left > 0 && o.numbered == nil {
				left--
			}
		}
		rest = rest[len(some):]
	}
	return nil
}

// numbered asks for the documents of some orders by the numbers that the store has.
func (c *comparison) numbered(ctx context.Context, some []*compared) error {
	if len(some) == 0 {
		return nil
	}
	entries := make([]int64, len(some))
	for n, o := range some {
		entries[n] = o.entry()
	}
	documents, err := c.instance.Books.OrdersNumbered(ctx, entries)
	if err != nil {
		return err
	}
	for _, o := range some {
		o.lookedUp = true
		if at := slices.IndexFunc(documents, func(d sapb1.Keyed) bool { return d.DocEntry == o.entry() }); at >= 0 {
			o.numbered = &documents[at]
		}
	}
	return nil
}

// entry is the DocEntry that the store has of the order; 0 for none.
func (o *compared) entry() int64 {
	if o.doc == nil || o.doc.BO == nil {
		return 0
	}
	return o.doc.BO.DocEntry
}

// fromDrafts looks for drafts of what is missing otherwise.
func (c *comparison) fromDrafts(ctx context.Context) error {
	missing := c.those(func(o *compared) bool { return o.lacks() && o.lookedUp && o.numbered == nil })
	if c.left >= 0 {
		missing = missing[:min(int64(len(missing)), c.left)]
	}
	found, err := c.under(ctx, c.instance.Books.DraftsUnder, missing)
	for o := range found {
		o.draft = true
	}
	return err
}
