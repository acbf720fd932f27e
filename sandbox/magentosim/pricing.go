package magentosim

import "github.com/shopspring/decimal"

// figures are the amounts of a row in one currency.
type figures struct {
	price, priceIncl, original decimal.Decimal
	total, totalIncl           decimal.Decimal // of the row as stored, before discount
	tax                        decimal.Decimal // after discount
	discount                   decimal.Decimal // positive
	compensation               decimal.Decimal // tax that the discount took off a gross price
}

// totals are the amounts of an order in one currency.
type totals struct {
	subtotal, subtotalIncl                  decimal.Decimal
	discount                                decimal.Decimal // negative, shipping discount included
	shipping, shippingIncl, shippingTax     decimal.Decimal
	shippingDiscount, shippingCompensation  decimal.Decimal
	tax                                     decimal.Decimal // shipping tax included
	compensation, grand, qtyOrdered, weight decimal.Decimal
}

// quote is a cart with everything its price depends on.
type quote struct {
	store     store
	cart      cart
	promotion promotion
	delivery  delivery // zero for a virtual order
	tax       taxRate
	rate      decimal.Decimal // base to order currency
	base      totals
	order     totals
}

// calculate prices the quote, once in base and once in order currency, each rounded on its own as Magento does.
func (q *quote) calculate() {
	for _, r := range q.cart {
		if r.sold() {
			r.taxCode, r.taxPercent = q.tax.of(r.product.class)
			r.discountPercent = q.promotion.percent
		}
	}
	q.base = q.price(decimal.NewFromInt(1), func(r *row) *figures { return &r.base })
	q.order = q.price(q.rate, func(r *row) *figures { return &r.order })
}

// price fills the figures of every row and returns the totals.
func (q *quote) price(rate decimal.Decimal, of func(*row) *figures) totals {
	for _, r := range q.cart {
		*of(r) = figures{}
		if r.sold() {
			f := of(r)
			f.price = cent(r.product.price.Mul(rate))
			f.original = f.price
			if !r.product.was.IsZero() {
				f.original = cent(r.product.was.Mul(rate))
			}
			f.total = cent(f.price.Mul(r.qty))
		}
	}
	q.discountRows(rate, of)
	for _, r := range q.cart {
		if r.sold() && q.store.gross {
			of(r).taxFromGross(r.taxPercent, r.qty)
		} else if r.sold() {
			of(r).taxOnNet(r.taxPercent, r.qty)
		}
	}
	for _, r := range q.cart {
		if r.sums {
			of(r).sumUp(r, of)
		}
	}
	return q.sumUp(rate, of)
}

// discountRows takes the promotion off the rows: a percentage of each, or a fixed amount spread by price, the last
// row taking what rounding left.
func (q *quote) discountRows(rate decimal.Decimal, of func(*row) *figures) {
	sum := decimal.Decimal{}
	var sold []*row
	for _, r := range q.cart {
		if r.sold() {
			sold = append(sold, r)
			sum = sum.Add(of(r).total)
		}
	}
	fixed := decimal.Min(cent(q.promotion.fixed.Mul(rate)), sum)
	rest := fixed
	for i, r := range sold {
		f := of(r)
		switch {
		case !q.promotion.percent.IsZero():
			f.discount = cent(percentOf(f.total, q.promotion.percent))
		case i == len(sold)-1:
			f.discount = rest
		case !fixed.IsZero():
			f.discount = cent(fixed.Mul(f.total).Div(sum))
			rest = rest.Sub(f.discount)
		}
	}
}

// taxOnNet is Magento's row algorithm for prices without tax: tax of the row after discount, rounded once.
func (f *figures) taxOnNet(percent, qty decimal.Decimal) {
	f.tax = cent(percentOf(f.total.Sub(f.discount), percent))
	f.totalIncl = f.total.Add(cent(percentOf(f.total, percent)))
	f.priceIncl = cent(f.totalIncl.Div(qty))
}

// taxFromGross is the row algorithm for prices with tax: the net row is what the rounded tax leaves, the net price
// has four decimals, and the tax a discount takes away becomes compensation.
func (f *figures) taxFromGross(percent, qty decimal.Decimal) {
	f.priceIncl, f.totalIncl = f.price, f.total
	before := cent(percentWithin(f.totalIncl, percent))
	f.tax = cent(percentWithin(f.totalIncl.Sub(f.discount), percent))
	f.compensation = before.Sub(f.tax)
	f.total = f.totalIncl.Sub(before)
	f.price = f.total.Div(qty).Round(4)
}

