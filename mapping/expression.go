package mapping

import (
	"github.com/shopspring/decimal"

	"datawald/order"
)

// Expression computes a value from the Magento order.
type Expression struct {
	// Text is the expression as it stands in the file; empty for none.
	Text string
}

// IsSet reports whether there is an expression.
func (e Expression) IsSet() bool { return e.Text != "" }

func (e *Expression) short(text string) string {
	e.Text = text
	return ""
}

// evalAmount computes an amount; zero for nothing. name is the setting that holds the expression.
func (m *mapper) evalAmount(name string, e Expression) (decimal.Decimal, *order.Reason) {
	return decimal.Zero, nil
}
