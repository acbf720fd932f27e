package mapping_test

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/magento"
	"datawald/mapping"
	"datawald/sapb1"
)

// trial is a cart under the settings of a company.
type trial struct {
	quote   *quote
	books   bookkeeping
	rest    restForm
	noRates bool
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

// expectedGoods are the goods that the document must have, each once: item codes with their quantities.
func (x trial) expectedGoods() map[string]decimal.Decimal {
	goods := map[string]decimal.Decimal{}
	add := func(r *modelRow) {
		qty := r.qty
		if x.books.partly == "open" {
			qty = r.left
		}
		if !qty.IsZero() {
			goods[r.item] = qty
		}
	}
	for _, r := range x.quote.rows {
		if r.kind == kindBundle && (x.books.bundles == "children" || x.books.bundles == "as_priced" && r.dynamic()) {
			for _, c := range r.children {
				add(c)
			}
			continue
		}
		add(r)
	}
	return goods
}

// judge maps the order of a trial and has B1 book it. It gives the mapping's result, and what is wrong with it, nothing if
// all is well: a held order is not wrong in itself.
func (k *books) judge(x trial) (r mapping.Result, wrong string) {
	rules, err := k.rulesOf(x.books)
	if err != nil {
		return r, "the rules are refused: " + err.Error()
	}
	w := &writer{q: x.quote, rest: x.rest, number: 17, virtual: x.quote.isVirtual(), noRates: x.noRates}
	raw := w.document()
	o, err := magento.Convert("main", raw)
	if err != nil {
		return r, "the document is refused: " + err.Error()
	}
	r = rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: today})
	if r.Hold != nil {
		return r, ""
	}
	created, err := k.company(x.books).CreateOrder(k.t.Context(), r.Document)
	if err != nil {
		return r, "B1 refuses the document: " + err.Error()
	}
	return r, x.compare(rules, r, created)
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
	if wrong := x.compareGoods(r.Document); wrong != "" {
		return wrong
	}
	return x.compareProof(r.Proof, got.Amount)
}

func (x trial) compareGoods(document *sapb1.SalesOrder) string {
	want := x.expectedGoods()
	for _, l := range document.Lines {
		if l.Part != sapb1.PartGoods {
			continue
		}
		qty, ok := want[l.ItemCode]
		if !ok || !qty.Equal(l.Quantity.Decimal) {
			return fmt.Sprintf("a line of %s x %s, want %s (0: none, or no other)", l.Quantity, l.ItemCode, qty)
		}
		delete(want, l.ItemCode)
	}
	if len(want) > 0 {
		return fmt.Sprintf("the document lacks %v", want)
	}
	return ""
}

// compareProof checks that the proof says what B1 does, and that its parts add up on both sides: Magento's as far as the
// rounding of rows and parts to whole units of the currency allows.
func (x trial) compareProof(p *mapping.Proof, total decimal.Decimal) string {
	sum, totals := mapping.Component{}, mapping.Component{}
	slack := decimal.Max(cent, decimal.New(1, -digits(x.currency()))).Mul(decimal.NewFromInt(int64(2*len(x.quote.leaves()) + 6)))
	if x.quote.after.what != nothingElse {
		for _, r := range x.quote.leaves() { // Magento does not say what is left of the tax on these
			slack = slack.Add(r.on[x.side()].weeeTax)
		}
	}
	for _, c := range p.Components {
		if !c.Difference.Equal(c.B1.Sub(c.Magento)) {
			return fmt.Sprintf("the proof's %s is %s against %s, yet the difference %s", c.Name, c.Magento, c.B1, c.Difference)
		}
		if c.Name == "total" {
			totals = c
			continue
		}
		sum.Magento, sum.B1 = sum.Magento.Add(c.Magento), sum.B1.Add(c.B1)
	}
	switch {
	case !totals.B1.Equal(total) || !p.Equal:
		return fmt.Sprintf("the proof's total for B1 is %s (equal: %t), B1's own %s", totals.B1, p.Equal, total)
	case !sum.B1.Equal(totals.B1):
		return fmt.Sprintf("the proof's parts for B1 add up to %s, its total is %s", sum.B1, totals.B1)
	case sum.Magento.Sub(totals.Magento).Abs().GreaterThan(slack):
		return fmt.Sprintf("the proof's parts for Magento add up to %s, its total is %s", sum.Magento, totals.Magento)
	}
	return ""
}

// tell writes a cart as short as it can be understood.
func (x trial) tell(r mapping.Result) string {
	q, t, s := x.quote, x.quote.on[x.side()], &strings.Builder{}
	fmt.Fprintf(s, "%+v, REST row_total %s, rates named: %t\n", x.books, x.rest, !x.noRates)
	fmt.Fprintf(s, "tax by %s; with tax: prices %t, shipping %t, discounts %t; tax after discount %t, carried %t; shipping taxed %s %%; weee taxed %t, in subtotal %t\n",
		q.shop.method, q.shop.pricesWithTax, q.shop.shippingWithTax, q.shop.discountOnTaxed, q.shop.afterDiscount, q.shop.carriedDiscounts,
		q.shop.shippingClass.percent(), q.shop.weeeTaxed, q.shop.weeeInSubtotal)
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
