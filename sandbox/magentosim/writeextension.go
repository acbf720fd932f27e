package magentosim

import "github.com/shopspring/decimal"

// extensions writes extension_attributes: shipping with all items once more, payment details, taxes.
func (d *draft) extensions(items [][]byte) []byte {
	o := &object{}
	o.list("shipping_assignments", [][]byte{d.shippingAssignment(items)})
	var info [][]byte
	for _, pair := range d.paymentInfo() {
		entry := &object{}
		entry.raw("key", pair[0])
		value := pair[1]
		if string(value) == "null" {
			value = encode("null") // a null becomes the word
		}
		entry.raw("value", value)
		info = append(info, entry.bytes())
	}
	o.list("payment_additional_info", info)
	o.list("applied_taxes", d.appliedTaxes())
	o.list("item_applied_taxes", d.itemTaxes())
	if len(d.taxLines()) > 0 {
		o.raw("converting_from_quote", []byte("true"))
	}
	return o.bytes()
}

// shippingAssignment is there for virtual orders too, without an address and a method.
// Magento REST: ShippingBuilder::create.
func (d *draft) shippingAssignment(items [][]byte) []byte {
	shipping := &object{}
	if d.cart.physical() {
		shipping.raw("address", d.address("shipping", d.shippingTo, d.shippingID))
		shipping.text("method", d.delivery.code)
	}
	total := &object{}
	d.writeShipping(total)
	if d.fate.canceled {
		total.both("shipping_canceled", d.quote.base.shipping, d.quote.order.shipping)
	}
	if d.fate.invoiced {
		total.both("shipping_invoiced", d.quote.base.shipping, d.quote.order.shipping)
	}
	shipping.raw("total", total.bytes())
	o := &object{}
	o.raw("shipping", shipping.bytes())
	o.list("items", items)
	return o.bytes()
}

// taxLine is the tax of one row, or of shipping when itemID is 0.
type taxLine struct {
	itemID      int64
	code        string
	percent     decimal.Decimal
	base, order decimal.Decimal
}

// taxLines lists what was taxed, rows first.
func (d *draft) taxLines() []taxLine {
	var out []taxLine
	for _, r := range d.cart {
		if r.sold() && r.taxPercent.IsPositive() {
			out = append(out, taxLine{r.itemID, r.taxCode, r.taxPercent, r.base.tax, r.order.tax})
		}
	}
	if d.tax.shippingPercent.IsPositive() && d.quote.order.shipping.IsPositive() {
		out = append(out, taxLine{0, d.tax.code, d.tax.shippingPercent, d.quote.base.shippingTax, d.quote.order.shippingTax})
	}
	return out
}

// appliedTaxes is the tax by rate.
func (d *draft) appliedTaxes() [][]byte {
	var sums []taxLine
next:
	for _, line := range d.taxLines() {
		for i := range sums {
			if sums[i].code == line.code {
				sums[i].base, sums[i].order = sums[i].base.Add(line.base), sums[i].order.Add(line.order)
				continue next
			}
		}
		sums = append(sums, line)
	}
	var out [][]byte
	for _, sum := range sums {
		out = append(out, sum.json())
	}
	return out
}

// itemTaxes is the tax by row.
func (d *draft) itemTaxes() [][]byte {
	var out [][]byte
	for _, line := range d.taxLines() {
		o := &object{}
		if line.itemID == 0 {
			o.text("type", "shipping")
		} else {
			o.text("type", "product")
			o.whole("item_id", line.itemID)
		}
		o.list("applied_taxes", [][]byte{line.json()})
		out = append(out, o.bytes())
	}
	return out
}

func (t taxLine) json() []byte {
	o := &object{}
	o.text("code", t.code)
	o.text("title", t.code)
	o.amount("percent", t.percent)
	o.amount("amount", t.order)
	o.amount("base_amount", t.base)
	return o.bytes()
}
