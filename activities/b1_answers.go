package activities

import (
	"context"
	"fmt"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

const codeNoClearAnswer = "b1_no_clear_answer"

// noClearAnswer holds an order that B1 neither takes nor refuses. An error means that B1 could not be asked about it.
func (p *posting) noClearAnswer(ctx context.Context) (*order.Reason, error) {
	if p.instance.LedgerTable != "" {
		if reason, err := p.ledgerAnswer(ctx); reason != nil || err != nil {
			return reason, err
		}
	}
	reason := openAnswer(p.doc.Intent)
	if all := doubtsAbout(p.doc.Intent); reason == nil && p.areTooMany(all) {
		return &order.Reason{Code: codeNoClearAnswer, Field: "Orders",
			Message: fmt.Sprintf("The order was sent %d times; B1 neither took it nor refused it (last answer: %s).", max(all.sends, all.unanswered), p.doc.Intent.Answer),
			Hint:    "Look at the Service Layer's log for this order; when it is mended, retry the order."}, nil
	}
	return reason, nil
}

// openAnswer holds an order for an answer of B1 that a person can make something of; nil for all others.
func openAnswer(n *store.Intent) *order.Reason {
	switch {
	case sapb1.IsApprovalCode(n.Answer):
		return &order.Reason{Code: "b1_no_match", Field: "Orders",
			Message: "B1 answered that it found no matching record, and there is no draft of the order.",
			Hint:    "A code in the rules (branch, series, cost centre) does not exist in B1, or a branch is missing."}
	case sapb1.IsDuplicateCode(n.Answer):
		return &order.Reason{Code: "b1_duplicate_key", Field: "Orders",
			Message: "B1 answered that the entry exists already, and no sales order has the order's reference.",
			Hint:    "Look in B1 for a record with a unique user-defined field of the same value."}
	}
	return nil
}

// refusal is B1's answer as a clerk reads it.
func refusal(f *order.Failure) *order.Reason {
	r := &order.Reason{Code: "b1_refused", Field: f.Field, Message: fmt.Sprintf("B1 refused the order: %s (%s).", short(f.Message), f.Code),
		Hint: "Mend it in B1 or in the rules, then retry the order."}
	if f.Field != "" {
		r.Hint = "Mend " + f.Field + " in B1 or in the rules, then retry the order."
	}
	return r
}
