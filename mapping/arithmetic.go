package mapping

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// sheet is a document added up as B1 does it, in document currency:
//   - LineTotal is quantity x unit price less the line's discount, rounded once;
//   - the document's discount is taken of the sum of the lines, and lowers what is taxed;
//   - tax is the rate times the sum of the nets of a code, rounded once; what the lines' own taxes lack of it is spread over
//     them in order, each taking what is left times its net over the nets that are left (SAP Note 3379849). A company may
//     round each line instead;
//   - additional expenses are taxed one by one.
type sheet struct {
	digits int32
	lines  []sheetLine
	// discount is in percent; discountSum what it takes off.
	discount, discountSum decimal.Decimal
	expenses              []sheetLine
	// parts are the sums of lines and expenses by what they carry, without tax.
	parts map[sapb1.Part]decimal.Decimal
	tax   decimal.Decimal
	total decimal.Decimal
}

// sheetLine is a line or an expense: net before the document's discount, and the tax on it.
type sheetLine struct {
	part sapb1.Part
	item string
	code string
	rate decimal.Decimal
	net  decimal.Decimal
	tax  decimal.Decimal
}

// priced adds the document up. The rates of tax codes are those of the rules.
func (m *mapper) priced() (*sheet, *order.Reason) {
	s := &sheet{digits: m.digits, parts: map[sapb1.Part]decimal.Decimal{}}
	if d := m.document.DiscountPercent; d != nil {
		s.discount = d.Decimal
	}
	for i, l := range m.document.Lines {
		percent := decimal.Zero
		if l.DiscountPercent != nil {
			percent = l.DiscountPercent.Decimal
		}
		rate, hold := m.rateOfCode(l.TaxCode+l.VatGroup, fmt.Sprintf("DocumentLines[%d]", i))
		if hold != nil {
			return nil, hold
		}
		net := m.lineTotal(l.Quantity.Decimal, l.UnitPrice.Decimal, percent)
		s.lines = append(s.lines, sheetLine{part: l.Part, item: l.ItemCode, code: l.TaxCode + l.VatGroup, rate: rate, net: net})
	}
	for i, e := range m.document.Expenses {
		rate, hold := m.rateOfCode(e.TaxCode+e.VatGroup, fmt.Sprintf("DocumentAdditionalExpenses[%d]", i))
		if hold != nil {
			return nil, hold
		}
		s.expenses = append(s.expenses, sheetLine{part: e.Part, item: e.Remarks, code: e.TaxCode + e.VatGroup, rate: rate, net: m.round(e.LineTotal.Decimal)})
	}
	s.compute(m.rules.Company.TaxRounding == "line")
	return s, nil
}

// rateOfCode is the rate that B1 has for a code; lines without a code are not taxed.
func (m *mapper) rateOfCode(code, where string) (decimal.Decimal, *order.Reason) {
	rate, listed := rateOf(code, m.store.Tax.Codes)
	if !listed && code != "" {
		return rate, &order.Reason{Code: "tax_code_unknown", Field: where,
			Message: fmt.Sprintf("%s has the tax code %s, of which the rules have no rate.", where, code),
			Hint:    "List the code in tax.codes: without its rate the total cannot be proven."}
	}
	return rate, nil
}

func (s *sheet) compute(taxByLine bool) {
	for i := range s.lines {
		l := &s.lines[i]
		l.tax = percentOf(s.taxed(*l), l.rate).Round(s.digits)
	}
	if !taxByLine {
		s.spreadTax()
	}
	sum := decimal.Zero
	for _, l := range s.lines {
		s.parts[l.part] = s.parts[l.part].Add(l.net)
		sum, s.tax = sum.Add(l.net), s.tax.Add(l.tax)
	}
	s.discountSum = percentOf(sum, s.discount).Round(s.digits)
	s.total = sum.Sub(s.discountSum)
	for i := range s.expenses {
		e := &s.expenses[i]
		e.tax = percentOf(e.net, e.rate).Round(s.digits)
		s.parts[e.part] = s.parts[e.part].Add(e.net)
		s.total, s.tax = s.total.Add(e.net), s.tax.Add(e.tax)
	}
	s.total = s.total.Add(s.tax)
}

// taxed is what of a line is taxed.
func (s *sheet) taxed(l sheetLine) decimal.Decimal { return l.net.Sub(percentOf(l.net, s.discount)) }

// spreadTax makes the taxes of the lines of each code add up to the code's own.
func (s *sheet) spreadTax() {
	var done []string
	for _, first := range s.lines {
		if slices.Contains(done, first.code) {
			continue
		}
		done = append(done, first.code)
		nets, left := decimal.Zero, decimal.Zero
		for _, l := range s.lines {
			if l.code == first.code {
				nets, left = nets.Add(s.taxed(l)), left.Sub(l.tax)
			}
		}
		s.spread(first.code, nets, left.Add(percentOf(nets, first.rate).Round(s.digits)))
	}
}

// spread gives the lines of a code what their taxes lack; the last of them takes the rest.
func (s *sheet) spread(code string, nets, left decimal.Decimal) {
	last := -1
	for i := range s.lines {
		l := &s.lines[i]
		if l.code != code || left.IsZero() {
			continue
		}
		last = i
		net := s.taxed(*l)
		if nets.IsZero() {
			break
		}
		part := left.Mul(net).DivRound(nets, s.digits)
		l.tax, left, nets = l.tax.Add(part), left.Sub(part), nets.Sub(net)
	}
	if last >= 0 {
		s.lines[last].tax = s.lines[last].tax.Add(left)
	}
}
