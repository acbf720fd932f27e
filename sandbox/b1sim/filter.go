package b1sim

import (
	"cmp"
	"strings"

	"github.com/shopspring/decimal"
)

// condition is a compiled $filter. Like the database behind B1 it has three answers: a comparison with null is
// unknown, its inverse too, and an unknown row is not in the result.
type condition interface {
	holds(row) truth
}

type truth int8

const (
	isUnknown truth = iota
	isTrue
	isFalse
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

type (
	both    struct{ left, right condition }
	either  struct{ left, right condition }
	inverse struct{ inner condition }
	compare struct {
		prop     *property
		op       string
		value    any // nil: null
		foldCase bool
	}
	match struct {
		prop     *property
		function string
		text     string
		foldCase bool
	}
)

func (c both) holds(r row) truth {
	left, right := c.left.holds(r), c.right.holds(r)
	switch {
	case left == isFalse || right == isFalse:
		return isFalse
	case left == isTrue && right == isTrue:
		return isTrue
	}
	return isUnknown
}

func (c either) holds(r row) truth {
	left, right := c.left.holds(r), c.right.holds(r)
	switch {
	case left == isTrue || right == isTrue:
		return isTrue
	case left == isFalse && right == isFalse:
		return isFalse
	}
	return isUnknown
}

func (c inverse) holds(r row) truth {
	switch c.inner.holds(r) {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	}
	return isUnknown
}

func (c compare) holds(r row) truth {
	value := r[c.prop.name]
	if c.value == nil {
		return truthOf((value == nil) == (c.op == "eq"))
	}
	if value == nil {
		return isUnknown
	}
	order := compareValues(value, c.value, c.foldCase)
	switch c.op {
	case "eq":
		return truthOf(order == 0)
	case "ne":
		return truthOf(order != 0)
	case "gt":
		return truthOf(order > 0)
	case "ge":
		return truthOf(order >= 0)
	case "lt":
		return truthOf(order < 0)
	}
	return truthOf(order <= 0)
}

func (c match) holds(r row) truth {
	value, isText := r[c.prop.name].(string)
	if !isText {
		return isUnknown
	}
	text := c.text
	if c.foldCase {
		value, text = strings.ToLower(value), strings.ToLower(text)
	}
	switch c.function {
	case "startswith":
		return truthOf(strings.HasPrefix(value, text))
	case "endswith":
		return truthOf(strings.HasSuffix(value, text))
	}
	return truthOf(strings.Contains(value, text))
}

// compareValues orders two values of one property. Null comes first.
func compareValues(a, b any, foldCase bool) int {
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return -1
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case decimal.Decimal:
		if y, ok := b.(decimal.Decimal); ok {
			return x.Cmp(y)
		}
	case string:
		y, _ := b.(string)
		if foldCase {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		return strings.Compare(x, y)
	}
	return 1
}

// fixedText finds a comparison "property eq 'text'" that every row of the result must meet, for a look-up by index.
func fixedText(c condition, indexed func(string) bool) (name, value string, ok bool) {
	switch c := c.(type) {
	case both:
		if name, value, ok = fixedText(c.left, indexed); ok {
			return name, value, true
		}
		return fixedText(c.right, indexed)
	case compare:
		text, isText := c.value.(string)
		return c.prop.name, text, isText && text != "" && c.op == "eq" && !c.foldCase && indexed(c.prop.name)
	}
	return "", "", false
}
