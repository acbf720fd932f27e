package order

import (
	"time"

	"github.com/shopspring/decimal"
)

// Order is one Magento sales order in canonical form: every amount decimal and in order currency, every time UTC. It is made of
// what GET /rest/V1/orders/{id} answers (magento.Convert); what the document does not have is empty or zero.
type Order struct {
	// Key is made of the three that follow it.
	Key         Key    `bson:"key" json:"key"`
	Instance    string `bson:"instance" json:"instance"`
	StoreID     int64  `bson:"store_id" json:"store_id"`
	IncrementID string `bson:"increment_id" json:"increment_id"`
	// EntityID is Magento's own key of the row; 0 when the document had none.
	EntityID int64 `bson:"entity_id" json:"entity_id"`
	// State is Magento's fixed life cycle (new, processing, complete, …); Status is the merchant's own word for it.
	// Either may be missing in a real document.
	State  string `bson:"state" json:"state"`
	Status string `bson:"status" json:"status"`
	// CreatedAt is when the order was placed, UpdatedAt when Magento last wrote its row; CreatedAt where it does not say.
	CreatedAt time.Time `bson:"created_at" json:"created_at"`
	UpdatedAt time.Time `bson:"updated_at" json:"updated_at"`

	// Currency is the order currency (ISO 4217); all amounts below are in it. BaseCurrency is that of the website.
	Currency     string `bson:"currency" json:"currency"`
	BaseCurrency string `bson:"base_currency" json:"base_currency"`
	// BaseToOrderRate is how much of Currency Magento gave for one of BaseCurrency; zero where it does not say.
	BaseToOrderRate decimal.Decimal `bson:"base_to_order_rate" json:"base_to_order_rate"`

	// EditOf is the entity_id of the order that this one replaces ("Edit" in the Admin); empty for all others.
	EditOf string `bson:"edit_of,omitempty" json:"edit_of,omitempty"`

	// Virtual is true where nothing is shipped.
	Virtual  bool     `bson:"virtual" json:"virtual"`
	Customer Customer `bson:"customer" json:"customer"`
	Billing  Address  `bson:"billing" json:"billing"`
	// Shipping is nil for an order of virtual goods alone: Magento then gives no address.
	Shipping *Address `bson:"shipping,omitempty" json:"shipping,omitempty"`
	// ShippingMethod is carrier and method in Magento's code: flatrate_flatrate.
	ShippingMethod string  `bson:"shipping_method" json:"shipping_method"`
	Payment        Payment `bson:"payment" json:"payment"`
	Lines          []Line  `bson:"lines" json:"lines"`
	Totals         Totals  `bson:"totals" json:"totals"`
	// ShippingRates are the tax rates that Magento applied to shipping; empty where it does not say.
	ShippingRates []AppliedTax `bson:"shipping_rates" json:"shipping_rates"`
	// Base has the amounts in BaseCurrency; nil where that is the order currency.
	Base *BaseAmounts `bson:"base" json:"base"`
}

// AppliedTax is one of Magento's tax rates on a row or on shipping. Several may apply to one row; what they take adds up.
type AppliedTax struct {
	// Code is the name of the rate in Magento (Stores > Taxes > Tax Zones and Rates), such as US-MI-*-Rate 1.
	Code string `bson:"code" json:"code"`
	// Percent is 8.25 for 8.25 %; Amount is what it takes of the row, in order currency.
	Percent decimal.Decimal `bson:"percent" json:"percent"`
	Amount  decimal.Decimal `bson:"amount" json:"amount"`
}

// BaseAmounts are an order's amounts in the currency of its website. Magento rounds them by themselves: they are not the
// order's amounts times a rate.
type BaseAmounts struct {
	Totals Totals `bson:"totals" json:"totals"`
	// Lines are the rows of the order, in its order.
	Lines []LineAmounts `bson:"lines" json:"lines"`
}

// LineAmounts are the amounts of a Line, with the meaning that they have there.
type LineAmounts struct {
	Price           decimal.Decimal `bson:"price" json:"price"`
	PriceInclTax    decimal.Decimal `bson:"price_incl_tax" json:"price_incl_tax"`
	OriginalPrice   decimal.Decimal `bson:"original_price" json:"original_price"`
	Discount        decimal.Decimal `bson:"discount" json:"discount"`
	Tax             decimal.Decimal `bson:"tax" json:"tax"`
	TaxCompensation decimal.Decimal `bson:"tax_compensation" json:"tax_compensation"`
	Weee            decimal.Decimal `bson:"weee" json:"weee"`
	RowTotal        decimal.Decimal `bson:"row_total" json:"row_total"`
	RowTotalInclTax decimal.Decimal `bson:"row_total_incl_tax" json:"row_total_incl_tax"`
}

