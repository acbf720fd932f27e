package mapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// Proof sets Magento's total beside the one that B1 will compute, part by part. Amounts are in document currency. It is made
// of the finished document: what a rule or a hook did to it is in it.
type Proof struct {
	Currency string `json:"currency"`
	// Components in the order of the sum: lines, discount (where it does not lower the lines), freight, extras, tax,
	// rounding, total.
	Components []Component `json:"components"`
	// Lines are the lines of the document as B1 will show them.
	Lines []ProofLine `json:"lines"`
	Equal bool        `json:"equal"`

	// What Magento says of each part, as far as it was booked.
	goods, discount, freight, extras, tax decimal.Decimal
	// apart is true where the discount on goods stands beside the lines.
	apart bool
	// rows are the taxes of Magento by the number of the line.
	rows []booking
}

// Component is one part of the total on both sides.
type Component struct {
	Name       string          `json:"name"`
	Magento    decimal.Decimal `json:"magento"`
	B1         decimal.Decimal `json:"b1"`
	Difference decimal.Decimal `json:"difference"`
}

// ProofLine is a line of the document with B1's amounts; Magento's stand beside those of goods.
type ProofLine struct {
	ItemCode string          `json:"item_code"`
	Part     sapb1.Part      `json:"part"`
	TaxCode  string          `json:"tax_code"`
	Rate     decimal.Decimal `json:"rate"`
	Net      decimal.Decimal `json:"net"`
	Tax      decimal.Decimal `json:"tax"`
	// MagentoTax is nil for lines that are no row of the order.
	MagentoTax *decimal.Decimal `json:"magento_tax,omitempty"`
	// MagentoNet and MagentoQuantity are what Magento's row comes to as it is booked; nil for lines that are no row of the order.
	MagentoNet      *decimal.Decimal `json:"-"`
	MagentoQuantity *decimal.Decimal `json:"-"`
}

func newProof(o *order.Order) *Proof { return &Proof{Currency: o.Currency} }

// addGoods adds a row as it is booked.
func (p *Proof) addGoods(b booking) {
	p.goods, p.tax = p.goods.Add(b.exactNet()), p.tax.Add(b.tax)
	p.rows = append(p.rows, b)
}

// prove adds the document up and gives what B1's total lacks of the expected one.
func (m *mapper) prove() (gap decimal.Decimal, hold *order.Reason) {
	if hold := m.checkOverrides(); hold != nil {
		return gap, hold
	}
	if m.sheet, hold = m.priced(); hold != nil {
		return gap, hold
	}
	if m.sheet.tax.IsNegative() {
		return gap, m.taxBelowNothing()
	}
	return m.expected().Sub(m.sheet.total), nil
}

// taxBelowNothing holds a document that B1 refuses (SAP KBA 3697554).
func (m *mapper) taxBelowNothing() *order.Reason {
	return &order.Reason{Code: "tax_negative", Field: "tax",
		Message: fmt.Sprintf("B1 would compute a tax of %s, and refuses documents with a tax below nothing.", m.money(m.sheet.tax)),
		Hint:    "Open the order in Magento: more is taken off under a tax code than its goods cost. Enter the order by hand."}
}

// checkOverrides wants further properties of the document and its lines to be such as no total, no tax, no quantity and no
// reference depends on: a hook that wrote others past the members of the document would make the proof one of something else.
func (m *mapper) checkOverrides() *order.Reason {
	if hold := free(m.document.UserFields, headProperties); hold != nil {
		return hold
	}
	for _, l := range m.document.Lines {
		if hold := free(l.UserFields, lineProperties); hold != nil {
			return hold
		}
	}
	return nil
}

func free(fields map[string]any, known map[string]property) *order.Reason {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := propertyOf(name, known); !ok {
			return &order.Reason{Code: "property_not_free", Field: name,
				Message: fmt.Sprintf("%s is set as a further property of the document; only user-defined fields and those that rules may set are free.", name),
				Hint:    "Set the member of the document instead, so that the total can be proven."}
		}
	}
	return nil
}

// rounding books the units by which B1's total differs from Magento's, within the limit that the rules state.
func (m *mapper) rounding() *order.Reason {
	gap, hold := m.prove()
	if hold != nil {
		return hold
	}
	rule := m.store.Rounding
	if rule == nil || gap.IsZero() || gap.Abs().GreaterThan(rule.Max.In(m.order.Currency)) || !m.round(gap).Equal(gap) {
		return nil // the verdict speaks
	}
	m.book(rule.ItemCode, rule.ExpenseCode, gap, rule.TaxCode, "Rounding", sapb1.PartRounding)
	_, hold = m.prove()
	return hold
}

// magentoDigits are the decimals in which Magento keeps amounts.
const magentoDigits = 4

// verdict writes the components down and holds the order unless both totals are the same to the last digit.
func (m *mapper) verdict() *order.Reason {
	p, s := m.proof, m.sheet
	left := m.expected()
	add := func(name string, a, b decimal.Decimal) {
		a = a.Round(magentoDigits) // a part of a row's tax may have more
		left = left.Sub(a)
		p.Components = append(p.Components, Component{name, a, b, b.Sub(a)})
	}
	goods, off := m.magentoGoods()
	discount := s.parts[sapb1.PartDiscount].Sub(s.discountSum)
	add("lines", goods, s.parts[sapb1.PartGoods].Add(s.parts[""]))
	if !off.IsZero() || !discount.IsZero() {
		add("discount", off, discount)
	}
	add("freight", p.freight, s.parts[sapb1.PartFreight])
	add("extras", p.extras, s.parts[sapb1.PartExtra])
	add("tax", p.tax, s.tax)
	add("rounding", decimal.Zero, s.parts[sapb1.PartRounding])
	if !left.IsZero() {
		add(restName, left, decimal.Zero)
	}
	p.Components = append(p.Components, Component{"total", m.expected(), s.total, s.total.Sub(m.expected())})
	m.proofLines()
	if p.Equal = s.total.Equal(m.expected()); p.Equal {
		return nil
	}
	return m.differs()
}

// restName is the component that holds what Magento's total has beyond its parts: the rounding of what is charged to the
// smallest unit of the currency, and what no part explains.
const restName = "rest"

// magentoGoods are the goods and the discount beside them by Magento's own totals; by the rows where only a part is left.
func (m *mapper) magentoGoods() (goods, off decimal.Decimal) {
	p := m.proof
	if m.open {
		return p.goods, p.discount
	}
	t := m.order.Totals
	goods = m.goodsTotal()
	whole := decimal.Sum(t.Discount, t.ShippingDiscount, t.TaxCompensation)
	if p.apart {
		return goods, whole.Add(p.discount)
	}
	return goods.Add(whole), p.discount
}

func (m *mapper) proofLines() {
	goods := 0
	for n, l := range m.sheet.lines {
		line := ProofLine{ItemCode: l.item, Part: l.part, TaxCode: l.code, Rate: l.rate, Net: l.net, Tax: l.tax}
		if l.part == sapb1.PartGoods && goods < len(m.proof.rows) {
			tax := m.proof.rows[goods].tax.Round(magentoDigits)
			line.MagentoTax = &tax
			goods++
		}
		for _, b := range m.proof.rows { // by the row itself: a hook may have put the lines into another order
			if l.part == sapb1.PartGoods && b.row.ItemID == m.document.Lines[n].Row {
				net := b.exactNet().Round(magentoDigits)
				line.MagentoNet, line.MagentoQuantity = &net, &b.qty
				break
			}
		}
		m.proof.Lines = append(m.proof.Lines, line)
	}
}
