package lookup

import (
	"cmp"
	"slices"

	"datawald/tools/mongod/sjson"
)

// order is what the documents are sorted by: one field, and _id behind it where byID is set. Without a field it is _id alone.
type order struct {
	field      sjson.Field
	descending bool
	byID       bool
}

// byField reports whether an index has to give the order; that of _ids is made here.
func (o *order) byField() bool { return o != nil && o.field != nil }

// plan says by which index a question is answered.
type plan struct {
	table string
	// index is empty when the whole table is read.
	index string
	// seeks are the conditions that the index finds, by position; fixed is how many of them leave one value each.
	seeks [][]comparison
	fixed int
	// rest are all other conditions.
	rest all
	sort *order
}

// choose picks the index that finds the fewest documents, as far as the filter tells: the one that seeks by most fields of its own; of
// equals, where there is no order, one that tells all that is asked without a document, even if nothing is sought by it; of equals by most fields at all; of equals the one that knows most of what else is asked, which is the rest of the filter and the field by
// which is counted. A field that several indexes begin with parts the documents into few and is no index's own. One by which nothing is
// sought serves where it gives the order and some documents are enough (limited). ok is false when there is none for the order.
func (t *table) choose(filter all, sort *order, by sjson.Field, limited bool) (best plan, ok bool) {
	known := append(filter.comparisons(), filter.implied()...)
	if slices.ContainsFunc(known, comparison.byID) {
		return plan{table: t.name, index: sjson.IDIndexPrefix + t.name, rest: filter, sort: sort}, !sort.byField()
	}
	if !sort.byField() {
		best, ok = plan{table: t.name, rest: filter, sort: sort}, true
	}
	var most [4]int
	for _, i := range t.indexes {
		p := t.plan(i, known, sort)
		p.rest = filter.without(p.seeks)
		covered := p.rest.covered(i)
		alone := (by == nil && len(filter) > 0 || by != nil && i.has(by)) && covered == len(p.rest)
		if sort.byField() && !p.gives(i) || len(p.seeks) == 0 && !(sort.byField() && limited) && !(!sort.byField() && alone) {
			continue
		}
		rank := [4]int{len(p.seeks), 0, len(p.seeks), covered}
		if len(p.seeks) > 0 && t.shares(i.keys[0]) {
			rank[0]--
		}
		if alone && !sort.byField() {
			rank[1] = 1
		}
		if by != nil && i.has(by) {
			rank[3]++
		}
		if !ok || best.index == "" || slices.Compare(rank[:], most[:]) > 0 {
			best, ok, most = p, true, rank
		}
	}
	return best, ok
}

// shares reports whether more than one index begins with a field.
func (t *table) shares(f sjson.Field) bool {
	n := 0
	for _, i := range t.indexes {
		if slices.Equal(i.keys[0], f) {
			n++
		}
	}
	return n > 1
}

// covered puts those conditions first that the index can tell without the document, and says how many they are. SQLite tries conditions
// in their order, and the others take the whole document apart.
func (a all) covered(i index) (n int) {
	tells := func(c condition) bool {
		one, ok := c.(comparison)
		return ok && i.has(one.field)
	}
	for _, c := range a {
		if tells(c) {
			n++
		}
	}
	slices.SortStableFunc(a, func(x, y condition) int {
		switch {
		case tells(x) && !tells(y):
			return -1
		case tells(y) && !tells(x):
			return 1
		}
		return 0
	})
	return n
}

// has reports whether a field is part of the index.
func (i index) has(f sjson.Field) bool {
	return slices.ContainsFunc(i.keys, func(k sjson.Field) bool { return slices.Equal(k, f) })
}

// plan takes the conditions on the first fields of the index: those that leave one value, then bounds of the field behind them.
func (t *table) plan(i index, known []comparison, sort *order) plan {
	p := plan{table: t.name, index: i.name, sort: sort}
	for _, k := range i.keys {
		on := slices.DeleteFunc(slices.Clone(known), func(c comparison) bool { return !slices.Equal(c.field, k) || !c.seekable() })
		if len(on) == 0 {
			break
		}
		if at := slices.IndexFunc(on, comparison.fixed); at >= 0 && len(p.seeks) == p.fixed {
			p.seeks, p.fixed = append(p.seeks, on[at:at+1]), p.fixed+1
			continue
		}
		p.seeks = append(p.seeks, slices.DeleteFunc(on, func(c comparison) bool { return c.kind.types[0] != on[0].kind.types[0] }))
		break
	}
	return p
}

// gives reports whether the index gives the order of the plan: its field comes behind those of which one value is left.
func (p plan) gives(i index) bool {
	return p.fixed < len(i.keys) && slices.Equal(i.keys[p.fixed], p.sort.field)
}

// comparisons are those that every matching document fulfils.
func (a all) comparisons() (known []comparison) {
	for _, c := range a {
		if c, ok := c.(comparison); ok {
			known = append(known, c)
		}
	}
	return known
}

// without leaves out the conditions that an index has found.
func (a all) without(seeks [][]comparison) (rest all) {
	for _, c := range a {
		if c, ok := c.(comparison); ok && slices.ContainsFunc(seeks, func(s []comparison) bool { return slices.ContainsFunc(s, c.same) }) {
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

func (c comparison) same(other comparison) bool {
	return slices.Equal(c.field, other.field) && c.op == other.op && slices.Equal(c.values, other.values) && slices.Equal(c.kind.types, other.kind.types)
}

// implied are bounds that follow from alternatives: of (a < 5 or a = 5 and b < 2) that a is at most 5.
func (a all) implied() (known []comparison) {
	for _, c := range a {
		or, ok := c.(anyOf)
		if !ok {
			continue
		}
		first, ok := or[0].(all)
		if !ok {
			continue
		}
		for _, c := range slices.DeleteFunc(first.comparisons(), comparison.presence) {
			for _, op := range []operator{lessOrEqual, greaterOrEqual} {
				if b, ok := or.bound(c, op); ok && !slices.ContainsFunc(known, b.same) {
					known = append(known, b)
				}
			}
		}
	}
	return known
}

// bound is the widest bound that all alternatives set to the field of model.
func (o anyOf) bound(model comparison, op operator) (widest comparison, ok bool) {
	for n, branch := range o {
		part, isAll := branch.(all)
		if !isAll {
			return widest, false
		}
		b, ok := part.bound(model, op)
		if !ok {
			return widest, false
		}
		if c := compareValues(b, widest.first()); n == 0 || op == lessOrEqual && c > 0 || op == greaterOrEqual && c < 0 {
			widest = comparison{field: model.field, op: op, kind: model.kind, values: []any{b}}
		}
	}
	return widest, true
}

// bound is a value that the field has at most, or at least.
func (a all) bound(model comparison, op operator) (any, bool) {
	for _, c := range a.comparisons() {
		if !slices.Equal(c.field, model.field) || !c.kind.ordered || c.presence() || c.kind.types[0] != model.kind.types[0] {
			continue
		}
		switch {
		case c.op == equal,
			op == lessOrEqual && (c.op == less || c.op == lessOrEqual),
			op == greaterOrEqual && (c.op == greater || c.op == greaterOrEqual):
			return c.values[0], true
		}
	}
	return nil, false
}

func (c comparison) first() any {
	if len(c.values) == 0 {
		return nil
	}
	return c.values[0]
}

// compareValues orders two values of one kind.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return cmp.Compare(a, b)
	case int64:
		b, _ := b.(int64)
		return cmp.Compare(a, b)
	}
	return 0
}
