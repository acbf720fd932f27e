package activities

import (
	"fmt"
	"strings"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// verify compares what B1 has with what was sent: currency, total, number of lines, and the bundles that B1 breaks up itself.
// What Magento refunds or cancels after the sending makes no document wrong; it is for attention. A document that is what the
// order comes to today is right as well: a person may have brought it in line with Magento or with changed rules.
func (p *posting) verify(d *sapb1.Document) *order.Reason {
	today := p.wanted()
	sent := p.sent()
	if sent == nil {
		sent = today
	}
	if sent == nil {
		return p.verifyTotal(d)
	}
	reason := p.differs(d, sent)
	if reason != nil && today != nil && p.differs(d, today) == nil {
		return nil
	}
	return reason
}

// verifyTotal is all that can be compared where nobody knows what was sent and the rules of today do not map the order any
// more: the total at which they arrive all the same, in the document's currency, or Magento's.
func (p *posting) verifyTotal(d *sapb1.Document) *order.Reason {
	got, want := p.total(d), p.doc.Order.Total()
	if got.Equal(want) || p.mapped.Expect.Currency != "" && got.Equal(p.mapped.Expect) {
		return nil
	}
	return totalDiffers(d, got, want)
}

// sent is what the order's document was to be when it was sent or first found; nil where an earlier release did that. The
// intent of an attempt that has sent nothing yet says what it is about to send.
func (p *posting) sent() *store.Sent {
	switch {
	case p.doc.BO != nil:
		return p.doc.BO.Sent
	case p.doc.Intent != nil:
		return p.doc.Intent.Sent
	}
	return nil
}

// wanted is what B1 would have to make of the order today; nil while it is held.
func (p *posting) wanted() *store.Sent {
	if p.mapped.Hold != nil || p.mapped.Document == nil {
		return nil
	}
	return &store.Sent{Total: p.mapped.Expect, Lines: len(p.mapped.Document.Lines), Trees: p.mapped.Trees}
}

// differs is how a document is not what it should be; nil when it is.
func (p *posting) differs(d *sapb1.Document, want *store.Sent) *order.Reason {
	got, lines, whole := p.total(d), countLines(d), unbroken(d, want.Trees)
	switch {
	case !want.Total.Equal(got):
		return totalDiffers(d, got, want.Total)
	case lines != want.Lines:
		return &order.Reason{Code: "b1_lines_differ", Field: "DocumentLines",
			Message: fmt.Sprintf("Sales order %d has %d lines, the order %d.", d.DocNum, lines, want.Lines),
			Hint:    "Correct the sales order in B1, then retry the order."}
	case whole != "":
		return &order.Reason{Code: "b1_bom_missing", Field: "DocumentLines",
			Message: fmt.Sprintf("In sales order %d the item %s stands without its components.", d.DocNum, whole),
			Hint:    "Make it a bill of materials of type Sales in B1 and correct the sales order, or change bundles in the rules. Then retry the order."}
	}
	return nil
}

func totalDiffers(d *sapb1.Document, got, want order.Money) *order.Reason {
	return &order.Reason{Code: "b1_total_differs", Field: "DocTotal",
		Message: fmt.Sprintf("Sales order %d has a total of %s, the order comes to %s.", d.DocNum, got, want),
		Hint:    "Correct the sales order in B1 (price lists, discounts and tax codes may have changed it), then retry the order."}
}

// unbroken is the first of the items that B1 should have broken up into their components and did not; empty for none.
func unbroken(d *sapb1.Document, trees []string) string {
	broken := map[string]bool{}
	for i, l := range d.Lines[:max(0, len(d.Lines)-1)] {
		if l.TreeType == "iSalesTree" && d.Lines[i+1].TreeType == "iIngredient" {
			broken[strings.ToLower(l.ItemCode)] = true
		}
	}
	for _, item := range trees {
		if !broken[strings.ToLower(item)] {
			return item
		}
	}
	return ""
}
