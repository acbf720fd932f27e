package b1sim

import "github.com/shopspring/decimal"

// linePrice is what B1 makes of the price properties of a line: the price before discount, the discount, the price
// after it, and the line total.
type linePrice struct {
	unit     decimal.Decimal // UnitPrice, before discount, in line currency
	discount decimal.Decimal // per cent
	price    decimal.Decimal // Price, after discount, in line currency
	total    decimal.Decimal // LineTotal, in document currency
}

// lineBasis is what pricing a line needs to know beside the line itself.
type lineBasis struct {
	quantity decimal.Decimal
	taxRate  decimal.Decimal // per cent
	exchange decimal.Decimal // document currency for one unit of line currency
	local    decimal.Decimal // local currency for one unit of document currency
	foreign  bool            // the document is not in local currency
	decimals int32           // of amounts in document currency
	list     decimal.Decimal // list price in line currency
}

// priceLine picks the one basis that counts, in this order: UnitPrice, Price, GrossPrice, PriceAfterVAT, a total
// without any price, the price list. What else the caller sent is recalculated (SAP KBA 3697554: "the values set in the
// payload are replaced by auto calculated values"). The line total is quantity times price less discount, rounded once,
// to the decimals of the currency.
func (m money) priceLine(line row, b lineBasis) linePrice {
	p := linePrice{discount: line.number("DiscountPercent").Round(m.percent)}
	if total, ok := b.givenTotal(line); ok && !hasPrice(line) {
		p.total = total.Round(b.decimals)
		p.unit = quotient(total, b.quantity.Mul(less(p.discount)).Mul(b.exchange)).Round(m.price)
	} else {
		p.unit = m.unitPrice(line, b)
		if line.has("UnitPrice") && line.has("Price") && !line.has("DiscountPercent") {
			p.discount = impliedDiscount(p.unit, line.number("Price")).Round(m.percent)
		}
		p.total = b.quantity.Mul(p.unit).Mul(less(p.discount)).Mul(b.exchange).Round(b.decimals)
	}
	p.price = p.unit.Mul(less(p.discount)).Round(m.price)
	return p
}

func hasPrice(line row) bool {
	return line.has("UnitPrice") || line.has("Price") || line.has("GrossPrice") || line.has("PriceAfterVAT")
}

// unitPrice is the price before discount, rounded to the price accuracy. A Price without a UnitPrice stands for it, and
// so does the net of a PriceAfterVAT: a discount sent beside them is taken off once more.
func (m money) unitPrice(line row, b lineBasis) decimal.Decimal {
	switch {
	case line.has("UnitPrice"):
		return line.number("UnitPrice").Round(m.price)
	case line.has("Price"):
		return line.number("Price").Round(m.price)
	case line.has("GrossPrice"):
		return quotient(line.number("GrossPrice"), plus(b.taxRate)).Round(m.price)
	case line.has("PriceAfterVAT"):
		return quotient(line.number("PriceAfterVAT"), plus(b.taxRate)).Round(m.price)
	}
	return b.list.Round(m.price)
}

// givenTotal is a line total that was sent, in document currency. LineTotal is in local currency and RowTotalFC in
// document currency; in a local document both are the same and only LineTotal counts.
func (b lineBasis) givenTotal(line row) (decimal.Decimal, bool) {
	switch {
	case b.foreign && line.has("RowTotalFC"):
		return line.number("RowTotalFC"), true
	case b.foreign && line.has("LineTotal"):
		return quotient(line.number("LineTotal"), b.local), true
	case line.has("LineTotal"):
		return line.number("LineTotal"), true
	}
	return decimal.Zero, false
}

// impliedDiscount is the discount between a price before and a price after it.
func impliedDiscount(unit, price decimal.Decimal) decimal.Decimal {
	if unit.IsZero() {
		return decimal.Zero
	}
	return hundred.Sub(quotient(price.Mul(hundred), unit))
}
