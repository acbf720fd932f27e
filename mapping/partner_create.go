package mapping

import (
	"cmp"
	"fmt"
	"strconv"

	"datawald/order"
	"datawald/sapb1"
)

// newPartner is the partner to create for the buyer; nil where he could not be told apart from others: a guest without
// e-mail address, and one that B1 would number and nobody could find again.
func (m *mapper) newPartner(find []PartnerQuery, contact *sapb1.ContactEmployee) *sapb1.BusinessPartner {
	form, o := m.store.Partner.Create, m.order
	p := &sapb1.BusinessPartner{CardType: "cCustomer", Series: form.Series, Currency: form.Currency,
		PayTermsGrpCode: form.Terms, SalesPersonCode: form.SalesPerson, PriceListNum: form.PriceList,
		GroupCode: m.group(), EmailAddress: m.email(), FederalTaxID: m.buyersTaxNumber()}
	switch {
	case form.Series != nil && len(find) == 0, form.Series == nil && o.Customer.Guest && p.EmailAddress == "":
		return nil
	case form.Series != nil: // B1 gives the code
	case o.Customer.Guest:
		p.CardCode = guestCode(form.Prefix, p.EmailAddress)
	default:
		p.CardCode = form.Prefix + strconv.FormatInt(o.Customer.ID, 10)
	}
	p.CardName = m.text("Partner.CardName", cmp.Or(fullName(o.Billing, o.Customer), p.EmailAddress, fmt.Sprintf("Magento %d", o.Customer.ID)), maxCardName)
	p.Phone1 = m.text("Partner.Phone1", o.Billing.Telephone, maxPhone)
	p.BPAddresses = m.partnerAddresses()
	if contact != nil {
		p.ContactEmployees = []sapb1.ContactEmployee{*contact}
	}
	if account := m.account(); form.UserField != "" && account != "" {
		p.UserFields = map[string]any{form.UserField: account}
	}
	return p
}

// group is B1's customer group for the one in Magento; nil for B1's own choice.
func (m *mapper) group() *int {
	groups := m.store.Partner.Create.Group
	code, ok := groups[strconv.FormatInt(m.order.Customer.GroupID, 10)]
	if !ok {
		code, ok = groups["*"]
	}
	if !ok {
		return nil
	}
	return &code
}

// partnerAddresses are the addresses of the order as the partner's own. Later orders bring theirs on the document, so that
// no partner grows a row with each order.
func (m *mapper) partnerAddresses() []sapb1.PartnerAddress {
	o := m.order
	rows := []sapb1.PartnerAddress{m.addressOf("Bill to", "BillTo", o.Billing, "")}
	if o.Shipping == nil {
		return rows
	}
	name := fullName(*o.Shipping, order.Customer{})
	if name == fullName(o.Billing, o.Customer) {
		name = ""
	}
	return append(rows, m.addressOf("Ship to", "ShipTo", *o.Shipping, name))
}
