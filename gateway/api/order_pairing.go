package api

import (
	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

// pairing finds to each row of Magento the line that the rules made of it: they say it themselves (sapb1.DocumentLine.Row).
type pairing struct {
	// proof and document are nil where the order cannot be mapped.
	proof    *mapping.Proof
	document *sapb1.SalesOrder
	// digits are those that B1 keeps of the currency.
	digits int32
	// byRow are the lines of the document by the row that they were made of.
	byRow map[int64]int
}

// lines are all rows, and then the lines and expenses that are none.
func (p *pairing) lines(o *order.Order) []ComparedLine {
	lines, rows := []ComparedLine{}, map[int64]bool{}
	if o != nil {
		for _, row := range o.Lines {
			rows[row.ItemID] = true
		}
	}
	var others []int
	if p.document != nil {
		for n, l := range p.document.Lines {
			if _, taken := p.byRow[l.Row]; l.Row != 0 && rows[l.Row] && !taken {
				p.byRow[l.Row] = n
			} else {
				others = append(others, n)
			}
		}
	}
	if o != nil {
		for _, row := range o.Lines {
			lines = append(lines, p.row(row, o.Currency))
		}
	}
	for _, n := range others {
		lines = append(lines, ComparedLine{B1: p.line(n)})
	}
	return append(lines, p.expenses()...)
}

// row sets a row beside its line.
func (p *pairing) row(row order.Line, currency string) ComparedLine {
	in := func(d decimal.Decimal) order.Money { return order.Money{Amount: d, Currency: currency} }
	c := ComparedLine{Magento: &MagentoRow{ItemID: row.ItemID, ParentItemID: row.ParentItemID, SKU: row.SKU, Name: row.Name, Type: row.ProductType,
		Quantity: row.QtyOrdered, Canceled: row.QtyCanceled, Refunded: row.QtyRefunded, Price: in(row.Price), Discount: in(row.Discount), Tax: in(row.Tax),
		RowTotal: in(row.RowTotal), RowTotalTax: in(row.RowTotalInclTax)}}
	n, ok := p.byRow[row.ItemID]
	if !ok {
		return c
	}
	c.B1 = p.line(n)
	proven := p.proof.Lines[n]
	if proven.MagentoNet == nil {
		return c
	}
	c.Magento.Net = &order.Money{Amount: *proven.MagentoNet, Currency: p.proof.Currency}
	// Magento keeps more digits of a row than B1 does.
	off := proven.Net.Sub(proven.MagentoNet.Round(p.digits))
	c.Difference = &order.Money{Amount: off, Currency: p.proof.Currency}
	c.Differs = !off.IsZero() || !p.document.Lines[n].Quantity.Equal(*proven.MagentoQuantity)
	return c
}

// line is a line of the document with its proof.
func (p *pairing) line(n int) *B1Line {
	l, proven := p.document.Lines[n], p.proof.Lines[n]
	line := &B1Line{Part: l.Part, ItemCode: l.ItemCode, Quantity: &l.Quantity.Decimal, UnitPrice: &order.Money{Amount: l.UnitPrice.Decimal, Currency: p.proof.Currency},
		TaxCode: proven.TaxCode, TaxRate: proven.Rate, Net: order.Money{Amount: proven.Net, Currency: p.proof.Currency}, Tax: &order.Money{Amount: proven.Tax, Currency: p.proof.Currency}}
	if l.DiscountPercent != nil {
		line.Discount = &l.DiscountPercent.Decimal
	}
	return line
}

// expenses are the additional expenses of the document. Their tax is part of the whole alone.
func (p *pairing) expenses() (lines []ComparedLine) {
	if p.document == nil {
		return nil
	}
	for _, e := range p.document.Expenses {
		lines = append(lines, ComparedLine{B1: &B1Line{Part: e.Part, TaxCode: e.TaxCode + e.VatGroup,
			Net: order.Money{Amount: e.LineTotal.Decimal, Currency: p.proof.Currency}}})
	}
	return lines
}
