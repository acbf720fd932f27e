package mapping_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/sapb1"
)

// wantLine is what a line of goods must say, by the model.
type wantLine struct {
	qty decimal.Decimal
	// gross is without tax before the discount, off what was taken off it without the tax in it; tax is that on the row as
	// it was ordered.
	gross, off, tax decimal.Decimal
	percent         decimal.Decimal
	// slack is by how much the figures of a part may differ that Magento does not price by itself.
	slack decimal.Decimal
	// price is the shop's, percentOff the price rules' where these are percentages alone; neither for parts and wholes of bundles.
	price, percentOff decimal.NullDecimal
}

func (w wantLine) net() decimal.Decimal { return w.gross.Sub(w.off) }

// kept is how much of a row goes to B1.
func (x trial) kept(r *modelRow) decimal.Decimal {
	if x.books.partly == "open" {
		return r.left
	}
	return r.qty
}

// wantLines are the lines that the document must have, by item, each once.
func (x trial) wantLines() map[string]wantLine {
	lines := map[string]wantLine{}
	for _, r := range x.quote.rows {
		switch {
		case r.kind == kindBundle && x.books.bundles == "children" && !r.dynamic():
			x.spread(r, lines)
		case r.dynamic() && x.asOneLine():
			x.put(lines, r, x.gather(r))
		case r.dynamic():
			for _, c := range r.children {
				x.put(lines, c, x.plain(c))
			}
		default:
			x.put(lines, r, x.plain(r))
		}
	}
	return lines
}

func (x trial) put(lines map[string]wantLine, r *modelRow, w wantLine) {
	if w.qty = x.kept(r); !w.qty.IsZero() {
		lines[r.item] = w
	}
}

// plain is a row that has its own amounts.
func (x trial) plain(r *modelRow) wantLine {
	a := r.on[x.side()]
	share := func(d decimal.Decimal) decimal.Decimal { return over(d.Mul(x.kept(r)), r.qty) }
	return wantLine{slack: x.tied(r), gross: share(a.total), off: share(a.discount.Sub(a.comp)), tax: a.tax, percent: r.class.percent(),
		price: decimal.NewNullDecimal(a.price), percentOff: x.percentOff(r)}
}

