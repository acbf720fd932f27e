package magentosim

import "strings"

// columnKind says how MySQL compares a column.
type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	timeColumn
)

// The columns of table sales_order. A field that is none of them cannot be filtered or sorted by; nested ones
// (billing_address.city) cannot either. Magento REST: module-sales db_schema.xml; only top-level attributes
// are searchable.
const (
	textColumns = `state status coupon_code coupon_rule_name protect_code shipping_description shipping_method
		increment_id applied_rule_ids base_currency_code customer_email customer_firstname customer_lastname
		customer_middlename customer_prefix customer_suffix customer_taxvat customer_note discount_description
		ext_customer_id ext_order_id global_currency_code hold_before_state hold_before_status
		order_currency_code original_increment_id relation_child_id relation_child_real_id relation_parent_id
		relation_parent_real_id remote_ip store_currency_code store_name x_forwarded_for`
	timeColumns  = `created_at updated_at customer_dob`
	wholeColumns = `entity_id store_id customer_id customer_group_id customer_gender customer_is_guest
		customer_note_notify is_virtual billing_address_id shipping_address_id quote_id quote_address_id
		edit_increment email_sent send_email can_ship_partially can_ship_partially_item
		forced_shipment_with_invoice payment_auth_expiration payment_authorization_amount total_item_count
		total_qty_ordered base_total_qty_ordered weight store_to_base_rate store_to_order_rate
		base_to_global_rate base_to_order_rate gift_message_id base_shipping_discount_tax_compensation_amnt`
	// amountColumns exist twice, in order currency and with base_ in front.
	amountColumns = `grand_total subtotal subtotal_incl_tax subtotal_canceled subtotal_invoiced
		subtotal_refunded tax_amount tax_canceled tax_invoiced tax_refunded discount_amount discount_canceled
		discount_invoiced discount_refunded shipping_amount shipping_canceled shipping_invoiced
		shipping_refunded shipping_incl_tax shipping_tax_amount shipping_tax_refunded shipping_discount_amount
		shipping_discount_tax_compensation_amount discount_tax_compensation_amount
		discount_tax_compensation_invoiced discount_tax_compensation_refunded total_paid total_due
		total_invoiced total_refunded total_canceled total_offline_refunded total_online_refunded
		adjustment_positive adjustment_negative`
)

// hotColumns are kept beside the document; all other columns are read from it when somebody asks.
const hotColumns = `entity_id increment_id store_id state status created_at updated_at customer_email
	customer_id customer_is_guest grand_total total_canceled total_refunded order_currency_code ext_order_id
	quote_id`

var (
	columnKinds = buildColumnKinds()
	hotIndex    = buildHotIndex()
)

func buildColumnKinds() map[string]columnKind {
	kinds := map[string]columnKind{}
	for _, name := range strings.Fields(textColumns) {
		kinds[name] = textColumn
	}
	for _, name := range strings.Fields(timeColumns) {
		kinds[name] = timeColumn
	}
	for _, name := range strings.Fields(wholeColumns) {
		kinds[name] = numberColumn
	}
	for _, name := range strings.Fields(amountColumns) {
		kinds[name] = numberColumn
		kinds["base_"+name] = numberColumn
	}
	return kinds
}

func buildHotIndex() map[string]int {
	index := map[string]int{}
	for i, name := range strings.Fields(hotColumns) {
		index[name] = i
	}
	return index
}
