package mapping

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decoder fills structs from YAML by their tags. Unlike the library's own it goes on after a fault, names settings by
// their path, and remembers where each stands, so that a check of the values can point at the line.
type decoder struct {
	anchors map[string]ast.Node
	aliases []*ast.AliasNode
	// places are where settings stand; failed are those that could not be read.
	places   map[string]*token.Position
	failed   map[string]bool
	problems Problems
	// more is true when there are more problems than are named; nothing is read from then on.
	more bool
	// read counts values, those behind an alias as often as it stands.
	read int
}

// parseYAML gives the content of the one document in a text; nil for an empty one.
func parseYAML(text []byte) (ast.Node, error) {
	if deep := tooDeep(text); deep != nil {
		return nil, deep
	}
	// Duplicate keys are the decoder's business: the parser would stop at the first.
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root == nil:
			root = doc.Body
		default:
			at := start(doc.Body)
			return nil, Problems{{Line: at.Line, Column: at.Column, Message: "is a second document, want one in a file"}}
		}
	}
	return root, nil
}

func newDecoder(root ast.Node) *decoder {
	d := &decoder{anchors: map[string]ast.Node{}, places: map[string]*token.Position{}, failed: map[string]bool{}}
	if root == nil {
		return d
	}
	ast.Walk(d, root)
	for _, a := range d.aliases {
		if name := a.Value.GetToken(); d.anchors[name.Value] == nil {
			d.add(Problem{Line: name.Position.Line, Column: name.Position.Column,
				Message: fmt.Sprintf("*%s stands for nothing, want &%s before it", name.Value, name.Value)})
		}
	}
	return d
}

// Visit collects anchors and aliases before anything is read.
func (d *decoder) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.AnchorNode:
		d.anchors[n.Name.GetToken().Value] = n.Value
	case *ast.AliasNode:
		d.aliases = append(d.aliases, n)
	}
	return d
}

// bad adds a problem at the place of the setting, or of the nearest table that holds it.
func (d *decoder) bad(path, format string, args ...any) {
	p := Problem{Line: 1, Column: 1, Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; at != ""; at = holder(at) {
		if place, ok := d.places[at]; ok {
			p.Line, p.Column = place.Line, place.Column
			break
		}
	}
	d.add(p)
}

// wrong adds a problem of a value that cannot be read as what it should be.
func (d *decoder) wrong(path string, node ast.Node, want string) {
	d.failed[path] = true
	d.bad(path, "is %s, want %s", describe(node), want)
}

// empty adds a problem of an item without a value.
func (d *decoder) empty(path string) {
	d.failed[path] = true
	d.bad(path, "is empty, want a value")
}

// shorthand is a setting that may be written as a single value. It says what it wants when the value is none, else "".
type shorthand interface {
	short(text string) (want string)
}

// listing is a shorthand that may be a list of single values as well.
type listing interface {
	shorthand
	many()
}

// decode reads a node into a value, over what the value holds. Nothing written (null) leaves it as it is, or empties
// it where it may be empty.
func (d *decoder) decode(path string, node ast.Node, into any) {
	d.value(path, d.resolve(node), reflect.ValueOf(into).Elem())
}

func (d *decoder) value(path string, node ast.Node, v reflect.Value) {
	if !d.affords(path) {
		return
	}
	if raw, ok := v.Addr().Interface().(*ast.Node); ok {
		*raw = node
		return
	}
	if node == nil {
		if v.Kind() == reflect.Pointer {
			v.SetZero()
		}
		return
	}
	if c, ok := v.Addr().Interface().(*Currencies); ok {
		d.currencies(path, node, c)
		return
	}
	if l, ok := v.Addr().Interface().(listing); ok {
		d.listing(path, node, l)
		return
	}
	if text, single := scalarText(node); single {
		if s, ok := v.Addr().Interface().(shorthand); ok {
			if want := s.short(text); want != "" {
				d.wrong(path, node, want)
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		own := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			own.Elem().Set(v.Elem())
		}
		d.value(path, node, own.Elem())
		v.Set(own)
	case reflect.Map:
		d.table(path, node, v)
	case reflect.Slice:
		d.list(path, node, v)
	default:
		if d.scalar(path, node, v) {
			return
		}
		d.structure(path, node, v)
	}
}

// listing reads a single value, or each of a list.
func (d *decoder) listing(path string, node ast.Node, into listing) {
	all := []entry{{path: path, value: node}}
	if _, ok := node.(*ast.SequenceNode); ok {
		all = d.items(path, node)
	}
	for _, e := range all {
		text, single := scalarText(e.value)
		want := "a single value"
		if single {
			want = into.short(text)
		}
		if want != "" {
			d.wrong(e.path, e.value, want)
		}
	}
}

// structure reads a table of settings; a name that is none of them is a problem.
func (d *decoder) structure(path string, node ast.Node, v reflect.Value) {
	fields, names := settings(v)
	if len(names) == 0 {
		d.wrong(path, node, "a single value")
		return
	}
	for _, e := range d.entries(path, node) {
		field, ok := fields[e.key]
		switch {
		case d.more:
			return
		case !ok:
			d.bad(e.path, "is no setting%s, want one of %s", meant(e.key, names), strings.Join(names, ", "))
			continue
		}
		d.value(e.path, e.value, field)
	}
}

// settings are the fields of a struct by the names they have in the file.
func settings(v reflect.Value) (fields map[string]reflect.Value, names []string) {
	fields = map[string]reflect.Value{}
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			inner, innerNames := settings(v.Field(i))
			for _, n := range innerNames {
				fields[n] = inner[n]
			}
			names = append(names, innerNames...)
		case name != "" && name != "-":
			fields[name] = v.Field(i)
			names = append(names, name)
		}
	}
	return fields, names
}

// table reads a table whose names are the merchant's, in place of what was there.
func (d *decoder) table(path string, node ast.Node, v reflect.Value) {
	own := reflect.MakeMap(v.Type())
	for _, e := range d.entries(path, node) {
		item := reflect.New(v.Type().Elem()).Elem()
		if e.value == nil && item.Kind() != reflect.Struct {
			d.empty(e.path)
			continue
		}
		d.value(e.path, e.value, item)
		own.SetMapIndex(reflect.ValueOf(e.key), item)
	}
	v.Set(own)
}

// list reads a list, in place of what was there.
func (d *decoder) list(path string, node ast.Node, v reflect.Value) {
	own := reflect.MakeSlice(v.Type(), 0, 0)
	for _, e := range d.items(path, node) {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e.path, e.value, item)
		own = reflect.Append(own, item)
	}
	v.Set(own)
}
