package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// Proof sets Magento's total beside the one that B1 will compute, part by part. Amounts are in order currency.
type Proof struct {
	Currency string `json:"currency"`
	// Components in the order of the sum: lines, freight, extras, tax, rounding, total.
	Components []Component `json:"components"`
	Equal      bool        `json:"equal"`

	order *order.Order
	// lineNets and expenseNets are the amounts that B1 taxes. Lines, freight among them where it is an item, are
	// rounded as the company says; additional expenses one by one.
	lineNets, expenseNets []taxed
	lines, freight        pair
	extras, rounding      decimal.Decimal
	tax                   pair
}

// Component is one part of the total on both sides.
type Component struct {
	Name       string          `json:"name"`
	Magento    decimal.Decimal `json:"magento"`
	B1         decimal.Decimal `json:"b1"`
	Difference decimal.Decimal `json:"difference"`
}

type pair struct{ magento, b1 decimal.Decimal }

type taxed struct {
	code string
	rate decimal.Decimal
	net  decimal.Decimal
}

func newProof(o *order.Order) *Proof { return &Proof{Currency: o.Currency, order: o} }

func (p *Proof) addLine(l order.Line, net, tax decimal.Decimal, c TaxCode) {
	p.lines.magento = p.lines.magento.Add(l.Net(p.Currency))
	p.lines.b1 = p.lines.b1.Add(net)
	p.tax.magento = p.tax.magento.Add(tax)
	p.lineNets = append(p.lineNets, taxed{c.Code, c.Percent, net})
}

func (p *Proof) addShippingTax(tax decimal.Decimal) { p.tax.magento = p.tax.magento.Add(tax) }

// addFreightExpense adds shipping costs that are an additional expense in B1.
func (p *Proof) addFreightExpense(net decimal.Decimal, c TaxCode) {
	p.setFreight(net)
	p.expenseNets = append(p.expenseNets, taxed{c.Code, c.Percent, net})
}

// addFreightLine adds shipping costs that are an item line in B1, which taxes them together with the other lines.
func (p *Proof) addFreightLine(net decimal.Decimal, c TaxCode) {
	p.setFreight(net)
	p.lineNets = append(p.lineNets, taxed{c.Code, c.Percent, net})
}

func (p *Proof) setFreight(net decimal.Decimal) {
	t := p.order.Totals
	p.freight = pair{t.Shipping.Sub(t.ShippingDiscount).Add(t.ShippingTaxCompensation), net}
}

func (p *Proof) addExtra(_ string, amount decimal.Decimal) { p.extras = p.extras.Add(amount) }

func (p *Proof) addRounding(amount decimal.Decimal) { p.rounding = p.rounding.Add(amount) }

// computeTax adds tax up as B1 does (SAP Note 3379849): "document" multiplies the rate with the sum of the net amounts
// of a code and rounds once; "line" rounds each line. Additional expenses are taxed one by one.
func (p *Proof) computeTax(rounding string) {
	digits := order.MinorUnits(p.Currency)
	sum := decimal.Zero
	tax := func(rate, net decimal.Decimal) decimal.Decimal { return net.Mul(rate).Div(hundred).Round(digits) }
	perCode := map[string]taxed{}
	for _, t := range p.lineNets {
		if rounding == "line" {
			sum = sum.Add(tax(t.rate, t.net))
			continue
		}
		c := perCode[t.code]
		perCode[t.code] = taxed{t.code, t.rate, c.net.Add(t.net)}
	}
	for _, t := range perCode {
		sum = sum.Add(tax(t.rate, t.net))
	}
	for _, t := range p.expenseNets {
		sum = sum.Add(tax(t.rate, t.net))
	}
	p.tax.b1 = sum
}

func (p *Proof) b1Total() decimal.Decimal {
	return decimal.Sum(p.lines.b1, p.freight.b1, p.extras, p.tax.b1, p.rounding)
}

// gap is what B1's total lacks of Magento's.
func (p *Proof) gap() decimal.Decimal { return p.order.Totals.Grand.Sub(p.b1Total()) }

// verdict writes the components down and holds the order unless both totals are the same to the last digit.
func (p *Proof) verdict(m *mapper) *order.Reason {
	add := func(name string, a, b decimal.Decimal) {
		p.Components = append(p.Components, Component{name, a, b, b.Sub(a)})
	}
	add("lines", p.lines.magento, p.lines.b1)
	add("freight", p.freight.magento, p.freight.b1)
	add("extras", p.extras, p.extras)
	add("tax", p.tax.magento, p.tax.b1)
	add("rounding", decimal.Zero, p.rounding)
	add("total", p.order.Totals.Grand, p.b1Total())
	if p.Equal = p.gap().IsZero(); p.Equal {
		return nil
	}
	worst := p.Components[0]
	for _, c := range p.Components[:4] {
		if c.Difference.Abs().GreaterThan(worst.Difference.Abs()) {
			worst = c
		}
	}
	limit := "no rounding rule is set"
	if r := m.store.Rounding; r != nil {
		limit = "the limit for rounding is " + r.Max.of(m.order.Currency)
	}
	return &order.Reason{Code: "total_differs", Field: worst.Name,
		Message: fmt.Sprintf("B1 would compute %s, Magento says %s. The difference is in %s: %s against %s; %s.",
			order.Money{Amount: p.b1Total(), Currency: p.Currency}, p.order.Total(), worst.Name, worst.B1, worst.Magento, limit),
		Hint: "Check the tax codes of this store in the rules, or raise rounding.max."}
}

// checkMagento is the gate before everything: a document whose own parts do not add up is not booked.
func (m *mapper) checkMagento() *order.Reason {
	t := m.order.Totals
	weee := decimal.Zero
	rows := decimal.Zero
	for _, l := range booked(m.order.Lines) {
		weee = weee.Add(l.Weee)
		rows = rows.Add(l.Gross(m.order.Currency))
	}
	if sum := t.Sum().Add(weee); !m.round(sum).Equal(m.round(t.Grand)) {
		return &order.Reason{Code: "magento_total_inconsistent", Field: "grand_total",
			Message: fmt.Sprintf("Magento's parts add up to %s, its grand_total is %s.", order.Money{Amount: sum, Currency: m.order.Currency}, m.order.Total()),
			Hint:    "A module of the shop adds a charge that the document does not name. Map it in the rules or enter the order by hand."}
	}
	if !m.round(rows).Equal(m.round(t.Subtotal)) {
		return &order.Reason{Code: "magento_lines_inconsistent", Field: "subtotal",
			Message: fmt.Sprintf("Magento's lines add up to %s, its subtotal is %s.", rows, t.Subtotal),
			Hint:    "Open the order in Magento: a line is missing or has another price than its subtotal."}
	}
	return nil
}