// InBase gives the order with its amounts in BaseCurrency; the order itself where that is its currency already, or where it has
// no amounts in it. Whoever needs to tell these apart compares Currency with BaseCurrency.
func (o *Order) InBase() *Order {
	if o.Base == nil || len(o.Base.Lines) != len(o.Lines) {
		return o
	}
	b := *o
	b.Currency, b.Totals, b.Base = o.BaseCurrency, o.Base.Totals, nil
	b.Lines = make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		a := o.Base.Lines[i]
		l.Price, l.PriceInclTax, l.OriginalPrice, l.Discount = a.Price, a.PriceInclTax, a.OriginalPrice, a.Discount
		l.Tax, l.TaxCompensation, l.Weee = a.Tax, a.TaxCompensation, a.Weee
		l.RowTotal, l.RowTotalInclTax = a.RowTotal, a.RowTotalInclTax
		b.Lines[i] = l
	}
	return &b
}

// Customer is the buyer as the order names him. All of it but ID, Guest and GroupID is personal data.
type Customer struct {
	// ID is that of his account; 0 for a guest.
	ID    int64 `bson:"id" json:"id"`
	Guest bool  `bson:"guest" json:"guest"`
	// GroupID is his customer group in Magento (Customers > Customer Groups), 0 for those who are not logged in.
	GroupID   int64  `bson:"group_id" json:"group_id"`
	Email     string `bson:"email" json:"email"`
	FirstName string `bson:"first_name" json:"first_name"`
	LastName  string `bson:"last_name" json:"last_name"`
	// TaxVAT is the tax number of the account (customer_taxvat); that of an address is its VATID.
	TaxVAT string `bson:"tax_vat" json:"tax_vat"`
}

// Address is a postal address, and personal data. Region is text; RegionCode equals it where the shop has free-text regions.
type Address struct {
	FirstName  string   `bson:"first_name" json:"first_name"`
	MiddleName string   `bson:"middle_name" json:"middle_name"`
	LastName   string   `bson:"last_name" json:"last_name"`
	Company    string   `bson:"company" json:"company"`
	Street     []string `bson:"street" json:"street"`
	City       string   `bson:"city" json:"city"`
	Region     string   `bson:"region" json:"region"`
	RegionCode string   `bson:"region_code" json:"region_code"`
	// RegionID is 0 where the region is free text.
	RegionID int64  `bson:"region_id" json:"region_id"`
	Postcode string `bson:"postcode" json:"postcode"`
	// Country is of two letters (ISO 3166).
	Country   string `bson:"country" json:"country"`
	Telephone string `bson:"telephone" json:"telephone"`
	Email     string `bson:"email" json:"email"`
	VATID     string `bson:"vat_id" json:"vat_id"`
}

// Payment names how the order is paid. No card data is kept.
type Payment struct {
	// Method is Magento's code: checkmo, paypal_express.
	Method string `bson:"method" json:"method"`
	// PONumber is the buyer's own order number, where he gave one.
	PONumber string `bson:"po_number" json:"po_number"`
}

// Product types of Magento's order lines.
const (
	Simple       = "simple"
	Configurable = "configurable"
	Bundle       = "bundle"
	Grouped      = "grouped"
	VirtualGoods = "virtual"
	Downloadable = "downloadable"
)

// Line is one row of the order as Magento lists it, parents and children alike. Amounts are for the whole row unless
// the name says otherwise. A row is never booked by its row totals: what the REST API calls so differs between releases
// (OCA/connector-magento 301, magento2 39984). They only tell how Magento came from the price to its own total of the row.
type Line struct {
	// ItemID is Magento's key of the row, ParentItemID that of the row it belongs to (configurable, bundle); 0 for none.
	ItemID       int64  `bson:"item_id" json:"item_id"`
	ParentItemID int64  `bson:"parent_item_id" json:"parent_item_id"`
	SKU          string `bson:"sku" json:"sku"`
	Name         string `bson:"name" json:"name"`
	// ProductType is one of the product types above, or one of a module.
	ProductType string `bson:"product_type" json:"product_type"`
	// QtyOrdered is in units as sold, and may have decimals; QtyCanceled and QtyRefunded are parts of it.
	QtyOrdered  decimal.Decimal `bson:"qty_ordered" json:"qty_ordered"`
	QtyCanceled decimal.Decimal `bson:"qty_canceled" json:"qty_canceled"`
	QtyRefunded decimal.Decimal `bson:"qty_refunded" json:"qty_refunded"`
	// Price is for one unit, without tax, before discount.
	Price decimal.Decimal `bson:"price" json:"price"`
	// PriceInclTax is for one unit, with tax, before discount.
	PriceInclTax decimal.Decimal `bson:"price_incl_tax" json:"price_incl_tax"`
	// OriginalPrice is the catalogue price for one unit, before special and tier prices; with tax where the catalogue has it.
	OriginalPrice decimal.Decimal `bson:"original_price" json:"original_price"`
	// Discount is positive.
	Discount decimal.Decimal `bson:"discount" json:"discount"`
	Tax      decimal.Decimal `bson:"tax" json:"tax"`
	// TaxPercent is 8.25 for 8.25 %, all rates of the row together.
	TaxPercent decimal.Decimal `bson:"tax_percent" json:"tax_percent"`
	// TaxCompensation is the tax inside a discount on prices that include tax.
	TaxCompensation decimal.Decimal `bson:"tax_compensation" json:"tax_compensation"`
	// Weee is the fixed product tax of the row; it is not part of Price.
	Weee decimal.Decimal `bson:"weee" json:"weee"`
	// RowTotal and RowTotalInclTax are row_total and row_total_incl_tax as the release of the shop gives them: before or after
	// the discount, or for one unit. Zero where it does not, or not as an amount.
	RowTotal        decimal.Decimal `bson:"row_total" json:"row_total"`
	RowTotalInclTax decimal.Decimal `bson:"row_total_incl_tax" json:"row_total_incl_tax"`
	Virtual         bool            `bson:"virtual" json:"virtual"`
	// Taxes are the rates that Magento says it applied to the row; empty where it does not say (admin-edited orders, tax
	// services).
	Taxes []AppliedTax `bson:"taxes" json:"taxes"`
	// CustomOptions is true where the buyer chose options of the row; their SKUs are appended to its SKU.
	CustomOptions bool `bson:"custom_options" json:"custom_options"`
}

