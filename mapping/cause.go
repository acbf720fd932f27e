package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// differs holds an order whose totals differ: it names the part that differs most, both figures, and the likely cause.
func (m *mapper) differs() *order.Reason {
	parts := m.proof.Components[:len(m.proof.Components)-1]
	worst := parts[0]
	for _, c := range parts {
		if c.Name != "rounding" && c.Difference.Abs().GreaterThan(worst.Difference.Abs()) {
			worst = c
		}
	}
	if worst.Name == restName {
		return m.unexplained(worst.Magento)
	}
	cause, hint := m.cause(worst)
	return &order.Reason{Code: "total_differs", Field: worst.Name,
		Message: fmt.Sprintf("B1 would compute %s, Magento says %s. The difference is in %s: %s against %s; %s.",
			m.money(m.sheet.total), m.money(m.expected()), worst.Name, m.money(worst.B1), m.money(worst.Magento), cause),
		Hint: hint}
}

// gap is by how much the totals differ.
func (m *mapper) gap() decimal.Decimal { return m.sheet.total.Sub(m.expected()).Abs() }

// unexplained holds an order of which Magento's own parts do not make the total.
func (m *mapper) unexplained(rest decimal.Decimal) *order.Reason {
	if m.open {
		return m.givenBack(rest.Neg())
	}
	return &order.Reason{Code: "total_differs", Field: "total",
		Message: fmt.Sprintf("B1 would compute %s, Magento says %s. Of these, %s belong to no line, no freight, no tax and no other part.",
			m.money(m.sheet.total), m.money(m.expected()), m.money(rest)),
		Hint: "Open the order in Magento: a module adds to the total what the document does not name. Where an attribute has the amount, name it in extras; else enter the order by hand."}
}

// givenBack holds what is left of an order when all its parts agree and the total does not: what Magento took off the total
// is not what the cancelled and refunded rows cost.
func (m *mapper) givenBack(rest decimal.Decimal) *order.Reason {
	than := "more"
	if rest.IsNegative() {
		than = "less"
	}
	return &order.Reason{Code: "total_differs", Field: "total",
		Message: fmt.Sprintf("B1 would compute %s, of Magento's total %s are left. Goods, freight and tax agree; Magento gave back %s %s than what went back costs (adjustments of a credit memo, or shipping).",
			m.money(m.sheet.total), m.money(m.expected()), m.money(rest.Abs()), than),
		Hint: "Enter the order by hand, or post it as it was ordered (partly_cancelled: ordered in the rules)."}
}

// cause says what most likely makes a part differ, and what to do about it.
func (m *mapper) cause(c Component) (cause, hint string) {
	switch c.Name {
	case "tax":
		return m.taxCause(c)
	case "lines":
		if len(m.rules.hooks) > 0 {
			return "a hook changed the lines", "Look at the hooks of the worker."
		}
		return "Magento's lines do not make its subtotal to the cent", "Open the order in Magento: a line has another price than its subtotal. Enter the order by hand."
	}
	return m.limit(), "Look at the rules for " + c.Name + " of this store."
}

// taxCause tells a tax that Magento computes otherwise from one that it only rounds otherwise.
func (m *mapper) taxCause(c Component) (cause, hint string) {
	slack := decimal.Zero
	for _, b := range m.proof.rows {
		exact := percentOf(b.exactNet(), b.code.Percent)
		if exact.Sub(b.tax).Abs().GreaterThan(m.slackOf(b)) {
			return fmt.Sprintf("%s: Magento's tax of %s is not %s %% of %s (%s)", place(*b.row), m.money(b.tax), b.code.Percent, m.money(b.exactNet()), m.money(exact)),
				"Open the order in Magento: a module computes the tax of this row, or the buyer is exempt. Give the code that B1 should have in the rules, or enter the order by hand."
		}
		slack = slack.Add(m.slackOf(b))
	}
	slack = decimal.Max(slack, m.unit())
	if c.Difference.Abs().LessThanOrEqual(slack) {
		return "Magento rounds the tax by row or by piece, B1 by document; " + m.limit(), m.roundingHint(m.money(m.gap()))
	}
	return m.limit(), "Check the tax codes of this store in the rules."
}

// roundingHint says how to let a difference pass.
func (m *mapper) roundingHint(difference string) string {
	if m.store.Rounding == nil {
		return "Say in the rules where such differences go (rounding), if your accounts allow " + difference + "."
	}
	return "Raise rounding.max to " + difference + " or more, if your accounts allow it."
}

// limit says what the rules let pass as rounding.
func (m *mapper) limit() string {
	if r := m.store.Rounding; r != nil {
		return "the limit for rounding is " + r.Max.of(m.order.Currency)
	}
	return "no rounding rule is set"
}
