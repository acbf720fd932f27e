package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"

	"datawald/order"
	"datawald/sapb1"
)

// Hook is where a company changes what the rules cannot say, without a fork: see worker/hooks. Hooks must be pure, as the
// mapping is: the same order gives the same document, and nothing is asked or written elsewhere. Whatever a hook does, the
// document is proven after it: one that changes the total holds the order. A hook that panics holds the order as well.
type Hook interface {
	// Name stands in the version of the rules and in the reason of a hold; change it when the hook's answer changes.
	Name() string
	// Before may change the order before it is mapped, but not what it is or what it costs in all, nor what its reference is
	// made of (reference.template): the order is looked for in B1 under the reference that it has without hooks. The order is
	// a copy. A reason holds it.
	Before(o *order.Order, source *Source) *order.Reason
	// After may change the document before its total is proven, but not its reference and currency. A reason holds the
	// order.
	After(o *order.Order, source *Source, d *sapb1.SalesOrder) *order.Reason
}

// Use makes the hooks part of the rules, and of their version: orders that were held are looked at again when the hooks
// change. Call it before the rules are used.
func (r *Rules) Use(hooks ...Hook) {
	for _, h := range hooks {
		r.hash = shortHash(r.hash + "\x00" + h.Name())
		r.hooks = append(r.hooks, h)
	}
}

// shortHash is the beginning of the hash of a text, as rules are named by it.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// before runs the hooks on a copy of the order, which is mapped from then on: the caller's stays as it was.
func (m *mapper) before() *order.Reason {
	if len(m.rules.hooks) == 0 {
		return nil
	}
	given := m.order
	m.order = copyOrder(given)
	for _, h := range m.rules.hooks {
		hold := guarded(h, "Before", func() *order.Reason { return h.Before(m.order, m.in.Source) })
		if hold != nil {
			return hold
		}
		if what := m.changedIdentity(given); what != "" {
			return overstepped(h, what, "of the order")
		}
	}
	return nil
}

// changedIdentity names what a hook has changed of an order and must not: what it is, under what it is looked for in B1, and
// what the customer owes.
func (m *mapper) changedIdentity(given *order.Order) string {
	a, b := given, m.order
	switch {
	case a.Key != b.Key || a.Instance != b.Instance || a.StoreID != b.StoreID || a.IncrementID != b.IncrementID || a.EntityID != b.EntityID:
		return "the key"
	case m.rules.NumAtCard(a) != m.rules.NumAtCard(b):
		return "the reference"
	case a.Currency != b.Currency || a.BaseCurrency != b.BaseCurrency:
		return "the currency"
	case !a.Totals.Grand.Equal(b.Totals.Grand), (a.Base == nil) != (b.Base == nil), a.Base != nil && !a.Base.Totals.Grand.Equal(b.Base.Totals.Grand):
		return "the total"
	}
	return ""
}

func (m *mapper) after() *order.Reason {
	d := m.document
	for _, h := range m.rules.hooks {
		reference, currency, key := d.NumAtCard, d.DocCurrency, d.UserFields[m.rules.Reference.UserField]
		hold := guarded(h, "After", func() *order.Reason { return h.After(m.order, m.in.Source, d) })
		switch {
		case hold != nil:
			return hold
		case d.NumAtCard != reference || d.UserFields[m.rules.Reference.UserField] != key:
			return overstepped(h, "the reference", "of the document")
		case d.DocCurrency != currency:
			return overstepped(h, "the currency", "of the document")
		}
	}
	return nil
}

// guarded runs a hook. A reason that it gives names it; a panic becomes a hold, and one bad order delays no other.
func guarded(h Hook, step string, run func() *order.Reason) (hold *order.Reason) {
	defer func() {
		if p := recover(); p != nil {
			hold = &order.Reason{Code: "hook_failed", Field: h.Name(), Message: fmt.Sprintf("The hook %s failed in %s%s.", h.Name(), step, detail(p)),
				Hint: "Have the hook mended (worker/hooks), or enter the order by hand."}
		}
	}()
	if hold = run(); hold != nil {
		named := *hold
		named.Message = fmt.Sprintf("Hook %s: %s", h.Name(), hold.Message)
		if named.Code == "" {
			named.Code = "hook"
		}
		return &named
	}
	return nil
}

// detail says what the runtime found; other panics may quote values of the order.
func detail(p any) string {
	if fault, ok := p.(runtime.Error); ok {
		return ": " + fault.Error()
	}
	return ""
}

func overstepped(h Hook, what, of string) *order.Reason {
	return &order.Reason{Code: "hook_not_allowed", Field: h.Name(), Message: fmt.Sprintf("The hook %s changes %s %s, which hooks must leave.", h.Name(), what, of),
		Hint: "Have the hook changed (worker/hooks): it may change all else, and the total is proven after it."}
}
