package activities

import (
	"context"
	"fmt"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// place puts an order into its line of account.
func (c *comparison) place(ctx context.Context, o *compared) error {
	if o.doc == nil {
		return c.placeUnknown(ctx, o)
	}
	switch o.doc.Status {
	case order.Posted:
		if o.inHand() { // B1 was not asked for it
			o.line = store.LineInHand
			break
		}
		if err := c.placePosted(ctx, o); err != nil {
			return err
		}
	case order.Cancelled:
		o.line = store.LineCancelled
		if len(o.live) > 0 {
			in, err := c.isIn(ctx, o)
			if err != nil {
				return err
			}
			f := c.find(o, store.FindUnexpectedInB1, unexpectedReason(o))
			f.Curable = in && o.isLiveAgain()
		}
	case order.Draft:
		o.line = store.LineDraft
		if len(o.live) > 1 {
			c.find(o, store.FindDuplicate, duplicateReason(o))
		}
	case order.Held:
		o.line = store.LineHeld
	case order.Excluded:
		if o.line = store.LineExcluded; o.doc.Skipped() {
			o.line = store.LineSkipped
		}
	default:
		if o.line = store.LinePending; o.inHand() {
			o.line = store.LineInHand
		}
	}
	if !isFinding(o.line) && c.isStale(o) {
		f := c.find(o, store.FindStaleInStore, staleReason(o))
		f.Curable = true
	}
	return nil
}

// placeUnknown places an order that the store does not have. It may be mended only where there is an earlier order of its store: what was placed before the
// first of all was not wanted when that was set up, and may have been entered in B1 by hand.
func (c *comparison) placeUnknown(ctx context.Context, o *compared) error {
	a := o.account
	switch {
	case a.Fault == "" && a.CreatedAt.Before(c.instance.SyncFrom) && a.UpdatedAt.Before(c.instance.SyncFrom):
		o.line = store.LineBefore
	case a.Fault == "" && !a.UpdatedAt.Before(c.readUpTo):
		o.line = store.LineNotRead
	default:
		if o.line = store.AccountLine(store.FindMissingInStore); !takeOne(&c.leftInStore) {
			return nil
		}
		follows, err := c.followsAnother(ctx, a)
		if err != nil {
			return err
		}
		if !follows {
			c.find(o, store.FindMissingInStore, beforeFirstReason(o))
			return nil
		}
		hidden, err := c.mayBeHidden(ctx, o.key)
		if err != nil {
			return err
		}
		if hidden {
			c.find(o, store.FindMissingInStore, lostAndHiddenReason(o))
			return nil
		}
		f := c.find(o, store.FindMissingInStore, missingInStoreReason(o))
		f.Curable = true
	}
	return nil
}

// followsAnother reports whether there is an order of the same store that was placed before. Of an order that Magento cannot show nobody knows it.
func (c *comparison) followsAnother(ctx context.Context, a magento.Account) (bool, error) {
	if a.Fault != "" {
		return false, nil
	}
	if since, known := c.since[a.StoreID]; known && !a.CreatedAt.Before(since) {
		return true, nil
	}
	earlier, err := c.store.List(ctx, store.Filter{Instance: c.instance.Name, StoreID: &a.StoreID, To: a.CreatedAt.Add(time.Second), Limit: 1}) // Magento tells whole seconds
	if err != nil || len(earlier) == 0 || earlier[0].PlacedAt.IsZero() {
		return false, err
	}
	if c.since == nil {
		c.since = map[int64]time.Time{}
	}
	c.since[a.StoreID] = a.CreatedAt
	return true, nil
}

// takeOne takes one of so many; there is no end to a negative number. It is false when none is left.
func takeOne(left *int64) bool {
	if *left > 0 {
		*left--
		return true
	}
	return *left < 0
}

// isStale reports whether Magento says something else of an order than the store, though the reading has passed its last change.
func (c *comparison) isStale(o *compared) bool {
	a, known := o.account, o.doc.Magento
	if a.Fault != "" || !a.UpdatedAt.Before(c.readUpTo) || !a.UpdatedAt.After(known.UpdatedAt) {
		return false
	}
	return a.State != known.State || a.Total != nil && !a.Total.Equal(known.Total)
}

// placePosted places an order of which B1 should have one live sales order.
func (c *comparison) placePosted(ctx context.Context, o *compared) error {
	switch {
	case len(o.live) > 1:
		c.find(o, store.FindDuplicate, duplicateReason(o))
	case o.strays():
		return c.placeOther(ctx, o)
	case len(o.live) == 1:
		return c.placeByTotal(ctx, o)
	case len(o.cancelled) > 0:
		in, err := c.isIn(ctx, o)
		if err != nil {
			return err
		}
		f := c.find(o, store.FindCancelledInB1, cancelledReason(o))
		f.Curable = in
	case o.numbered != nil:
		return c.placeByNumber(ctx, o)
	default:
		return c.placeMissing(ctx, o)
	}
	return nil
}

// isLiveAgain reports whether a cancelled order's own document, and no other, is live: it was noted as cancelled, which it is not in this company.
func (o *compared) isLiveAgain() bool {
	return o.doc.Status == order.Cancelled && o.doc.Reason != nil && o.doc.Reason.Code == codeCancelledInB1 && !o.inHand() && len(o.live) == 1 && o.live[0].DocEntry == o.entry()
}

// placeOther places an order of which B1 has one live document that is not the one that it was posted as. That one may be under another reference: then
// there are two.
func (c *comparison) placeOther(ctx context.Context, o *compared) error {
	if o.numbered != nil && !o.numbered.IsCancelled() {
		owner, err := c.ownerOf(ctx, o, *o.numbered)
		if err != nil {
			return err
		}
		if owner == "" || owner == o.key {
			o.live = append(o.live, *o.numbered)
			c.find(o, store.FindDuplicate, duplicateReason(o))
			return nil
		}
	}
	if err := c.placeByTotal(ctx, o); err != nil || o.line != store.LineInB1 {
		return err
	}
	mine, err := c.takesItsPlace(ctx, o)
	if err != nil {
		return err
	}
	if !mine {
		c.find(o, store.FindOtherDocument, strangeReason(o))
		return nil
	}
	f := c.find(o, store.FindOtherDocument, otherDocumentReason(o))
	f.Curable = !o.doc.MayBeTwice()
	return nil
}

// takesItsPlace reports whether the one live document is the order's own, beyond doubt: it stands under a reference that is this order's in this
// company, for the same business partner, and the one that the order was posted as is gone or cancelled.
func (c *comparison) takesItsPlace(ctx context.Context, o *compared) (bool, error) {
	d := o.live[0]
	if o.numbered != nil && len(o.cancelled) == 0 || !o.lookedUp || d.CardCode != o.doc.BO.CardCode {
		return false, nil
	}
	owner, err := c.ownerOf(ctx, o, d)
	return owner == o.key, err
}

// placeByTotal compares what B1's document comes to with what was sent, or with what the order comes to today.
func (c *comparison) placeByTotal(ctx context.Context, o *compared) error {
	d := &o.live[0].Document
	got, want := c.instance.Rules.Total(d), o.doc.BO.Total
	if sent := o.doc.BO.Sent; sent != nil {
		want = sent.Total
	}
	o.line = store.LineInB1
	if got.Equal(want) {
		return nil
	}
	right, err := c.comesTo(ctx, o, d)
	if err != nil || right {
		return err
	}
	f := c.find(o, store.FindTotalDiffers, *totalDiffers(d, got, want))
	f.Want, f.Got = &want, &got
	f.Reason.Code = string(store.FindTotalDiffers)
	f.Reason.Hint = "Correct the sales order in B1, or the order in Magento; the next reconciliation looks again."
	return nil
}

// comesTo reports whether a document's total is what the order comes to today: a person may have brought it in line with Magento or with changed
// rules, which makes it right.
func (c *comparison) comesTo(ctx context.Context, o *compared, d *sapb1.Document) (bool, error) {
	doc, err := c.store.Get(ctx, o.key)
	if err != nil {
		return false, err
	}
	if doc.Order == nil {
		return false, nil
	}
	p := &posting{Activities: c.Activities, instance: c.instance, key: o.key, doc: doc, hide: func(s string) string { return s }}
	if err := p.understand(ctx); err != nil {
		return false, err
	}
	p.reference = c.instance.Rules.NumAtCard(doc.Order)
	if p.mapOrder(); p.wanted() != nil {
		return p.wanted().Total.Equal(p.total(d)), nil
	}
	return p.verifyTotal(d) == nil, nil
}

// placeByNumber places an order whose number in B1 has a document under another reference.
func (c *comparison) placeByNumber(ctx context.Context, o *compared) error {
	owner, err := c.ownerOf(ctx, o, *o.numbered)
	if err != nil {
		return err
	}
	if owner != "" && owner != o.key { // B1 gave the number away again, which it does only after its database was set back
		c.find(o, store.FindMissingInB1, setBackReason(o))
		return nil
	}
	if o.numbered.IsCancelled() { // by the number alone it is not certain that it is this order's
		c.find(o, store.FindCancelledInB1, cancelledElsewhereReason(o))
		return nil
	}
	c.find(o, store.FindKeyChanged, keyChangedReason(o))
	return nil
}

// placeMissing places an order that B1 does not have. Who may mend it by itself is decided here: only what was posted into this very company, and what
// can be sent again.
func (c *comparison) placeMissing(ctx context.Context, o *compared) error {
	if o.line = store.AccountLine(store.FindMissingInB1); !o.lookedUp || !takeOne(&c.left) {
		return nil // more than are written down one by one
	}
	in, err := c.isIn(ctx, o)
	if err != nil {
		return err
	}
	if !in {
		c.find(o, store.FindMissingInB1, otherCompanyReason(o))
		return nil
	}
	whole, err := c.seesAll(ctx)
	if err != nil {
		return err
	}
	reason := missingInB1Reason(o)
	if !whole {
		reason = mayBeHiddenReason(o)
	}
	f := c.find(o, store.FindMissingInB1, reason)
	f.Curable = whole && o.doc.PayloadHash != "" && !o.doc.MayBeTwice() && !o.doc.Erased() // an erased one is not sent: it would be held
	return nil
}

// find notes a finding about an order, which is its line then. What is given back may be added to.
func (c *comparison) find(o *compared, kind store.FindingKind, reason order.Reason) *store.Finding {
	o.line = store.AccountLine(kind)
	f := store.Finding{Instance: c.instance.Name, Kind: kind, Key: o.key, EntityID: o.account.EntityID, PlacedAt: o.account.CreatedAt, Reason: reason, DocEntry: o.entry()}
	if f.PlacedAt.IsZero() && o.doc != nil {
		f.PlacedAt = o.doc.PlacedAt
	}
	for _, d := range o.live {
		f.Documents = append(f.Documents, d.DocNum)
	}
	c.findings = append(c.findings, f)
	return &c.findings[len(c.findings)-1]
}

// docNum is the number that the store has of the order's document, as people see it in B1.
func (o *compared) docNum() int64 {
	if o.doc == nil || o.doc.BO == nil {
		return 0
	}
	return o.doc.BO.DocNum
}

func (o *compared) numbers() string {
	text := ""
	for n, d := range o.live {
		if n > 0 {
			text += ", "
		}
		text += fmt.Sprint(d.DocNum)
	}
	return text
}
