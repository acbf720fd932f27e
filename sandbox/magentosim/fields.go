package magentosim

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
)

// fieldTree is a parsed fields parameter; a nil subtree takes the whole value.
type fieldTree map[string]fieldTree

// notInFields matches what makes a fields parameter unparsable.
var notInFields = regexp.MustCompile(`[^\w\[\],]`)

// parseFields reads "items[entity_id,x[y]],total_count"; false when it cannot be parsed.
func parseFields(s string) (fieldTree, bool) {
	if s == "" || notInFields.MatchString(s) {
		return nil, false
	}
	p := fieldParser{rest: s}
	tree := p.level()
	return tree, p.rest == "" && !p.broken
}

// fieldParser walks through a fields parameter.
type fieldParser struct {
	rest   string
	depth  int
	broken bool
}

// level reads names up to the bracket that closes this level.
func (p *fieldParser) level() fieldTree {
	tree := fieldTree{}
	for p.rest != "" && !p.broken {
		name := fieldName.FindString(p.rest)
		p.rest = p.rest[len(name):]
		if name != "" {
			tree[name] = nil
		}
		if p.rest == "" {
			break
		}
		mark := p.rest[0]
		p.rest = p.rest[1:]
		switch mark {
		case '[':
			p.depth++
			tree[name] = p.level()
		case ']':
			p.depth--
			p.broken = p.broken || p.depth < 0
			return tree
		}
	}
	p.broken = p.broken || p.depth > 0
	return tree
}

var fieldName = regexp.MustCompile(`^\w*`)

// project keeps the named fields of a reply that is an object. Everything not named goes, total_count too; a parameter
// that cannot be parsed leaves an empty array. Magento REST: Webapi/Rest/Response/FieldsFilter.php; retrieve-filtered-responses.md.
func project(a reply, fields string) reply {
	whole := bytes.Join(a.parts, nil)
	if whole[0] != '{' {
		return a
	}
	tree, parsed := parseFields(fields)
	if !parsed {
		return ok([]byte("[]"))
	}
	return ok(tree.apply(whole))
}

// apply projects an object, or each object of a list. As PHP cannot tell an empty list from an empty object, a list
// without elements becomes null and an object without fields [].
func (t fieldTree) apply(raw []byte) []byte {
	if t == nil || len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return raw
	}
	if raw[0] == '[' {
		return t.applyList(raw)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return raw
	}
	o := &object{}
	for _, name := range sortedNames(t) {
		if value, has := doc[name]; has {
			o.raw(name, t[name].apply(value))
		}
	}
	if len(o.buf) == 0 {
		return []byte("[]")
	}
	return o.bytes()
}

func (t fieldTree) applyList(raw []byte) []byte {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return raw
	}
	if len(list) == 0 {
		return []byte("null")
	}
	out := make([][]byte, len(list))
	for i, one := range list {
		out[i] = t.apply(one)
	}
	return joinArray(out)
}

func sortedNames(t fieldTree) []string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
