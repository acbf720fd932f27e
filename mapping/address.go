package mapping

import (
	"slices"
	"strings"
	"unicode/utf16"

	"datawald/order"
	"datawald/sapb1"
)

// Lengths of B1's columns, in UTF-16 units (schema of release 9.3). Whether the Service Layer cuts or refuses what is
// longer is not documented, so it is cut here.
const (
	maxCardName = 100
	maxStreet   = 100
	maxBlock    = 100
	maxCity     = 100
	maxCounty   = 100
	maxZip      = 20
)

// trim cuts s to n UTF-16 units without splitting a character.
func trim(s string, n int) string {
	if len(s) <= n {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > n {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// fullName names the buyer: the company, else the person of the billing address (guests have no other name).
func fullName(a order.Address, c order.Customer) string {
	if a.Company != "" {
		return a.Company
	}
	name := strings.Join(strings.Fields(a.FirstName+" "+a.MiddleName+" "+a.LastName), " ")
	if name == "" {
		name = strings.Join(strings.Fields(c.FirstName+" "+c.LastName), " ")
	}
	return name
}

// addresses puts both addresses on the document itself. Block takes the lines after the first, with the name where
// the goods go to another person.
func addresses(o *order.Order, stateCountries []string) *sapb1.AddressExtension {
	a := &sapb1.AddressExtension{}
	b := o.Billing
	a.BillToStreet, a.BillToBlock = street(b)
	a.BillToCity, a.BillToZipCode, a.BillToCountry = trim(b.City, maxCity), trim(b.Postcode, maxZip), b.Country
	a.BillToState, a.BillToCounty = region(b, stateCountries)
	if o.Shipping != nil {
		s := *o.Shipping
		a.ShipToStreet, a.ShipToBlock = street(s)
		a.ShipToCity, a.ShipToZipCode, a.ShipToCountry = trim(s.City, maxCity), trim(s.Postcode, maxZip), s.Country
		a.ShipToState, a.ShipToCounty = region(s, stateCountries)
		if name := fullName(s, order.Customer{}); name != fullName(b, o.Customer) {
			a.ShipToBlock = trim(strings.Trim(name+", "+a.ShipToBlock, ", "), maxBlock)
		}
	}
	return a
}

func street(a order.Address) (first, rest string) {
	if len(a.Street) == 0 {
		return "", ""
	}
	return trim(a.Street[0], maxStreet), trim(strings.Join(a.Street[1:], ", "), maxBlock)
}

// region is a state where B1 knows the country's states, and text in the county elsewhere. A free-text region is no
// code, whatever the country.
func region(a order.Address, stateCountries []string) (state, county string) {
	if slices.Contains(stateCountries, a.Country) && a.RegionID != 0 && a.RegionCode != "" {
		return a.RegionCode, ""
	}
	return "", trim(a.Region, maxCounty)
}
