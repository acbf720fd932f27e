package order_test

import (
	"strings"
	"testing"

	"datawald/order"
)

// What a person types as an order's number is refused where it is none, and an address is not repeated: answers and logs would keep it.
// Fails without: the case of @ in CheckNumber; validIncrement in it.
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
	if err := order.CheckNumber("anna@example.com"); err != nil && strings.Contains(err.Error(), "anna") {
		t.Errorf("the refusal repeats the address: %v", err)
	}
}
