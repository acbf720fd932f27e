package mapping

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"datawald/order"
	"datawald/sapb1"
)

// Lengths of OCRD and OCPR, in UTF-16 units (schema of release 9.3). Of a contact's name one source says 90 and older
// ones 50: what fits 50 fits both.
const (
	maxCardCode    = 15
	maxEmail       = 100
	maxTaxNumber   = 32
	maxPhone       = 20
	maxPersonName  = 50
	maxContactName = 50
)

// contactDigits of a hash tell persons of one name and partner apart.
const contactDigits = 10

// email is the buyer's address as B1 can hold it; an address that is cut is another one.
func (m *mapper) email() string {
	return wholeText(cmp.Or(strings.TrimSpace(m.order.Customer.Email), strings.TrimSpace(m.order.Billing.Email)), maxEmail)
}

// buyersTaxNumber is the buyer's tax number, which Magento keeps in the customer or in the billing address.
func (m *mapper) buyersTaxNumber() string {
	return wholeText(cmp.Or(strings.TrimSpace(m.order.Customer.TaxVAT), strings.TrimSpace(m.order.Billing.VATID)), maxTaxNumber)
}

// wholeText gives a value that means something only as a whole: nothing where it does not fit.
func wholeText(value string, limit int) string {
	if value = clean(value); length(value) > limit {
		return ""
	}
	return value
}

// identity is the buyer's name in the store.
func (m *mapper) identity() string {
	if c := m.order.Customer; !c.Guest {
		return fmt.Sprintf("customer:%s:%d", m.order.Instance, c.ID)
	}
	if email := m.email(); email != "" {
		return "guest:" + digest(email)[:32]
	}
	if number := m.buyersTaxNumber(); number != "" && slices.Contains(m.store.Partner.FindBy, FindByTaxNumber) {
		return "guest:" + digest("tax number", number)[:32]
	}
	return ""
}

// account is the name of the buyer's account in the user-defined field of partners; guests have none.
func (m *mapper) account() string {
	if m.order.Customer.Guest {
		return ""
	}
	return fmt.Sprintf("%s:%d", m.order.Instance, m.order.Customer.ID)
}

// digest is a hash of what people write in capital letters or not, with spaces or not.
func digest(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.ToLower(strings.Join(strings.Fields(p), " "))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// partnerQueries are the ways to find the buyer of which the order says enough.
func (m *mapper) partnerQueries() (queries []PartnerQuery) {
	ask := func(property, value string) {
		if property != "" && value != "" {
			queries = append(queries, PartnerQuery{Property: property, Value: value})
		}
	}
	ask(m.store.Partner.Create.UserField, m.account())
	for _, way := range m.store.Partner.FindBy {
		switch way {
		case FindByEmail:
			ask("EmailAddress", m.email())
		case FindByTaxNumber:
			ask("FederalTaxID", m.buyersTaxNumber())
		}
	}
	return queries
}

// person names the buyer himself; guests have their name in the billing address alone.
func (m *mapper) person() (first, last string) {
	c, b := m.order.Customer, m.order.Billing
	if first, last = clean(c.FirstName), clean(c.LastName); first+last != "" {
		return first, last
	}
	return clean(b.FirstName), clean(b.LastName)
}

// contact is the buyer as a contact person. Its name is made of his name and of a hash of his name and e-mail address: the
// same person always has the same, and two of one name under one partner have two.
func (m *mapper) contact() *sapb1.ContactEmployee {
	first, last := m.person()
	email := m.email()
	name := strings.TrimSpace(first + " " + last)
	if name == "" && email == "" {
		return nil
	}
	hash := digest(first, last, email)[:contactDigits]
	shown := m.text("Contact.Name", cmp.Or(name, email), maxContactName-contactDigits-1)
	return &sapb1.ContactEmployee{Name: shown + " " + hash, Email: email,
		FirstName: m.text("Contact.FirstName", first, maxPersonName), LastName: m.text("Contact.LastName", last, maxPersonName),
		Phone1: m.text("Contact.Phone1", m.order.Billing.Telephone, maxPhone)}
}

// guestCode is the code of a guest: as many digits of the hash of his e-mail address as there is room for, 9 at least.
// Whoever meets another's code is held, not booked on him.
func guestCode(prefix, email string) string {
	return prefix + "G" + digest(email)[:maxCardCode-len(prefix)-1]
}

// addressOf fits an address of the order into a row of the partner.
func (m *mapper) addressOf(name, kind string, a order.Address, goesTo string) sapb1.PartnerAddress {
	p := m.postal("Partner."+kind, a, goesTo)
	return sapb1.PartnerAddress{AddressName: name, AddressType: "bo_" + kind, Street: p.street, Block: p.block, City: p.city,
		ZipCode: p.zip, County: p.county, State: p.state, Country: p.country}
}
