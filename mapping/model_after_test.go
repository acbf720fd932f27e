package mapping_test

import "github.com/shopspring/decimal"

// What may happen to a part of an order after it was placed.
const (
	nothingElse  = ""
	partCanceled = "cancelled" // a part was invoiced, the rest cancelled
	partRefunded = "refunded"  // all was invoiced, a part refunded
)

// afterwards is what happened to an order: of each leaf so many units stay.
type afterwards struct {
	what           string
	refundShipping bool
}

// keptPart is what was invoiced (or refunded) of a row in one currency.
type keptPart struct {
	total, discount, tax, comp, weee, weeeTax decimal.Decimal
}

func (k keptPart) sum() decimal.Decimal {
	return decimal.Sum(k.total, k.tax, k.comp, k.weee, k.weeeTax).Sub(k.discount)
}

// happen invoices, cancels and refunds. The rows' left must be set.
func (q *quote) happen() {
	for side := range q.on {
		switch q.after.what {
		case partCanceled:
			q.cancelRest(side)
		case partRefunded:
			q.refundPart(side)
		}
	}
}

// cancelRest invoices what is left of each row, with all shipping costs and extras, and cancels the others.
func (q *quote) cancelRest(side int) {
	t := &q.on[side]
	invoiced := q.document(side, func(r *modelRow) decimal.Decimal { return r.left })
	invoiced = decimal.Sum(invoiced, t.shipping, t.shippingTax, t.shippingComp, t.giftWrap, t.giftWrapTax, t.surcharge).Sub(t.shippingDiscount)
	invoiced = invoiced.Sub(t.giftCard).Sub(t.storeCredit).Sub(t.reward)
	t.paid = column(invoiced)
	t.canceled = t.grand.Sub(t.paid)
}

// refundPart pays for all, and refunds what is not left.
func (q *quote) refundPart(side int) {
	t := &q.on[side]
	t.paid = t.grand
	refunded := q.document(side, func(r *modelRow) decimal.Decimal { return r.qty.Sub(r.left) })
	if q.after.refundShipping {
		t.shippingRefunded = t.shipping
		refunded = decimal.Sum(refunded, t.shipping, t.shippingTax, t.shippingComp).Sub(t.shippingDiscount)
	}
	t.refunded = decimal.Min(column(refunded), t.paid) // Magento gives back no more than was paid
}

// document is an invoice or credit memo for a part of each row: shares of the row's amounts, rounded one after the other
// with what was left over carried along (module-sales, Invoice and Creditmemo totals). It gives the sum of the rows.
func (q *quote) document(side int, qty func(*modelRow) decimal.Decimal) decimal.Decimal {
	carry, sum := newCarrier("0"), zero
	for _, r := range q.leaves() {
		a, n := &r.on[side], qty(r)
		if n.IsZero() {
			continue
		}
		share := func(x decimal.Decimal, off bool) decimal.Decimal {
			switch {
			case n.Equal(r.qty):
				return x
			case off:
				return carry.roundOff("", over(x.Mul(n), r.qty))
			}
			return carry.round("", over(x.Mul(n), r.qty))
		}
		a.kept = keptPart{total: share(a.total, false), discount: share(a.discount, true), tax: share(a.tax, false),
			comp: share(a.comp, false), weee: share(a.weeeRow, false), weeeTax: share(a.weeeTax, false)}
		sum = sum.Add(a.kept.sum())
	}
	return sum
}

// open is what of the total is neither cancelled nor refunded.
func (t quoteTotals) open() decimal.Decimal { return t.grand.Sub(t.canceled).Sub(t.refunded) }
