package magentosim

import (
	"strings"

	"github.com/shopspring/decimal"
)

// store is a store view with its website's settings.
type store struct {
	id         int64
	code       string
	name       string // website, store and view, joined by newlines as Magento sends it
	currency   string // base currency
	globalRate decimal.Decimal
	gross      bool // catalogue and shipping prices include tax
	exempt     bool // its customers pay no tax
	german     bool
}

var stores = []store{
	{id: 1, code: "default", name: "Main Website\nMain Website Store\nDefault Store View", currency: "USD",
		globalRate: decimal.NewFromInt(1)},
	{id: 2, code: "de", name: "Website Europa\nDeutschland\nDeutsch", currency: "EUR",
		globalRate: decimal.RequireFromString("1.08"), gross: true, german: true},
	{id: 3, code: "wholesale", name: "Wholesale Website\nWholesale Store\nWholesale View", currency: "USD",
		globalRate: decimal.NewFromInt(1), exempt: true},
}

// foreignCurrency is what some shoppers of store 1 pay in, and how many of it a US dollar buys.
const foreignCurrency = "CAD"

var foreignRate = decimal.RequireFromString("1.3512")

// taxRate is a rule that applies at an address. A zero percent means no tax.
type taxRate struct {
	code            string
	percent         decimal.Decimal
	reducedPercent  decimal.Decimal // of reducedRate products
	reducedCode     string
	shippingPercent decimal.Decimal
}

// of returns code and percent for a product class.
func (t taxRate) of(class taxClass) (string, decimal.Decimal) {
	if class == reducedRate && t.reducedCode != "" {
		return t.reducedCode, t.reducedPercent
	}
	return t.code, t.percent
}

var germanTax = taxRate{
	code: "DE-MwSt-19", percent: decimal.NewFromInt(19), reducedCode: "DE-MwSt-7", reducedPercent: decimal.NewFromInt(7),
	shippingPercent: decimal.NewFromInt(19),
}

// stateTax holds the US states where the shop has to collect tax; Texas taxes shipping too.
var stateTax = map[string]taxRate{
	"CA": {code: "US-CA-*-Rate 1", percent: decimal.RequireFromString("8.25")},
	"NY": {code: "US-NY-*-Rate 1", percent: decimal.RequireFromString("8.875")},
	"TX": {code: "US-TX-*-Rate 1", percent: decimal.RequireFromString("8.25"), shippingPercent: decimal.RequireFromString("8.25")},
}

// taxAt finds the rate for an order of a store shipped (or billed, when nothing is shipped) to an address.
func (s store) taxAt(a address) taxRate {
	switch {
	case s.exempt:
		return taxRate{}
	case s.german:
		return germanTax
	default:
		return stateTax[a.regionCode]
	}
}

// delivery is a way of shipping with its price, gross where the store's prices are.
type delivery struct {
	code        string
	description string
	price       decimal.Decimal
}

var (
	flatRate     = delivery{"flatrate_flatrate", "Flat Rate - Fixed", decimal.RequireFromString("5.00")}
	tableRate    = delivery{"tablerate_bestway", "Best Way - Table Rate", decimal.RequireFromString("12.95")}
	freeShipping = delivery{"freeshipping_freeshipping", "Free Shipping - Free", decimal.Decimal{}}
)

// payment is a payment method as the document shows it.
type payment struct {
	method string
	title  string
}

var (
	checkMoney    = payment{"checkmo", "Check / Money order"}
	bankTransfer  = payment{"banktransfer", "Bank Transfer Payment"}
	paypal        = payment{"paypal_express", "PayPal Express Checkout"}
	purchaseOrder = payment{"purchaseorder", "Purchase Order"}
	freePayment   = payment{"free", "No Payment Information Required"}
)

// promotion is a cart price rule. The zero value is no promotion.
type promotion struct {
	rules           string // applied_rule_ids
	coupon          string
	description     string
	percent         decimal.Decimal // off every line
	fixed           decimal.Decimal // off the cart, in base currency, spread over the lines
	shippingPercent decimal.Decimal // off shipping
	freeShipping    bool
}

var promotions = []promotion{
	{rules: "1", coupon: "SAVE20", description: "SAVE20", percent: decimal.NewFromInt(20)},
	{rules: "2", description: "Member discount", percent: decimal.RequireFromString("7.5")},
	{rules: "3", coupon: "TENOFF", description: "TENOFF", fixed: decimal.NewFromInt(10)},
	{rules: "4", coupon: "SHIPFREE", description: "SHIPFREE", freeShipping: true},
	{rules: "5", coupon: "HALFSHIP", description: "HALFSHIP", shippingPercent: decimal.NewFromInt(50)},
	{rules: "1,5", coupon: "SAVE20", description: "SAVE20, Half shipping", percent: decimal.NewFromInt(20),
		shippingPercent: decimal.NewFromInt(50)},
}

// gift makes the whole order free.
var gift = promotion{rules: "9", coupon: "REPLACEMENT", description: "REPLACEMENT", percent: decimal.NewFromInt(100), freeShipping: true}

// websites answers GET /V1/store/websites. The simulator's stores have a website each.
func websites() []byte {
	var list []map[string]any
	for _, st := range stores {
		name, _, _ := strings.Cut(st.name, "\n")
		list = append(list, map[string]any{"id": st.id, "code": st.code, "name": name, "default_group_id": st.id})
	}
	return encode(list)
}
