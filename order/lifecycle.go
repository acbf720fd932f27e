package order

// Cancelled reports whether Magento says that the order has ended without being fulfilled. A release that loses the state
// keeps the status of the same name.
func (o *Order) Cancelled() bool {
	return o.State == "canceled" || o.State == "" && o.Status == "canceled"
}
