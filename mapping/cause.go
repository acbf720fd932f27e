package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// differs holds an order whose totals differ: it names the part that differs most, both figures, and the likely cause.
func (m *mapper) differs() *order.Reason {
	worst := m.proof.Components[0]
	for _, c := range m.proof.Components[:len(m.proof.Components)-1] {
		if c.Name != "rounding" && c.Difference.Abs().GreaterThan(worst.Difference.Abs()) {
			worst = c
		}
	}
	cause, hint := m.cause(worst)
	return &order.Reason{Code: "total_differs", Field: worst.Name,
		Message: fmt.Sprintf("B1 would compute %s, Magento says %s. The difference is in %s: %s against %s; %s.",
			m.money(m.sheet.total), m.money(m.expected()), worst.Name, worst.B1, worst.Magento, cause),
		Hint: hint}
}

// cause says what most likely makes a part differ, and what to do about it.
func (m *mapper) cause(c Component) (cause, hint string) {
	switch {
	case c.Name == "tax":
		return m.taxCause(c)
	case c.Name == "lines":
		return "a hook or a rule changed the lines", "Look at the hooks of the worker, and at line_fields in the rules."
	case m.open:
		return "Magento gave back another amount than the goods that went back cost (adjustments of a credit memo, or shipping)",
			"Enter the order by hand, or post it as it was ordered (partly_cancelled: ordered in the rules)."
	}
	return m.limit(), "Look at the rules for " + c.Name + " of this store."
}

// taxCause tells a tax that Magento computes otherwise from one that it only rounds otherwise.
func (m *mapper) taxCause(c Component) (cause, hint string) {
	slack := decimal.Zero
	for _, b := range m.proof.rows {
		exact := percentOf(b.net, b.code.Percent)
		if exact.Sub(b.tax).Abs().GreaterThan(m.roundingOf(b.qty)) {
			return fmt.Sprintf("%s: Magento's tax of %s is not %s %% of %s (%s)", place(b.row), m.money(b.tax), b.code.Percent, m.money(b.net), m.money(exact)),
				"Open the order in Magento: a module computes the tax of this row, or the buyer is exempt. Give the code that B1 should have in the rules, or enter the order by hand."
		}
		slack = slack.Add(m.roundingOf(b.qty))
	}
	if c.Difference.Abs().LessThanOrEqual(slack) {
		return "Magento rounds the tax by row or by piece, B1 by document; " + m.limit(),
			fmt.Sprintf("Raise rounding.max to %s or more, if your accounts allow it.", c.Difference.Abs())
	}
	return m.limit(), "Check the tax codes of this store in the rules."
}

// limit says what the rules let pass as rounding.
func (m *mapper) limit() string {
	if r := m.store.Rounding; r != nil {
		return "the limit for rounding is " + r.Max.of(m.order.Currency)
	}
	return "no rounding rule is set"
}
