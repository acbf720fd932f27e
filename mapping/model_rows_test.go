package mapping_test

import "github.com/shopspring/decimal"

// amounts writes the amounts of a row. A child without amounts of its own (of a configurable product, of a bundle with a
// fixed price) has noughts, and in some releases its parent's price.
func (w *writer) amounts(r *modelRow) fields {
	on, it := r.on, fields{}
	for name, of := range map[string]func(rowAmounts) decimal.Decimal{
		"price":                            func(a rowAmounts) decimal.Decimal { return a.price },
		"price_incl_tax":                   func(a rowAmounts) decimal.Decimal { return a.priceIncl },
		"discount_amount":                  func(a rowAmounts) decimal.Decimal { return a.discount },
		"tax_amount":                       func(a rowAmounts) decimal.Decimal { return a.tax },
		"discount_tax_compensation_amount": func(a rowAmounts) decimal.Decimal { return a.comp },
		"row_total":                        func(a rowAmounts) decimal.Decimal { return w.rowTotal(a, r.qty) },
		"row_total_incl_tax":               func(a rowAmounts) decimal.Decimal { return w.rowTotalIncl(a) },
		"weee_tax_applied_amount":          func(a rowAmounts) decimal.Decimal { return a.weee },
	} {
		twin(it, name, pair(on, of))
	}
	twin(it, "original_price", [2]decimal.Decimal{w.catalogue(r, baseSide), w.catalogue(r, orderSide)})
	it["weee_tax_applied_row_amount"], it["base_weee_tax_applied_row_amnt"] = number(on[1].weeeRow), number(on[0].weeeRow)
	it["qty_ordered"], it["qty_canceled"], it["qty_refunded"] = number(r.qty), 0, 0
	it["tax_percent"] = number(r.class.percent())
	w.laterOf(r, it)
	return it
}

func (w *writer) catalogue(r *modelRow, side int) decimal.Decimal {
	if !r.original.IsZero() {
		return w.q.convert(r.original, side)
	}
	return r.on[side].price
}

// rowTotal is what REST calls so: a processor for web APIs takes the discount off (module-sales, ChangeOutputArray).
func (w *writer) rowTotal(a rowAmounts, qty decimal.Decimal) decimal.Decimal {
	switch w.rest {
	case restPlain:
		return a.total
	case restByUnit:
		return atLeastZero(over(a.total.Sub(a.discount), qty))
	}
	return atLeastZero(a.total.Sub(a.discount))
}

func (w *writer) rowTotalIncl(a rowAmounts) decimal.Decimal {
	if w.rest == restPlain {
		return a.totalIncl
	}
	return atLeastZero(decimal.Sum(a.total, a.tax, a.comp, a.weeeRow).Sub(a.discount))
}

// laterOf writes what was invoiced, cancelled and refunded of a row.
func (w *writer) laterOf(r *modelRow, it fields) {
	if w.q.after.what == nothingElse || r.left.Equal(r.qty) {
		return
	}
	gone := r.qty.Sub(r.left)
	if w.q.after.what == partRefunded {
		it["qty_invoiced"], it["qty_refunded"] = number(r.qty), number(gone)
		twin(it, "amount_refunded", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.total }))
		twin(it, "tax_refunded", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.tax }))
		twin(it, "discount_refunded", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.discount }))
		return
	}
	it["qty_invoiced"], it["qty_canceled"] = number(r.left), number(gone)
	twin(it, "row_invoiced", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.total }))
	twin(it, "tax_invoiced", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.tax }))
	twin(it, "discount_invoiced", pair(r.on, func(a rowAmounts) decimal.Decimal { return a.kept.discount }))
	canceled := pair(r.on, func(a rowAmounts) decimal.Decimal { return over(a.tax.Mul(gone), r.qty) })
	it["tax_canceled"] = number(canceled[orderSide])
}

// appliedTaxes names the rates of every row, fixed product tax and shipping (item_applied_taxes).
func (w *writer) appliedTaxes() []any {
	out := []any{}
	if w.noRates {
		return out
	}
	for _, r := range w.q.leaves() {
		id := w.idOf(r.sku)
		if len(r.class.rules) > 0 && len(r.on[orderSide].rules) > 0 {
			out = append(out, fields{"type": "product", "item_id": id, "applied_taxes": rates(r.class, r.on[orderSide].rules, r.on[baseSide].rules)})
		}
		if a := r.on[orderSide]; len(a.weeeRules) > 0 {
			out = append(out, fields{"type": "weee", "associated_item_id": id, "applied_taxes": rates(r.class, a.weeeRules, r.on[baseSide].weeeRules)})
		}
	}
	if t := w.q.on; len(t[orderSide].shippingRules) > 0 && !w.virtual {
		out = append(out, fields{"type": "shipping", "applied_taxes": rates(w.q.shop.shippingClass, t[orderSide].shippingRules, t[baseSide].shippingRules)})
	}
	return out
}

func (w *writer) idOf(sku string) any {
	for _, it := range w.items {
		if it["sku"] == sku {
			return it["item_id"]
		}
	}
	return nil
}

// rates writes each rate of a class with its share of the tax of its rule.
func rates(class taxClass, order, base []decimal.Decimal) []any {
	out := []any{}
	for i, rule := range class.rules {
		if rule.percent().IsZero() {
			continue
		}
		for _, rate := range rule.rates {
			share := func(of []decimal.Decimal) decimal.Decimal { return over(of[i].Mul(rate.percent), rule.percent()) }
			out = append(out, fields{"code": rate.code, "title": rate.code, "percent": number(rate.percent), "amount": number(share(order)), "base_amount": number(share(base))})
		}
	}
	return out
}
