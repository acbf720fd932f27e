package mapping

import (
	"fmt"

	"datawald/order"
	"datawald/sapb1"
)

// PartnerPlan is what must be known of the buyer in B1 before his order can be sent.
type PartnerPlan struct {
	// CardCode is the partner where nothing needs to be asked; else the one for buyers whom B1 does not know, empty where
	// these are created or hold the order.
	CardCode string `json:"card_code"`
	// Identity names the buyer in the store, without personal data: customer:<instance>:<id>, or guest:<hash of the e-mail
	// address or tax number>. Empty where nothing is to be remembered: for a fixed partner, and for a guest with neither.
	// The instance is part of it because shops count their customers each for itself, and may feed one company.
	Identity string `json:"identity,omitempty"`
	// Find are the questions to B1, to be asked one after the other; none where CardCode is fixed, or where the order says
	// nothing by which the buyer could be found.
	Find []PartnerQuery `json:"find,omitempty"`
	// Create is the partner to create when nobody is found; nil for none.
	Create *sapb1.BusinessPartner `json:"create,omitempty"`
	// Hold is true when an order whose buyer is not found is held.
	Hold bool `json:"hold,omitempty"`
	// Contact is the contact person to find or add; nil for none.
	Contact *sapb1.ContactEmployee `json:"contact,omitempty"`
	// Search names the rules by which the buyer is looked for: one that was found by others is looked for anew.
	Search string `json:"-"`
	// Notes say what of the buyer did not fit into Create and Contact, without the values themselves.
	Notes []string `json:"notes,omitempty"`
}

// PartnerQuery is one way to find a business partner: a property of OCRD and its value.
type PartnerQuery struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

// Partner is who an order goes to in B1.
type Partner struct {
	CardCode string
	// Contact is the number of the contact person (OCPR.CntctCode); nil for none.
	Contact *int
}

// Fixed reports whether the partner is known without a question.
func (p PartnerPlan) Fixed() bool { return p.CardCode != "" && p.Identity == "" && len(p.Find) == 0 }

// PartnerPlan says what B1 must be asked about the buyer.
func (r *Rules) PartnerPlan(o *order.Order) PartnerPlan {
	m := &mapper{order: o, rules: r, store: r.Store(o.StoreID)}
	rules := m.store.Partner
	plan := PartnerPlan{}
	policy := rules.policy(o.Customer)
	var contact *sapb1.ContactEmployee
	if rules.Contact || policy == PartnerFindOrCreate {
		contact = m.contact()
	}
	if rules.Contact {
		plan.Contact = contact
	}
	if policy == PartnerFixed {
		plan.CardCode = m.store.CardCode
	} else {
		plan.Identity, plan.Find, plan.Search = m.identity(), m.partnerQueries(), rules.search(policy)
		if policy == PartnerFindOrCreate {
			plan.Create = m.newPartner(plan.Find, contact)
		}
		if plan.Create == nil {
			plan.orElse(rules.NotFound, m.store.CardCode)
		}
	}
	plan.Notes = m.notes
	return plan
}

// orElse says what happens to an order whose buyer is not found.
func (p *PartnerPlan) orElse(notFound, cardCode string) {
	if p.Hold = notFound == HoldOrder; !p.Hold {
		p.CardCode = cardCode
	}
}

// policy is what holds for a buyer.
func (r PartnerRules) policy(c order.Customer) string {
	policy := r.Customers
	if c.Guest {
		policy = r.Guests
	}
	if policy == "" {
		return PartnerFixed
	}
	return policy
}

// search names the rules that decide which partner of B1 a buyer of a policy is.
func (r PartnerRules) search(policy string) string {
	return shortHash(fmt.Sprintf("%q %q %q %q", policy, r.FindBy, r.NotFound, r.Create.UserField))
}

// Personal are the values of the plan that name a person or a place to find him, as they are sent. B1 may quote them in its
// answers.
func (p PartnerPlan) Personal() []string {
	var values []string
	for _, q := range p.Find {
		values = append(values, q.Value)
	}
	if c := p.Contact; c != nil {
		values = append(values, contactValues(*c)...)
	}
	if c := p.Create; c != nil {
		values = append(values, c.CardName, c.EmailAddress, c.Phone1, c.FederalTaxID)
		for _, a := range c.BPAddresses {
			values = append(values, a.Street, a.Block, a.ZipCode)
		}
		for _, e := range c.ContactEmployees {
			values = append(values, contactValues(e)...)
		}
	}
	return values
}

func contactValues(c sapb1.ContactEmployee) []string {
	return []string{c.Name, c.FirstName, c.LastName, c.Email, c.Phone1}
}
