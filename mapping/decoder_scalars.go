package mapping

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/shopspring/decimal"
)

// decimalPattern is a number as people write it; exponents could make one of a million digits.
var decimalPattern = regexp.MustCompile(`^[+-]?[0-9]{1,15}(\.[0-9]{1,10})?$`)

// scalarText is the text of a single value as it is written, so that 01 stays 01 and 8.875 is 8.875.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(node.GetToken().Value), true
	}
	return "", false
}

// scalar reads a single value: text, true or false, whole number, decimal number or time span. It reports whether v is one of these.
func (d *decoder) scalar(path string, node ast.Node, v reflect.Value) bool {
	text, ok := scalarText(node)
	want := ""
	switch into := v.Addr().Interface().(type) {
	case *decimal.Decimal:
		if want = "a number such as 8.25"; ok && decimalPattern.MatchString(text) {
			*into, want = decimal.RequireFromString(text), ""
		}
	case *Duration:
		want = "a time span such as 90s, 10m, 36h or 7d"
		if span, err := parseDuration(text); ok && err == nil {
			*into, want = span, ""
		}
	case *bool:
		if want = "true or false"; text == "true" || text == "false" {
			*into, want = text == "true", ""
		}
	case *string:
		if want = "a text"; ok {
			*into, want = text, ""
		}
	default:
		if !v.CanInt() {
			return false
		}
		want = "a whole number"
		if n, err := strconv.ParseInt(text, 10, v.Type().Bits()); ok && err == nil {
			v.SetInt(n)
			want = ""
		}
	}
	if want != "" {
		d.wrong(path, node, want)
	}
	return true
}

// currencies reads a list of ISO codes, or a table from ISO codes to those of B1.
func (d *decoder) currencies(path string, node ast.Node, into *Currencies) {
	*into = Currencies{}
	if _, ok := node.(*ast.SequenceNode); ok {
		for _, e := range d.items(path, node) {
			var iso string
			d.value(e.path, e.value, reflect.ValueOf(&iso).Elem())
			if !d.failed[e.path] {
				(*into)[iso] = iso
				d.places[path+"."+iso] = e.at
			}
		}
		return
	}
	table := map[string]string{}
	if _, ok := node.(ast.MapNode); !ok {
		d.wrong(path, node, "a list such as [USD, EUR], or a table such as {USD: $, EUR: EUR}")
		return
	}
	d.table(path, node, reflect.ValueOf(&table).Elem())
	*into = table
}
