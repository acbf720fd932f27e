package mapping_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/sapb1"
)

// roundingBound is by how much Magento's way of rounding and B1's can differ on a cart: half a cent for each row, or piece where
// tax is by piece, and rate; half a unit for each code or line of B1; and where B1's units are larger than Magento's cents, half
// a unit for each amount that is rounded to them.
func (x trial) roundingBound() decimal.Decimal {
	roundings, lines := zero, 0
	for _, r := range x.quote.leaves() {
		lines++
		pieces := one
		if x.quote.shop.method == byUnit {
			pieces = decimal.Max(one, r.qty)
		}
		taxes := int64(max(1, len(r.class.rules)))
		if r.on[x.side()].weeeRow.IsPositive() {
			taxes *= 2
		}
		if x.isOpen() {
			taxes += 6 // price, discount, tax and so on of what is gone, each rounded
		}
		roundings = roundings.Add(pieces.Mul(decimal.NewFromInt(taxes)))
	}
	shipping := int64(2 + len(x.quote.shop.shippingClass.rules))
	magento := cent.Mul(roundings.Add(decimal.NewFromInt(shipping)))
	// A unit of net moves a quarter of a unit of tax at most.
	b1 := x.unit().Mul(decimal.NewFromInt(int64(lines)).Mul(d("1.5")).Add(d("5")))
	return magento.Add(b1).Div(d("2")).Add(x.taxOfOverdrawn())
}

// taxOfOverdrawn is the tax that a bundle as one line has too little in B1: parts that are discounted by more than they cost
// lower what is taxed, while Magento takes no tax below nothing of them.
func (x trial) taxOfOverdrawn() decimal.Decimal {
	sum := zero
	if !x.asOneLine() {
		return sum
	}
	for _, r := range x.quote.leaves() {
		a := r.on[x.side()]
		if over := a.discount.Sub(a.total).Sub(a.comp); over.IsPositive() {
			sum = sum.Add(percentOf(over, r.class.percent()))
		}
	}
	return sum
}

// checkRounding wants no more rounding than the ways of rounding differ by, and no more than the rules allow.
func (b *booked) checkRounding() string {
	booked, x := b.sums()["rounding"].sum.Abs(), b.x
	if most := decimal.Min(x.roundingBound().Add(x.taxOnDiscount()), x.books.roundingMax(x.currency())); booked.GreaterThan(most) {
		return fmt.Sprintf("rounding of %s is booked, at most %s can come up", booked, most)
	}
	return ""
}

// wantTax is Magento's tax on what is booked.
func (x trial) wantTax() decimal.Decimal {
	t := x.quote.on[x.side()]
	sum := zero
	for _, r := range x.quote.leaves() {
		sum = sum.Add(over(r.on[x.side()].tax.Mul(x.kept(r)), r.qty))
	}
	sum = decimal.Sum(sum, x.weeeTaxLeft(), t.giftWrapTax)
	if x.isOpen() && x.quote.after.refundShipping {
		return sum
	}
	return sum.Add(t.shippingTax)
}

// weeeTaxLeft is the tax on the fixed product taxes that are left. Magento does not say on which row it was: as much of the tax
// is left as of the fixed product taxes.
func (x trial) weeeTaxLeft() decimal.Decimal {
	tax, all := zero, zero
	for _, r := range x.quote.leaves() {
		tax, all = tax.Add(r.on[x.side()].weeeTax), all.Add(r.on[x.side()].weeeRow)
	}
	if all.IsZero() {
		return zero
	}
	return over(tax.Mul(x.wantExtras()["extra9"]), all)
}

// wantMagento are Magento's figures by part, as the document is made up.
func (b *booked) wantMagento() map[string]decimal.Decimal {
	want := map[string]decimal.Decimal{"tax": b.x.wantTax(), "rounding": zero, "total": b.x.expected()}
	for _, w := range b.want {
		want["lines"] = want["lines"].Add(w.gross)
		if b.goodsBeside {
			want["discount"] = want["discount"].Sub(w.off)
			continue
		}
		want["lines"] = want["lines"].Sub(w.off)
	}
	full, off := b.x.wantFreight()
	if want["freight"] = full.Sub(off); b.freightBeside {
		want["freight"], want["discount"] = full, want["discount"].Sub(off)
	}
	for _, amount := range b.x.wantExtras() {
		want["extras"] = want["extras"].Add(amount)
	}
	return want
}

