package mapping

import (
	"fmt"

	"datawald/order"
)

// Identities are the names under which a store may remember the buyer of an order as a partner (PartnerPlan.Identity), whatever the rules were.
func Identities(o *order.Order) (names []string) {
	m := &mapper{order: o, rules: &Rules{}}
	if o.Customer.ID != 0 {
		names = append(names, fmt.Sprintf("customer:%s:%d", o.Instance, o.Customer.ID))
	}
	for _, email := range []string{m.email(), o.Billing.Email} {
		if email != "" {
			names = append(names, "guest:"+digest(email)[:32])
		}
	}
	if number := m.buyersTaxNumber(); number != "" {
		names = append(names, "guest:"+digest("tax number", number)[:32])
	}
	return names
}

// ContactName is the name of the buyer of an order as a contact person (PartnerPlan.Contact); empty where the order names nobody.
func ContactName(o *order.Order) string {
	m := &mapper{order: o, rules: &Rules{}}
	if c := m.contact(); c != nil {
		return c.Name
	}
	return ""
}

// AskedFor are the values by which the buyer of an order may be looked for in B1.
func AskedFor(o *order.Order) (values []string) {
	m := &mapper{order: o, rules: &Rules{}}
	for _, value := range []string{m.email(), m.buyersTaxNumber(), m.account()} {
		if value != "" {
			values = append(values, value)
		}
	}
	return values
}
