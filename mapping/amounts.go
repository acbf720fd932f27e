package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// maxDigits is how many digits B1's amounts and quantities have before the point: its columns are numeric(19,6).
const maxDigits = 13

// checkAmounts is the first gate: amounts that no sale has are not worth a computation. What it lets through is never
// negative and fits into B1's columns.
func (m *mapper) checkAmounts() *order.Reason {
	families := familiesOf(m.order.Lines)
	for _, l := range m.order.Lines {
		if families.isChild(l) && l.ProductType == order.Simple && families.parents[l.ParentItemID] == order.Configurable {
			continue // never read
		}
		for _, a := range lineAmounts(l) {
			if hold := a.check(place(l) + ": " + a.name); hold != nil {
				return hold
			}
		}
	}
	for _, a := range totalAmounts(m.order.Totals) {
		if hold := a.check(a.name); hold != nil {
			return hold
		}
	}
	m.checked = true
	return nil
}

// checkExtras is the same gate for amounts that expressions give; these may be less than nothing.
func (m *mapper) checkExtras() *order.Reason {
	for _, part := range m.extraParts {
		for _, a := range []named{{part.name, part.amount.Abs()}, {part.name + ".tax", part.tax.Abs()}} {
			if hold := a.check(a.name); hold != nil {
				return hold
			}
		}
	}
	return nil
}

// named is an amount under Magento's name for it.
type named struct {
	name   string
	amount decimal.Decimal
}

func lineAmounts(l order.Line) []named {
	return []named{{"qty_ordered", l.QtyOrdered}, {"price", l.Price}, {"discount_amount", l.Discount},
		{"tax_amount", l.Tax}, {"tax_percent", l.TaxPercent}, {"weee_tax_applied_row_amount", l.Weee},
		{"price_incl_tax", l.PriceInclTax}, {"original_price", l.OriginalPrice}, {"qty_canceled", l.QtyCanceled}, {"qty_refunded", l.QtyRefunded},
		{"discount_tax_compensation_amount", l.TaxCompensation.Abs()}}
}

func totalAmounts(t order.Totals) []named {
	return []named{{"subtotal", t.Subtotal}, {"shipping_amount", t.Shipping}, {"shipping_discount_amount", t.ShippingDiscount},
		{"shipping_tax_amount", t.ShippingTax}, {"tax_amount", t.Tax}, {"gw_price", t.GiftWrap}, {"gift_cards_amount", t.GiftCards},
		{"customer_balance_amount", t.StoreCredit}, {"reward_currency_amount", t.RewardPoints}, {"grand_total", t.Grand},
		{"gw_tax_amount", t.GiftWrapTax}, {"total_refunded", t.Refunded}, {"total_canceled", t.Canceled}, {"shipping_canceled", t.ShippingCanceled},
		{"shipping_refunded", t.ShippingRefunded}, {"discount_amount", t.Discount.Abs()}, {"discount_tax_compensation_amount", t.TaxCompensation.Abs()},
		{"shipping_discount_tax_compensation_amount", t.ShippingTaxCompensation.Abs()}}
}

func (a named) check(where string) *order.Reason {
	switch {
	case a.amount.NumDigits()+int(a.amount.Exponent()) > maxDigits && !a.amount.IsZero():
		return &order.Reason{Code: "amount_too_large", Field: a.name,
			Message: fmt.Sprintf("%s has %d digits before the point; B1 takes %d.", where, a.amount.NumDigits()+int(a.amount.Exponent()), maxDigits),
			Hint:    "Open the order in Magento: no sale has such an amount."}
	case a.amount.IsNegative():
		return &order.Reason{Code: "amount_negative", Field: a.name,
			Message: fmt.Sprintf("%s is %s, less than nothing.", where, a.amount),
			Hint:    "Open the order in Magento: a module of the shop writes amounts that a sales order cannot have. Enter the order by hand."}
	}
	return nil
}
