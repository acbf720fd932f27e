package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// lines writes the goods, and their discount where it does not lower the lines themselves.
func (m *mapper) lines() *order.Reason {
	as, hold := m.discountAs()
	if hold != nil {
		return hold
	}
	for _, b := range m.bookings {
		if as != DiscountOnLines {
			b.net, b.off = b.gross, decimal.Zero
		}
		if hold := m.line(b); hold != nil {
			return hold
		}
	}
	if len(m.document.Lines) == 0 && m.open {
		return &order.Reason{Code: "nothing_left", Field: "items", Message: "All goods of the order are cancelled or refunded in Magento.",
			Hint: "There is nothing to deliver. Skip the order, or enter by hand what B1 must know of it."}
	}
	if len(m.document.Lines) == 0 {
		return &order.Reason{Code: "no_lines", Field: "items", Message: "The order has no line to post.",
			Hint: "Open the order in Magento: an order without items cannot become a sales order."}
	}
	m.bookDiscount(as)
	return nil
}

// line writes one row: unit price and discount percent for which B1's arithmetic gives the row's net amount to the last
// digit.
func (m *mapper) line(b booking) *order.Reason {
	item, freeText, hold := m.itemOf(*b.row)
	if hold != nil {
		return hold
	}
	if !b.qty.Equal(b.qty.Round(quantityDigits)) {
		return &order.Reason{Code: "quantity_not_exact", Field: place(*b.row),
			Message: fmt.Sprintf("%s: the quantity is %s; B1 keeps %d decimals.", place(*b.row), b.qty, quantityDigits),
			Hint:    "Open the order in Magento: no sale has such a quantity. Enter the order by hand."}
	}
	price, discount, ok := m.pricing(b)
	if !ok {
		return &order.Reason{Code: "line_not_exact", Field: place(*b.row),
			Message: fmt.Sprintf("%s: no unit price with %d decimals gives %s for a quantity of %s.", place(*b.row), m.rules.Company.PriceDecimals, m.money(b.net), b.qty),
			Hint:    "Raise company.price_decimals if B1 keeps more, or enter the order by hand."}
	}
	line := sapb1.DocumentLine{ItemCode: item, ItemDescription: m.text("ItemDescription of "+place(*b.row), b.row.Name, maxDescription),
		Quantity: sapb1.NewAmount(b.qty), UnitPrice: sapb1.NewAmount(price), Currency: m.document.DocCurrency,
		WarehouseCode: m.store.Warehouse, FreeText: m.text("FreeText of "+place(*b.row), freeText, maxFreeText), Part: sapb1.PartGoods, Row: b.row.ItemID}
	if !discount.IsZero() {
		d := sapb1.NewAmount(discount)
		line.DiscountPercent = &d
	}
	m.setTax(&line.TaxCode, &line.VatGroup, b.code.Code)
	m.rows[len(m.document.Lines)] = *b.row
	if m.treeRows[b.row.ItemID] {
		m.trees = append(m.trees, item)
	}
	m.document.Lines = append(m.document.Lines, line)
	m.proof.addGoods(b)
	return nil
}

// quantityDigits are the decimals of B1's quantities, numeric(19,6).
const quantityDigits = 6

// pricing finds unit price and discount percent for which B1 computes exactly the net amount: the shop's price with a
// discount where that works; else the discounted price; else, where a company keeps few decimals of prices, the next
// higher price with a discount that takes off the rest.
func (m *mapper) pricing(b booking) (price, discount decimal.Decimal, ok bool) {
	c := m.rules.Company
	// B1 refuses 100 % (10001058), so free goods have the price zero.
	if b.net.IsZero() {
		return decimal.Zero, decimal.Zero, true
	}
	for _, shop := range []decimal.Decimal{b.row.Price, b.price()} {
		price = shop.Round(c.PriceDecimals)
		if !m.lineTotal(b.qty, price, decimal.Zero).Equal(b.gross) {
			continue // its discount would not be the shop's
		}
		if discount, ok = m.fitDiscount(b, price); ok {
			return price, discount, true
		}
	}
	price = b.net.DivRound(b.qty, c.PriceDecimals)
	if m.lineTotal(b.qty, price, decimal.Zero).Equal(b.net) {
		return price, decimal.Zero, true
	}
	price = b.net.DivRound(b.qty, c.PriceDecimals+2).RoundUp(c.PriceDecimals)
	discount, ok = m.fitDiscount(b, price)
	return price, discount, ok
}

