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
	// withMeter is true for a function that wants the meter before its values.
	withMeter bool
}

// run is the function as the library calls it: the meter comes first, and counts what the values cost.
func (f function) run(args ...any) (any, error) {
	if err := args[0].(*meter).work(args[1:]); err != nil {
		return nil, err
	}
	if f.withMeter {
		return f.call(args...)
	}
	return f.call(args[1:]...)
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
	"#add": {least: 2, most: 2, call: add}, "#subtract": {least: 2, most: 2, call: subtract}, "#multiply": {least: 2, most: 2, call: multiply}, "#divide": {least: 2, most: 2, call: divide}, "#modulo": {least: 2, most: 2, call: modulo},
	"#equal":   {least: 2, most: 2, call: func(a ...any) (any, error) { return equal(a[0], a[1]), nil }},
	"#unequal": {least: 2, most: 2, call: func(a ...any) (any, error) { return !equal(a[0], a[1]), nil }},
	"#less":    comparison(func(n int) bool { return n < 0 }), "#atMost": comparison(func(n int) bool { return n <= 0 }),
	"#greater": comparison(func(n int) bool { return n > 0 }), "#atLeast": comparison(func(n int) bool { return n >= 0 }),
	"#in": {least: 2, most: 2, call: within}, "#contains": textTest(strings.Contains), "#startsWith": textTest(strings.HasPrefix), "#endsWith": textTest(strings.HasSuffix),
	"#get": {least: 2, most: 2, call: member}, "#slice": {least: 3, most: 3, call: slice}, "#truth": {least: 1, most: 1, call: func(a ...any) (any, error) { return truth(a[0]) }},
	"#searched": {least: 2, most: 2, call: searched, withMeter: true}, "#list": {least: 1, most: 1, call: list}, "#turn": {least: 1, most: 1, call: pass}, "#choose": {least: 1, most: 1, call: choose}, "#sum": {least: 1, most: 1, call: sum},

	"round": {least: 1, most: 2, call: round}, "floor": {least: 1, most: 1, call: floor}, "ceil": {least: 1, most: 1, call: ceil}, "abs": {least: 1, most: 1, call: abs}, "number": {least: 1, most: 1, call: toNumber},
	"min": {least: 1, most: manyValues, call: extreme(func(n int) bool { return n < 0 })}, "max": {least: 1, most: manyValues, call: extreme(func(n int) bool { return n > 0 })},

	"string": {least: 1, most: 1, call: orNone}, "upper": onText(strings.ToUpper), "lower": onText(strings.ToLower), "trim": onText(strings.TrimSpace),
	"trimPrefix": {least: 2, most: 2, call: trimEnd(strings.TrimPrefix)}, "trimSuffix": {least: 2, most: 2, call: trimEnd(strings.TrimSuffix)},
	"replace": {least: 3, most: 3, call: replace}, "split": {least: 2, most: 2, call: split}, "join": {least: 1, most: 2, call: join},

	"len": {least: 1, most: 1, call: count}, "first": {least: 1, most: 1, call: first}, "last": {least: 1, most: 1, call: last}, "fromJSON": {least: 1, most: 1, call: fromJSON}, "date": {least: 1, most: 2, call: date, withMeter: true},
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

// pass gives the value of an element to a loop.
func pass(a ...any) (any, error) { return a[0], nil }

// choose is the answer of a predicate to a loop.
func choose(a ...any) (any, error) { return truth(a[0]) }

func comparison(holds func(int) bool) function {
	return function{least: 2, most: 2, call: func(a ...any) (any, error) {
		n, known, err := compare(a[0], a[1])
		return known && holds(n), err
	}}
}

// member is a value of a table or a list; nothing where there is none.
func member(a ...any) (any, error) {
	switch from := a[0].(type) {
	case *table:
		name, err := plain(a[1])
		return from.get(name), err
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

// within reports whether a list has a value, or a table a name.
func within(a ...any) (any, error) {
	switch in := a[1].(type) {
	case nil:
		return false, nil
	case []any:
		return slices.ContainsFunc(in, func(v any) bool { return equal(a[0], v) }), nil
	case *table:
		name, err := plain(a[0])
		return err == nil && in.has(name), nil
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
	case *table:
		return len(v.fields), nil
	case map[string]any:
		return len(v), nil
	}
	text, err := plain(a[0])
	return len([]rune(text)), err
}

func first(a ...any) (any, error) { return member(a[0], 0) }

func last(a ...any) (any, error) { return member(a[0], -1) }
