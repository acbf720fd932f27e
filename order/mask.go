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
func (o *Order) Masked() *Order { return o.withPersonal(Mask) }

// Erased is the order without what Masked hides, and without the number of the buyer's account and a region that was written as free text: what is left
// tells what was sold for how much, and names nobody. Its ContentHash is another one.
func (o *Order) Erased() *Order {
	e := o.withPersonal(func(string) string { return "" })
	if e == nil {
		return nil
	}
	e.Customer.ID = 0
	e.Billing = e.Billing.placeless()
	if e.Shipping != nil {
		shipping := e.Shipping.placeless()
		e.Shipping = &shipping
	}
	return e
}

// placeless is an address without the rows of its street, and without a region that is no entry of Magento's list.
func (a Address) placeless() Address {
	a.Street = nil
	if a.RegionID == 0 {
		a.Region, a.RegionCode = "", ""
	}
	return a
}

// withPersonal is the order with each of its personal texts changed. This is the one table of what is personal.
func (o *Order) withPersonal(change func(string) string) *Order {
	if o == nil {
		return nil
	}
	m := *o
	m.Customer = o.Customer.withPersonal(change)
	m.Billing = o.Billing.withPersonal(change)
	if o.Shipping != nil {
		shipping := o.Shipping.withPersonal(change)
		m.Shipping = &shipping
	}
	m.Payment.PONumber = change(o.Payment.PONumber)
	return &m
}

func (c Customer) withPersonal(change func(string) string) Customer {
	for _, text := range []*string{&c.Email, &c.FirstName, &c.LastName, &c.TaxVAT} {
		*text = change(*text)
	}
	return c
}

func (a Address) withPersonal(change func(string) string) Address {
	for _, text := range []*string{&a.FirstName, &a.MiddleName, &a.LastName, &a.Company, &a.City, &a.Postcode, &a.Telephone, &a.Email, &a.VATID} {
		*text = change(*text)
	}
	street := make([]string, len(a.Street))
	for i, line := range a.Street {
		street[i] = change(line)
	}
	if a.Street != nil {
		a.Street = street
	}
	return a
}
