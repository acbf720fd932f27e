package mapping

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// discountUntaxed is how a discount is booked that left Magento's tax as it was.
const discountUntaxed = "untaxed"

// discountAs decides how the discount on goods is booked: as the rules say, unless Magento took the tax before it.
func (m *mapper) discountAs() (string, *order.Reason) {
	as := m.store.Discount.As
	switch {
	case m.fullTax && m.store.Discount.Untaxed == nil:
		return "", &order.Reason{Code: "discount_after_tax", Field: "discount_amount",
			Message: fmt.Sprintf("Magento took the tax before the discount of %s; B1 taxes what is paid.", m.money(m.fullDiscount)),
			Hint:    "Name an item or an expense for such discounts in the rules (discount.untaxed), or let Magento take the tax after the discount (Stores > Configuration > Sales > Tax > Calculation Settings)."}
	case m.fullTax:
		return discountUntaxed, nil
	case as == "" || m.discountTotal().IsZero() || as == DiscountOnDocument && m.evenDiscount().IsZero():
		return DiscountOnLines, nil
	}
	return as, nil
}

func (m *mapper) discountTotal() decimal.Decimal {
	total := decimal.Zero
	for _, b := range m.bookings {
		total = total.Add(b.discount())
	}
	return total
}

// evenDiscount is the percentage that takes the discount off the whole document; zero where the rows have different ones,
// which would move tax from one code to another, or where no percentage gives the amount.
func (m *mapper) evenDiscount() decimal.Decimal {
	gross, total := decimal.Zero, m.discountTotal()
	for _, b := range m.bookings {
		gross = gross.Add(b.gross)
	}
	if gross.IsZero() || total.Equal(gross) {
		return decimal.Zero
	}
	percent := total.Mul(hundred).DivRound(gross, m.rules.Company.PercentDecimals)
	if !m.round(percentOf(gross, percent)).Equal(total) {
		return decimal.Zero
	}
	for _, b := range m.bookings {
		if percentOf(b.gross, percent).Sub(b.discount()).Abs().GreaterThan(m.unit()) {
			return decimal.Zero
		}
	}
	return percent
}

// bookDiscount writes what was not taken off the lines.
func (m *mapper) bookDiscount(as string) {
	switch as {
	case DiscountOnLines:
		return
	case discountUntaxed:
		m.untaxedDiscount(m.fullDiscount)
	case DiscountOnDocument:
		percent := sapb1.NewAmount(m.evenDiscount())
		m.document.DiscountPercent = &percent
	case DiscountAsItem, DiscountAsExpense:
		for _, part := range m.discountByCode() {
			m.book(m.discountItem(), m.store.Discount.ExpenseCode, part.amount.Neg(), part.code, "Discount", sapb1.PartDiscount)
		}
	}
	m.proof.apart = true
	if m.open { // else Magento's own sum counts
		for _, b := range m.bookings {
			m.proof.discount = m.proof.discount.Sub(b.off)
		}
	}
}

// discountItem is the item of discounts that are lines.
func (m *mapper) discountItem() string {
	if m.store.Discount.As == DiscountAsItem {
		return m.store.Discount.ItemCode
	}
	return ""
}

// untaxedDiscount books a discount beside the tax.
func (m *mapper) untaxedDiscount(amount decimal.Decimal) {
	if rule := m.store.Discount.Untaxed; !amount.IsZero() {
		m.book(rule.ItemCode, rule.ExpenseCode, amount.Neg(), rule.TaxCode, "Discount", sapb1.PartDiscount)
	}
}

// codeAmount is an amount under a tax code.
type codeAmount struct {
	code   string
	amount decimal.Decimal
}

// discountByCode is the discount on the goods of each tax code: taken off together, they leave the tax as it is on lines.
func (m *mapper) discountByCode() []codeAmount {
	sums := map[string]decimal.Decimal{}
	for _, b := range m.bookings {
		sums[b.code.Code] = sums[b.code.Code].Add(b.discount())
	}
	return byCode(sums)
}

// byCode orders amounts by their code and leaves out those of nothing.
func byCode(sums map[string]decimal.Decimal) []codeAmount {
	var parts []codeAmount
	for code, amount := range sums {
		if !amount.IsZero() {
			parts = append(parts, codeAmount{code, amount})
		}
	}
	slices.SortFunc(parts, func(a, b codeAmount) int { return cmp.Compare(a.code, b.code) })
	return parts
}
