package magento

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sync"
)

// canonical writes valid JSON in the one form that encoding/json gives to a map of the same content: members sorted by
// name, the last of several with one name, no space, strings escaped alike, numbers as they are written.
type canonical struct {
	out     []byte
	members []canonicalMember // those of all objects that are open, the innermost last
	scratch []byte
}

// canonicalMember is a member of an open object: its name, and where in out it is written.
type canonicalMember struct {
	name       []byte
	start, end int
}

var canonicals = sync.Pool{New: func() any { return new(canonical) }}

// addedMember is a member of the canonical form that does not stand in the document so: valid JSON under a plain name.
type addedMember struct {
	name  string
	value []byte
}

// digestOf is the digest of a valid object in canonical form, without the top-level members that leave names, and with the
// ones added.
func digestOf(raw []byte, leave func(name []byte) bool, added ...addedMember) string {
	c := canonicals.Get().(*canonical)
	defer c.release()
	c.out, c.members = slices.Grow(c.out[:0], len(raw)), c.members[:0]
	c.object(raw, afterSpace(raw, 0), leave, added...)
	return digest(c.out)
}

// maxKept is the largest document, in bytes, whose memory is kept for the next.
const maxKept = 1 << 20

func (c *canonical) release() {
	if cap(c.out) <= maxKept {
		canonicals.Put(c)
	}
}

func keepAll([]byte) bool { return false }

// object writes the object that begins at i, without the members that leave names and with the ones added, and is behind it
// then. So are array, value and text: each byte is looked at once, however deep it lies.
func (c *canonical) object(b []byte, i int, leave func(name []byte) bool, added ...addedMember) int {
	base := len(c.members)
	c.out = append(c.out, '{')
	first := len(c.out)
	for i = afterSpace(b, i+1); b[i] != '}'; i = nextOf(b, i) {
		m := canonicalMember{start: len(c.out)}
		m.name, i = c.text(b, i)
		c.out = append(c.out, ':')
		i = c.value(b, afterSpace(b, afterSpace(b, i)+1))
		if leave(m.name) {
			c.out = c.out[:m.start]
			continue
		}
		m.end = len(c.out)
		c.members = append(c.members, m)
		c.out = append(c.out, ',')
	}
	for _, a := range added {
		c.add(a)
	}
	c.sort(c.members[base:], first)
	c.members = c.members[:base]
	c.end(first, '}')
	return i + 1
}

func (c *canonical) add(a addedMember) {
	start := len(c.out)
	c.out = append(append(append(c.out, '"'), a.name...), '"', ':')
	c.value(a.value, afterSpace(a.value, 0))
	c.members = append(c.members, canonicalMember{[]byte(a.name), start, len(c.out)})
	c.out = append(c.out, ',')
}

// end takes the last comma away and closes the object or array whose content begins at first.
func (c *canonical) end(first int, bracket byte) {
	if len(c.out) > first {
		c.out = c.out[:len(c.out)-1]
	}
	c.out = append(c.out, bracket)
}

// sort brings the members written from first on into their order. Most objects are written in it.
func (c *canonical) sort(members []canonicalMember, first int) {
	if inOrder(members) {
		return
	}
	slices.SortFunc(members, func(a, b canonicalMember) int {
		return cmp.Or(bytes.Compare(a.name, b.name), cmp.Compare(a.start, b.start))
	})
	c.scratch = append(c.scratch[:0], c.out[first:]...)
	c.out = c.out[:first]
	for n, m := range members {
		if n+1 < len(members) && bytes.Equal(m.name, members[n+1].name) {
			continue
		}
		c.out = append(append(c.out, c.scratch[m.start-first:m.end-first]...), ',')
	}
}

// inOrder reports whether each member comes before the next and has another name.
func inOrder(members []canonicalMember) bool {
	for n := 1; n < len(members); n++ {
		if bytes.Compare(members[n-1].name, members[n].name) >= 0 {
			return false
		}
	}
	return true
}

func (c *canonical) value(b []byte, i int) int {
	switch b[i] {
	case '{':
		return c.object(b, i, keepAll)
	case '[':
		return c.array(b, i)
	case '"':
		_, i = c.text(b, i)
		return i
	}
	end := afterLiteral(b, i)
	c.out = append(c.out, b[i:end]...)
	return end
}

func (c *canonical) array(b []byte, i int) int {
	c.out = append(c.out, '[')
	first := len(c.out)
	for i = afterSpace(b, i+1); b[i] != ']'; i = nextOf(b, i) {
		i = c.value(b, i)
		c.out = append(c.out, ',')
	}
	c.end(first, ']')
	return i + 1
}

// text writes a string and gives what it says.
func (c *canonical) text(b []byte, i int) (says []byte, end int) {
	end = afterText(b, i)
	if quoted := b[i:end]; plain(quoted[1 : len(quoted)-1]) {
		c.out = append(c.out, quoted...)
		return quoted[1 : len(quoted)-1], end
	}
	s := textOf(b[i:end])
	again, err := json.Marshal(s)
	if err != nil {
		panic("magento: a string does not marshal: " + err.Error())
	}
	c.out = append(c.out, again...)
	return []byte(s), end
}

// plain reports whether encoding/json writes the text as it stands: ASCII without what JSON or HTML escapes.
func plain(text []byte) bool {
	for _, b := range text {
		if b < ' ' || b > '~' || b == '\\' || b == '<' || b == '>' || b == '&' {
			return false
		}
	}
	return true
}
