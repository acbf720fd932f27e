package magento

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// Convert turns a Magento document into the canonical order of an instance. A document that cannot be understood gives
// a Reason with which the order is held; nothing of it is guessed.
func Convert(instance string, raw []byte) (*order.Order, error) {
	var w wireOrder
	if err := json.Unmarshal(raw, &w); err != nil {
		field, fault := jsonFault(err)
		return nil, unreadable(field, "The Magento document cannot be read: "+fault+".")
	}
	increment := strings.TrimSpace(string(w.IncrementID))
	key, err := order.NewKey(instance, w.StoreID.int(), increment)
	switch {
	case w.StoreID.int() < 0:
		return nil, unreadable("store_id", "The Magento document has a negative store_id.")
	case err != nil:
		return nil, unreadable("increment_id", "The Magento document has no increment_id that can name an order: 1 to 64 printable characters without spaces.")
	case !w.GrandTotal.given && !w.unfinished():
		return nil, unreadable("grand_total", "The Magento document has no grand_total.")
	case w.OrderCurrency == "" && !w.unfinished():
		return nil, unreadable("order_currency_code", "The Magento document has no order_currency_code.")
	}
	o := &order.Order{
		Key: key, Instance: instance, StoreID: w.StoreID.int(), IncrementID: increment, EntityID: w.EntityID.int(),
		State: string(w.State), Status: string(w.Status),
		Currency: string(w.OrderCurrency), BaseCurrency: string(w.BaseCurrency), BaseToOrderRate: w.BaseToOrderRate.Decimal,
		EditOf: string(w.EditOf), Virtual: w.IsVirtual.bool(),
		Customer: w.customer(), Totals: w.totals(), Lines: w.lines(),
	}
	if o.CreatedAt, err = parseTime(string(w.CreatedAt)); err != nil {
		return nil, unreadable("created_at", "The Magento document has no readable created_at.")
	}
	if o.UpdatedAt, err = parseTime(string(w.UpdatedAt)); err != nil {
		o.UpdatedAt = o.CreatedAt
	}
	billing, payment := w.Billing.orEmpty(), w.Payment.orEmpty()
	o.Billing = billing.address()
	o.Payment = order.Payment{Method: string(payment.Method), PONumber: string(payment.PONumber)}
	o.Totals.Authorized = payment.Authorized.Decimal
	w.shipping(o)
	if o.BaseCurrency != "" && o.BaseCurrency != o.Currency {
		if o.Base, err = w.base(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// unfinished reports whether this is a row of asynchronous ordering: it stands there with its number and the status
// received before it has items and totals, and as rejected when it never gets any (module-async-order OrderManagement,
// OrderRejecter). The rules leave it out by its status; without lines nothing can be sent for it.
func (w *wireOrder) unfinished() bool {
	return len(w.Items) == 0 && !w.GrandTotal.given && (w.Status == "received" || w.Status == "rejected")
}

func unreadable(field, message string) *order.Reason {
	return &order.Reason{Code: "document_unreadable", Field: field, Message: message,
		Hint: "Open the order in Magento; when it is sound there, send its document to support."}
}

// kinds are the JSON kinds as a clerk reads them.
var kinds = map[string]string{"string": "a text", "number": "a number", "bool": "a flag", "array": "a list", "object": "an object"}

// jsonFault names the member at fault, and what is wrong with it without quoting its value, which may be personal.
func jsonFault(err error) (field, fault string) {
	switch e := err.(type) {
	case *json.UnmarshalTypeError:
		what := kinds[e.Value]
		if what == "" {
			what = "a value"
		}
		if e.Field == "" {
			return "", "it is " + what
		}
		return e.Field, e.Field + " holds " + what + " that does not belong there"
	case *json.SyntaxError:
		return "", fmt.Sprintf("damaged at byte %d", e.Offset)
	}
	return "", "it is damaged"
}

func (w *wireOrder) customer() order.Customer {
	return order.Customer{
		ID: w.CustomerID.int(), Guest: w.CustomerIsGuest.bool() || w.CustomerID.int() == 0, GroupID: w.CustomerGroupID.int(),
		Email: string(w.CustomerEmail), FirstName: string(w.CustomerFirst), LastName: string(w.CustomerLast), TaxVAT: string(w.CustomerTaxVAT),
	}
}

func (w *wireOrder) totals() order.Totals {
	x := w.Extra.orEmpty()
	return order.Totals{
		Subtotal: w.Subtotal.Decimal, Discount: w.Discount.Decimal,
		Shipping: w.Shipping.Decimal, ShippingDiscount: w.ShippingDiscount.Decimal, ShippingTax: w.ShippingTax.Decimal,
		ShippingTaxCompensation: w.ShippingTaxComp.Decimal,
		Tax:                     w.Tax.Decimal, TaxCompensation: w.TaxComp.Decimal,
		GiftWrap:    decimal.Sum(x.GWPrice.Decimal, x.GWItemsPrice.Decimal, x.GWCardPrice.Decimal),
		GiftWrapTax: decimal.Sum(x.GWTaxAmount.Decimal, x.GWItemsTax.Decimal, x.GWCardTax.Decimal),
		GiftCards:   x.GiftCards.Decimal, StoreCredit: x.StoreCredit.Decimal, RewardPoints: x.RewardPoints.Decimal,
		Grand: w.GrandTotal.Decimal, Paid: w.TotalPaid.Decimal, Refunded: w.TotalRefunded.Decimal, Canceled: w.TotalCanceled.Decimal,
		ShippingCanceled: w.ShippingCanceled.Decimal, ShippingRefunded: w.ShippingRefunded.Decimal,
	}
}

func (w *wireOrder) lines() []order.Line {
	lines, taxes := make([]order.Line, len(w.Items)), w.rowTaxes()
	for i, it := range w.Items {
		lines[i] = order.Line{
			ItemID: it.ItemID.int(), ParentItemID: it.ParentItemID.int(), SKU: strings.TrimSpace(string(it.SKU)), Name: string(it.Name),
			ProductType: string(it.ProductType), QtyOrdered: it.QtyOrdered.Decimal, QtyCanceled: it.QtyCanceled.Decimal, QtyRefunded: it.QtyRefunded.Decimal,
			Price: it.Price.Decimal, PriceInclTax: it.PriceInclTax.Decimal, Discount: it.Discount.Decimal, Tax: it.Tax.Decimal,
			TaxPercent: it.TaxPercent.Decimal, TaxCompensation: it.TaxComp.Decimal, Weee: it.Weee.Decimal, Virtual: it.IsVirtual.bool(),
			OriginalPrice: it.Original.Decimal, Taxes: taxes[it.ItemID], CustomOptions: len(it.Option.orEmpty().Extra.orEmpty().Custom) > 0,
			RowTotal: it.RowTotal.aside(), RowTotalInclTax: it.RowTotalIncl.aside(),
		}
	}
	return lines
}

// rowTaxes are the rates on goods by row. One row may have several entries, for its price and for what belongs to it.
func (w *wireOrder) rowTaxes() map[lenient][]order.AppliedTax {
	all := map[lenient][]order.AppliedTax{}
	for _, t := range w.Extra.orEmpty().ItemTaxes {
		if t.Type == "product" && t.Item != "" {
			all[t.Item] = append(all[t.Item], t.rates()...)
		}
	}
	return all
}

// shipping reads the one assignment that an order has for now; a virtual order has one without an address.
func (w *wireOrder) shipping(o *order.Order) {
	x := w.Extra.orEmpty()
	if len(x.Assignments) > 0 {
		s := x.Assignments[0].Shipping.orEmpty()
		o.ShippingMethod = string(s.Method)
		if s.Address.value != nil {
			a := s.Address.value.address()
			o.Shipping = &a
		}
	}
	for _, t := range x.ItemTaxes {
		if t.Type != "shipping" {
			continue
		}
		o.ShippingRates = append(o.ShippingRates, t.rates()...)
	}
}

func (a *wireAddress) address() order.Address {
	return order.Address{
		FirstName: string(a.FirstName), MiddleName: string(a.MiddleName), LastName: string(a.LastName), Company: string(a.Company),
		Street: a.street(), City: string(a.City), Region: string(a.Region), RegionCode: string(a.RegionCode), RegionID: a.RegionID.int(),
		Postcode: string(a.Postcode), Country: string(a.Country), Telephone: string(a.Telephone), Email: string(a.Email), VATID: string(a.VATID),
	}
}

// street is a list of 1 to 4 lines; some modules write one string with line breaks, and PHP an object when a line in
// the middle is missing.
func (a *wireAddress) street() []string {
	var list []lenient
	var numbered map[int]lenient
	var one lenient
	switch {
	case json.Unmarshal(a.Street, &list) == nil:
	case json.Unmarshal(a.Street, &numbered) == nil:
		for _, n := range slices.Sorted(maps.Keys(numbered)) {
			list = append(list, numbered[n])
		}
	case json.Unmarshal(a.Street, &one) == nil:
		for _, s := range strings.Split(string(one), "\n") {
			list = append(list, lenient(s))
		}
	}
	var out []string
	for _, s := range list {
		if t := strings.TrimSpace(string(s)); t != "" {
			out = append(out, t)
		}
	}
	return out
}