// wantB1 are the figures of the document as B1 has them, by part.
func (b *booked) wantB1() map[string]decimal.Decimal {
	want := map[string]decimal.Decimal{"tax": b.created.VatSum.Decimal, "total": b.x.expected(), "rest": zero}
	if b.x.currency() != b.x.books.local {
		want["tax"] = b.created.VatSumFc.Decimal
	}
	for name, p := range b.sums() {
		switch name {
		case string(sapb1.PartGoods):
			want["lines"] = p.sum
		case "discount", "freight", "rounding":
			want[name] = p.sum
		default:
			want["extras"] = want["extras"].Add(p.sum)
		}
	}
	return want
}

// checkProof wants each part of the proof to be Magento's figure, to its four digits, and B1's, and both sides to add up.
func (b *booked) checkProof() string {
	p := b.r.Proof
	if !p.Equal || p.Currency != b.x.currency() {
		return fmt.Sprintf("the proof is equal: %t, in %s", p.Equal, p.Currency)
	}
	magento, b1 := b.wantMagento(), b.wantB1()
	sum := mapping.Component{}
	for _, c := range p.Components {
		want, known := magento[c.Name]
		switch {
		case !c.Difference.Equal(c.B1.Sub(c.Magento)):
			return fmt.Sprintf("the proof's %s is %s against %s, yet the difference %s", c.Name, c.Magento, c.B1, c.Difference)
		case !c.B1.Equal(b1[c.Name]):
			return fmt.Sprintf("the proof has %s as B1's %s, B1 comes to %s", c.B1, c.Name, b1[c.Name])
		case known && c.Magento.Sub(want).Abs().GreaterThan(b.slackOf(c.Name)):
			return fmt.Sprintf("the proof has %s as Magento's %s, want %s", c.Magento, c.Name, want)
		case c.Name == "rest" && c.Magento.Abs().GreaterThan(b.mostRest()):
			return fmt.Sprintf("the proof leaves %s of Magento's total without a part", c.Magento)
		}
		if c.Name != "total" {
			sum.Magento, sum.B1 = sum.Magento.Add(c.Magento), sum.B1.Add(c.B1)
		}
		delete(magento, c.Name)
		delete(b1, c.Name)
	}
	if total := b.x.expected(); !sum.Magento.Equal(total) || !sum.B1.Equal(total) {
		return fmt.Sprintf("the proof's parts add up to %s and %s, the total is %s", sum.Magento, sum.B1, total)
	}
	return leftOut(magento, b1)
}

// leftOut says what the proof has no part for.
func leftOut(sides ...map[string]decimal.Decimal) string {
	for _, side := range sides {
		for name, amount := range side {
			if amount.Abs().GreaterThan(decimal.New(1, -3)) {
				return fmt.Sprintf("the proof has no part %s, want %s", name, amount)
			}
		}
	}
	return ""
}

// slackOf is by how much a figure of the proof may differ from the model's: Magento keeps four digits of each amount.
func (b *booked) slackOf(name string) decimal.Decimal {
	if name == "total" {
		return zero
	}
	slack := decimal.New(1, -4).Mul(decimal.NewFromInt(int64(len(b.want) + 1)))
	switch {
	case name == "tax":
		return slack.Add(b.x.untoldWeeeTax())
	case name == "lines" && b.x.isOpen():
		return slack.Add(b.x.allTied())
	}
	return slack
}

// mostRest is what Magento's total may have beyond its parts: four digits of each, the fraction of a unit that nobody is
// charged, and where a part of the order is gone, the cents to which Magento rounds what is gone of each amount.
func (b *booked) mostRest() decimal.Decimal {
	most := decimal.Sum(decimal.New(1, -3), b.x.unit().Div(d("2")), b.x.untoldWeeeTax())
	if !b.x.isOpen() {
		return most
	}
	for _, r := range b.x.quote.leaves() { // the tax on fixed product taxes is not told by row
		most = most.Add(cent.Mul(d("3"))).Add(r.on[b.x.side()].weeeTax)
	}
	return most
}
