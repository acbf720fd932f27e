package magentosim

import "sort"

// bounded cuts out of rows sorted by a column the part that the conditions on this column leave, as a database does with
// an index, and gives the conditions that are still to be tested.
func bounded(rows []*record, field string, groups []filterGroup) (part []*record, rest []filterGroup) {
	for _, g := range groups {
		if len(g.Filters) != 1 || g.Filters[0].Field != field {
			rest = append(rest, g)
			continue
		}
		var done bool
		if rows, done = boundedBy(rows, g.Filters[0]); !done {
			rest = append(rest, g)
		}
	}
	return rows, rest
}

// boundedBy applies one condition; done is false for those that leave no single part.
func boundedBy(rows []*record, f filter) (part []*record, done bool) {
	compare, get := comparer(f.Value, columnKinds[f.Field]), column(f.Field)
	first := func(from int) int {
		return sort.Search(len(rows), func(i int) bool { return compare(get(rows[i])) >= from })
	}
	switch f.Condition {
	case "gt":
		return rows[first(1):], true
	case "gteq", "from":
		return rows[first(0):], true
	case "lt":
		return rows[:first(0)], true
	case "lteq", "to":
		return rows[:first(1)], true
	case "eq":
		return rows[first(0):first(1)], true
	}
	return rows, false
}

// hasEqual tells whether a column must have one certain value.
func hasEqual(groups []filterGroup, field string) bool {
	for _, g := range groups {
		if len(g.Filters) == 1 && g.Filters[0].Field == field && g.Filters[0].Condition == "eq" {
			return true
		}
	}
	return false
}
