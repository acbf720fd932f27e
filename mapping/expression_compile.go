package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// Bounds of an expression. A rule is a line or two; more is a program, which belongs into a hook.
const (
	maxExpressionText  = 4000
	maxExpressionNodes = 500
)

// headNames are what every expression may read, lineNames what those of lines may read as well.
var (
	headNames = []string{"order", "billing", "shipping", "payment", "info", "key", "instance"}
	lineNames = []string{"item", "parent"}
)

// program is a compiled expression, or the reason why the text is none. It may be run by several at once.
type program struct {
	code *vm.Program
	// fault says in plain words what is wrong with the text; empty for a sound one.
	fault string
	// document and line are true where the Magento document, or a row of it, is read.
	document, line bool
}

// compile reads an expression in the language of expr-lang.org, of which it takes what is harmless: names, members,
// numbers, texts, lists, tables, operators, conditions, let, loops over lists (filter, map, sum, …) and the functions of
// this package. Operators, members and slices become calls of this package's own: numbers stay decimals, what is not there
// is nothing and no error, and no method of a Go value can be reached.
func compile(text string) *program {
	p := &program{}
	if len(text) > maxExpressionText {
		p.fault = fmt.Sprintf("has %d characters, want at most %d: use a hook", len(text), maxExpressionText)
		return p
	}
	patch := &patcher{}
	options := []expr.Option{expr.Env(environment{}), expr.DisableAllBuiltins(), expr.Optimize(false),
		expr.MaxNodes(maxExpressionNodes), expr.Patch(patch)}
	for name, fn := range functions {
		options = append(options, expr.Function(name, fn.run))
	}
	code, err := expr.Compile(text, options...)
	switch {
	case patch.fault != nil:
		p.fault = inWords(patch.fault.Bind(file.NewSource(text)))
	case err != nil:
		p.fault = inWords(err)
	}
	p.code, p.document, p.line = code, patch.document, patch.line
	return p
}

// inWords says what the library, or the patcher, found.
func inWords(err error) string {
	fault, ok := errors.AsType[*file.Error](err)
	if !ok {
		return "is no expression: " + firstLine(err.Error())
	}
	at := fmt.Sprintf("at its character %d", fault.Column+1)
	if fault.Line > 1 {
		at = fmt.Sprintf("in its line %d at character %d", fault.Line, fault.Column+1)
	}
	if name, unknown := strings.CutPrefix(fault.Message, "unknown name "); unknown {
		return fmt.Sprintf("names %s %s, which there is not, want one of %s or a function (%s); to write the text itself, put it in quotes: '\"%s\"'",
			name, at, strings.Join(slices.Concat(headNames, lineNames), ", "), strings.Join(functionNames(), ", "), name)
	}
	return fmt.Sprintf("is no expression: %s %s", firstLine(fault.Message), at)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
