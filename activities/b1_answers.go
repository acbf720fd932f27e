package activities

import (
	"context"
	"fmt"
	"time"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// maxSends is how often an order is sent without a clear answer, before a person is asked.
const maxSends = 3

const codeNoClearAnswer = "b1_no_clear_answer"

// noClearAnswer holds an order that B1 neither takes nor refuses. An error means that B1 could not be asked about it.
func (p *posting) noClearAnswer(ctx context.Context) (*order.Reason, error) {
	if p.instance.LedgerTable != "" {
		if reason, err := p.ledgerAnswer(ctx); reason != nil || err != nil {
			return reason, err
		}
	}
	reason := noClearAnswer(p.doc.Intent)
	if reason != nil && reason.Code == codeNoClearAnswer && p.wasTroubled(p.doc.Intent.SentAt) {
		return nil, nil // it goes on by itself
	}
	return reason, nil
}

// wasTroubled reports whether B1 failed at the orders of all since something was sent at a moment: what became of that then is
// not held against it.
func (p *posting) wasTroubled(sentAt time.Time) bool { return p.instance.Company.Troubled(sentAt) }

// unclear is how many sendings without a clear answer still count when something is sent again: none, after trouble.
func (p *posting) unclear(sends int, sentAt time.Time) int {
	if p.wasTroubled(sentAt) {
		return 0
	}
	return sends
}

func noClearAnswer(n *store.Intent) *order.Reason {
	switch {
	case sapb1.IsApprovalCode(n.Answer):
		return &order.Reason{Code: "b1_no_match", Field: "Orders",
			Message: "B1 answered that it found no matching record, and there is no draft of the order.",
			Hint:    "A code in the rules (branch, series, cost centre) does not exist in B1, or a branch is missing."}
	case sapb1.IsDuplicateCode(n.Answer):
		return &order.Reason{Code: "b1_duplicate_key", Field: "Orders",
			Message: "B1 answered that the entry exists already, and no sales order has the order's reference.",
			Hint:    "Look in B1 for a record with a unique user-defined field of the same value."}
	case n.Sends >= maxSends:
		return &order.Reason{Code: codeNoClearAnswer, Field: "Orders",
			Message: fmt.Sprintf("The order was sent %d times; B1 neither took it nor refused it (last answer: %s).", n.Sends, n.Answer),
			Hint:    "Look at the Service Layer's log for this order; when it is mended, resume the order."}
	}
	return nil
}

// refusal is B1's answer as a clerk reads it.
func refusal(f *order.Failure) *order.Reason {
	r := &order.Reason{Code: "b1_refused", Field: f.Field, Message: fmt.Sprintf("B1 refused the order: %s (%s).", short(f.Message), f.Code),
		Hint: "Mend it in B1 or in the rules, then resume the order."}
	if f.Field != "" {
		r.Hint = "Mend " + f.Field + " in B1 or in the rules, then resume the order."
	}
	return r
}
