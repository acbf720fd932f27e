package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"datawald/activities/failpoint"
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

// document is the one that was found.
func (f *found) document() *sapb1.Document {
	if f.order != nil {
		return f.order
	}
	return f.draft
}

// lookUp looks for the order in B1, among drafts and sales orders (cancelled ones too), under its reference and under each that
// it ever had. It asks for drafts before orders: a draft that becomes an order between the two is seen as the order. Nil means:
// not there.
func (p *posting) lookUp(ctx context.Context) (*found, error) {
	ref := sapb1.Reference{NumAtCard: p.reference, Also: p.formerReferences(), Field: p.instance.Rules.Reference.UserField, Value: string(p.key)}
	drafts, err := p.instance.Company.FindDrafts(ctx, ref)
	if err != nil {
		return nil, err
	}
	orders, err := p.instance.Company.FindOrders(ctx, ref)
	if err != nil {
		return nil, err
	}
	if drafts, err = p.notOthers(ctx, ref, drafts); err != nil {
		return nil, err
	}
	if orders, err = p.notOthers(ctx, ref, orders); err != nil {
		return nil, err
	}
	if err := p.letPass(ctx, orders); err != nil {
		return nil, err
	}
	if f := pick(p.ours(orders)); f != nil {
		return f, nil
	}
	if len(drafts) == 0 {
		return nil, nil
	}
	// The newest counts: an earlier one may have been rejected and sent again.
	return &found{draft: &drafts[len(drafts)-1]}, nil
}

// formerReferences are those, beside the one that the rules give the order now, under which B1 may have it.
func (p *posting) formerReferences() []string {
	all := append(slices.Clone(p.doc.References), p.doc.Intent.Reference)
	if p.doc.BO != nil {
		all = append(all, p.doc.BO.Reference)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(r string) bool { return r == "" || r == p.reference })
}

// notOthers leaves out what stands under a reference that belongs to another order: it is that one's. Should it be the reference
// that this order wants as well, it is held before it is sent. What was found by the user-defined field is this order's under
// whatever number.
func (p *posting) notOthers(ctx context.Context, ref sapb1.Reference, documents []sapb1.Document) ([]sapb1.Document, error) {
	var mine []sapb1.Document
	for _, d := range documents {
		number := named(ref, d.NumAtCard)
		if number == "" {
			mine = append(mine, d)
			continue
		}
		owner, err := p.store.ReferenceOwner(ctx, p.instance.CompanyID, number)
		if err != nil {
			return nil, err
		}
		if owner == "" || owner == p.key {
			mine = append(mine, d)
		}
	}
	return mine, nil
}

// named is the number that was asked for as a document has it; empty when it was found otherwise. B1 on SQL Server takes large
// and small letters for the same.
func named(ref sapb1.Reference, number string) string {
	for _, asked := range append([]string{ref.NumAtCard}, ref.Also...) {
		if strings.EqualFold(strings.TrimSpace(asked), strings.TrimSpace(number)) {
			return asked
		}
	}
	return ""
}

// takeReference makes a reference this order's for good. One that another order has holds it: B1 could not tell the two apart.
func (p *posting) takeReference(ctx context.Context, reference string) error {
	err := p.store.TakeReference(ctx, p.instance.CompanyID, reference, p.key)
	if taken, ok := errors.AsType[*store.ReferenceTaken](err); ok {
		return p.hold(ctx, "claimed", &order.Reason{Code: "reference_taken", Field: "NumAtCard",
			Message: fmt.Sprintf("The reference %s already belongs to the order %s.", reference, taken.Owner),
			Hint:    "Give the stores different references: reference_prefix or {store_id} in reference.template. Then retry the order."})
	}
	if err != nil {
		return p.nothingSent(ctx, err)
	}
	failpoint.Hit(failpoint.ReferenceTaken)
	return nil
}

// ours leaves out what was cancelled for another business partner, since a number used once before says nothing, and the cancelled
// ones that a person has let the order pass.
func (p *posting) ours(orders []sapb1.Document) []sapb1.Document {
	return slices.DeleteFunc(orders, func(d sapb1.Document) bool {
		return d.IsCancelled() && (!p.isOurs(d.CardCode) || slices.Contains(p.doc.PassOver, d.DocEntry))
	})
}

