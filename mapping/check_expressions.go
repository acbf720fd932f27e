package mapping

import (
	"maps"
	"slices"
)

// expressions checks every expression of a store: that it is one, and that it reads a row only where there is one.
func (c *checker) expressions(at string, s StoreRules) {
	c.expression(at+".items.code", s.Items.Code, true)
	for _, name := range slices.Sorted(maps.Keys(s.Extras)) {
		c.expression(at+".extras."+name+".amount", s.Extras[name].Amount, false)
		c.expression(at+".extras."+name+".tax", s.Extras[name].Tax, false)
	}
	for name, f := range s.Fields {
		c.expression(at+".fields."+name, f.Value, false)
	}
	for name, f := range s.LineFields {
		c.expression(at+".line_fields."+name, f.Value, true)
	}
}

func (c *checker) expression(at string, e Expression, line bool) {
	switch {
	case e.program == nil:
	case e.program.fault != "":
		c.bad(at, "%s", e.program.fault)
	case e.program.line && !line:
		c.bad(at, "reads item or parent, which only items.code and line_fields have; a loop reads rows of the order: sum(order.items, .qty_ordered)")
	}
}
