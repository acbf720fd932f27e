package preview

import (
	"cmp"
	"fmt"
	"time"

	"datawald/mapping"
	"datawald/order"
)

// Verdict is what would become of an order.
type Verdict string

// What may become of an order.
const (
	// Post: B1 would get it.
	Post Verdict = "post"
	// Held: it would wait for a person; Hold says why.
	Held Verdict = "held"
	// LeftOut: a rule keeps it out of B1, or it was cancelled in Magento; Rule names it.
	LeftOut Verdict = "left_out"
)

// Outcome is what rules make of an order. Where B1 would have to be asked (for the business partner, or for items by barcode),
// the document has gaps that Partner and Barcodes tell of.
type Outcome struct {
	Key order.Key `json:"key"`
	// State is where the staged order stands now; empty for a document from elsewhere.
	State   order.Status `json:"state,omitempty"`
	Verdict Verdict      `json:"verdict"`
	// Rule is the rule that leaves the order out.
	Rule string `json:"rule,omitempty"`
	mapping.Result
	// Partner is what B1 would be asked about the buyer; nil where the rules fix the business partner.
	Partner *mapping.PartnerPlan `json:"partner,omitempty"`
	// Barcodes are those for which B1 would be asked which item has them.
	Barcodes []string `json:"barcodes,omitempty"`

	// mapped is the result before eligibility had its say; inB1 as in Subject.
	mapped mapping.Result
	inB1   bool
	// rule is the rule that would leave the order out if B1 did not have it.
	rule string
}

// Moment is when an order would be posted.
type Moment struct {
	// Day is the moment of posting, from which due dates count.
	Day time.Time
	// Now is when the eligibility rules are asked: some let an order rest.
	Now time.Time
}

// At is a moment of which both parts are the same.
func At(t time.Time) Moment { return Moment{Day: t, Now: t} }

// Try applies rules to an order as the worker does, as far as B1 needs not be asked.
func Try(rules *mapping.Rules, s Subject, at Moment) (out Outcome) {
	out = Outcome{Key: s.Key, State: s.State, inB1: s.InB1}
	defer func() {
		if recover() != nil { // its value may quote the order
			out.held(&order.Reason{Code: "rules_failed", Message: "The rules broke down on this order.",
				Hint: "A hook or DataWald itself has a fault; the worker would not post the order. Report it with the key of the order and the version of the rules."})
		}
	}()
	if s.Order == nil {
		out.held(cmp.Or(s.Unreadable, missing("The order was never read from Magento.")))
		return out
	}
	if s.Erased != nil && s.Settled == nil && rules.ReadSource(s.Order.StoreID) {
		out.held(s.Erased)
		return out
	}
	out.mapped = rules.Map(mapping.Input{Order: s.Order, Source: s.Source, Now: at.Day})
	if out.mapped.Proof == nil || out.mapped.Proof.Components == nil { // it stopped on the way: half a document helps nobody
		out.mapped.Document, out.mapped.Proof = nil, nil
	}
	out.questions(rules, s)
	out.Result = out.mapped
	if s.Settled != nil { // no rule brings it back
		out.leave(s.Settled)
		return out
	}
	out.judge(rules.Decide(s.Order, at.Now))
	return out
}

func (o *Outcome) held(reason *order.Reason) {
	o.Verdict, o.mapped = Held, mapping.Result{Hold: reason}
	o.Result = o.mapped
}

// questions are those that the worker would ask B1. Where it would have none, and nobody to send the order to, it holds it.
func (o *Outcome) questions(rules *mapping.Rules, s Subject) {
	plan := rules.PartnerPlan(s.Order)
	if !plan.Fixed() || plan.Contact != nil {
		o.Partner = &plan
	}
	if o.mapped.Hold == nil && plan.Hopeless() {
		o.mapped.Hold = plan.Unknown()
	}
	o.Barcodes = rules.Barcodes(s.Order, s.Source)
}

// judge brings the eligibility rules in. Of an order that B1 has they are told and do not count, unless nothing could be made
// of it today: one that was refunded since would be held for want of lines, and nobody needs to look at it.
func (o *Outcome) judge(d mapping.Decision) {
	leftOut := d.Status == order.Excluded || d.Status == order.Cancelled
	switch {
	case leftOut && (!o.inB1 || o.Hold != nil):
		o.leave(d.Reason)
		return
	case leftOut:
		o.rule = d.Reason.Code
	case d.Status == order.Held && !o.inB1:
		o.Hold, o.mapped.Hold = d.Reason, d.Reason
	}
	o.Verdict = Post
	if o.Hold != nil {
		o.Verdict = Held
	}
}

// leave keeps the order out of B1.
func (o *Outcome) leave(reason *order.Reason) {
	o.Verdict, o.Rule, o.rule, o.Hold = LeftOut, reason.Code, reason.Code, reason
}

// Rounding is what would be booked as rounding difference; zero for none.
func (o *Outcome) Rounding() order.Money {
	if o.Proof == nil {
		return order.Money{}
	}
	for _, c := range o.Proof.Components {
		if c.Name == "rounding" {
			return order.Money{Amount: c.B1, Currency: o.Proof.Currency}
		}
	}
	return order.Money{}
}

// Reason is the hold in one line; empty for none.
func (o *Outcome) Reason() string {
	if o.Hold == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", o.Hold.Code, o.Hold.Message)
}
