package mapping

import (
	"slices"

	"datawald/order"
)

// copyOrder copies an order with all that hangs on it. Decimals and times are values.
func copyOrder(o *order.Order) *order.Order {
	c := *o
	c.Billing = copyAddress(o.Billing)
	if o.Shipping != nil {
		s := copyAddress(*o.Shipping)
		c.Shipping = &s
	}
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].Taxes = slices.Clone(o.Lines[i].Taxes)
	}
	c.ShippingRates = slices.Clone(o.ShippingRates)
	if o.Base != nil {
		b := *o.Base
		b.Lines = slices.Clone(o.Base.Lines)
		c.Base = &b
	}
	return &c
}

func copyAddress(a order.Address) order.Address {
	a.Street = slices.Clone(a.Street)
	return a
}
