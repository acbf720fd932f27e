package mapping

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxAliases bounds chains of aliases and of merged tables, which may run in circles.
const maxAliases = 20

// entry is a setting of a table or an item of a list, with its value resolved: nil where nothing is written.
type entry struct {
	key, path string
	value     ast.Node
	at        *token.Position
}

// resolve follows anchors, aliases and tags to what they stand for.
func (d *decoder) resolve(node ast.Node) ast.Node {
	for range maxAliases {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			node = d.anchors[n.Value.GetToken().Value]
		case *ast.TagNode:
			node = n.Value
		case *ast.NullNode, *ast.CommentGroupNode:
			return nil
		default:
			return node
		}
	}
	return nil
}

// entries takes a table apart. A name that is given twice is a problem, and the first one counts.
func (d *decoder) entries(path string, node ast.Node) []entry {
	if node == nil {
		return nil
	}
	if _, ok := node.(ast.MapNode); !ok {
		d.wrong(path, node, "a table of settings (name: value)")
		return nil
	}
	var out []entry
	lines := map[string]int{}
	for _, e := range d.pairs(node, 0) {
		e.path = e.key
		if path != "" {
			e.path = path + "." + e.key
		}
		if first, twice := lines[e.key]; twice {
			d.add(Problem{Line: e.at.Line, Column: e.at.Column, Path: e.path,
				Message: fmt.Sprintf("is given twice, first in line %d; want it once", first)})
			continue
		}
		lines[e.key], d.places[e.path] = e.at.Line, e.at
		out = append(out, e)
	}
	return out
}

// pairs are the names and values of a table as they are written. Those of merged tables (<<) follow, unless the table
// has them itself.
func (d *decoder) pairs(node ast.Node, depth int) []entry {
	table, ok := node.(ast.MapNode)
	if !ok || depth > maxAliases {
		return nil
	}
	var own, merged []entry
	for it := table.MapRange(); it.Next(); {
		value := d.resolve(it.Value())
		if it.Key().IsMergeKey() {
			merged = append(merged, d.merged(value, depth)...)
			continue
		}
		own = append(own, entry{key: it.Key().GetToken().Value, value: value, at: it.Key().GetToken().Position})
	}
	names := map[string]bool{}
	for _, e := range own {
		names[e.key] = true
	}
	for _, e := range merged {
		if !names[e.key] {
			names[e.key] = true
			own = append(own, e)
		}
	}
	return own
}

// merged are the entries of the table, or of the list of tables, behind <<.
func (d *decoder) merged(node ast.Node, depth int) []entry {
	tables := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		tables = list.Values
	}
	var out []entry
	for _, t := range tables {
		out = append(out, d.pairs(d.resolve(t), depth+1)...)
	}
	return out
}

// items takes a list apart.
func (d *decoder) items(path string, node ast.Node) []entry {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.wrong(path, node, "a list, such as [a, b]")
		return nil
	}
	var out []entry
	for i, item := range list.Values {
		e := entry{path: fmt.Sprintf("%s[%d]", path, i), value: d.resolve(item), at: start(item)}
		d.places[e.path] = e.at
		if e.value == nil {
			d.empty(e.path)
			continue
		}
		out = append(out, e)
	}
	return out
}

// start is where a node begins. A table begins with its first name: the library's own answer is the colon behind it.
func start(node ast.Node) *token.Position {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken().Position
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken().Position
	}
	return node.GetToken().Position
}

// describe says what stands in the file: the text of a value, or that it is a table or a list.
func describe(node ast.Node) string {
	if _, ok := node.(*ast.SequenceNode); ok {
		return "a list"
	}
	if text, ok := scalarText(node); ok {
		return fmt.Sprintf("%q", text)
	}
	return "a table"
}
