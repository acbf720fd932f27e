package mapping

import "datawald/sapb1"

// PartnerPlan is what must be known of the buyer in B1 before his order can be sent.
type PartnerPlan struct {
	// CardCode is the partner where nothing needs to be asked; else the one for buyers whom B1 does not know, empty where
	// these are created or hold the order.
	CardCode string `json:"card_code"`
	// Identity names the buyer in the store, without personal data: customer:<id>, or guest:<hash of the e-mail address>.
	Identity string `json:"identity,omitempty"`
	// Find are the questions to B1, to be asked one after the other; none where CardCode is fixed.
	Find []PartnerQuery `json:"find,omitempty"`
	// Create is the partner to create when nobody is found; nil for none.
	Create *sapb1.BusinessPartner `json:"create,omitempty"`
	// Hold is true when an order whose buyer is not found is held.
	Hold bool `json:"hold,omitempty"`
	// Contact is the contact person to find or add; nil for none.
	Contact *sapb1.ContactEmployee `json:"contact,omitempty"`
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
