package mapping_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/sapb1"
)

// booked is a document as B1 has it, beside the cart.
type booked struct {
	x       trial
	r       mapping.Result
	created *sapb1.Document
	want    map[string]wantLine
	// What of discounts stands beside what they are taken off: those on goods, and that on shipping.
	goodsBeside, freightBeside bool
}

// check holds the document against the cart. The discounts stand where the rules say; where they leave it open, in one place.
func (x trial) check(r mapping.Result, created *sapb1.Document) string {
	b := &booked{x: x, r: r, created: created, want: x.wantLines()}
	worst, most := "", -1
	for _, b.goodsBeside = range b.goodsMayStandBeside() {
		for _, b.freightBeside = range b.freightMayStandBeside() {
			passed, wrong := b.checkAll()
			if wrong == "" {
				return ""
			}
			if passed > most { // the place that fits best says what is wrong
				most, worst = passed, wrong
			}
		}
	}
	return worst
}

// checkAll gives the first thing that is wrong, and how many checks came before it.
func (b *booked) checkAll() (passed int, wrong string) {
	for i, check := range []func() string{b.checkRate, b.checkLines, b.checkPrices, b.checkCodes, b.checkExtras, b.checkRounding, b.checkProof} {
		if wrong := check(); wrong != "" {
			return i, wrong
		}
	}
	return 0, ""
}

// goodsMayStandBeside is whether the discount on goods may stand on the lines (false), beside them, or either way.
func (b *booked) goodsMayStandBeside() []bool {
	off := zero
	for _, w := range b.want {
		off = off.Add(w.off)
	}
	switch as := b.x.books.discount; {
	case off.LessThan(b.x.unit()) || b.x.taxOnDiscount().IsPositive() || as == "document" || !b.x.quote.shop.afterDiscount:
		return []bool{false, true}
	case as == "line":
		return []bool{false}
	case b.roundedAway():
		return []bool{false, true}
	}
	return []bool{true}
}

// roundedAway reports whether rounding to units leaves nothing of the discount on goods: what it takes off the rows, each rounded
// by itself, is no more than what rounding their sum gives back. In yen, 1.25 off four rows may be so.
func (b *booked) roundedAway() bool {
	taken, sum, rounded := zero, zero, zero
	for _, w := range b.want {
		net := w.net().Round(digits(b.x.currency()))
		taken = taken.Add(atLeastZero(w.gross.Round(digits(b.x.currency())).Sub(net)))
		sum, rounded = sum.Add(w.net()), rounded.Add(net)
	}
	return taken.LessThanOrEqual(sum.Round(digits(b.x.currency())).Sub(rounded))
}

// freightMayStandBeside is the same for shipping, whose discount lowers it but where tax was taken before it.
func (b *booked) freightMayStandBeside() []bool {
	if b.x.quote.shop.afterDiscount && !b.x.freightUntold() {
		return []bool{false}
	}
	return []bool{false, true}
}

// rate is local currency for one unit of the document's.
func (b *booked) rate() decimal.Decimal {
	x := b.x
	switch {
	case x.currency() == x.books.local:
		return one
	case x.books.rate == "magento":
		return one.DivRound(x.quote.rate, 6)
	}
	return d(ratesOfDay[x.currency()])
}

// local is an amount of the document in the company's currency.
func (b *booked) local(amount decimal.Decimal) decimal.Decimal {
	rate := b.rate()
	if sent := b.r.Document.DocRate; sent != nil {
		rate = sent.Decimal // checked by itself; the simulated company quotes directly
	}
	return amount.Mul(rate).Round(digits(b.x.books.local))
}

// checkRate wants Magento's rate where the rules want it, as the company quotes it, and none else.
func (b *booked) checkRate() string {
	sent, want := b.r.Document.DocRate, decimal.NullDecimal{}
	if x := b.x; x.books.rate == "magento" && x.currency() != x.books.local {
		want = decimal.NewNullDecimal(b.rate())
		if x.books.indirect {
			want.Decimal = x.quote.rate
		}
	}
	if (sent != nil) != want.Valid || sent != nil && !sent.Equal(want.Decimal) {
		return fmt.Sprintf("the document has the rate %v, want %s", sent, want.Decimal)
	}
	return ""
}

