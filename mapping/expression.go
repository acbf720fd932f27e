package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// Expression computes a value from the Magento order. It is compiled when the rules are read; what it may contain is
// said in compile. The zero value is none.
type Expression struct {
	// Text is the expression as it stands in the file; empty for none.
	Text string

	program *program
}

// IsSet reports whether there is an expression.
func (e Expression) IsSet() bool { return e.Text != "" }

func (e *Expression) short(text string) string {
	*e = Expression{Text: text}
	if text != "" {
		e.program = compile(text)
	}
	return ""
}

// readsDocument reports whether the value depends on the Magento document.
func (e Expression) readsDocument() bool { return e.program != nil && e.program.document }

// environment holds the names that an expression may use, for one order. Item and Parent are those of the line that is
// being written.
type environment struct {
	Order    any    `expr:"order"`
	Billing  any    `expr:"billing"`
	Shipping any    `expr:"shipping"`
	Payment  any    `expr:"payment"`
	Info     any    `expr:"info"`
	Key      string `expr:"key"`
	Instance string `expr:"instance"`
	Item     any    `expr:"item"`
	Parent   any    `expr:"parent"`
	// Meter is for the patched expressions alone, which cannot be written with this name.
	Meter *meter `expr:"#meter"`
}

// evaluator computes the expressions of one order, one after the other.
type evaluator struct {
	machine vm.VM
	env     environment
	loaded  bool
}

// evaluate computes an expression. name is the setting that holds it; row is the row of the order that it is about, nil
// for none. The value is nil, a string, a decimal.Decimal, a bool or a sapb1.Date; anything else holds the order.
func (m *mapper) evaluate(name string, e Expression, row *order.Line) (any, *order.Reason) {
	if e.program == nil {
		return nil, notComputed(name, "is not compiled")
	}
	if e.program.fault != "" {
		return nil, notComputed(name, "is no expression")
	}
	ev := m.evaluator()
	if e.program.document && !ev.loaded {
		if hold := m.load(ev); hold != nil {
			return nil, hold
		}
	}
	ev.env.Item, ev.env.Parent = nil, nil
	if row != nil && ev.loaded {
		ev.env.Item, ev.env.Parent = m.in.Source.row(row.ItemID)
	}
	value, err := ev.machine.Run(e.program.code, &ev.env)
	if err != nil {
		return nil, notComputed(name, "cannot be computed: "+spoken(err))
	}
	return result(name, value)
}

func (m *mapper) evaluator() *evaluator {
	if m.expressions == nil {
		m.expressions = &evaluator{env: environment{Key: string(m.order.Key), Instance: m.order.Instance,
			Meter: &meter{zone: m.rules.Company.TimeZone}}}
	}
	return m.expressions
}

// load reads the Magento document of the order, at most once.
func (m *mapper) load(ev *evaluator) *order.Reason {
	doc, err := m.in.Source.read()
	if err != nil {
		return &order.Reason{Code: "source_missing", Field: "source",
			Message: "The rules read the Magento document of the order, and " + err.Error() + ".",
			Hint:    "Resync the order, so that it is read from Magento again."}
	}
	e := &ev.env
	e.Order, e.Billing, e.Shipping, e.Payment, e.Info = doc.order, doc.billing, doc.shipping, doc.payment, doc.info
	ev.loaded = true
	return nil
}

// result takes what came out of an expression, and holds the order when it is no single value.
func result(name string, value any) (any, *order.Reason) {
	switch v := value.(type) {
	case nil, string, bool, decimal.Decimal, sapb1.Date:
		return v, nil
	}
	if n, err := number(value); err == nil {
		return n, nil
	}
	return nil, notComputed(name, fmt.Sprintf("gives %s, want a text, a number, a date, true or false, or nothing", kind(value)))
}

// notComputed holds an order of which an expression makes nothing. What it says of values is their kind: the values may
// be personal.
func notComputed(name, what string) *order.Reason {
	return &order.Reason{Code: "field_not_computed", Field: name, Message: fmt.Sprintf("The expression of %s %s.", name, what),
		Hint: "Change the setting in the rules, and try it on this order with starter preview."}
}

// spoken is what an error of the expressions says. The library's own messages are left out: they quote values.
func spoken(err error) string {
	if own, ok := errors.AsType[valueError](err); ok {
		return string(own)
	}
	if strings.Contains(err.Error(), "memory budget exceeded") {
		return "lists of more than a million elements in all"
	}
	return "a function or an operator cannot take such a value"
}

// evalAmount computes an amount; zero for nothing. name is the setting that holds the expression. A text that reads as
// a number is one: modules of Magento write amounts so (payment_surcharge_amount "5.3300").
func (m *mapper) evalAmount(name string, e Expression) (decimal.Decimal, *order.Reason) {
	if !e.IsSet() {
		return decimal.Zero, nil
	}
	value, hold := m.evaluate(name, e, nil)
	if hold != nil || value == nil {
		return decimal.Zero, hold
	}
	switch v := value.(type) {
	case decimal.Decimal:
		return v, nil
	case string:
		if v == "" {
			return decimal.Zero, nil
		}
		if n, err := number(v); err == nil {
			return n, nil
		}
	}
	return decimal.Zero, notComputed(name, fmt.Sprintf("gives %s, want an amount", kind(value)))
}

// expressions are all expressions of a store's rules.
func (s StoreRules) expressions() []Expression {
	all := []Expression{s.Items.Code}
	for _, e := range s.Extras {
		all = append(all, e.Amount, e.Tax)
	}
	for _, fields := range []map[string]Field{s.Fields, s.LineFields} {
		for _, f := range fields {
			all = append(all, f.Value)
		}
	}
	return all
}

// constant is the text of an expression that has the same value for every order, because it reads nothing of one.
func (e Expression) constant() (text string, always bool) {
	if e.program == nil || e.program.fault != "" || e.program.document || e.program.line {
		return "", false
	}
	for _, key := range []string{"main:1:000000001", "other:2:000000002"} { // key and instance are of an order too
		instance, _, _ := strings.Cut(key, ":")
		var machine vm.VM
		value, err := machine.Run(e.program.code, &environment{Key: key, Instance: instance, Meter: &meter{}})
		if err != nil {
			return "", false
		}
		now, err := plain(value)
		if err != nil || text != "" && text != now {
			return "", false
		}
		text = now
	}
	return text, text != ""
}
