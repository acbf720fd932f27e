package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// understand brings the staged order to the form of this release: one that an earlier release could not read, or read
// without what the rules may ask for now, is converted anew from its document. It reads the document where the rules need it.
func (p *posting) understand(ctx context.Context) error {
	source, err := p.understood(ctx, p.instance, p.doc)
	if reason, ok := errors.AsType[*order.Reason](err); ok {
		if inB1(p.doc) && p.doc.Order != nil {
			p.unread = reason
			return nil
		}
		return p.hold(ctx, "read", reason)
	}
	p.source = source
	return err
}

// understood is understand for a staged order by itself. A document that cannot be understood gives a Reason.
func (a *Activities) understood(ctx context.Context, i Instance, doc *store.Staged) (*mapping.Source, error) {
	current := doc.Order != nil && order.SameForm(doc.ContentHash, doc.Order.ContentHash())
	if current && !i.Rules.ReadSource(doc.StoreID) {
		return nil, nil
	}
	raw, err := a.store.Payload(ctx, store.PayloadRef{Key: doc.Key, Hash: doc.PayloadHash})
	if errors.Is(err, store.ErrNotFound) {
		if doc.Order != nil && !i.Rules.ReadSource(doc.StoreID) {
			return nil, nil // erased; what was read of it then must do
		}
		return nil, &order.Reason{Code: codeDocumentMissing, Field: "payload",
			Message: "The Magento document of the order is no longer stored, and it is needed.", Hint: "Resync the order."}
	}
	if err != nil {
		return nil, err
	}
	if current {
		return mapping.NewSource(raw), nil
	}
	o, err := magento.Convert(i.Name, raw)
	if err != nil {
		return nil, unreadableReason(err)
	}
	doc.Order, doc.ContentHash = o, o.ContentHash()
	return mapping.NewSource(raw), nil
}

// codeDocumentMissing is that of an order whose document is gone, or what was read of it.
const codeDocumentMissing = "document_missing"

// ask finds out what the mapping needs to know of B1. Of an order that B1 has only the articles matter; whom it goes to is
// asked again when it must be sent anew.
func (p *posting) ask(ctx context.Context) error {
	if p.unread != nil {
		return nil // nothing is sent of it
	}
	if err := p.askItems(ctx); err != nil {
		return err
	}
	if p.doc.BO != nil {
		return nil
	}
	return p.resolve(ctx)
}

// notAsked ends an attempt that could not ask B1. Nothing was sent, and the order is in nobody's hands.
func (p *posting) notAsked(ctx context.Context, err error) error {
	cause, failures := p.again(err)
	if !isFailure(err) {
		return cause // somebody else is at work on the buyer, or the store does not answer
	}
	noted := p.change(ctx, func(doc *store.Staged) error {
		if doc.Rev != p.doc.Rev {
			return store.ErrUnchanged
		}
		doc.Failures = failures
		doc.DueAt = now().Add(p.instance.troublePause())
		doc.Note(event(ctx, "asked", "failed", p.hide(cause.Error())))
		return nil
	})
	if noted != nil && !errors.Is(noted, store.ErrUnchanged) {
		return errors.Join(cause, noted)
	}
	return cause
}

func isFailure(err error) bool {
	_, ok := errors.AsType[*order.Failure](err)
	return ok
}

// mapOrder maps the order with all that is known of B1 by now.
func (p *posting) mapOrder() {
	if p.unread != nil {
		p.mapped = mapping.Result{Hold: p.unread}
		return
	}
	p.mapped = p.instance.Rules.Map(mapping.Input{Order: p.doc.Order, Source: p.source, Now: now(), Partner: p.buyer.partner, Items: p.items})
	if p.mapped.Hold == nil {
		p.mapped.Hold = cmp.Or(p.itemsHold, p.buyer.hold, p.renamed())
	}
	p.conceal()
}

// renamed holds an order whose document has another reference than the one that is reserved for it and looked for: B1 would
// be asked for a document that it cannot have.
func (p *posting) renamed() *order.Reason {
	if p.mapped.Document.NumAtCard == p.reference {
		return nil
	}
	return &order.Reason{Code: "reference_changed", Field: "NumAtCard", Message: "The document has another reference than the one under which the order is looked for in B1.",
		Hint: "Retry the order. If it is held again, have the hooks checked (worker/hooks): they must leave what reference.template is made of."}
}

// conceal hides all personal values that are known by now.
func (p *posting) conceal() {
	more := p.buyer.plan.Personal()
	if p.mapped.Document != nil {
		more = append(more, mapping.Personal(p.doc.Order, p.mapped.Document)...)
	}
	p.hide = order.NewRedactor(p.doc.Order, more...).Text
}

// Items is what the activities need of a B1 client to find articles.
type Items interface {
	// FindItemsByBarcode gives the codes of the items that have each barcode.
	FindItemsByBarcode(ctx context.Context, barcodes []string) (map[string][]string, error)
}

// askItems asks B1 which items have the barcodes of the order. A barcode of several items holds the order; one of none is
// left to the mapping, which knows its row.
func (p *posting) askItems(ctx context.Context) error {
	if p.items != nil {
		return nil
	}
	barcodes := p.instance.Rules.Barcodes(p.doc.Order, p.source)
	if len(barcodes) == 0 {
		return nil
	}
	found, err := p.instance.Company.FindItemsByBarcode(ctx, barcodes)
	if err != nil {
		return noQuestion(err, "Items by BarCode")
	}
	p.items = map[string]string{}
	for barcode, items := range found {
		if len(items) > 1 {
			p.itemsHold = &order.Reason{Code: "barcode_ambiguous", Field: "BarCode",
				Message: fmt.Sprintf("The barcode %s belongs to %d items in B1: %s.", barcode, len(items), items),
				Hint:    "Leave it with one of them in B1, then retry the order."}
		}
		p.items[barcode] = items[0]
	}
	return nil
}