// Totals are Magento's own sums in order currency. All are positive, but Discount.
type Totals struct {
	// Subtotal is the rows' price x quantity without tax, before discount.
	Subtotal decimal.Decimal `bson:"subtotal" json:"subtotal"`
	// Discount is negative and holds the shipping discount as well.
	Discount decimal.Decimal `bson:"discount" json:"discount"`
	// Shipping is without tax, before its discount; ShippingDiscount is positive.
	Shipping         decimal.Decimal `bson:"shipping" json:"shipping"`
	ShippingDiscount decimal.Decimal `bson:"shipping_discount" json:"shipping_discount"`
	ShippingTax      decimal.Decimal `bson:"shipping_tax" json:"shipping_tax"`
	// ShippingTaxCompensation and TaxCompensation are the tax inside a discount on prices that include tax: Magento takes it
	// off with the discount and adds it here again.
	ShippingTaxCompensation decimal.Decimal `bson:"shipping_tax_compensation" json:"shipping_tax_compensation"`
	// Tax holds the tax on shipping as well.
	Tax             decimal.Decimal `bson:"tax" json:"tax"`
	TaxCompensation decimal.Decimal `bson:"tax_compensation" json:"tax_compensation"`
	// GiftWrap is without tax; whether GiftWrapTax is part of Tax differs, see Sum.
	GiftWrap    decimal.Decimal `bson:"gift_wrap" json:"gift_wrap"`
	GiftWrapTax decimal.Decimal `bson:"gift_wrap_tax" json:"gift_wrap_tax"`
	// GiftCards, StoreCredit and RewardPoints were paid with; Grand is what is left to pay.
	GiftCards    decimal.Decimal `bson:"gift_cards" json:"gift_cards"`
	StoreCredit  decimal.Decimal `bson:"store_credit" json:"store_credit"`
	RewardPoints decimal.Decimal `bson:"reward_points" json:"reward_points"`
	Grand        decimal.Decimal `bson:"grand" json:"grand"`
	// Paid is what was taken, refunds not taken off.
	Paid decimal.Decimal `bson:"paid" json:"paid"`
	// Authorized is what the payment has reserved and not yet taken.
	Authorized decimal.Decimal `bson:"authorized" json:"authorized"`
	// Refunded and Canceled are parts of Grand that Magento gave back, or no longer wants.
	Refunded decimal.Decimal `bson:"refunded" json:"refunded"`
	Canceled decimal.Decimal `bson:"canceled" json:"canceled"`
	// ShippingCanceled and ShippingRefunded are parts of Shipping, without tax.
	ShippingCanceled decimal.Decimal `bson:"shipping_canceled" json:"shipping_canceled"`
	ShippingRefunded decimal.Decimal `bson:"shipping_refunded" json:"shipping_refunded"`
}

// withoutHistory leaves out what happens to an order after it is placed.
func (t Totals) withoutHistory() Totals {
	t.Paid, t.Authorized, t.Refunded, t.Canceled = decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero
	t.ShippingCanceled, t.ShippingRefunded = decimal.Zero, decimal.Zero
	return t
}

// Sum adds the parts of the order up. It equals Grand in every sound document: subtotal + discount + shipping + tax +
// both tax compensations + gift wrapping, less gift cards, store credit and reward points.
func (t Totals) Sum() decimal.Decimal {
	return decimal.Sum(t.Subtotal, t.Discount, t.Shipping, t.Tax, t.TaxCompensation, t.ShippingTaxCompensation, t.GiftWrap).
		Sub(t.GiftCards).Sub(t.StoreCredit).Sub(t.RewardPoints)
}

// Total is what the customer owes, with its currency.
func (o *Order) Total() Money { return Money{Amount: o.Totals.Grand, Currency: o.Currency} }

// Destination is where the goods go, or the billing address where nothing is shipped. Taxes follow it.
func (o *Order) Destination() Address {
	if o.Shipping != nil {
		return *o.Shipping
	}
	return o.Billing
}
