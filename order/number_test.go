package order_test

import (
	"strings"
	"testing"

	"datawald/order"
)

// What a person types as an order's number is refused where it is none, and neither an address nor a name is repeated: answers and logs would keep it.
// Fails without: the case of @ in CheckNumber; validIncrement in it; words without the text in both.
func TestCheckNumber(t *testing.T) {
	for _, fine := range []string{"000000123", "entity-12", "EU-100/7", "Ж-5"} {
		if err := order.CheckNumber(fine); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	for _, wrong := range []string{"anna@example.com", "", "a b", "1\n2", strings.Repeat("1", 65)} {
		if err := order.CheckNumber(wrong); err == nil {
			t.Errorf("%q passes as an order's number", wrong)
		}
	}
	for _, personal := range []string{"anna@example.com", "anna muster"} {
		if err := order.CheckNumber(personal); err == nil || strings.Contains(err.Error(), "anna") {
			t.Errorf("the refusal repeats what was typed: %v", err)
		}
	}
}
