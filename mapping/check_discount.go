package mapping

// discount checks how discounts are booked. One on the document lowers all its lines: what is no goods must not be a line
// then.
func (c *checker) discount(at string, s StoreRules) {
	d := s.Discount
	c.choice(at+".as", d.As, DiscountOnLines, DiscountOnDocument, DiscountAsItem, DiscountAsExpense)
	switch {
	case d.As == DiscountAsItem && d.ItemCode == "":
		c.bad(at+".item_code", "is missing, want the item that discounts are booked on")
	case d.As == DiscountAsExpense && d.ExpenseCode == 0:
		c.bad(at+".expense_code", "is missing, want the number of a B1 additional expense")
	case d.As != DiscountAsItem && d.ItemCode != "":
		c.bad(at+".item_code", "is set, but discounts are no item (as)")
	case d.As != DiscountAsExpense && d.ExpenseCode != 0:
		c.bad(at+".expense_code", "is set, but discounts are no expense (as)")
	}
	if u := d.Untaxed; u != nil {
		c.target(at+".untaxed", u.ExpenseCode, u.ItemCode)
		c.untaxed(at+".untaxed", u.TaxCode, s.Tax.Codes)
		if u.Taxed || u.Amount.IsSet() || u.Tax.IsSet() {
			c.bad(at+".untaxed", "has taxed, amount or tax, want expense_code or item_code, and tax_code")
		}
	}
	if d.As != DiscountOnDocument {
		return
	}
	items := map[string]string{"freight": s.Freight.ItemCode}
	for name, e := range s.Extras {
		items["extras."+name] = e.ItemCode
	}
	if s.Rounding != nil {
		items["rounding"] = s.Rounding.ItemCode
	}
	if d.Untaxed != nil {
		items["discount.untaxed"] = d.Untaxed.ItemCode
	}
	for name, item := range items {
		if item != "" {
			c.bad(at+".as", "is %q, which lowers every line, %s (an item) among them; want expense_code there", d.As, name)
		}
	}
}
