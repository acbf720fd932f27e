package mapping

import (
	"cmp"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// readInclusive decides how the rows are read: price x quantity, or, where prices include tax and have been rounded to
// four digits without it, price with tax x quantity less the tax. What comes nearer to Magento's own totals of the rows is right;
// where these are not told, or both come as near, what comes nearer to the subtotal. Where both come to that, the second is, if
// discounts hold tax: only those on prices with tax do.
//
// The subtotal alone may mislead: of 12.5 x 3.79 Magento books 47.38, half a cent more than the price says, and the price with
// tax comes to that by chance. Then the cent stands at another row.
func (m *mapper) readInclusive() bool {
	plain, inclusive := make([]decimal.Decimal, len(m.written)), make([]decimal.Decimal, len(m.written))
	for i, l := range m.written {
		plain[i], inclusive[i] = exactGross(l, false), exactGross(l, true)
	}
	if by := m.nearerToTotals(inclusive, plain); by != 0 {
		return by < 0
	}
	subtotal := m.goodsTotal()
	by := nearer(decimal.Sum(decimal.Zero, inclusive...).Sub(subtotal).Abs(), decimal.Sum(decimal.Zero, plain...).Sub(subtotal).Abs())
	return by < 0 || by == 0 && !m.order.Totals.TaxCompensation.IsZero()
}

// nearerToTotals compares two readings by how near they come to Magento's own totals of the rows. The form of these that comes
// nearest to the subtotal counts; of two as near, that to which a reading comes nearest: another fits the subtotal by chance.
func (m *mapper) nearerToTotals(a, b []decimal.Decimal) (by int) {
	var off, least decimal.Decimal
	known := false
	for _, form := range rowTotalForms {
		t := m.totalsBy(form)
		if t == nil {
			continue
		}
		ofA, ofB := t.apart(a), t.apart(b)
		nearest := decimal.Min(ofA, ofB)
		if !known || cmp.Or(nearer(t.off, off), nearer(nearest, least)) < 0 {
			known, off, least, by = true, t.off, nearest, nearer(ofA, ofB)
		}
	}
	return by
}

// nearer compares two distances. The noise of a price that a module has worked out in floating point decides nothing.
func nearer(a, b decimal.Decimal) int { return a.Round(6).Cmp(b.Round(6)) }

func exactGross(l order.Line, inclusive bool) decimal.Decimal {
	if inclusive {
		return l.PriceInclTax.Mul(l.QtyOrdered).Sub(l.Tax).Sub(l.TaxCompensation)
	}
	return l.Price.Mul(l.QtyOrdered)
}

// rowTotalForms are the forms in which releases of Magento give what a row costs before its discount and without tax.
var rowTotalForms = []rowTotalForm{
	// From 2.3 on: ChangeOutputArray makes row_total_incl_tax of the row total with all that is added and taken off. Most releases
	// write nothing instead of less than nothing: nothing is also what is left of a row that costs less than its discount.
	{total: func(l order.Line) (decimal.Decimal, bool) {
		return l.RowTotalInclTax.Add(l.Discount).Sub(l.Tax).Sub(l.TaxCompensation).Sub(l.Weee), l.RowTotalInclTax.IsZero()
	}, oneWeeeInBase: true},
	// Up to 2.2, as it is stored.
	{total: func(l order.Line) (decimal.Decimal, bool) { return l.RowTotal, false }},
}

// rowTotalForm is one of them.
type rowTotalForm struct {
	// total is what it says of a row; atMost where the row may cost less.
	total func(order.Line) (total decimal.Decimal, atMost bool)
	// oneWeeeInBase: of amounts in the website's currency it has the fixed product tax of one piece in it, whatever the quantity, and not the
	// row's (ChangeOutputArray adds base_weee_tax_applied_amount).
	oneWeeeInBase bool
}

// rowTotals are Magento's own totals of the rows, without tax and before discount.
type rowTotals struct {
	of []decimal.Decimal
	// open are the rows of which Magento tells only what they cost at most; nil where all are told, and rest is zero then. Together they cost
	// rest: what the others leave of the subtotal.
	open []bool
	rest decimal.Decimal
	// off is by how much they miss the subtotal.
	off decimal.Decimal
}

// totalsBy takes the totals in one form; nil where they do not fit the subtotal. Where they come to more, those that are told as
// a most are less. Some releases round what they show to cents, whatever is stored: half a cent a row.
func (m *mapper) totalsBy(form rowTotalForm) *rowTotals {
	t, told := &rowTotals{of: make([]decimal.Decimal, len(m.written))}, decimal.Zero
	open, some := make([]bool, len(m.written)), false
	for i, l := range m.written {
		if form.oneWeeeInBase && m.inBase && !l.Weee.IsZero() && !l.QtyOrdered.Equal(decimal.NewFromInt(1)) {
			return nil
		}
		if t.of[i], open[i] = form.total(l); open[i] {
			some = true
			continue
		}
		told = told.Add(t.of[i])
	}
	off := decimal.Sum(decimal.Zero, t.of...).Sub(m.goodsTotal())
	if some && off.IsPositive() {
		t.open, t.rest = open, m.goodsTotal().Sub(told)
		off = decimal.Min(decimal.Zero, t.rest) // no row costs less than nothing
	}
	if t.off = off.Abs(); t.off.GreaterThan(magentoCent.Mul(decimal.NewFromInt(int64(len(m.written)))).DivRound(two, 4)) {
		return nil
	}
	return t
}

// apart is by how much amounts of the rows differ from the totals, each from its own; the open ones together, and each by what it
// is more than what it costs at most: else amounts that are wrong at two of them would come to the rest.
func (t *rowTotals) apart(amounts []decimal.Decimal) (all decimal.Decimal) {
	open := t.rest
	for i, a := range amounts {
		if t.open != nil && t.open[i] {
			open = open.Sub(a)
			all = all.Add(decimal.Max(decimal.Zero, a.Sub(t.of[i])))
			continue
		}
		all = all.Add(a.Sub(t.of[i]).Abs())
	}
	return all.Add(open.Abs())
}
