package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// function is what an expression can call; the names that begin with # stand for operators and members.
type function struct {
	// least and most are the numbers of values that it takes.
	least, most int
	call        func(args ...any) (any, error)
}

func (f function) takes() string {
	if f.least == f.most {
		return fmt.Sprint(f.least)
	}
	return fmt.Sprintf("%d to %d", f.least, f.most)
}

// manyValues is how many values min, max and concat take.
const manyValues = 20

// functions are all that expressions can call. They are pure, and what they make is bounded (maxValueText, maxNumberDigits).
var functions = map[string]function{
	"#add": {2, 2, add}, "#subtract": {2, 2, subtract}, "#multiply": {2, 2, multiply}, "#divide": {2, 2, divide}, "#modulo": {2, 2, modulo},
	"#equal":   {2, 2, func(a ...any) (any, error) { return equal(a[0], a[1]), nil }},
	"#unequal": {2, 2, func(a ...any) (any, error) { return !equal(a[0], a[1]), nil }},
	"#less":    comparison(func(n int) bool { return n < 0 }), "#atMost": comparison(func(n int) bool { return n <= 0 }),
	"#greater": comparison(func(n int) bool { return n > 0 }), "#atLeast": comparison(func(n int) bool { return n >= 0 }),
	"#in": {2, 2, within}, "#contains": textTest(strings.Contains), "#startsWith": textTest(strings.HasPrefix), "#endsWith": textTest(strings.HasSuffix),
	"#get": {2, 2, member}, "#slice": {3, 3, slice}, "#truth": {1, 1, func(a ...any) (any, error) { return truth(a[0]) }},
	"#text": {1, 1, orNone}, "#list": {1, 1, list}, "#turn": {2, 2, turn}, "#choose": {2, 2, choose}, "#sum": {1, 1, sum},

	"round": {1, 2, round}, "floor": {1, 1, floor}, "ceil": {1, 1, ceil}, "abs": {1, 1, abs}, "number": {1, 1, toNumber},
	"min": {1, manyValues, extreme(func(n int) bool { return n < 0 })}, "max": {1, manyValues, extreme(func(n int) bool { return n > 0 })},

	"string": {1, 1, orNone}, "upper": onText(strings.ToUpper), "lower": onText(strings.ToLower), "trim": onText(strings.TrimSpace),
	"trimPrefix": {2, 2, trimEnd(strings.TrimPrefix)}, "trimSuffix": {2, 2, trimEnd(strings.TrimSuffix)},
	"replace": {3, 3, replace}, "split": {2, 2, split}, "join": {1, 2, join},

	"len": {1, 1, count}, "first": {1, 1, first}, "last": {1, 1, last}, "fromJSON": {1, 1, fromJSON}, "date": {1, 3, date},
}

// functionNames are the functions that a person can name, and those of the library that loop over lists.
func functionNames() []string {
	names := slices.Concat(loops, loopsOver)
	for name := range maps.Keys(functions) {
		if !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// meter bounds the loops of all expressions of an order, and knows the company's time zone.
type meter struct {
	turns int
	zone  Zone
}

// maxTurns is how often the loops of all expressions of an order may turn: a second's work at most.
const maxTurns = 1_000_000

func (m *meter) turn() error {
	if m.turns++; m.turns > maxTurns {
		return bad("loops of more than %d turns", maxTurns)
	}
	return nil
}

// turn passes the value of an element on.
func turn(a ...any) (any, error) { return a[1], a[0].(*meter).turn() }

// choose passes the answer of a predicate on.
func choose(a ...any) (any, error) {
	if err := a[0].(*meter).turn(); err != nil {
		return nil, err
	}
	return truth(a[1])
}

func comparison(holds func(int) bool) function {
	return function{2, 2, func(a ...any) (any, error) {
		n, known, err := compare(a[0], a[1])
		return known && holds(n), err
	}}
}

// member is a value of a table or a list; nothing where there is none.
func member(a ...any) (any, error) {
	switch from := a[0].(type) {
	case map[string]any:
		name, err := plain(a[1])
		return from[name], err
	case []any:
		if i, ok := index(a[1], len(from)); ok && i < len(from) {
			return from[i], nil
		}
	}
	return nil, nil
}

// index reads a place in a list, counted from 0, or from the end where it is negative.
func index(v any, length int) (int, bool) {
	n, err := number(v)
	if err != nil || !isNumber(v) || !n.IsInteger() || n.NumDigits() > 9 {
		return 0, false
	}
	i := int(n.IntPart())
	if i < 0 {
		i += length
	}
	return i, i >= 0
}

// slice is a part of a list, or of a text by its characters.
func slice(a ...any) (any, error) {
	var runes []rune
	var items []any
	size := 0
	switch from := a[0].(type) {
	case nil:
		return nil, nil
	case []any:
		items, size = from, len(from)
	default:
		text, err := plain(from)
		if err != nil {
			return nil, err
		}
		runes = []rune(text)
		size = len(runes)
	}
	low, high := bound(a[1], 0, size), bound(a[2], size, size)
	low = min(low, high)
	if items != nil {
		return items[low:high:high], nil
	}
	return string(runes[low:high]), nil
}

// bound reads the end of a slice; what lies outside is the end.
func bound(v any, otherwise, size int) int {
	if v == nil {
		return otherwise
	}
	i, ok := index(v, size)
	if !ok {
		return 0
	}
	return min(i, size)
}

// within reports whether a list has a value, a table a name, or a text another.
func within(a ...any) (any, error) {
	switch in := a[1].(type) {
	case nil:
		return false, nil
	case []any:
		return slices.ContainsFunc(in, func(v any) bool { return equal(a[0], v) }), nil
	case map[string]any:
		name, err := plain(a[0])
		_, ok := in[name]
		return ok && err == nil, nil
	}
	return nil, bad("%s behind in, where a list is wanted", kind(a[1]))
}

// list is what a loop runs over; nothing is a list without elements.
func list(a ...any) (any, error) {
	switch l := a[0].(type) {
	case nil:
		return []any{}, nil
	case []any:
		return l, nil
	}
	return nil, bad("%s, where a list is wanted", kind(a[0]))
}

func count(a ...any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return 0, nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	text, err := plain(a[0])
	return len([]rune(text)), err
}

func first(a ...any) (any, error) { return member(a[0], 0) }

func last(a ...any) (any, error) { return member(a[0], -1) }
