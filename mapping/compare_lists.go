package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// couple is the same entry of two lists; an index of -1 says that one list does not have it.
type couple struct{ a, b int }

// lists compares entries with their partners in the other list, and says when the same entries stand in another order.
func (c *differ) lists(path string, a, b []any) {
	codesA, codesB := codes(a), codes(b)
	couples := pairs(codesA, codesB)
	c.sequence(path, couples, codesA)
	for _, p := range couples {
		switch {
		case p.a < 0:
			c.text(fmt.Sprintf("%s[%d]", path, p.b), "", show(b[p.b]))
		case p.b < 0:
			c.text(fmt.Sprintf("%s[%d]", path, p.a), show(a[p.a]), "")
		default:
			c.values(fmt.Sprintf("%s[%d]", path, p.a), a[p.a], b[p.b])
		}
	}
}

// codes are the names of entries: the item code of a line, the code of an expense.
func codes(list []any) []string {
	names := make([]string, len(list))
	for i, v := range list {
		entry, _ := v.(map[string]any)
		for _, member := range []string{"ItemCode", "ExpenseCode"} {
			if entry[member] != nil {
				names[i] = show(entry[member])
				break
			}
		}
	}
	return names
}

// pairs finds for each entry the one it is to be compared with: by position where both lists name the same entries in the
// same order, else by name, the first with the first. In lists of one length, what is left is paired by position: there an
// entry got another name.
func pairs(a, b []string) []couple {
	partner, taken := make([]int, len(a)), make([]bool, len(b))
	for i, name := range a {
		partner[i] = -1
		for j := range b {
			if !taken[j] && b[j] == name {
				partner[i], taken[j] = j, true
				break
			}
		}
	}
	for i := range a {
		if len(a) == len(b) && partner[i] < 0 && !taken[i] {
			partner[i], taken[i] = i, true
		}
	}
	couples := make([]couple, 0, max(len(a), len(b)))
	for i, j := range partner {
		couples = append(couples, couple{i, j})
	}
	for j := range b {
		if !taken[j] {
			couples = append(couples, couple{-1, j})
		}
	}
	return couples
}

// sequence notes entries that both lists have in another order; what was added or taken away between them does not count.
func (c *differ) sequence(path string, couples []couple, names []string) {
	var both []couple
	for _, p := range couples {
		if p.a >= 0 && p.b >= 0 {
			both = append(both, p)
		}
	}
	if slices.IsSortedFunc(both, func(x, y couple) int { return x.b - y.b }) {
		return
	}
	before := sequenceOf(both, names)
	slices.SortFunc(both, func(x, y couple) int { return x.b - y.b })
	c.text(path, before, sequenceOf(both, names))
}

func sequenceOf(couples []couple, names []string) string {
	shown := make([]string, len(couples))
	for i, p := range couples {
		shown[i] = names[p.a]
	}
	return strings.Join(shown, ", ")
}
