package magentosim

import "github.com/shopspring/decimal"

// document writes the order as GET /V1/orders/{id} shows it.
func (d *draft) document(t traits) []byte {
	items := itemWriter{draft: d, traits: t}.items()
	o := &object{}
	d.writeIdentity(o)
	d.writeCustomer(o)
	d.writeTotals(o)
	d.writeProgress(o)
	o.list("items", items)
	o.raw("billing_address", d.address("billing", d.billing, d.billingID))
	o.raw("payment", d.paymentJSON())
	o.list("status_histories", d.histories())
	o.raw("extension_attributes", d.extensions(items))
	return o.bytes()
}

// writeIdentity writes numbers, store, currencies, state and times.
func (d *draft) writeIdentity(o *object) {
	o.text("applied_rule_ids", d.promotion.rules)
	o.text("base_currency_code", d.store.currency)
	o.amount("base_to_global_rate", d.store.globalRate)
	o.amount("base_to_order_rate", d.rate)
	o.whole("billing_address_id", d.billingID)
	o.text("coupon_code", d.promotion.coupon)
	o.text("created_at", stamp(d.createdAt))
	o.text("discount_description", d.promotion.description)
	o.flag("email_sent", true)
	o.whole("entity_id", d.entityID)
	o.text("global_currency_code", "USD")
	o.text("hold_before_state", d.fate.beforeHold[0])
	o.text("hold_before_status", d.fate.beforeHold[1])
	o.text("increment_id", d.incrementID)
	o.flag("is_virtual", !d.cart.physical())
	o.text("order_currency_code", d.currency)
	o.text("protect_code", d.protectCode)
	o.whole("quote_id", d.quoteID)
	o.text("remote_ip", d.remoteIP)
	o.text("shipping_description", d.delivery.description)
	o.text("state", d.fate.state)
	o.text("status", d.fate.status)
	o.text("store_currency_code", d.store.currency)
	o.whole("store_id", d.store.id)
	o.text("store_name", d.store.name)
	o.whole("store_to_base_rate", 0)
	o.whole("store_to_order_rate", 0)
	o.text("updated_at", stamp(d.updatedAt))
}

// writeCustomer writes who ordered. A guest has no customer_id and often no name.
// Magento REST: mailchimp/mc-magento2 issues 609 and 840.
func (d *draft) writeCustomer(o *object) {
	o.text("customer_email", d.customer.email)
	o.flag("customer_is_guest", d.customer.id == 0)
	o.flag("customer_note_notify", true)
	o.whole("customer_group_id", d.customer.group)
	if d.namesKnown {
		o.text("customer_firstname", d.customer.first)
		o.text("customer_lastname", d.customer.last)
	}
	if d.customer.id == 0 {
		return
	}
	o.whole("customer_id", d.customer.id)
	o.text("customer_dob", d.customer.dob)
	if d.customer.gender != 0 {
		o.whole("customer_gender", d.customer.gender)
	}
	o.text("customer_taxvat", d.billing.vatID)
}

// writeTotals writes the amounts of the header. discount_amount is negative here.
func (d *draft) writeTotals(o *object) {
	b, t := d.quote.base, d.quote.order
	o.both("discount_amount", b.discount, t.discount)
	o.both("discount_tax_compensation_amount", b.compensation, t.compensation)
	o.both("grand_total", b.grand, t.grand)
	d.writeShipping(o)
	o.both("subtotal", b.subtotal, t.subtotal)
	o.both("subtotal_incl_tax", b.subtotalIncl, t.subtotalIncl)
	o.both("tax_amount", b.tax, t.tax)
	count := int64(0)
	d.cart.top(func(*row) { count++ })
	o.whole("total_item_count", count)
	o.amount("total_qty_ordered", t.qtyOrdered)
	o.amount("weight", t.weight)
}

// writeShipping writes the shipping amounts, in the header and again in the shipping assignment.
func (d *draft) writeShipping(o *object) {
	b, t := d.quote.base, d.quote.order
	o.both("shipping_amount", b.shipping, t.shipping)
	o.both("shipping_discount_amount", b.shippingDiscount, t.shippingDiscount)
	o.amount("shipping_discount_tax_compensation_amount", t.shippingCompensation)
	o.amount("base_shipping_discount_tax_compensation_amnt", b.shippingCompensation)
	o.both("shipping_incl_tax", b.shippingIncl, t.shippingIncl)
	o.both("shipping_tax_amount", b.shippingTax, t.shippingTax)
}