// letPass finds out which cancelled sales orders a person has let the order pass, where an earlier release noted only that he did:
// all that B1 has, when none can be of a sending since. One that was sent since is left to link, which asks him again.
func (p *posting) letPass(ctx context.Context, orders []sapb1.Document) error {
	if !p.doc.AgainstCancelled || !p.fresh {
		return nil
	}
	return p.change(ctx, func(doc *store.Staged) error {
		doc.AgainstCancelled = false
		for _, d := range orders {
			if d.IsCancelled() && p.isOurs(d.CardCode) {
				doc.LetPass(d.DocEntry)
				doc.Note(event(ctx, "looked up", "passed over", fmt.Sprintf("sales order %d, cancelled", d.DocNum)))
			}
		}
		doc.Intent.Replaces, doc.Intent.ReplacesDraft = doc.Replaces, doc.ReplacesDraft
		return nil
	})
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
	if refused, ok := errors.AsType[*order.Failure](err); ok && refused.Kind == order.Permanent {
		// The look-up is the same for every order: when B1 refuses it, no order is at fault.
		f := *refused
		f.Kind, f.Hint = order.Config, "B1 refuses the look-up of orders: check reference.user_field in the rules and restart the Service Layer after adding it."
		err = &f
	}
	return p.nothingSent(ctx, err)
}

// link takes an order or a draft that B1 has already as the order's document, if it is.
func (p *posting) link(ctx context.Context, f *found) (*InsertOrderResult, error) {
	if len(f.duplicates) > 0 {
		return nil, p.hold(ctx, "looked up", &order.Reason{Code: CodeDuplicate, Field: "NumAtCard",
			Message: fmt.Sprintf("B1 has %d sales orders with the reference %s: %s.", len(f.duplicates), strings.Join(append([]string{p.reference}, p.formerReferences()...), " or "), strings.Join(f.duplicates, ", ")),
			Hint:    "Cancel all but one in B1, then retry the order."})
	}
	if reason := p.foreign(f); reason != nil {
		if p.unasked != nil { // it may be the buyer's, who is not known
			return nil, p.postpone(ctx, p.unasked)
		}
		if reason.Code == codeReferenceCancelled {
			p.obstacle = f.order.DocEntry
		}
		return nil, p.hold(ctx, "looked up", reason)
	}
	asked := sapb1.Reference{NumAtCard: p.reference, Also: p.formerReferences()}
	if number := named(asked, f.document().NumAtCard); number != "" {
		if err := p.takeReference(ctx, number); err != nil {
			return nil, err
		}
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
	d, what := f.document(), "Sales order"
	if f.order == nil {
		what = "Draft"
	}
	want := cmp.Or(p.cardCode(), p.instance.Rules.Store(p.doc.StoreID).CardCode)
	switch {
	case p.doc.BO != nil: // it is known to be ours
		return nil
	case !p.isOurs(d.CardCode):
		return &order.Reason{Code: "reference_in_use", Field: "NumAtCard",
			Message: fmt.Sprintf("%s %d has the reference %s, but belongs to the business partner %s, not to %s.", what, d.DocNum, d.NumAtCard, d.CardCode, want),
			Hint:    "If it is this order, change its business partner or cancel it; if not, give it another reference in B1. Then retry the order."}
	case f.order != nil && f.order.IsCancelled() && p.doc.AgainstCancelled: // and sent since, or it would have passed it
		return &order.Reason{Code: codeReferenceCancelled, Field: "NumAtCard",
			Message: fmt.Sprintf("Sales order %d has the reference %s and is cancelled; whether before this order was sent or after it is not known.", d.DocNum, d.NumAtCard),
			Hint:    "Resync the order to send it anew, beside this cancelled one."}
	case f.order != nil && f.order.IsCancelled() && p.fresh:
		return &order.Reason{Code: codeReferenceCancelled, Field: "NumAtCard",
			Message: fmt.Sprintf("Sales order %d has the reference %s and is cancelled; this order was never sent.", d.DocNum, d.NumAtCard),
			Hint:    "Resync the order to send it all the same, beside this cancelled one."}
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
