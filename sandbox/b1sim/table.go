package b1sim

import (
	"slices"
	"strings"
)

// entitySet is a collection that the Service Layer exposes.
type entitySet struct {
	name    string
	typ     *entityType
	keys    []string // key properties
	indexed []string // text properties that have an index, because callers look rows up by them
}

// keyOf returns the key of a row as one text.
func (s *entitySet) keyOf(r row) string {
	parts := make([]string, len(s.keys))
	for i, name := range s.keys {
		parts[i] = keyText(r[name])
	}
	return strings.Join(parts, "\x00")
}

// table holds the rows of an entity set in the order they were written.
type table struct {
	set     *entitySet
	rows    []row          // nil where a row was deleted
	byKey   map[string]int // key to position
	indexes map[string]map[string][]int
	last    int64 // highest number given to a row whose key is a counter
}

func newTable(set *entitySet) *table {
	t := &table{set: set, byKey: map[string]int{}, indexes: map[string]map[string][]int{}}
	for _, name := range set.indexed {
		t.indexes[name] = map[string][]int{}
	}
	return t
}

// get returns the row with a key, or nil.
func (t *table) get(key string) row {
	if i, ok := t.byKey[key]; ok {
		return t.rows[i]
	}
	return nil
}

// put inserts or replaces a row and returns the row that had its key, or nil.
func (t *table) put(r row) row {
	key := t.set.keyOf(r)
	i, exists := t.byKey[key]
	if !exists {
		i = len(t.rows)
		t.rows = append(t.rows, nil)
		t.byKey[key] = i
	}
	old := t.rows[i]
	t.reindex(i, old, r)
	t.rows[i] = r
	t.count(r)
	return old
}

// remove deletes a row and returns it, or nil.
func (t *table) remove(key string) row {
	i, ok := t.byKey[key]
	if !ok {
		return nil
	}
	old := t.rows[i]
	t.reindex(i, old, nil)
	t.rows[i] = nil
	delete(t.byKey, key)
	return old
}

// count keeps the highest counter value seen, so that a deleted draft's number is not given out again.
func (t *table) count(r row) {
	if len(t.set.keys) == 1 {
		t.last = max(t.last, r.integer(t.set.keys[0]))
	}
}

func (t *table) reindex(i int, old, new row) {
	for name, index := range t.indexes {
		before, after := old.text(name), new.text(name)
		if before == after {
			continue
		}
		if before != "" {
			index[before] = slices.DeleteFunc(index[before], func(at int) bool { return at == i })
		}
		if after != "" {
			index[after] = append(index[after], i)
			slices.Sort(index[after])
		}
	}
}

// each calls f for the rows in order until it returns false.
func (t *table) each(f func(row) bool) {
	for _, r := range t.rows {
		if r != nil && !f(r) {
			return
		}
	}
}

// eachEqual calls f for the rows whose indexed property has the value.
func (t *table) eachEqual(name, value string, f func(row) bool) {
	for _, i := range t.indexes[name][value] {
		if !f(t.rows[i]) {
			return
		}
	}
}

// size is the number of rows.
func (t *table) size() int { return len(t.byKey) }