// writeProgress writes what appears only after an event. total_due stays at grand_total on canceled orders.
// Magento REST: Order::getTotalDue.
func (d *draft) writeProgress(o *object) {
	b, t := d.quote.base, d.quote.order
	var zero decimal.Decimal
	event := func(happened bool, suffix string) {
		if !happened {
			return
		}
		o.both("subtotal_"+suffix, b.subtotal, t.subtotal)
		o.both("tax_"+suffix, b.tax, t.tax)
		o.both("discount_"+suffix, b.discount, t.discount)
		o.both("shipping_"+suffix, b.shipping, t.shipping)
		o.both("total_"+suffix, b.grand, t.grand)
	}
	event(d.fate.invoiced, "invoiced")
	event(d.fate.refunded, "refunded")
	event(d.fate.canceled, "canceled")
	if d.fate.refunded {
		o.both("total_offline_refunded", b.grand, t.grand)
		o.both("adjustment_positive", zero, zero)
		o.both("adjustment_negative", zero, zero)
	}
	if d.fate.invoiced {
		o.both("total_paid", b.grand, t.grand)
		o.both("total_due", zero, zero)
		return
	}
	o.both("total_due", b.grand, t.grand)
}

// address writes a billing or shipping address. A free-text region has no region_id and its text as region_code.
func (d *draft) address(kind string, a address, id int64) []byte {
	o := &object{}
	o.text("address_type", kind)
	o.text("city", a.city)
	o.text("company", a.company)
	o.text("country_id", a.country)
	if d.customer.id != 0 {
		o.whole("customer_address_id", d.customer.id*10+id%2)
	}
	o.text("email", a.email)
	o.whole("entity_id", id)
	o.text("firstname", a.first)
	o.text("lastname", a.last)
	o.whole("parent_id", d.entityID)
	o.text("postcode", a.postcode)
	o.text("region", a.region)
	o.text("region_code", a.regionCode)
	if a.regionID != 0 {
		o.whole("region_id", a.regionID)
	}
	o.raw("street", encode(a.street))
	o.text("telephone", a.telephone)
	o.text("vat_id", a.vatID)
	return o.bytes()
}

// paymentJSON writes the payment. additional_information is a list of values without their keys, as in issue 13738.
func (d *draft) paymentJSON() []byte {
	b, t := d.quote.base, d.quote.order
	o := &object{}
	o.raw("account_status", []byte("null"))
	var values [][]byte
	for _, pair := range d.paymentInfo() {
		values = append(values, pair[1])
	}
	o.list("additional_information", values)
	o.both("amount_ordered", b.grand, t.grand)
	if d.fate.invoiced {
		o.both("amount_paid", b.grand, t.grand)
	}
	o.text("cc_exp_year", "0")
	o.raw("cc_last4", []byte("null"))
	o.text("cc_ss_start_month", "0")
	o.text("cc_ss_start_year", "0")
	o.whole("entity_id", d.entityID)
	o.text("last_trans_id", d.transaction)
	o.text("method", d.payment.method)
	o.whole("parent_id", d.entityID)
	o.text("po_number", d.poNumber)
	o.both("shipping_amount", b.shipping, t.shipping)
	return o.bytes()
}

// paymentInfo is the additional information as pairs of key and JSON value.
func (d *draft) paymentInfo() [][2][]byte {
	info := [][2][]byte{{encode("method_title"), encode(d.payment.title)}}
	if d.payment == paypal {
		info = append(info,
			[2][]byte{encode("paypal_payer_email"), encode(d.customer.email)},
			[2][]byte{encode("paypal_correlation_id"), []byte("null")},
			[2][]byte{encode("paypal_payer_status"), encode("verified")})
	}
	return info
}

// histories writes the comments, newest first.
func (d *draft) histories() [][]byte {
	if !d.fate.invoiced {
		return nil
	}
	o := &object{}
	o.text("comment", "Captured amount of "+d.currency+" "+d.quote.order.grand.StringFixed(2))
	o.text("created_at", stamp(d.updatedAt))
	o.whole("entity_id", d.entityID*10)
	o.text("entity_name", "invoice")
	o.raw("is_customer_notified", []byte("null"))
	o.flag("is_visible_on_front", false)
	o.whole("parent_id", d.entityID)
	o.text("status", d.fate.status)
	return [][]byte{o.bytes()}
}

// received writes an order that async ordering has not finished: a row without items and totals.
// Magento REST: module-async-order Model/OrderManagement.php.
func (d *draft) received() []byte {
	o := &object{}
	o.text("created_at", stamp(d.createdAt))
	o.text("customer_email", d.customer.email)
	o.whole("entity_id", d.entityID)
	o.text("increment_id", d.incrementID)
	o.whole("quote_id", d.quoteID)
	o.text("state", "new")
	o.text("status", "received")
	o.whole("store_id", d.store.id)
	o.text("store_name", d.store.name)
	o.text("updated_at", stamp(d.updatedAt))
	o.list("items", nil)
	return o.bytes()
}
