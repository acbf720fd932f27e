package magento

import (
	"github.com/shopspring/decimal"

	"datawald/order"
)

// base reads the amounts in the currency of the website; nil where the document has no total in it. Without that the
// others would read as nothing, and an order that is booked in that currency would cost nothing.
func (w *wireOrder) base() (*order.BaseAmounts, error) {
	if !given(w.BaseGrandTotal) {
		return nil, nil
	}
	var r baseReader
	x := w.Extra.orEmpty()
	b := &order.BaseAmounts{Totals: order.Totals{
		Subtotal: r.read("base_subtotal", w.BaseSubtotal), Discount: r.read("base_discount_amount", w.BaseDiscount),
		Shipping: r.read("base_shipping_amount", w.BaseShipping), ShippingDiscount: r.read("base_shipping_discount_amount", w.BaseShippingDiscount),
		ShippingTax:             r.read("base_shipping_tax_amount", w.BaseShippingTax),
		ShippingTaxCompensation: r.read("base_shipping_discount_tax_compensation_amnt", w.BaseShippingTaxComp),
		Tax:                     r.read("base_tax_amount", w.BaseTax), TaxCompensation: r.read("base_discount_tax_compensation_amount", w.BaseTaxComp),
		GiftWrap: decimal.Sum(r.read("gw_base_price", x.BaseGWPrice), r.read("gw_items_base_price", x.BaseGWItemsPrice),
			r.read("gw_card_base_price", x.BaseGWCardPrice)),
		GiftWrapTax: decimal.Sum(r.read("gw_base_tax_amount", x.BaseGWTax), r.read("gw_items_base_tax_amount", x.BaseGWItemsTax),
			r.read("gw_card_base_tax_amount", x.BaseGWCardTax)),
		GiftCards: r.read("base_gift_cards_amount", x.BaseGiftCards), StoreCredit: r.read("base_customer_balance_amount", x.BaseStoreCredit),
		RewardPoints: r.read("base_reward_currency_amount", x.BaseRewardPoints),
		Grand:        r.read("base_grand_total", w.BaseGrandTotal), Paid: r.read("base_total_paid", w.BaseTotalPaid),
		Refunded: r.read("base_total_refunded", w.BaseTotalRefunded), Canceled: r.read("base_total_canceled", w.BaseTotalCanceled),
		ShippingCanceled: r.read("base_shipping_canceled", w.BaseShippingCanceled), ShippingRefunded: r.read("base_shipping_refunded", w.BaseShippingRefunded),
	}}
	b.Lines = make([]order.LineAmounts, len(w.Items))
	for i, it := range w.Items {
		b.Lines[i] = order.LineAmounts{
			Price: r.read("base_price", it.BasePrice), PriceInclTax: r.read("base_price_incl_tax", it.BasePriceInclTax),
			OriginalPrice: r.read("base_original_price", it.BaseOriginal), Discount: r.read("base_discount_amount", it.BaseDiscount),
			Tax: r.read("base_tax_amount", it.BaseTax), TaxCompensation: r.read("base_discount_tax_compensation_amount", it.BaseTaxComp),
			Weee:     r.read("base_weee_tax_applied_row_amnt", it.BaseWeee),
			RowTotal: it.BaseRowTotal.aside(), RowTotalInclTax: it.BaseRowTotalIncl.aside(),
		}
	}
	return b, r.fault
}

// given reports whether a document has an amount there: it may be missing, null or empty.
func given(text unread) bool {
	var a amount
	return len(text) > 0 && (a.UnmarshalJSON(text) != nil || a.given)
}

// baseReader reads amounts and keeps the first fault.
type baseReader struct{ fault error }

func (r *baseReader) read(name string, text unread) decimal.Decimal {
	var a amount
	if len(text) == 0 {
		return a.Decimal
	}
	if err := a.UnmarshalJSON(text); err != nil && r.fault == nil {
		r.fault = unreadable(name, "The Magento document cannot be read: "+name+" holds no amount.")
	}
	return a.Decimal
}
