package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// found is what B1 holds under the order's reference.
type found struct {
	order *sapb1.Document
	draft *sapb1.Document
	// duplicates are the numbers of the sales orders when there is more than one that is not cancelled.
	duplicates []string
}

// lookUp looks for the order in B1, among drafts and sales orders (cancelled ones too), under its reference, under the one
// with which it may have been sent before, and under that of its known document. Nil means: not there.
func (p *posting) lookUp(ctx context.Context) (*found, error) {
	references := []string{p.reference, p.doc.Intent.Reference}
	if p.doc.BO != nil {
		references = append(references, p.doc.BO.Reference)
	}
	slices.Sort(references)
	for _, number := range slices.Compact(references) {
		if number == "" {
			continue
		}
		f, err := p.lookFor(ctx, sapb1.Reference{NumAtCard: number, Field: p.instance.Rules.Reference.UserField, Value: string(p.key)})
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// lookFor asks for drafts before orders: a draft that becomes an order between the two is seen as the order.
func (p *posting) lookFor(ctx context.Context, ref sapb1.Reference) (*found, error) {
	drafts, err := p.instance.Company.FindDrafts(ctx, ref)
	if err != nil {
		return nil, err
	}
	orders, err := p.instance.Company.FindOrders(ctx, ref)
	if err != nil {
		return nil, err
	}
	if f := pick(p.ours(orders)); f != nil && !(f.order.IsCancelled() && p.doc.AgainstCancelled) {
		return f, nil
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	// The newest counts: an earlier one may have been rejected and sent again.
	return &found{draft: &drafts[len(drafts)-1]}, nil
}

// ours leaves out what was cancelled for another business partner: a number used once before says nothing.
func (p *posting) ours(orders []sapb1.Document) []sapb1.Document {
	return slices.DeleteFunc(orders, func(d sapb1.Document) bool { return d.IsCancelled() && !p.isOurs(d.CardCode) })
}

// isOurs reports whether a document of a business partner may be this order's.
func (p *posting) isOurs(cardCode string) bool {
	return cardCode == "" || slices.ContainsFunc(p.codes(), func(code string) bool { return strings.EqualFold(code, cardCode) })
}

// pick prefers a live order to a cancelled one and the oldest to its duplicates.
func pick(orders []sapb1.Document) *found {
	if len(orders) == 0 {
		return nil
	}
	f := &found{}
	for i := range orders {
		d := &orders[i]
		if d.IsCancelled() {
			continue
		}
		if f.order == nil {
			f.order = d
		}
		f.duplicates = append(f.duplicates, fmt.Sprint(d.DocNum))
	}
	if f.order == nil {
		f.order = &orders[len(orders)-1]
	}
	if len(f.duplicates) < 2 {
		f.duplicates = nil
	}
	return f
}

// lookUpFailed ends an attempt that could not look. Without a look nothing is ever sent.
func (p *posting) lookUpFailed(ctx context.Context, err error) error {
	if order.KindOf(err) == order.Permanent {
		// The look-up is the same for every order: when B1 refuses it, no order is at fault.
		f := *err.(*order.Failure)
		f.Kind, f.Hint = order.Config, "B1 refuses the look-up of orders: check reference.user_field in the rules and restart the Service Layer after adding it."
		err = &f
	}
	return p.nothingSent(ctx, err)
}

// link takes an order or a draft that B1 has already as the order's document, if it is.
func (p *posting) link(ctx context.Context, f *found) (*InsertOrderResult, error) {
	if len(f.duplicates) > 0 {
		return nil, p.hold(ctx, "looked up", &order.Reason{Code: "duplicate_in_b1", Field: "NumAtCard",
			Message: fmt.Sprintf("B1 has %d sales orders with the reference %s: %s.", len(f.duplicates), p.reference, strings.Join(f.duplicates, ", ")),
			Hint:    "Cancel all but one in B1, then resume the order."})
	}
	if reason := p.foreign(f); reason != nil {
		if p.unasked != nil { // it may be the buyer's, who is not known
			return nil, p.postpone(ctx, p.unasked)
		}
		return nil, p.hold(ctx, "looked up", reason)
	}
	switch {
	case f.draft != nil:
		return p.waitForApproval(ctx, f.draft)
	case f.order.IsCancelled():
		return p.cancelledInB1(ctx, f.order)
	}
	return p.record(ctx, f.order, true)
}

// foreign holds an order whose reference somebody else's document has: one of another business partner, or one that was
// cancelled before this order was ever sent.
func (p *posting) foreign(f *found) *order.Reason {
	d, what := f.order, "Sales order"
	if d == nil {
		d, what = f.draft, "Draft"
	}
	want := cmp.Or(p.cardCode(), p.instance.Rules.Store(p.doc.StoreID).CardCode)
	switch {
	case p.doc.BO != nil: // it is known to be ours
		return nil
	case !p.isOurs(d.CardCode):
		return &order.Reason{Code: "reference_in_use", Field: "NumAtCard",
			Message: fmt.Sprintf("%s %d has the reference %s, but belongs to the business partner %s, not to %s.", what, d.DocNum, d.NumAtCard, d.CardCode, want),
			Hint:    "If it is this order, change its business partner or cancel it; if not, give it another reference in B1. Then resume the order."}
	case f.order != nil && f.order.IsCancelled() && p.fresh:
		return &order.Reason{Code: "reference_cancelled", Field: "NumAtCard",
			Message: fmt.Sprintf("Sales order %d has the reference %s and is cancelled; this order was never sent.", d.DocNum, d.NumAtCard),
			Hint:    "Resync the order to send it all the same."}
	}
	return nil
}

// backOffice is what the store keeps of a document in B1.
func (p *posting) backOffice(d *sapb1.Document, linked bool) *store.BackOffice {
	return &store.BackOffice{CardCode: d.CardCode, DocEntry: d.DocEntry, DocNum: d.DocNum, Reference: d.NumAtCard, Total: p.total(d), Lines: countLines(d),
		Linked: linked, Sent: p.sent()}
}

// total is the document's total in its own currency, which B1 may call by a name of its own.
func (p *posting) total(d *sapb1.Document) order.Money { return p.instance.Rules.Total(d) }

// countLines leaves out the components that B1 itself adds to a sales bill of materials.
func countLines(d *sapb1.Document) int {
	n := 0
	for _, l := range d.Lines {
		if l.TreeType != "iIngredient" {
			n++
		}
	}
	return n
}