// percentOff is what the price rules take off a row, where that is one percentage of its price without tax.
func (x trial) percentOff(r *modelRow) decimal.NullDecimal {
	percent, of := zero, 0
	for _, rule := range x.quote.rules {
		if !rule.takes(r) {
			continue
		}
		if of++; rule.action != byPercent {
			return decimal.NullDecimal{}
		}
		percent = rule.amount
	}
	if of > 1 || x.quote.shop.discountOnTaxed || x.quote.shop.pricesWithTax {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(percent)
}

// gather is a bundle as one line: the sum of its parts.
func (x trial) gather(r *modelRow) wantLine {
	whole := wantLine{percent: r.children[0].class.percent()}
	for _, c := range r.children {
		part := x.plain(c)
		whole.slack = whole.slack.Add(part.slack)
		whole.gross, whole.off, whole.tax = whole.gross.Add(part.gross), whole.off.Add(part.off), whole.tax.Add(part.tax)
		if !part.tax.IsZero() {
			whole.percent = part.percent
		}
	}
	return whole
}

// spread lays a bundle with a fixed price on its parts by what they cost in the catalogue. Price, discount and the tax in it
// are laid out each by itself, to the cent.
func (x trial) spread(r *modelRow, lines map[string]wantLine) {
	whole, sum := x.plain(r), zero
	for _, c := range r.children {
		sum = sum.Add(c.original.Mul(c.qty))
	}
	for _, c := range r.children {
		share := func(d decimal.Decimal) decimal.Decimal { return over(d.Mul(c.original).Mul(c.qty), sum) }
		part := wantLine{gross: share(whole.gross), off: share(whole.off), tax: share(whole.tax), percent: whole.percent, slack: whole.slack.Add(cent.Mul(d("3")))}
		if part.tax.LessThan(cent) {
			part.tax = zero
		}
		x.put(lines, c, part)
	}
}

// unit is the smallest amount that B1 keeps of the document's currency.
func (x trial) unit() decimal.Decimal { return decimal.New(1, -digits(x.currency())) }

// net is what B1 makes of a line.
func (x trial) net(l sapb1.DocumentLine) decimal.Decimal {
	percent := zero
	if l.DiscountPercent != nil {
		percent = l.DiscountPercent.Decimal
	}
	return percentOf(l.Quantity.Mul(l.UnitPrice.Decimal), d("100").Sub(percent)).Round(digits(x.currency()))
}

// overdrawn is by how much discounts that Magento rounds up to cents are more than their rows: B1 has no line of less than
// nothing, so the other lines make up for it.
func (b *booked) overdrawn() decimal.Decimal {
	sum := zero
	for _, w := range b.want {
		sum = sum.Sub(decimal.Min(w.net(), zero))
	}
	return sum
}

// added is what rounding the tax in discounts adds to rows: these are dearer after the discount, and have none in B1.
func (b *booked) added() decimal.Decimal {
	sum := zero
	for _, w := range b.want {
		sum = sum.Sub(decimal.Min(w.off, zero))
	}
	return sum
}

// checkLines wants each row of goods once, with its quantity, and its own amount to the unit: after its discount, or before
// it where the discount stands beside all lines.
func (b *booked) checkLines() string {
	// Magento rounds to cents, B1 to units: the larger of both.
	seen, slack := map[string]bool{}, decimal.Max(b.x.unit(), cent).Add(b.overdrawn())
	for i, l := range b.r.Document.Lines {
		if l.Part != sapb1.PartGoods {
			continue
		}
		w, ok := b.want[l.ItemCode]
		if !ok || seen[l.ItemCode] || !w.qty.Equal(l.Quantity.Decimal) {
			return fmt.Sprintf("a line of %s x %s, want %s (0: none, or no other)", l.Quantity, l.ItemCode, w.qty)
		}
		seen[l.ItemCode] = true
		want, net := w.net(), b.x.net(l)
		if b.goodsBeside {
			want = decimal.Max(w.gross, want) // what is dearer after the discount has none
		}
		if net.Sub(want).Abs().GreaterThan(slack.Add(w.slack)) {
			return fmt.Sprintf("the line of %s comes to %s, want %s to the unit", l.ItemCode, net, want)
		}
		if got := b.created.Lines[i].LineTotal.Decimal; !got.Equal(b.local(net)) {
			return fmt.Sprintf("B1's total of the line of %s is %s, want %s", l.ItemCode, got, b.local(net))
		}
	}
	if len(seen) < len(b.want) {
		return fmt.Sprintf("the document has %d lines of goods, want %d", len(seen), len(b.want))
	}
	return ""
}

// checkPrices wants the shop's own price on each line that it gives, and the price rule's own percentage.
func (b *booked) checkPrices() string {
	for _, l := range b.r.Document.Lines {
		w := b.want[l.ItemCode]
		if l.Part != sapb1.PartGoods || !w.price.Valid || w.slack.IsPositive() || b.x.net(l).IsZero() {
			continue
		}
		round := func(d decimal.Decimal) decimal.Decimal { return d.Round(digits(b.x.currency())) }
		plain := round(w.price.Decimal.Mul(w.qty))
		if !plain.Equal(round(w.gross)) || b.x.net(l).GreaterThan(plain) || (b.goodsBeside || w.off.IsZero()) && !plain.Equal(b.x.net(l)) {
			continue // rounding leaves the price no choice
		}
		if !l.UnitPrice.Equal(w.price.Decimal) {
			return fmt.Sprintf("the line of %s has the price %s, the shop's is %s", l.ItemCode, l.UnitPrice, w.price.Decimal)
		}
		if wrong := b.checkPercent(l, w, plain); wrong != "" {
			return wrong
		}
	}
	return ""
}

func (b *booked) checkPercent(l sapb1.DocumentLine, w wantLine, plain decimal.Decimal) string {
	got := zero
	if l.DiscountPercent != nil {
		got = l.DiscountPercent.Decimal
	}
	if !w.percentOff.Valid || b.goodsBeside {
		return ""
	}
	exact := percentOf(w.price.Decimal.Mul(w.qty), d("100").Sub(w.percentOff.Decimal)).Round(digits(b.x.currency()))
	if exact.Equal(b.x.net(l)) && !got.Equal(got.Round(0)) {
		return fmt.Sprintf("the line of %s has a discount of %s %%, the price rule's is %s %%", l.ItemCode, got, w.percentOff.Decimal)
	}
	return ""
}
