package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// choose finds the rows that carry the money, each once, as the rules want bundles booked. Magento lists parents and
// children side by side:
//   - configurable: the parent has the price, and the SKU of the chosen product; the child's price differs by release
//     (magento2 22562, 38603) and is never read;
//   - bundle: the children have the prices (dynamic) or the parent has (fixed; magento2 38687);
//   - all others stand alone.
func (m *mapper) choose() *order.Reason {
	families := familiesOf(m.order.Lines)
	for _, l := range m.order.Lines {
		if families.isChild(l) {
			continue
		}
		children := families.children[l.ItemID]
		switch {
		case l.ProductType == order.Bundle && len(children) > 0:
			rows, hold := m.bundle(l, children)
			if hold != nil {
				return hold
			}
			m.chosen = append(m.chosen, rows...)
			continue
		case l.ProductType == order.Configurable && l.SKU == "" && len(children) > 0:
			l.SKU = children[0].SKU
		}
		m.written, m.chosen = append(m.written, l), append(m.chosen, l)
	}
	return nil
}

// families are the rows of an order by parent.
type families struct {
	// parents are the product types of rows by item_id.
	parents  map[int64]string
	children map[int64][]order.Line
}

func familiesOf(lines []order.Line) families {
	f := families{parents: make(map[int64]string, len(lines)), children: map[int64][]order.Line{}}
	for _, l := range lines {
		f.parents[l.ItemID] = l.ProductType
		if l.ParentItemID != 0 && l.ParentItemID != l.ItemID {
			f.children[l.ParentItemID] = append(f.children[l.ParentItemID], l)
		}
	}
	return f
}

func (f families) isChild(l order.Line) bool {
	_, known := f.parents[l.ParentItemID]
	return l.ParentItemID != 0 && l.ParentItemID != l.ItemID && known
}

// bundle books a bundle as the rules say.
func (m *mapper) bundle(parent order.Line, children []order.Line) ([]order.Line, *order.Reason) {
	mode, ok := match(m.store.Bundles, parent.SKU)
	if !ok {
		mode = BundleAsPriced
	}
	dynamic := priced(parent, children)
	if dynamic {
		m.written = append(m.written, children...)
	} else {
		m.written = append(m.written, parent)
	}
	switch {
	case mode == BundleAsPriced && dynamic, mode == BundleChildren && dynamic:
		return children, nil
	case !parent.QtyOrdered.IsPositive():
		return nil, &order.Reason{Code: "bundle_quantity_missing", Field: place(parent),
			Message: fmt.Sprintf("%s is a bundle with a quantity of %s; its parts have quantities of their own.", place(parent), parent.QtyOrdered),
			Hint:    "Open the order in Magento: a module wrote a bundle without its quantity. Enter the order by hand."}
	case mode == BundleChildren:
		return m.spread(parent, children), nil
	case mode == BundleBOM:
		m.treeRows[parent.ItemID] = true
	}
	if !dynamic {
		return []order.Line{parent}, nil
	}
	whole, hold := m.gathered(parent, children)
	return []order.Line{whole}, hold
}

// priced reports whether the children carry the money: their prices make the parent's, and the tax is theirs too.
// Releases that show catalogue prices on a fixed bundle's children leave tax and price with tax to the parent.
func priced(parent order.Line, children []order.Line) bool {
	sum, inclusive, tax, off, pieces := decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero
	for _, c := range children {
		sum, inclusive = sum.Add(c.Price.Mul(c.QtyOrdered)), inclusive.Add(c.PriceInclTax)
		tax, off, pieces = tax.Add(c.Tax), off.Add(c.Discount), pieces.Add(c.QtyOrdered)
	}
	if sum.IsZero() || theParents(parent.Tax, tax) || theParents(parent.Discount, off) || theParents(parent.PriceInclTax, inclusive) {
		return false
	}
	own := parent.Price.Mul(parent.QtyOrdered)
	return own.IsZero() || own.Sub(sum).Abs().LessThanOrEqual(roundingOf(pieces).Add(roundingOf(parent.QtyOrdered)))
}

// theParents reports whether the parent alone has an amount.
func theParents(own, ofChildren decimal.Decimal) bool { return !own.IsZero() && ofChildren.IsZero() }

