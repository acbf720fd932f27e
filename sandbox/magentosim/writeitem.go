package magentosim

import "github.com/shopspring/decimal"

// itemWriter turns the rows of a draft into items[].
type itemWriter struct {
	*draft
	traits traits
}

// items writes every row in the flat list Magento sends; children repeat their whole parent.
// Magento REST: items[] with parent_item_id and parent_item.
func (w itemWriter) items() [][]byte {
	var out [][]byte
	written := map[*row][]byte{}
	for _, r := range w.cart {
		var parent []byte
		if r.parent != nil {
			parent = written[r.parent]
		}
		written[r] = w.item(r, parent)
		out = append(out, written[r])
	}
	return out
}

// item writes one row. Children without money lack the fields their row never got, as in Magento.
func (w itemWriter) item(r *row, parent []byte) []byte {
	o := &object{}
	if !r.silent {
		o.text("applied_rule_ids", w.promotion.rules)
	}
	w.amounts(o, r)
	o.text("created_at", stamp(w.createdAt))
	o.flag("free_shipping", w.promotion.freeShipping)
	o.flag("is_qty_decimal", r.product.byMetre)
	o.flag("is_virtual", r.product.virtual)
	o.whole("item_id", r.itemID)
	o.text("name", r.product.name)
	o.flag("no_discount", false)
	o.whole("order_id", w.entityID)
	if r.parent != nil {
		o.whole("parent_item_id", r.parent.itemID)
	}
	o.whole("product_id", r.product.id)
	o.text("product_type", r.productType)
	w.quantities(o, r)
	o.whole("quote_item_id", r.quoteID)
	o.amount("row_weight", w.rowWeight(r))
	o.text("sku", r.product.sku)
	o.whole("store_id", w.store.id)
	o.text("updated_at", stamp(w.updatedAt))
	if r.shipped() {
		o.amount("weight", r.product.weight)
	}
	if parent != nil {
		o.raw("parent_item", parent)
	}
	if r.option != nil {
		o.raw("product_option", r.option)
	}
	return o.bytes()
}

// amounts writes prices and row amounts. discount_amount is positive here, unlike in the header.
func (w itemWriter) amounts(o *object, r *row) {
	base, order := r.base, r.order
	if r.silent {
		w.silentAmounts(o, r)
		return
	}
	o.both("price", base.price, order.price)
	o.both("price_incl_tax", base.priceIncl, order.priceIncl)
	o.both("original_price", base.original, order.original)
	baseTotal, baseIncl := w.traits.restRowTotals(base)
	total, incl := w.traits.restRowTotals(order)
	o.both("row_total", baseTotal, total)
	o.both("row_total_incl_tax", baseIncl, incl)
	o.both("tax_amount", base.tax, order.tax)
	if !r.sums {
		o.amount("tax_percent", r.taxPercent)
	}
	o.both("discount_amount", base.discount, order.discount)
	o.amount("discount_percent", r.discountPercent)
	o.both("discount_tax_compensation_amount", base.compensation, order.compensation)
	w.progress(o, base, order)
}

// silentAmounts are those of a child without money. From 2.3 the row totals are there, as 0; the price of a
// configurable's child depends on the release. Magento REST: issues 22562 and 38603.
func (w itemWriter) silentAmounts(o *object, r *row) {
	var zero, price decimal.Decimal
	if w.traits.childPrice && r.parent.productType == "configurable" {
		price = r.parent.order.price
	}
	o.amount("base_price", zero)
	o.amount("price", price)
	o.amount("original_price", zero)
	o.both("row_total", zero, zero)
	if w.traits.rowTotal != rowTotalStored {
		o.both("row_total_incl_tax", zero, zero)
	}
	o.both("tax_amount", zero, zero)
	o.amount("tax_percent", zero)
	o.both("discount_amount", zero, zero)
	o.amount("discount_percent", zero)
	w.progress(o, figures{}, figures{})
}

// progress writes what was invoiced, refunded and canceled of the row.
func (w itemWriter) progress(o *object, base, order figures) {
	baseInvoiced, invoiced := scale(base, w.fate.invoiced), scale(order, w.fate.invoiced)
	o.both("row_invoiced", baseInvoiced.total, invoiced.total)
	o.both("tax_invoiced", baseInvoiced.tax, invoiced.tax)
	o.both("discount_invoiced", baseInvoiced.discount, invoiced.discount)
	baseRefunded, refunded := scale(base, w.fate.refunded), scale(order, w.fate.refunded)
	o.both("amount_refunded", baseRefunded.total, refunded.total)
	if w.fate.refunded {
		o.both("tax_refunded", baseRefunded.tax, refunded.tax)
		o.both("discount_refunded", baseRefunded.discount, refunded.discount)
	}
	if w.fate.canceled {
		o.amount("tax_canceled", order.tax)
	}
}

// scale is all of the figures or none.
func scale(f figures, all bool) figures {
	if all {
		return f
	}
	return figures{}
}

// quantities writes qty_*. A child of a configurable stays at 0 canceled. Magento REST: real canceled orders.
func (w itemWriter) quantities(o *object, r *row) {
	all := func(name string, done bool) {
		if done {
			o.amount(name, r.qty)
			return
		}
		o.amount(name, decimal.Decimal{})
	}
	ofConfigurable := r.parent != nil && r.parent.productType == "configurable"
	o.amount("qty_ordered", r.qty)
	all("qty_canceled", w.fate.canceled && !ofConfigurable)
	all("qty_invoiced", w.fate.invoiced)
	all("qty_refunded", w.fate.refunded)
	all("qty_shipped", w.fate.shipped && r.shipped())
}

// rowWeight is carried by the rows that are counted.
func (w itemWriter) rowWeight(r *row) decimal.Decimal {
	if r.parent != nil {
		return decimal.Decimal{}
	}
	return r.product.weight.Mul(r.qty)
}
