package mapping

import (
	"strings"

	"datawald/order"
)

// Hopeless reports whether it is certain without a question that the order cannot go to anybody: nothing to find the buyer by,
// nothing to create, and no business partner in his place. An earlier order may have told who he is.
func (p PartnerPlan) Hopeless() bool {
	return p.Hold && p.CardCode == "" && p.Create == nil && len(p.Find) == 0
}

// Unknown is why an order is held whose buyer is not in B1 and may not be created.
func (p PartnerPlan) Unknown() *order.Reason {
	r := &order.Reason{Code: "partner_unknown", Field: "CardCode",
		Hint: "Enter the buyer in B1 with what he is looked for by, or change partner.not_found in the rules, then retry the order."}
	var asked []string
	for _, q := range p.Find {
		asked = append(asked, q.Property)
	}
	if r.Message = "B1 has no customer with the buyer's " + strings.Join(asked, " or ") + "."; len(asked) == 0 {
		r.Message = "The order names no e-mail address or tax number by which the buyer could be found or created in B1."
		r.Hint = "Complete the order in Magento, or change partner in the rules, then retry the order."
	}
	return r
}
