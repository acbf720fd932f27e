package mapping_test

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/shopspring/decimal"
)

// Product types as Magento names them.
const (
	kindSimple       = "simple"
	kindConfigurable = "configurable"
	kindBundle       = "bundle"
	kindGrouped      = "grouped"
	kindVirtual      = "virtual"
	kindDownload     = "downloadable"
)

// restForm is how a release of Magento writes row_total over REST.
type restForm string

const (
	restNet    restForm = "less discount" // from 2.3
	restPlain  restForm = "plain"         // up to 2.2
	restByUnit restForm = "by unit"       // 2.4.8, magento2 39984
)

// writer writes an order as GET /V1/orders shows it.
type writer struct {
	q       *quote
	rest    restForm
	number  int64
	virtual bool
	noRates bool // the taxes of rows are not named, as after an edit in the Admin
	shipTo  string
	billTo  string
	items   []map[string]any
}

// fields is a JSON object.
type fields = map[string]any

func number(x decimal.Decimal) json.Number { return json.Number(column(x).String()) }

// twin writes an amount in both currencies.
func twin(into fields, name string, of [2]decimal.Decimal) {
	into[name], into["base_"+name] = number(of[orderSide]), number(of[baseSide])
}

// pair takes an amount of both sides of a pair of totals.
func pair[T any](on [2]T, of func(T) decimal.Decimal) [2]decimal.Decimal {
	return [2]decimal.Decimal{of(on[0]), of(on[1])}
}

// document writes the order.
func (w *writer) document() []byte {
	q := w.q
	for _, r := range q.rows {
		w.row(r, nil)
	}
	o := fields{"entity_id": w.number, "increment_id": fmt.Sprintf("%09d", w.number), "store_id": 1, "state": "processing",
		"status": "processing", "created_at": "2026-11-20 10:00:00", "updated_at": "2026-11-20 10:00:05",
		"base_currency_code": q.base, "order_currency_code": q.currency, "store_currency_code": q.currency,
		"base_to_order_rate": number(q.rate), "store_to_base_rate": 0, "is_virtual": asFlag(w.virtual), "customer_is_guest": 1,
		"customer_email": "jane@example.com", "items": w.items, "billing_address": address("billing", w.billTo),
		"payment": fields{"method": w.payment(), "additional_information": []any{"x"}}, "status_histories": []any{}}
	w.totals(o)
	w.later(o)
	o["extension_attributes"] = w.extension()
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return raw
}

func asFlag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *writer) payment() string {
	if w.q.on[orderSide].grand.IsZero() {
		return "free"
	}
	return "checkmo"
}

func address(kind, country string) fields {
	return fields{"address_type": kind, "firstname": "Jane", "lastname": "Doe", "street": []string{"Long Lane 5"}, "city": "Traverse City",
		"postcode": "49628-7978", "region": "Michigan", "region_code": "MI", "region_id": 33, "country_id": country, "telephone": "555-0100"}
}

func (w *writer) totals(o fields) {
	on := w.q.on
	for name, of := range map[string]func(quoteTotals) decimal.Decimal{
		"subtotal":                         func(t quoteTotals) decimal.Decimal { return t.subtotal },
		"subtotal_incl_tax":                func(t quoteTotals) decimal.Decimal { return t.subtotalIncl },
		"discount_amount":                  func(t quoteTotals) decimal.Decimal { return t.discount },
		"shipping_amount":                  func(t quoteTotals) decimal.Decimal { return t.shipping },
		"shipping_incl_tax":                func(t quoteTotals) decimal.Decimal { return t.shippingIncl },
		"shipping_tax_amount":              func(t quoteTotals) decimal.Decimal { return t.shippingTax },
		"shipping_discount_amount":         func(t quoteTotals) decimal.Decimal { return t.shippingDiscount },
		"tax_amount":                       func(t quoteTotals) decimal.Decimal { return t.tax },
		"discount_tax_compensation_amount": func(t quoteTotals) decimal.Decimal { return t.comp },
		"grand_total":                      func(t quoteTotals) decimal.Decimal { return t.grand },
		"total_due":                        func(t quoteTotals) decimal.Decimal { return atLeastZero(t.grand.Sub(t.paid)) },
	} {
		twin(o, name, pair(on, of))
	}
	o["shipping_discount_tax_compensation_amount"] = number(on[orderSide].shippingComp)
	o["base_shipping_discount_tax_compensation_amnt"] = number(on[baseSide].shippingComp)
}