// part is what a document has of something: the sum, and how many lines or expenses make it up.
type part struct {
	sum   decimal.Decimal
	count int
}

// sums adds up what stands in the document beside goods, by part of it; extras by the code of their expense.
func (b *booked) sums() map[string]part {
	all := map[string]part{}
	add := func(name string, amount decimal.Decimal) {
		all[name] = part{all[name].sum.Add(amount), all[name].count + 1}
	}
	for _, l := range b.r.Document.Lines {
		add(string(l.Part), b.x.net(l))
	}
	for _, e := range b.r.Document.Expenses {
		name := string(e.Part)
		if e.Part == sapb1.PartExtra {
			name = fmt.Sprint(name, e.ExpenseCode)
		}
		add(name, e.LineTotal.Decimal)
	}
	if p := b.r.Document.DiscountPercent; p != nil {
		all["discount"] = part{all["discount"].sum.Sub(b.headDiscount()), all["discount"].count + 1}
	}
	return all
}

// headDiscount is what the document's own discount takes off its lines.
func (b *booked) headDiscount() decimal.Decimal {
	sum, p := zero, b.r.Document.DiscountPercent
	if p == nil {
		return zero
	}
	for _, l := range b.r.Document.Lines {
		sum = sum.Add(b.x.net(l))
	}
	return percentOf(sum, p.Decimal).Round(digits(b.x.currency()))
}

// wantFreight is the shipping that is left: before its discount without the tax in it, and that discount.
func (x trial) wantFreight() (full, off decimal.Decimal) {
	t := x.quote.on[x.side()]
	if x.isOpen() && x.quote.after.refundShipping {
		return zero, zero
	}
	return t.shipping, t.shippingDiscount.Sub(t.shippingComp)
}

// isOpen reports whether only a part of the order is booked.
func (x trial) isOpen() bool { return x.books.partly == "open" && x.quote.after.what != nothingElse }

// wantExtras are the parts that are neither goods nor shipping, by the code of their expense.
func (x trial) wantExtras() map[string]decimal.Decimal {
	t, weee := x.quote.on[x.side()], zero
	for _, r := range x.quote.leaves() {
		weee = weee.Add(over(r.on[x.side()].weeeRow.Mul(x.kept(r)), r.qty))
	}
	return map[string]decimal.Decimal{"extra2": t.giftWrap, "extra6": t.giftCard.Neg(), "extra7": t.storeCredit.Neg(),
		"extra8": t.reward.Neg(), "extra9": weee, "extra10": t.surcharge}
}

// checkExtras wants freight, discounts beside the lines, and each extra to come to the model's amount, within a unit for
// each entry that makes them up.
func (b *booked) checkExtras() string {
	got, want := b.sums(), b.x.wantExtras()
	full, off := b.x.wantFreight()
	near := func(name string, want decimal.Decimal) bool {
		slack := b.x.unit().Mul(decimal.NewFromInt(int64(max(1, got[name].count))))
		if name == "discount" {
			// Lines before their discount are in whole units: the discount takes what they are too much.
			halves := b.x.unit().Div(d("2")).Mul(decimal.NewFromInt(int64(len(b.want))))
			slack = decimal.Sum(slack, b.overdrawn(), b.added(), b.x.allTied(), halves)
		}
		return got[name].sum.Sub(want).Abs().LessThanOrEqual(slack)
	}
	discount := zero
	if b.goodsBeside {
		for _, w := range b.want {
			discount = discount.Sub(w.off)
		}
	}
	if want["freight"] = full.Sub(off); b.freightBeside {
		want["freight"], discount = full, discount.Sub(off)
	}
	want["discount"] = discount
	for name, amount := range want {
		if !near(name, amount) {
			return fmt.Sprintf("%s comes to %s in the document, want %s", name, got[name].sum, amount)
		}
	}
	for name := range got {
		if _, known := want[name]; !known && name != "goods" && name != "rounding" {
			return fmt.Sprintf("the document has %s, which is no part of the order", name)
		}
	}
	return ""
}
