package mapping

import (
	"slices"
	"strings"

	"datawald/order"
	"datawald/sapb1"
)

// fullName names the buyer: the company, else the person of the billing address (guests have no other name).
func fullName(a order.Address, c order.Customer) string {
	if company := clean(a.Company); company != "" {
		return company
	}
	name := strings.Join(strings.Fields(a.FirstName+" "+a.MiddleName+" "+a.LastName), " ")
	if name == "" {
		name = strings.Join(strings.Fields(c.FirstName+" "+c.LastName), " ")
	}
	return name
}

// postal is an address in the form that B1 has for it.
type postal struct{ street, block, city, zip, county, state, country string }

// addresses puts both addresses on the document itself. Block takes the street lines after the first, with the name
// where the goods go to another person.
func (m *mapper) addresses() *sapb1.AddressExtension {
	o := m.order
	b := m.postal("BillTo", o.Billing, "")
	a := &sapb1.AddressExtension{BillToStreet: b.street, BillToBlock: b.block, BillToCity: b.city, BillToZipCode: b.zip,
		BillToCounty: b.county, BillToState: b.state, BillToCountry: b.country}
	if o.Shipping == nil {
		return a
	}
	name := fullName(*o.Shipping, order.Customer{})
	if name == fullName(o.Billing, o.Customer) {
		name = ""
	}
	s := m.postal("ShipTo", *o.Shipping, name)
	a.ShipToStreet, a.ShipToBlock, a.ShipToCity, a.ShipToZipCode = s.street, s.block, s.city, s.zip
	a.ShipToCounty, a.ShipToState, a.ShipToCountry = s.county, s.state, s.country
	return a
}

// postal fits an address into the fields of the document that begin with prefix; name stands before the street lines
// after the first.
func (m *mapper) postal(prefix string, a order.Address, name string) postal {
	first, rest := "", []string{name}
	if len(a.Street) > 0 {
		first, rest = a.Street[0], append(rest, a.Street[1:]...)
	}
	p := postal{street: m.text(prefix+"Street", first, maxStreet), block: m.text(prefix+"Block", joined(rest), maxBlock),
		city: m.text(prefix+"City", a.City, maxCity), zip: m.text(prefix+"ZipCode", a.Postcode, maxZip), country: a.Country}
	// A region is a state where B1 knows the country's states, and text in the county elsewhere. A free-text region is
	// no code, whatever the country.
	if slices.Contains(m.store.StateCountries, a.Country) && a.RegionID != 0 && a.RegionCode != "" {
		p.state = a.RegionCode
	} else {
		p.county = m.text(prefix+"County", a.Region, maxCounty)
	}
	return p
}

// joined puts what is not empty into one line.
func joined(parts []string) string {
	var filled []string
	for _, p := range parts {
		if p = clean(p); p != "" {
			filled = append(filled, p)
		}
	}
	return strings.Join(filled, ", ")
}
