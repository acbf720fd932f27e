package mapping

import (
	"github.com/shopspring/decimal"
)

// add adds numbers, and puts texts together. Nothing counts as zero or as no text: in a sum of parts one may be missing.
func add(a ...any) (any, error) {
	if a[0] == nil || a[1] == nil {
		if a[0] == nil {
			return a[1], nil
		}
		return a[0], nil
	}
	x, text1 := a[0].(string)
	y, text2 := a[1].(string)
	switch {
	case text1 && text2:
		if len(x)+len(y) > maxValueText {
			return nil, tooLong()
		}
		return x + y, nil
	case text1 || text2:
		return nil, bad("%s + %s: write string(…) to put texts together, number(…) to add numbers", kind(a[0]), kind(a[1]))
	}
	return numbers(a, decimal.Decimal.Add)
}

func subtract(a ...any) (any, error) {
	if a[1] == nil {
		return a[0], nil
	}
	if a[0] == nil {
		a[0] = 0
	}
	return numbers(a, decimal.Decimal.Sub)
}

func multiply(a ...any) (any, error) { return numbersOrNothing(a, decimal.Decimal.Mul) }

func divide(a ...any) (any, error) {
	if isZero(a[1]) {
		return nil, bad("a division by zero")
	}
	return numbersOrNothing(a, func(x, y decimal.Decimal) decimal.Decimal { return x.DivRound(y, quotientDigits) })
}

func modulo(a ...any) (any, error) {
	if isZero(a[1]) {
		return nil, bad("a division by zero")
	}
	return numbersOrNothing(a, decimal.Decimal.Mod)
}

func isZero(v any) bool {
	n, err := number(v)
	return err == nil && n.IsZero()
}

// numbersOrNothing is for products: one with nothing is nothing.
func numbersOrNothing(a []any, op func(x, y decimal.Decimal) decimal.Decimal) (any, error) {
	if a[0] == nil || a[1] == nil {
		return nil, nil
	}
	return numbers(a, op)
}

func numbers(a []any, op func(x, y decimal.Decimal) decimal.Decimal) (any, error) {
	x, err := number(a[0])
	if err != nil {
		return nil, err
	}
	y, err := number(a[1])
	if err != nil {
		return nil, err
	}
	return checked(op(x, y))
}

func checked(n decimal.Decimal) (any, error) {
	n, err := bounded(n)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// onNumber makes a function of one number; that of nothing is nothing.
func onNumber(v any, f func(decimal.Decimal) decimal.Decimal) (any, error) {
	if v == nil {
		return nil, nil
	}
	n, err := number(v)
	if err != nil {
		return nil, err
	}
	return checked(f(n))
}

// round rounds to digits behind the point, half away from zero; without them to a whole number.
func round(a ...any) (any, error) {
	digits := 0
	if len(a) == 2 {
		n, ok := index(a[1], 0)
		if !ok || n > 10 {
			return nil, bad("round to digits that are not 0 to 10")
		}
		digits = n
	}
	return onNumber(a[0], func(n decimal.Decimal) decimal.Decimal { return n.Round(int32(digits)) })
}

func floor(a ...any) (any, error) { return onNumber(a[0], decimal.Decimal.Floor) }

func ceil(a ...any) (any, error) { return onNumber(a[0], decimal.Decimal.Ceil) }

func abs(a ...any) (any, error) { return onNumber(a[0], decimal.Decimal.Abs) }

// toNumber reads a text as a number; nothing of what is none.
func toNumber(a ...any) (any, error) {
	n, err := number(a[0])
	if err != nil {
		return nil, nil
	}
	return n, nil
}

// sum adds the elements of a list up; nothing counts as zero.
func sum(a ...any) (any, error) {
	items, err := list(a[0])
	if err != nil {
		return nil, err
	}
	var total any = decimal.Zero
	for _, v := range items.([]any) {
		if v == nil {
			continue
		}
		if total, err = numbers([]any{total, v}, decimal.Decimal.Add); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// extreme finds the smallest or largest of its values, or of the elements of a list. Nothing is left out.
func extreme(better func(int) bool) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		if items, ok := a[0].([]any); ok && len(a) == 1 {
			a = items
		}
		var best any
		for _, v := range a {
			n, known, err := compare(v, best)
			if err != nil {
				return nil, err
			}
			if best == nil || known && better(n) {
				best = v
			}
		}
		return best, nil
	}
}