// gathered is a dynamic bundle as one row: the parent with the sums of its children.
func (m *mapper) gathered(parent order.Line, children []order.Line) (order.Line, *order.Reason) {
	whole := parent
	whole.Discount, whole.Tax, whole.TaxCompensation, whole.Weee = decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero
	exact, inclusive, pieces := decimal.Zero, decimal.Zero, decimal.Zero
	var taxed *order.Line
	for i, c := range children {
		exact, inclusive, pieces = exact.Add(c.Price.Mul(c.QtyOrdered)), inclusive.Add(c.PriceInclTax.Mul(c.QtyOrdered)), pieces.Add(c.QtyOrdered)
		whole.Discount, whole.Tax = whole.Discount.Add(c.Discount), whole.Tax.Add(c.Tax)
		whole.TaxCompensation, whole.Weee = whole.TaxCompensation.Add(c.TaxCompensation), whole.Weee.Add(c.Weee)
		switch {
		case c.Price.IsZero():
		case taxed == nil:
			taxed = &children[i]
		case !shownPercent(c).Equal(shownPercent(*taxed)):
			return whole, &order.Reason{Code: "bundle_with_several_rates", Field: place(parent),
				Message: fmt.Sprintf("%s is to be one line, but its parts are taxed at %s %% and %s %%.", place(parent), shownPercent(*taxed), shownPercent(c)),
				Hint:    "Book this bundle as its children: bundles in the rules."}
		}
	}
	if taxed != nil {
		whole.TaxPercent, whole.Taxes = taxed.TaxPercent, taxed.Taxes
	}
	m.pieces[parent.ItemID] = pieces
	whole.Price, whole.PriceInclTax = exact.DivRound(parent.QtyOrdered, 10), inclusive.DivRound(parent.QtyOrdered, 10)
	return wholeGone(whole, children)
}

// shownPercent is the percentage that Magento states for a row, by itself or in its rates.
func shownPercent(l order.Line) decimal.Decimal {
	percent := l.TaxPercent
	if percent.IsZero() {
		for _, t := range l.Taxes {
			percent = percent.Add(t.Percent)
		}
	}
	return percent
}

// wholeGone gives a gathered bundle the quantity that its parts have lost, which must be the same share of each.
func wholeGone(whole order.Line, children []order.Line) (order.Line, *order.Reason) {
	whole.QtyCanceled, whole.QtyRefunded = decimal.Zero, decimal.Zero
	for i, c := range children {
		canceled, refunded := shareOf(c.QtyCanceled, whole, c), shareOf(c.QtyRefunded, whole, c)
		if i > 0 && !(canceled.Equal(whole.QtyCanceled) && refunded.Equal(whole.QtyRefunded)) {
			return whole, &order.Reason{Code: "bundle_partly_cancelled", Field: place(whole),
				Message: fmt.Sprintf("%s is to be one line, but only some of its parts are cancelled or refunded.", place(whole)),
				Hint:    "Book this bundle as its children (bundles in the rules), or enter the order by hand."}
		}
		whole.QtyCanceled, whole.QtyRefunded = canceled, refunded
	}
	return whole, nil
}

// spread lays the amounts of a fixed bundle on its children by their catalogue prices; evenly by quantity where Magento
// does not show these.
func (m *mapper) spread(parent order.Line, children []order.Line) []order.Line {
	weights, sum := make([]decimal.Decimal, len(children)), decimal.Zero
	for i, c := range children {
		weights[i] = c.OriginalPrice.Mul(c.QtyOrdered)
		sum = sum.Add(weights[i])
	}
	for i, c := range children {
		if sum.IsZero() {
			weights[i] = c.QtyOrdered
		}
	}
	part := func(amount decimal.Decimal) []decimal.Decimal { return apportion(amount, weights, max(m.digits, 2)) }
	gross, inclusive := part(parent.Price.Mul(parent.QtyOrdered)), part(parent.PriceInclTax.Mul(parent.QtyOrdered))
	discount, tax, compensation, weee := part(parent.Discount), part(parent.Tax), part(parent.TaxCompensation), part(parent.Weee)
	out := make([]order.Line, len(children))
	for i, c := range children {
		if !c.QtyOrdered.IsZero() {
			c.Price, c.PriceInclTax = gross[i].DivRound(c.QtyOrdered, 10), inclusive[i].DivRound(c.QtyOrdered, 10)
		}
		c.Discount, c.Tax, c.TaxCompensation, c.Weee = discount[i], tax[i], compensation[i], weee[i]
		c.TaxPercent, c.Taxes = parent.TaxPercent, parent.Taxes
		c.QtyCanceled, c.QtyRefunded = shareOf(parent.QtyCanceled, c, parent), shareOf(parent.QtyRefunded, c, parent)
		out[i] = c
	}
	return out
}

// shareOf is how much of a child goes with so much of its parent.
func shareOf(qty decimal.Decimal, child, parent order.Line) decimal.Decimal {
	if parent.QtyOrdered.IsZero() {
		return qty
	}
	return qty.Mul(child.QtyOrdered).DivRound(parent.QtyOrdered, 4)
}

// apportion divides an amount by weights into parts of so many digits that add up to it exactly (after rounding it to
// these digits itself).
func apportion(amount decimal.Decimal, weights []decimal.Decimal, digits int32) []decimal.Decimal {
	left, sum := amount.Round(digits), decimal.Zero
	for _, w := range weights {
		sum = sum.Add(w)
	}
	parts := make([]decimal.Decimal, len(weights))
	for i, w := range weights {
		switch {
		case i == len(weights)-1:
			parts[i] = left
		case !sum.IsZero():
			parts[i] = left.Mul(w).DivRound(sum, digits)
		}
		left, sum = left.Sub(parts[i]), sum.Sub(w)
	}
	return parts
}

// place names a row as the clerk sees it: by its SKU.
func place(l order.Line) string {
	if l.SKU != "" {
		return "item " + l.SKU
	}
	return fmt.Sprintf("item %d", l.ItemID)
}