// later writes what stands in an order only after something happened to it.
func (w *writer) later(o fields) {
	if w.q.after.what == nothingElse {
		return
	}
	on := w.q.on
	twin(o, "total_paid", pair(on, func(t quoteTotals) decimal.Decimal { return t.paid }))
	twin(o, "total_invoiced", pair(on, func(t quoteTotals) decimal.Decimal { return t.paid }))
	twin(o, "shipping_invoiced", pair(on, func(t quoteTotals) decimal.Decimal { return t.shipping }))
	if w.q.after.what == partCanceled {
		twin(o, "total_canceled", pair(on, func(t quoteTotals) decimal.Decimal { return t.canceled }))
		twin(o, "shipping_canceled", [2]decimal.Decimal{})
		return
	}
	twin(o, "total_refunded", pair(on, func(t quoteTotals) decimal.Decimal { return t.refunded }))
	twin(o, "shipping_refunded", pair(on, func(t quoteTotals) decimal.Decimal { return t.shippingRefunded }))
}

func (w *writer) extension() fields {
	x := fields{"item_applied_taxes": w.appliedTaxes(), "shipping_assignments": []any{fields{"shipping": w.shipping(), "items": w.items}}}
	on, parts := w.q.on, w.q.extras
	if !parts.giftWrap.IsZero() {
		x["gw_price"], x["gw_base_price"] = number(on[1].giftWrap).String(), number(on[0].giftWrap).String()
		x["gw_tax_amount"], x["gw_base_tax_amount"] = number(on[1].giftWrapTax).String(), number(on[0].giftWrapTax).String()
		x["gw_items_price"], x["gw_card_price"] = "", ""
	}
	if !parts.surcharge.IsZero() {
		x["payment_surcharge_amount"] = on[1].surcharge.StringFixed(4)
		x["base_payment_surcharge_amount"] = on[0].surcharge.StringFixed(4)
	}
	for name, of := range map[string]func(quoteTotals) decimal.Decimal{
		"gift_cards_amount":       func(t quoteTotals) decimal.Decimal { return t.giftCard },
		"customer_balance_amount": func(t quoteTotals) decimal.Decimal { return t.storeCredit },
		"reward_currency_amount":  func(t quoteTotals) decimal.Decimal { return t.reward },
	} {
		if amounts := pair(on, of); !amounts[orderSide].IsZero() || !amounts[baseSide].IsZero() {
			twin(x, name, amounts)
		}
	}
	return x
}

func (w *writer) shipping() fields {
	if w.virtual {
		return fields{}
	}
	return fields{"method": "flatrate_flatrate", "address": address("shipping", w.shipTo)}
}

// row writes a row and its children.
func (w *writer) row(r *modelRow, parent fields) {
	it := w.amounts(r)
	id := int64(len(w.items) + 1)
	maps.Copy(it, fields{"item_id": id, "order_id": w.number, "store_id": 1, "sku": r.sku, "name": "Goods " + r.sku, "product_type": r.kind,
		"is_virtual": asFlag(r.kind == kindVirtual || r.kind == kindDownload), "is_qty_decimal": asFlag(!r.qty.IsInteger()),
		"product_id": 1000 + id, "quote_item_id": 2000 + id})
	if r.options {
		it["product_option"] = fields{"extension_attributes": fields{"custom_options": []any{fields{"option_id": "1", "option_value": "2"}}}}
	}
	if parent != nil {
		it["parent_item_id"], it["parent_item"] = parent["item_id"], parent
	}
	w.items = append(w.items, it)
	for _, c := range r.children {
		w.row(c, it)
	}
}
