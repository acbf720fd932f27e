package mapping

import (
	"fmt"
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

// provenProperties decide about the total, or about which order the document is. A field or a hook that writes them past the
// members of the document would make the proof a proof of something else.
var provenProperties = []string{"DocTotal", "DocTotalFc", "DocCurrency", "DocRate", "DiscountPercent", "Rounding", "RoundingDiffAmount",
	"CardCode", "NumAtCard", "DocumentLines", "DocumentAdditionalExpenses", "PriceMode", "DocType", "VatPercent",
	"Quantity", "UnitPrice", "Price", "PriceAfterVAT", "GrossPrice", "GrossTotal", "LineTotal", "RowTotalFC", "TaxTotal", "TaxPercentagePerRow",
	"TaxCode", "VatGroup", "Currency", "Rate", "ItemCode", "TaxOnly", "TaxType", "TaxLiable", "LineType", "TreeType"}

func (m *mapper) checkOverrides() *order.Reason {
	fields := []map[string]any{m.document.UserFields}
	for _, l := range m.document.Lines {
		fields = append(fields, l.UserFields)
	}
	for _, f := range fields {
		for name := range f {
			if slices.Contains(provenProperties, name) {
				return &order.Reason{Code: "property_not_free", Field: name,
					Message: fmt.Sprintf("%s is set as a further property of the document; it decides about the total or the identity of the order.", name),
					Hint:    "Set the member of the document instead, so that the total can be proven."}
			}
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
	add := func(name string, a, b decimal.Decimal) {
		a = a.Round(magentoDigits) // a part of a row's tax may have more
		p.Components = append(p.Components, Component{name, a, b, b.Sub(a)})
	}
	discount := s.parts[sapb1.PartDiscount].Sub(s.discountSum)
	add("lines", p.goods, s.parts[sapb1.PartGoods].Add(s.parts[""]))
	if !p.discount.IsZero() || !discount.IsZero() {
		add("discount", p.discount, discount)
	}
	add("freight", p.freight, s.parts[sapb1.PartFreight])
	add("extras", p.extras, s.parts[sapb1.PartExtra])
	add("tax", p.tax, s.tax)
	add("rounding", decimal.Zero, s.parts[sapb1.PartRounding])
	add("total", m.expected(), s.total)
	m.proofLines()
	if p.Equal = s.total.Equal(m.expected()); p.Equal {
		return nil
	}
	return m.differs()
}

func (m *mapper) proofLines() {
	goods := 0
	for _, l := range m.sheet.lines {
		line := ProofLine{ItemCode: l.item, Part: l.part, TaxCode: l.code, Rate: l.rate, Net: l.net, Tax: l.tax}
		if l.part == sapb1.PartGoods && goods < len(m.proof.rows) {
			tax := m.proof.rows[goods].tax.Round(magentoDigits)
			line.MagentoTax = &tax
			goods++
		}
		m.proof.Lines = append(m.proof.Lines, line)
	}
}
