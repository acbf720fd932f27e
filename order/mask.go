package order

// masked stands for a value that the reader may not see.
const masked = "•••"

// Mask hides a text that may be personal; an empty one stays empty, so that what is missing can still be seen.
func Mask(text string) string {
	if text == "" {
		return ""
	}
	return masked
}

// Masked is the order without the buyer's personal data, for those who may see orders but not people: names, addresses, e-mail,
// phone, tax numbers and the buyer's own order number. What taxes and freight follow from stays: country, region, customer group.
func (o *Order) Masked() *Order {
	if o == nil {
		return nil
	}
	m := *o
	m.Customer = o.Customer.masked()
	m.Billing = o.Billing.masked()
	if o.Shipping != nil {
		shipping := o.Shipping.masked()
		m.Shipping = &shipping
	}
	m.Payment.PONumber = Mask(o.Payment.PONumber)
	return &m
}

func (c Customer) masked() Customer {
	for _, text := range []*string{&c.Email, &c.FirstName, &c.LastName, &c.TaxVAT} {
		*text = Mask(*text)
	}
	return c
}

func (a Address) masked() Address {
	for _, text := range []*string{&a.FirstName, &a.MiddleName, &a.LastName, &a.Company, &a.City, &a.Postcode, &a.Telephone, &a.Email, &a.VATID} {
		*text = Mask(*text)
	}
	street := make([]string, len(a.Street))
	for i, line := range a.Street {
		street[i] = Mask(line)
	}
	if a.Street != nil {
		a.Street = street
	}
	return a
}
