package activities

import (
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

// lookUp looks for the order in B1, among sales orders (cancelled ones too) and drafts, under its reference and under the
// one with which it may have been sent before. Nil means: not there.
func (p *posting) lookUp(ctx context.Context) (*found, error) {
	references := []string{p.mapped.Document.NumAtCard, p.doc.Intent.Reference}
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

func (p *posting) lookFor(ctx context.Context, ref sapb1.Reference) (*found, error) {
	orders, err := p.instance.Company.FindOrders(ctx, ref)
	if err != nil {
		return nil, err
	}
	if len(orders) > 0 {
		return pick(orders), nil
	}
	drafts, err := p.instance.Company.FindDrafts(ctx, ref)
	if err != nil || len(drafts) == 0 {
		return nil, err
	}
	// The newest counts: an earlier one may have been rejected and sent again.
	return &found{draft: &drafts[len(drafts)-1]}, nil
}

// pick prefers a live order to a cancelled one and the oldest to its duplicates.
func pick(orders []sapb1.Document) *found {
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

// link takes an order or a draft that B1 has already as the order's document.
func (p *posting) link(ctx context.Context, f *found) (*InsertOrderResult, error) {
	if len(f.duplicates) > 0 {
		return nil, p.hold(ctx, "looked up", &order.Reason{Code: "duplicate_in_b1", Field: "NumAtCard",
			Message: fmt.Sprintf("B1 has %d sales orders with the reference %s: %s.", len(f.duplicates), p.mapped.Document.NumAtCard, strings.Join(f.duplicates, ", ")),
			Hint:    "Cancel all but one in B1, then resume the order."})
	}
	if f.draft != nil {
		return p.waitForApproval(ctx, f.draft)
	}
	if f.order.IsCancelled() {
		return p.cancelledInB1(ctx, f.order)
	}
	return p.record(ctx, f.order, true)
}

func isApproval(f *order.Failure) bool { return sapb1.IsApprovalAnswer(f) }

// backOffice is what the store keeps of a document in B1.
func (p *posting) backOffice(d *sapb1.Document, linked bool) *store.BackOffice {
	return &store.BackOffice{DocEntry: d.DocEntry, DocNum: d.DocNum, Reference: d.NumAtCard, Total: p.total(d), Lines: countLines(d), Linked: linked}
}

// total is the document's total in its own currency: B1 keeps a foreign one beside the local one.
func (p *posting) total(d *sapb1.Document) order.Money {
	if d.DocCurrency == p.instance.Rules.Company.LocalCurrency || d.DocCurrency == "" {
		return order.Money{Amount: d.DocTotal.Decimal, Currency: p.instance.Rules.Company.LocalCurrency}
	}
	return order.Money{Amount: d.DocTotalFc.Decimal, Currency: d.DocCurrency}
}

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
