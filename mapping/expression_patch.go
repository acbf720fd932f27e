package mapping

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/shopspring/decimal"
)

// patcher replaces what the library would do with Go's own numbers and members by calls of this package, and refuses
// what an expression must not contain. It walks the tree from the leaves up, once.
type patcher struct {
	fault          *file.Error
	document, line bool
}

// maxLiteral is the number of digits up to which a number in an expression is exactly what is written.
const maxLiteral = 15

// operators are the functions that stand for operators.
var operators = map[string]string{"+": "#add", "-": "#subtract", "*": "#multiply", "/": "#divide", "%": "#modulo",
	"==": "#equal", "!=": "#unequal", "<": "#less", "<=": "#atMost", ">": "#greater", ">=": "#atLeast",
	"in": "#in", "contains": "#contains", "startsWith": "#startsWith", "endsWith": "#endsWith"}

// loops are the functions whose predicate answers yes or no; those of loopsOver take any value of an element.
var (
	loops     = []string{"all", "none", "any", "one", "filter", "find", "findIndex", "findLast", "findLastIndex", "count"}
	loopsOver = []string{"map", "sum"}
)

// Visit replaces a node. The library calls it.
func (p *patcher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		p.name(n)
	case *ast.FloatNode:
		p.fraction(node, n)
	case *ast.ChainNode:
		*node = n.Node
	case *ast.MemberNode:
		ast.Patch(node, call("#get", n.Node, n.Property))
	case *ast.SliceNode:
		ast.Patch(node, call("#slice", n.Node, orNothing(n.From), orNothing(n.To)))
	case *ast.UnaryNode:
		p.unary(node, n)
	case *ast.BinaryNode:
		p.binary(node, n)
	case *ast.ConditionalNode:
		n.Cond = call("#truth", n.Cond)
	case *ast.CallNode:
		p.call(n)
	case *ast.BuiltinNode:
		p.loop(node, n)
	case *ast.BytesNode, *ast.PointerNode:
		p.special(n)
	}
}

// call is a call of one of the functions.
func call(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: withMeter(arguments)}
}

// withMeter puts the meter before the values of a call.
func withMeter(arguments []ast.Node) []ast.Node {
	return append([]ast.Node{&ast.IdentifierNode{Value: "#meter"}}, arguments...)
}

func orNothing(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NilNode{}
	}
	return n
}

// bad keeps the first fault of the expression.
func (p *patcher) bad(at ast.Node, format string, args ...any) {
	if p.fault == nil {
		p.fault = &file.Error{Location: at.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

func (p *patcher) name(n *ast.IdentifierNode) {
	switch n.Value {
	case "$env":
		p.bad(n, "unknown name $env")
	case "item", "parent":
		p.line, p.document = true, true
	case "order", "billing", "shipping", "payment", "info":
		p.document = true
	}
}

// fraction makes a decimal of a number with a point, before it is reckoned with.
func (p *patcher) fraction(node *ast.Node, n *ast.FloatNode) {
	exact := decimal.NewFromFloat(n.Value)
	if exact.NumDigits() > maxLiteral || exact.Exponent() > maxLiteral || exact.Exponent() < -maxLiteral {
		p.bad(n, "a number of more than %d digits", maxLiteral)
	}
	ast.Patch(node, &ast.ConstantNode{Value: exact})
}

func (p *patcher) unary(node *ast.Node, n *ast.UnaryNode) {
	switch n.Operator {
	case "-":
		ast.Patch(node, call("#subtract", &ast.IntegerNode{}, n.Node))
	case "+":
		ast.Patch(node, call("#add", &ast.IntegerNode{}, n.Node))
	default: // ! and not
		n.Node = call("#truth", n.Node)
	}
}

func (p *patcher) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "&&", "and", "||", "or":
		n.Left, n.Right = call("#truth", n.Left), call("#truth", n.Right)
	case "??":
	case "matches":
		pattern, fixed := n.Right.(*ast.StringNode)
		if !fixed {
			p.bad(n, "matches without a pattern in quotes behind it")
			return
		}
		n.Left = call("#searched", n.Left, &ast.IntegerNode{Value: instructions(pattern.Value)})
	default:
		name, ok := operators[n.Operator]
		if !ok {
			p.bad(n, "the operator %s, which is not one of those for expressions", n.Operator)
			return
		}
		ast.Patch(node, call(name, n.Left, n.Right))
	}
}

// call checks a function that is called by its name.
func (p *patcher) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		p.bad(n, "a call of something that is no function")
		return
	}
	fn, known := functions[callee.Value]
	if !known {
		return // the library says that there is no such name
	}
	if given := len(n.Arguments); given < fn.least || given > fn.most {
		p.bad(n, "%s with %d values in brackets, want %s", callee.Value, given, fn.takes())
	}
	n.Arguments = withMeter(n.Arguments)
}

// loop counts the turns of a loop over a list.
func (p *patcher) loop(node *ast.Node, n *ast.BuiltinNode) {
	wrap := "#turn"
	switch {
	case slices.Contains(loops, n.Name):
		wrap = "#choose"
	case !slices.Contains(loopsOver, n.Name):
		p.bad(n, "the function %s, which is not one of those for expressions", n.Name)
		return
	}
	n.Arguments[0] = call("#list", n.Arguments[0])
	if len(n.Arguments) > 1 {
		if body, ok := n.Arguments[1].(*ast.PredicateNode); ok {
			body.Node = call(wrap, body.Node)
		}
	}
	switch {
	case n.Name == "sum" && len(n.Arguments) == 1:
		ast.Patch(node, call("#sum", n.Arguments[0]))
	case n.Name == "sum":
		n.Name = "map"
		ast.Patch(node, call("#sum", &ast.BuiltinNode{Name: "map", Arguments: n.Arguments}))
	case n.Name == "count" && len(n.Arguments) == 1:
		ast.Patch(node, call("len", n.Arguments[0]))
	}
}

func (p *patcher) special(n ast.Node) {
	if pointer, ok := n.(*ast.PointerNode); ok && (pointer.Name == "" || pointer.Name == "index") {
		return
	}
	p.bad(n, "a value that expressions do not have")
}
