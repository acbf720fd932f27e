package activities

import (
	"context"
	"fmt"
	"time"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// place puts an order into its line of account.
func (c *comparison) place(ctx context.Context, o *compared) error {
	if o.doc == nil {
		c.placeUnknown(o)
		return nil
	}
	switch o.doc.Status {
	case order.Posted:
		if err := c.placePosted(ctx, o); err != nil {
			return err
		}
	case order.Cancelled:
		o.line = store.LineCancelled
		if len(o.live) > 0 {
			c.find(o, store.FindUnexpectedInB1, unexpectedReason(o))
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

// placeUnknown places an order that the store does not have.
func (c *comparison) placeUnknown(o *compared) {
	a := o.account
	switch {
	case a.Fault == "" && a.CreatedAt.Before(c.instance.SyncFrom) && a.UpdatedAt.Before(c.instance.SyncFrom):
		o.line = store.LineBefore
	case a.Fault == "" && !a.UpdatedAt.Before(c.readUpTo):
		o.line = store.LineNotRead
	default:
		if o.line = store.AccountLine(store.FindMissingInStore); !takeOne(&c.leftInStore) {
			return
		}
		f := c.find(o, store.FindMissingInStore, missingInStoreReason(o))
		f.Curable = true
	}
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
	case len(o.live) == 1:
		return c.placeByTotal(ctx, o)
	case len(o.cancelled) > 0 || o.numbered != nil && o.numbered.IsCancelled():
		f := c.find(o, store.FindCancelledInB1, cancelledReason(o))
		f.Curable = true
	case o.numbered != nil:
		return c.placeByNumber(ctx, o)
	default:
		return c.placeMissing(ctx, o)
	}
	return nil
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
	owner, err := c.store.ReferenceOwner(ctx, c.instance.CompanyID, o.numbered.NumAtCard)
	if err != nil {
		return err
	}
	if owner != "" && owner != o.key { // B1 gave the number away again, which it does only after its database was set back
		c.find(o, store.FindMissingInB1, setBackReason(o))
		return nil
	}
	c.find(o, store.FindKeyChanged, keyChangedReason(o))
	return nil
}

// placeMissing places an order that B1 does not have. Who may mend it by itself is decided here: only what was posted into this very company, and what
// can be sent again.
func (c *comparison) placeMissing(ctx context.Context, o *compared) error {
	if o.line = store.AccountLine(store.FindMissingInB1); !takeOne(&c.left) {
		return nil // more than are written down one by one
	}
	owner, err := c.store.ReferenceOwner(ctx, c.instance.CompanyID, o.doc.BO.Reference)
	if err != nil {
		return err
	}
	if owner != o.key {
		c.find(o, store.FindMissingInB1, otherCompanyReason(o))
		return nil
	}
	f := c.find(o, store.FindMissingInB1, missingInB1Reason(o))
	f.Curable = o.doc.PayloadHash != "" && !o.doc.MayBeTwice()
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

func missingInStoreReason(o *compared) order.Reason {
	what := fmt.Sprintf("Magento has the order, last changed at %s; it was never staged, though Magento is read further than that.", o.account.UpdatedAt.Format(time.DateTime))
	if o.account.Fault != "" {
		what = fmt.Sprintf("Magento has an order with the entity_id %d and cannot show it; the store does not know it.", o.account.EntityID)
	}
	return order.Reason{Code: string(store.FindMissingInStore), Message: what,
		Hint: "It is staged by a reconciliation that heals, and goes to B1 unless it is there. If there are others, raise MAGENTO_OVERLAP: Magento shows them late."}
}

func staleReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindStaleInStore), Message: fmt.Sprintf("Magento changed the order at %s; the store has it as of %s, though Magento is read further than that.",
		o.account.UpdatedAt.Format(time.DateTime), o.doc.Magento.UpdatedAt.UTC().Format(time.DateTime)),
		Hint: "It is read again by a reconciliation that heals. If there are others, raise MAGENTO_OVERLAP: Magento shows them late."}
}

func duplicateReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindDuplicate), Field: "NumAtCard", Message: fmt.Sprintf("B1 has %d sales orders of it: %s.", len(o.live), o.numbers()),
		Hint: fmt.Sprintf("Cancel all but one in B1, before both are delivered. DataWald knows %d.", o.docNum())}
}

func cancelledReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindCancelledInB1), Field: "Cancelled", Message: fmt.Sprintf("Sales order %d was cancelled in B1 after it was posted.", o.docNum()),
		Hint: "A reconciliation that heals notes it. Resync the order if it is to be sent anew."}
}

func unexpectedReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindUnexpectedInB1), Field: "Orders", Message: fmt.Sprintf("The order is cancelled, and B1 has the sales order %s of it.", o.numbers()),
		Hint: "Cancel it in B1, or resync the order if it is wanted after all."}
}

func keyChangedReason(o *compared) order.Reason {
	return order.Reason{Code: string(store.FindKeyChanged), Field: "NumAtCard", Message: fmt.Sprintf("Sales order %d has another customer reference number than %s.", o.docNum(), o.doc.BO.Reference),
		Hint: fmt.Sprintf("Set it back to %s in B1: without it the order cannot be told from one that is missing. It is never sent anew for this.", o.doc.BO.Reference)}
}

func setBackReason(o *compared) order.Reason {
	return order.Reason{Code: "number_of_another", Field: "DocEntry", Message: fmt.Sprintf("B1 does not have sales order %d any more, and has given its number (DocEntry %d) to another order.", o.docNum(), o.entry()),
		Hint: "Was B1's database set back? Then find out what it lacks, and resync those orders."}
}

func otherCompanyReason(o *compared) order.Reason {
	return order.Reason{Code: "other_company", Field: "Orders", Message: fmt.Sprintf("B1 does not have sales order %d, which was posted into another company than the one of today.", o.docNum()),
		Hint: "Check B1_COMPANY_DB and B1_SERVICE_LAYER_URL. If the company was moved on purpose, resync what it lacks."}
}

func missingInB1Reason(o *compared) order.Reason {
	what := fmt.Sprintf("B1 does not have sales order %d any more, neither under %s nor under its number (DocEntry %d).", o.docNum(), o.doc.BO.Reference, o.entry())
	if o.draft {
		what = fmt.Sprintf("B1 has a draft in place of sales order %d.", o.docNum())
	}
	return order.Reason{Code: string(store.FindMissingInB1), Field: "Orders", Message: what,
		Hint: "A reconciliation that heals looks once more and sends it anew. Find out who removed it."}
}
