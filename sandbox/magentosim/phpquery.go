package magentosim

import (
	"net/url"
	"strconv"
	"strings"
)

// phpArray is a value PHP builds from a query string: either a string or a map of named members. Order is kept,
// since PHP arrays have one.
type phpArray struct {
	text    string
	names   []string
	members map[string]*phpArray
	next    int // the index that "[]" takes
}

// get returns the first member that one of the names has, nil if there is none.
func (a *phpArray) get(names ...string) *phpArray {
	if a == nil {
		return nil
	}
	for _, name := range names {
		if m, ok := a.members[name]; ok {
			return m
		}
	}
	return nil
}

// children returns the members in the order they came.
func (a *phpArray) children() []*phpArray {
	if a == nil {
		return nil
	}
	out := make([]*phpArray, len(a.names))
	for i, name := range a.names {
		out[i] = a.members[name]
	}
	return out
}

// value returns the string a scalar holds; ok is false when it is absent or an array.
func (a *phpArray) value() (string, bool) {
	if a == nil || a.members != nil {
		return "", false
	}
	return a.text, true
}

// member finds or makes a member; the empty name appends, as "[]" does.
func (a *phpArray) member(name string) *phpArray {
	if a.members == nil {
		a.members = map[string]*phpArray{}
	}
	if name == "" {
		name = strconv.Itoa(a.next)
	}
	if n, err := strconv.Atoi(name); err == nil && n >= a.next {
		a.next = n + 1
	}
	m, ok := a.members[name]
	if !ok {
		m = &phpArray{}
		a.members[name] = m
		a.names = append(a.names, name)
	}
	return m
}

// parsePHPQuery reads a query string the way PHP fills $_GET: a[b][0]=x is nested, a[]=x appends, a later value
// of the same name wins.
func parsePHPQuery(raw string) *phpArray {
	root := &phpArray{members: map[string]*phpArray{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		at := root
		for _, name := range splitPHPKey(unescape(rawKey)) {
			at = at.member(name)
		}
		*at = phpArray{text: unescape(rawValue)}
	}
	return root
}

// splitPHPKey turns "a[b][0]" into a, b, 0. PHP replaces dots and spaces of the first part by underscores.
func splitPHPKey(key string) []string {
	name, rest, nested := strings.Cut(key, "[")
	path := []string{strings.NewReplacer(".", "_", " ", "_").Replace(name)}
	for nested {
		var part string
		var closed bool
		part, rest, closed = strings.Cut(rest, "]")
		if !closed {
			return path
		}
		path = append(path, part)
		_, rest, nested = strings.Cut(rest, "[")
	}
	return path
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}