// sumUp makes the parent of a dynamic bundle: its children's money, except for the discount, which they keep.
func (f *figures) sumUp(parent *row, of func(*row) *figures) {
	for _, child := range parent.children {
		c := of(child)
		f.total = f.total.Add(c.total)
		f.totalIncl = f.totalIncl.Add(c.totalIncl)
		f.tax = f.tax.Add(c.tax)
		f.compensation = f.compensation.Add(c.compensation)
	}
	f.price = f.total.Div(parent.qty).Round(4)
	f.priceIncl = cent(f.totalIncl.Div(parent.qty))
	f.original = f.price
}

// sumUp adds the rows and shipping to the totals of the order.
// Magento REST: the identity of grand_total; tax_amount includes shipping tax, discount_amount the shipping discount.
func (q *quote) sumUp(rate decimal.Decimal, of func(*row) *figures) totals {
	var t totals
	for _, r := range q.cart {
		if !r.sold() {
			continue
		}
		f := of(r)
		t.subtotal = t.subtotal.Add(f.total)
		t.subtotalIncl = t.subtotalIncl.Add(f.totalIncl)
		t.discount = t.discount.Sub(f.discount)
		t.tax = t.tax.Add(f.tax)
		t.compensation = t.compensation.Add(f.compensation)
	}
	q.cart.top(func(r *row) {
		t.qtyOrdered = t.qtyOrdered.Add(r.qty)
		t.weight = t.weight.Add(r.product.weight.Mul(r.qty))
	})
	q.ship(&t, rate)
	t.tax = t.tax.Add(t.shippingTax)
	t.discount = t.discount.Sub(t.shippingDiscount)
	t.grand = t.subtotal.Add(t.discount).Add(t.shipping).Add(t.tax).Add(t.compensation).Add(t.shippingCompensation)
	return t
}

// ship prices the delivery: a net price with tax on top, or a gross one with tax inside.
func (q *quote) ship(t *totals, rate decimal.Decimal) {
	price := cent(q.delivery.price.Mul(rate))
	t.shippingDiscount = cent(percentOf(price, q.promotion.shippingPercent))
	after := price.Sub(t.shippingDiscount)
	if !q.store.gross {
		t.shipping = price
		t.shippingTax = cent(percentOf(after, q.tax.shippingPercent))
		t.shippingIncl = price.Add(cent(percentOf(price, q.tax.shippingPercent)))
		return
	}
	before := cent(percentWithin(price, q.tax.shippingPercent))
	t.shippingIncl = price
	t.shipping = price.Sub(before)
	t.shippingTax = cent(percentWithin(after, q.tax.shippingPercent))
	t.shippingCompensation = before.Sub(t.shippingTax)
}

var hundred = decimal.NewFromInt(100)

func percentOf(amount, percent decimal.Decimal) decimal.Decimal {
	return amount.Mul(percent).Div(hundred)
}

// percentWithin is the tax inside an amount that includes it.
func percentWithin(amount, percent decimal.Decimal) decimal.Decimal {
	return amount.Mul(percent).Div(hundred.Add(percent))
}

// restRowTotals are row_total and row_total_incl_tax as the web API shows them, which is not what is stored.
// Magento REST: Model/Order/Webapi/ChangeOutputArray.php; OCA/connector-magento issue 301; issue 39984.
func (t traits) restRowTotals(f figures) (total, totalIncl decimal.Decimal) {
	if t.rowTotal == rowTotalStored {
		return f.total, f.totalIncl
	}
	total = f.total.Sub(f.discount)
	// PHP adds up in floating point, and shows the noise of it: 51.290000000000006.
	totalIncl = decimal.NewFromFloat(f.total.InexactFloat64() + f.tax.InexactFloat64() + f.compensation.InexactFloat64() - f.discount.InexactFloat64())
	if t.rowTotal == rowTotalUnitPrice {
		total = f.price
	}
	return decimal.Max(total, decimal.Decimal{}), decimal.Max(totalIncl, decimal.Decimal{})
}
