package b1sim

import "github.com/shopspring/decimal"

// taxLines computes the tax of every line: rate times net after header discount, rounded; then, unless the company
// rounds by line, the difference to the tax of the whole document is spread (SAP Note 3379849).
func (s *sheet) taxLines(m money) {
	groups := map[string][]int{}
	var codes []string
	for i := range s.lines {
		line := &s.lines[i]
		line.tax = s.netOf(i).Mul(share(line.rate)).Round(s.decimals)
		if groups[line.taxCode] == nil {
			codes = append(codes, line.taxCode)
		}
		groups[line.taxCode] = append(groups[line.taxCode], i)
	}
	if m.taxByLine {
		return
	}
	for _, code := range codes {
		s.spreadTax(groups[code])
	}
}

// netOf is a line's net after header discount, not rounded.
func (s *sheet) netOf(i int) decimal.Decimal { return s.lines[i].net.Mul(less(s.discount)) }

// spreadTax makes the lines of one tax code add up to the header tax, which is the rate times the sum of their nets,
// rounded once. The difference goes to the lines in order, each taking what is left of it times its net over the nets
// that are left, rounded.
func (s *sheet) spreadTax(group []int) {
	left, nets := decimal.Zero, decimal.Zero
	for _, i := range group {
		nets = nets.Add(s.netOf(i))
		left = left.Sub(s.lines[i].tax)
	}
	left = left.Add(nets.Mul(share(s.lines[group[0]].rate)).Round(s.decimals))
	for n, i := range group {
		part := quotient(left.Mul(s.netOf(i)), nets).Round(s.decimals)
		if n == len(group)-1 {
			part = left
		}
		s.lines[i].tax = s.lines[i].tax.Add(part)
		left, nets = left.Sub(part), nets.Sub(s.netOf(i))
	}
}
