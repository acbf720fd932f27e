package mapping_test

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/sapb1"
)

// trial is a cart under the settings of a company.
type trial struct {
	quote   *quote
	books   bookkeeping
	rest    restForm
	noRates bool
	// shipTo and billTo are the countries of both addresses.
	shipTo, billTo string
}

// side is the currency that the document is in.
func (x trial) side() int {
	if x.books.in == "base" {
		return baseSide
	}
	return orderSide
}

func (x trial) currency() string {
	if x.side() == baseSide {
		return x.quote.base
	}
	return x.quote.currency
}

// expected is the total that B1 must come to: Magento's own, or what of it is left, to the smallest unit of the currency.
// That is what was charged: no one pays parts of a yen.
func (x trial) expected() decimal.Decimal {
	t := x.quote.on[x.side()]
	total := t.grand
	if x.books.partly == "open" {
		total = t.open()
	}
	return total.Round(digits(x.currency()))
}

// judge maps the order of a trial and has B1 book it. It gives the mapping's result, and what is wrong with it, nothing if
// all is well: a held order is not wrong in itself.
func (k *books) judge(x trial) (r mapping.Result, wrong string) {
	r, wrong = k.mapped(x, x.document())
	if wrong != "" || r.Hold != nil {
		return r, wrong
	}
	created, err := k.company(x.books).CreateOrder(k.t.Context(), r.Document)
	if err != nil {
		return r, "B1 refuses the document: " + err.Error()
	}
	return r, x.compare(k.rules[x.books], r, created)
}

// compare holds B1's document against the cart and the proof.
func (x trial) compare(rules *mapping.Rules, r mapping.Result, created *sapb1.Document) string {
	got, want := rules.Total(created), x.expected()
	switch {
	case got.Currency != x.currency() || !got.Amount.Equal(want):
		return fmt.Sprintf("B1's total is %s, want %s %s", got, want, x.currency())
	case !r.Expect.Equal(got):
		return fmt.Sprintf("the mapping expects %s, B1 comes to %s", r.Expect, got)
	}
	return x.check(r, created)
}

// tell writes a cart as short as it can be understood.
func (x trial) tell(r mapping.Result) string {
	q, t, s := x.quote, x.quote.on[x.side()], &strings.Builder{}
	fmt.Fprintf(s, "%+v, REST row_total %s, rates named: %t\n", x.books, x.rest, !x.noRates)
	fmt.Fprintf(s, "tax by %s; with tax: prices %t, shipping %t, discounts %t; tax after discount %t, carried %t; shipping taxed %s %%; weee taxed %t, in subtotal %t\n",
		q.shop.method, q.shop.pricesWithTax, q.shop.shippingWithTax, q.shop.discountOnTaxed, q.shop.afterDiscount, q.shop.carriedDiscounts,
		q.shop.shippingClass.percent(), q.shop.weeeTaxed, q.shop.weeeInSubtotal)
	fmt.Fprintf(s, "to %s, billed to %s\n", x.shipTo, x.billTo)
	fmt.Fprintf(s, "%s to %s at %s; afterwards %q, shipping refunded %t\n", q.base, q.currency, q.rate, q.after.what, q.after.refundShipping)
	for _, r := range q.rules {
		fmt.Fprintf(s, "rule %s %s, shipping %t, gifts alone %t\n", r.action, r.amount, r.shipping, r.gifts)
	}
	for _, row := range q.rows {
		tellRow(s, row, x.side(), "")
	}
	for name, amount := range map[string]decimal.Decimal{"subtotal": t.subtotal, "discount": t.discount, "tax": t.tax, "compensation": t.comp,
		"weee": t.weee, "shipping": t.shipping, "shipping tax": t.shippingTax, "shipping discount": t.shippingDiscount, "shipping compensation": t.shippingComp,
		"gift wrap": t.giftWrap, "its tax": t.giftWrapTax, "surcharge": t.surcharge, "gift card": t.giftCard, "store credit": t.storeCredit,
		"points": t.reward, "grand": t.grand, "cancelled": t.canceled, "refunded": t.refunded} {
		if !amount.IsZero() {
			fmt.Fprintf(s, "%s %s, ", name, amount)
		}
	}
	fmt.Fprintln(s)
	if r.Proof != nil {
		fmt.Fprintf(s, "proof: %+v\n", r.Proof.Components)
	}
	if r.Document != nil {
		fmt.Fprintf(s, "document: %s", shape(r))
		if p := r.Document.DiscountPercent; p != nil {
			fmt.Fprintf(s, "; header discount %s %%", p)
		}
		if p := r.Document.DocRate; p != nil {
			fmt.Fprintf(s, "; rate %s", p)
		}
	}
	return s.String()
}

func tellRow(s *strings.Builder, r *modelRow, side int, indent string) {
	a := r.on[side]
	fmt.Fprintf(s, "%s%s %s: %s (left %s) at %s, with tax %s: total %s, discount %s, tax %s (%s %%), compensation %s, weee %s + %s\n",
		indent, r.kind, r.sku, r.qty, r.left, a.price, a.priceIncl, a.total, a.discount, a.tax, r.class.percent(), a.comp, a.weeeRow, a.weeeTax)
	for _, c := range r.children {
		tellRow(s, c, side, indent+"  ")
	}
}
