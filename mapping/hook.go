package mapping

import (
	"datawald/order"
	"datawald/sapb1"
)

// Hook is where a company changes what the rules cannot say, without a fork: see worker/hooks. Hooks must be pure, as the
// mapping is: the same order gives the same document, and nothing is asked or written elsewhere. Whatever a hook does, the
// document is proven after it: one that changes the total holds the order.
type Hook interface {
	// Name stands in the version of the rules and in the reason of a hold; change it when the hook's answer changes.
	Name() string
	// Before may change the order before it is mapped. The order is a copy. A reason holds it.
	Before(o *order.Order, source *Source) *order.Reason
	// After may change the document before its total is proven. A reason holds the order.
	After(o *order.Order, source *Source, d *sapb1.SalesOrder) *order.Reason
}

// before and after run the hooks of the rules.
func (m *mapper) before() *order.Reason { return nil }

func (m *mapper) after() *order.Reason { return nil }
