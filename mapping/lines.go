package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

var hundred = decimal.NewFromInt(100)

// booked picks the rows that carry the money, each once. Magento lists parents and children side by side:
//   - configurable: the parent has the price, and the SKU of the chosen product; the child's price differs by release
//     (magento2 22562, 38603) and is never read;
//   - bundle with dynamic price: the children have the prices, the parent their sum and a SKU that no one knows;
//   - bundle with fixed price: the parent has the price, the children are free;
//   - all others stand alone.
func booked(lines []order.Line) []order.Line {
	children := map[int64][]order.Line{}
	known := map[int64]bool{}
	for _, l := range lines {
		known[l.ItemID] = true
	}
	for _, l := range lines {
		if l.ParentItemID != 0 {
			children[l.ParentItemID] = append(children[l.ParentItemID], l)
		}
	}
	var out []order.Line
	for _, l := range lines {
		if l.ParentItemID != 0 && known[l.ParentItemID] {
			continue
		}
		if l.ProductType == order.Bundle && priced(children[l.ItemID]) {
			out = append(out, children[l.ItemID]...)
			continue
		}
		if l.ProductType == order.Configurable && l.SKU == "" && len(children[l.ItemID]) > 0 {
			l.SKU = children[l.ItemID][0].SKU
		}
		out = append(out, l)
	}
	return out
}

func priced(lines []order.Line) bool {
	for _, l := range lines {
		if !l.Price.IsZero() {
			return true
		}
	}
	return false
}

func (m *mapper) lines() *order.Reason {
	for _, l := range booked(m.order.Lines) {
		if l.QtyOrdered.IsZero() {
			continue
		}
		if hold := m.line(l); hold != nil {
			return hold
		}
	}
	if len(m.document.Lines) == 0 {
		return &order.Reason{Code: "no_lines", Field: "items", Message: "The order has no line to post.",
			Hint: "Open the order in Magento: an order without items cannot become a sales order."}
	}
	return nil
}

// line writes one row: unit price and discount percent where B1's arithmetic then gives the row's net amount to the
// cent, and the discounted unit price where it does not.
func (m *mapper) line(l order.Line) *order.Reason {
	net := m.round(l.Net(m.order.Currency))
	if net.IsNegative() {
		return &order.Reason{Code: "discount_too_high", Field: place(l),
			Message: fmt.Sprintf("%s: the discount of %s is more than the row's price of %s.", place(l), l.Discount, l.Gross(m.order.Currency)),
			Hint:    "Open the order in Magento: a price rule or a module takes off more than the row costs. Enter the order by hand."}
	}
	percent := decimal.Zero
	if !l.Tax.IsZero() {
		percent = l.TaxPercent
	}
	code, hold := m.taxCode(percent, l.Tax, place(l))
	if hold != nil {
		return hold
	}
	item, freeText, hold := m.itemOf(l)
	if hold != nil {
		return hold
	}
	line := sapb1.DocumentLine{ItemCode: item, FreeText: freeText, Part: sapb1.PartGoods, ItemDescription: m.text("ItemDescription of "+place(l), l.Name, maxDescription), Quantity: sapb1.NewAmount(l.QtyOrdered),
		Currency: m.document.DocCurrency, WarehouseCode: m.store.Warehouse}
	price, discount, ok := m.pricing(l, net)
	if !ok {
		return &order.Reason{Code: "line_not_exact", Field: place(l),
			Message: fmt.Sprintf("%s: no unit price with %d decimals gives %s for a quantity of %s.", place(l), m.rules.Company.PriceDecimals, net, l.QtyOrdered),
			Hint:    "Raise company.price_decimals if B1 keeps more, or enter the order by hand."}
	}
	line.UnitPrice = sapb1.NewAmount(price)
	if !discount.IsZero() {
		d := sapb1.NewAmount(discount)
		line.DiscountPercent = &d
	}
	m.setTax(&line.TaxCode, &line.VatGroup, code.Code)
	m.rows[len(m.document.Lines)] = l
	m.document.Lines = append(m.document.Lines, line)
	m.proof.addLine(l, net, l.Tax, code)
	return nil
}

// pricing finds unit price and discount percent for which B1 computes exactly net.
func (m *mapper) pricing(l order.Line, net decimal.Decimal) (price, discount decimal.Decimal, ok bool) {
	gross := l.Price.Mul(l.QtyOrdered)
	c := m.rules.Company
	// B1 refuses 100 % (10001058), so free goods have the price zero.
	if net.IsZero() {
		return decimal.Zero, decimal.Zero, true
	}
	if price = l.Price.Round(c.PriceDecimals); !gross.IsZero() && price.Equal(l.Price) {
		discount = gross.Sub(net).Mul(hundred).DivRound(gross, c.PercentDecimals)
		if m.round(gross).Equal(net) {
			discount = decimal.Zero
		}
		if !discount.IsNegative() && m.lineTotal(l.QtyOrdered, price, discount).Equal(net) {
			return price, discount, true
		}
	}
	price = net.DivRound(l.QtyOrdered, c.PriceDecimals)
	return price, decimal.Zero, m.lineTotal(l.QtyOrdered, price, decimal.Zero).Equal(net)
}

// lineTotal is B1's LineTotal: quantity x unit price less discount, rounded to the currency.
func (m *mapper) lineTotal(qty, price, discount decimal.Decimal) decimal.Decimal {
	return m.round(qty.Mul(price).Mul(hundred.Sub(discount)).Div(hundred))
}

func (m *mapper) round(d decimal.Decimal) decimal.Decimal {
	return d.Round(order.MinorUnits(m.order.Currency))
}

// place names a row as the clerk sees it: by its SKU.
func place(l order.Line) string {
	if l.SKU != "" {
		return "item " + l.SKU
	}
	return fmt.Sprintf("item %d", l.ItemID)
}
