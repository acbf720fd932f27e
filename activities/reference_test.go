package activities_test

import (
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// beforeHook is a hook that changes orders before they are mapped.
type beforeHook func(*order.Order)

func (beforeHook) Name() string { return "before 1" }

func (h beforeHook) Before(o *order.Order, _ *mapping.Source) *order.Reason { h(o); return nil }

func (beforeHook) After(*order.Order, *mapping.Source, *sapb1.SalesOrder) *order.Reason { return nil }

// Under another reference than the one looked for, an order whose reply is lost would be sent again and again.
func TestInsertOrder_NothingIsSentUnderAnotherReferenceThanIsLookedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hook func(*mapping.Rules) beforeHook
		code string
	}{
		"a hook changes the order": {func(*mapping.Rules) beforeHook {
			return func(o *order.Order) { o.Payment.PONumber = strings.TrimPrefix(o.Payment.PONumber, "PO ") }
		}, "hook_not_allowed"},
		"a hook changes the rules": {func(r *mapping.Rules) beforeHook {
			return func(*order.Order) { r.Reference.Template = "OTHER-{increment_id}" }
		}, "reference_changed"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
			c.rules.Reference.Template = "{increment_id}/{po_number}"
			c.rules.Use(tc.hook(c.rules))
			c.inject(b1sim.CommitThenDrop, "POST Orders")
			c.post(c.acts, c.buy(1, `"method":"checkmo"`, `"method":"checkmo","po_number":"PO 77"`))
			c.want(order.Held, tc.code)
			if n := len(c.b1.Orders()); n != 0 {
				t.Errorf("B1 has %d sales orders, want none", n)
			}
		})
	}
}
