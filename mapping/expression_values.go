package mapping

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/sapb1"
)

// Values of expressions are nothing (nil), texts (string), numbers (json.Number as they stand in the document, int as they
// stand in an expression, decimal.Decimal when they are computed), true and false, days (sapb1.Date), lists ([]any) and
// tables: *table in a document, map[string]any in an expression.

// Bounds of values: nothing in an order or in B1 comes near them.
const (
	// maxNumberDigits is the number of digits of a number, before and behind its point.
	maxNumberDigits = 40
	// maxValueText is the length of a text in bytes.
	maxValueText = 64 << 10
	// quotientDigits are the digits behind the point to which a division is rounded, half away from zero.
	quotientDigits = 6
)

// valueError says what went wrong in an expression, without naming a value.
type valueError string

func (e valueError) Error() string { return string(e) }

func bad(format string, args ...any) error { return valueError(fmt.Sprintf(format, args...)) }

// kind names the kind of a value.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case json.Number, int, decimal.Decimal:
		return "a number"
	case sapb1.Date:
		return "a date"
	case []any:
		return "a list"
	case *table, map[string]any:
		return "a table"
	}
	return "something else"
}

// number reads a value as a number; a text must look like one.
func number(v any) (decimal.Decimal, error) {
	switch n := v.(type) {
	case decimal.Decimal:
		return n, nil
	case int:
		return decimal.NewFromInt(int64(n)), nil
	case json.Number:
		return parseNumber(string(n))
	case string:
		return parseNumber(strings.TrimSpace(n))
	}
	return decimal.Zero, bad("%s, where a number is wanted", kind(v))
}

func parseNumber(text string) (decimal.Decimal, error) {
	if len(text) == 0 || len(text) > 2*maxNumberDigits || !strings.ContainsRune("+-.0123456789", rune(text[0])) {
		return decimal.Zero, bad("a text, where a number is wanted")
	}
	n, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, bad("a text, where a number is wanted")
	}
	return bounded(n)
}

// bounded refuses numbers that would take long to reckon with: 1e999999999 has three bytes in a document.
func bounded(n decimal.Decimal) (decimal.Decimal, error) {
	if n.NumDigits() > maxNumberDigits || n.Exponent() > maxNumberDigits || n.Exponent() < -maxNumberDigits {
		return decimal.Zero, bad("a number of more than %d digits", maxNumberDigits)
	}
	return n, nil
}

func isNumber(v any) bool {
	switch v.(type) {
	case json.Number, int, decimal.Decimal:
		return true
	}
	return false
}

// plain is a value as text: numbers as people write them, days as 2006-01-02.
func plain(v any) (string, error) {
	switch t := v.(type) {
	case string:
		return t, nil
	case bool:
		return fmt.Sprint(t), nil
	case sapb1.Date:
		return t.Format("2006-01-02"), nil
	}
	if isNumber(v) {
		n, err := number(v)
		return n.String(), err
	}
	return "", bad("%s, where a text is wanted", kind(v))
}

// truth reads a value as yes or no. Magento writes its flags as 0 and 1, and leaves them out.
func truth(v any) (bool, error) {
	switch t := v.(type) {
	case nil:
		return false, nil
	case bool:
		return t, nil
	}
	if isNumber(v) {
		n, err := number(v)
		return !n.IsZero(), err
	}
	return false, bad("%s, where true or false is wanted", kind(v))
}

// equal compares values. A number and a text are equal when the text reads as the number: Magento writes many numbers as
// texts.
func equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if isNumber(a) || isNumber(b) {
		x, err1 := number(a)
		y, err2 := number(b)
		return err1 == nil && err2 == nil && x.Equal(y)
	}
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case sapb1.Date:
		y, ok := b.(sapb1.Date)
		return ok && x.Equal(y.Time)
	case []any:
		return equalLists(a, b)
	}
	return false
}

// equalLists compares lists of single values; a list in a list is equal to none.
func equalLists(a, b any) bool {
	x, _ := a.([]any)
	y, ok := b.([]any)
	if !ok || len(x) != len(y) {
		return false
	}
	for i := range x {
		if _, nested := x[i].([]any); nested || !equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

// compare orders two values of a kind; known is false where one is nothing.
func compare(a, b any) (order int, known bool, err error) {
	if a == nil || b == nil {
		return 0, false, nil
	}
	if isNumber(a) || isNumber(b) {
		x, err := number(a)
		if err != nil {
			return 0, false, err
		}
		y, err := number(b)
		return x.Cmp(y), true, err
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), true, nil
		}
	case sapb1.Date:
		if y, ok := b.(sapb1.Date); ok {
			return x.Compare(y.Time), true, nil
		}
	}
	return 0, false, bad("%s and %s, which cannot be compared", kind(a), kind(b))
}
