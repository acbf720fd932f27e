package mapping_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/sapb1"
)

// taxCountry is the country whose tax codes hold.
func (x trial) taxCountry() string {
	if x.books.place == "bill_to" || x.quote.isVirtual() {
		return x.billTo
	}
	return x.shipTo
}

// checkCodes wants lines and expenses under the code of what they are taxed at, in the property that the rules name.
func (b *booked) checkCodes() string {
	t, shipping := b.x.quote.on[b.x.side()], b.x.quote.shop.shippingClass.percent()
	for _, l := range b.r.Document.Lines {
		code, wrong := b.codeOf(l.TaxCode, l.VatGroup)
		switch w := b.want[l.ItemCode]; {
		case wrong != "":
			return wrong
		case l.Part == sapb1.PartGoods && !b.stands(code, w.percent, w.tax):
			return fmt.Sprintf("the line of %s is under %s, want %s %% in %s", l.ItemCode, code, w.percent, b.x.taxCountry())
		case l.Part == sapb1.PartFreight && !b.freightStands(code):
			return fmt.Sprintf("freight is under %s, want %s %% in %s", code, shipping, b.x.taxCountry())
		}
	}
	for _, e := range b.r.Document.Expenses {
		code, wrong := b.codeOf(e.TaxCode, e.VatGroup)
		switch {
		case wrong != "":
			return wrong
		case e.Part == sapb1.PartFreight && !b.freightStands(code):
			return fmt.Sprintf("freight is under %s, want %s %% in %s", code, shipping, b.x.taxCountry())
		case e.ExpenseCode == 2 && !b.stands(code, shipping, t.giftWrapTax):
			return fmt.Sprintf("gift wrapping is under %s, want %s %% in %s", code, shipping, b.x.taxCountry())
		case finalExpenses[e.ExpenseCode] && code != b.x.books.final():
			return fmt.Sprintf("expense %d is under %s, want %s", e.ExpenseCode, code, b.x.books.final())
		}
	}
	return b.checkDiscountCodes()
}

// finalExpenses are those on which the rules want no tax.
var finalExpenses = map[int]bool{3: true, 5: true, 6: true, 7: true, 8: true, 10: true}

// codeOf is the code of a line, which must stand in the property that the rules name, and there alone.
func (b *booked) codeOf(taxCode, vatGroup string) (code, wrong string) {
	used, other := taxCode, vatGroup
	if b.x.books.property == "vat_group" {
		used, other = other, used
	}
	if used == "" || other != "" {
		return used, fmt.Sprintf("a code stands as TaxCode %q, VatGroup %q, want %s", taxCode, vatGroup, b.x.books.property)
	}
	return used, ""
}

// stands reports whether a code is that of a percentage; of 0 % as well where no tax came of it.
func (b *booked) stands(code string, percent, tax decimal.Decimal) bool {
	country := b.x.taxCountry()
	for i, rate := range bookedRates {
		if d(rate).Equal(percent) && code == b.x.books.codeName(i, country) {
			return !tax.IsZero() || !percent.IsZero() || i == 0
		}
	}
	return tax.IsZero() && code == b.x.books.codeName(0, country)
}

// freightStands reports whether shipping may stand under a code.
func (b *booked) freightStands(code string) bool {
	x, t := b.x, b.x.quote.on[b.x.side()]
	if b.stands(code, x.quote.shop.shippingClass.percent(), t.shippingTax) {
		return true
	}
	for _, percent := range bookedRates {
		if x.mayBeRate(d(percent)) && b.stands(code, d(percent), t.shippingTax) {
			return true
		}
	}
	return false
}

// checkDiscountCodes wants the discounts that are lines or expenses of their own under the codes of what they are taken off.
func (b *booked) checkDiscountCodes() string {
	if !b.goodsBeside || b.r.Document.DiscountPercent != nil || !b.x.quote.shop.afterDiscount || b.x.taxOnDiscount().IsPositive() {
		return ""
	}
	left, rows := map[string]decimal.Decimal{}, map[string]int{}
	for _, l := range b.r.Document.Lines {
		code := l.TaxCode + l.VatGroup
		switch l.Part {
		case sapb1.PartGoods:
			left[code], rows[code] = left[code].Sub(decimal.Max(b.want[l.ItemCode].off, zero)), rows[code]+1
		case sapb1.PartDiscount:
			left[code] = left[code].Sub(b.x.net(l))
		}
	}
	for _, e := range b.r.Document.Expenses {
		if code := e.TaxCode + e.VatGroup; e.Part == sapb1.PartDiscount {
			left[code] = left[code].Sub(e.LineTotal.Decimal)
		}
	}
	for code, amount := range left {
		slack := b.x.unit().Add(cent.Mul(d("3"))).Mul(decimal.NewFromInt(int64(rows[code]) + 1))
		if amount.Abs().GreaterThan(slack.Add(b.x.allTied())) {
			return fmt.Sprintf("the discounts under %s miss those of its goods by %s", code, amount)
		}
	}
	return ""
}
