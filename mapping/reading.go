package mapping

import (
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
	if totals := m.rowTotals(); totals != nil {
		if by := nearer(apart(inclusive, totals), apart(plain, totals)); by != 0 {
			return by < 0
		}
	}
	subtotal := m.goodsTotal()
	by := nearer(decimal.Sum(decimal.Zero, inclusive...).Sub(subtotal).Abs(), decimal.Sum(decimal.Zero, plain...).Sub(subtotal).Abs())
	return by < 0 || by == 0 && !m.order.Totals.TaxCompensation.IsZero()
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
var rowTotalForms = []func(order.Line) decimal.Decimal{
	// From 2.3 on: ChangeOutputArray makes row_total_incl_tax of the row total with all that is added and taken off.
	func(l order.Line) decimal.Decimal {
		return l.RowTotalInclTax.Add(l.Discount).Sub(l.Tax).Sub(l.TaxCompensation).Sub(l.Weee)
	},
	// Up to 2.2, as it is stored.
	func(l order.Line) decimal.Decimal { return l.RowTotal },
}

// rowTotals are Magento's own totals of the rows, without tax and before discount: in the form in which they come nearest to the
// subtotal. nil where they come to it in none. Some releases round what they show to cents, whatever is stored: half a cent a row.
func (m *mapper) rowTotals() (nearest []decimal.Decimal) {
	within := magentoCent.Mul(decimal.NewFromInt(int64(len(m.written)))).DivRound(two, 4)
	for _, form := range rowTotalForms {
		totals := make([]decimal.Decimal, len(m.written))
		for i, l := range m.written {
			totals[i] = form(l)
		}
		off := decimal.Sum(decimal.Zero, totals...).Sub(m.goodsTotal()).Abs()
		if off.LessThan(within) || nearest == nil && off.Equal(within) {
			nearest, within = totals, off
		}
	}
	return nearest
}

// apart is by how much amounts differ from others, each from its own.
func apart(amounts, from []decimal.Decimal) (all decimal.Decimal) {
	for i, a := range amounts {
		all = all.Add(a.Sub(from[i]).Abs())
	}
	return all
}