// fitDiscount is the discount percent that makes the net of a price.
func (m *mapper) fitDiscount(b booking, price decimal.Decimal) (decimal.Decimal, bool) {
	gross := price.Mul(b.qty)
	if gross.IsZero() {
		return decimal.Zero, false
	}
	if m.round(gross).Equal(b.net) {
		return decimal.Zero, true
	}
	exact := gross.Sub(b.net).Mul(hundred).DivRound(gross, m.rules.Company.PercentDecimals)
	for _, total := range []func(qty, price, discount decimal.Decimal) decimal.Decimal{m.totalOfPrice, m.lineTotal} {
		// The shortest percentage that gives the net is the one that a person entered: 10 and not 9.986625.
		for digits := range m.rules.Company.PercentDecimals + 1 {
			discount := exact.Round(digits)
			if !discount.IsNegative() && discount.LessThan(hundred) && m.lineTotal(b.qty, price, discount).Equal(b.net) &&
				total(b.qty, price, discount).Equal(b.net) {
				return discount, true
			}
		}
	}
	return exact, false
}

// totalOfPrice is LineTotal where a release rounds the price after discount before it multiplies, of which nothing is
// documented. A percentage that is right both ways is taken first.
func (m *mapper) totalOfPrice(qty, price, discount decimal.Decimal) decimal.Decimal {
	return m.round(qty.Mul(price.Mul(hundred.Sub(discount)).Shift(-2).Round(m.rules.Company.PriceDecimals)))
}

// lineTotal is B1's LineTotal: quantity x unit price less discount, rounded to the currency.
func (m *mapper) lineTotal(qty, price, discount decimal.Decimal) decimal.Decimal {
	return m.round(qty.Mul(price).Mul(hundred.Sub(discount)).Shift(-2))
}

// amountLine writes an amount that is no goods as a line of one piece; less than nothing as the company wants it.
func (m *mapper) amountLine(item string, amount decimal.Decimal, code string, part sapb1.Part) {
	one := decimal.NewFromInt(1)
	if amount.IsNegative() && m.rules.Company.NegativeLines != NegativePrice {
		one, amount = one.Neg(), amount.Neg()
	}
	line := sapb1.DocumentLine{ItemCode: item, Quantity: sapb1.NewAmount(one), UnitPrice: sapb1.NewAmount(amount),
		Currency: m.document.DocCurrency, WarehouseCode: m.store.Warehouse, Part: part}
	m.setTax(&line.TaxCode, &line.VatGroup, code)
	m.document.Lines = append(m.document.Lines, line)
}

// amountExpense writes an amount as an additional expense.
func (m *mapper) amountExpense(expense int, amount decimal.Decimal, taxCode, remarks string, part sapb1.Part) {
	e := sapb1.AdditionalExpense{ExpenseCode: expense, LineTotal: sapb1.NewAmount(amount), Remarks: remarks, Part: part}
	m.setTax(&e.TaxCode, &e.VatGroup, taxCode)
	m.document.Expenses = append(m.document.Expenses, e)
}

// book writes an amount as a line where there is an item code, else as an expense.
func (m *mapper) book(item string, expense int, amount decimal.Decimal, taxCode, remarks string, part sapb1.Part) {
	switch {
	case amount.IsZero():
	case item != "":
		m.amountLine(item, amount, taxCode, part)
	default:
		m.amountExpense(expense, amount, taxCode, remarks, part)
	}
}

func (m *mapper) round(d decimal.Decimal) decimal.Decimal { return d.Round(m.digits) }

// unit is the smallest amount that B1 keeps of the document's currency.
func (m *mapper) unit() decimal.Decimal { return decimal.New(1, -m.digits) }

// money writes an amount of the order for a reason.
func (m *mapper) money(d decimal.Decimal) string {
	return order.Money{Amount: d, Currency: m.order.Currency}.String()
}
