package preview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"datawald/mapping"
	"datawald/order"
)

// Diff counts changes as they come. It keeps numbers alone: of a property with many values, such as a price, only in how
// many orders it differs.
type Diff struct {
	summary DiffSummary
	paths   map[string]*pathDiff
}

// pathDiff is one property; kinds is nil when it has too many pairs of values to tell them apart, or personal ones.
type pathDiff struct {
	orders int
	kinds  map[pair]int
}

type pair struct{ old, new string }

// maxPairs is how many pairs of values a property may have before it counts as one kind of difference: tax codes and
// warehouses have few, prices and names many.
const maxPairs = 12

// DiffSummary is what other rules come to.
type DiffSummary struct {
	Orders int `json:"orders"`
	// States are those in which the orders stand now.
	States    map[order.Status]int `json:"states"`
	Unchanged int                  `json:"unchanged"`
	Changed   int                  `json:"changed"`
	// The changed ones among which others than before are held or left out.
	NewlyHeld    int `json:"newly_held"`
	NoLongerHeld int `json:"no_longer_held"`
	NewlyLeftOut int `json:"newly_left_out"`
	NoLongerLeft int `json:"no_longer_left_out"`
}

// Kind is a difference that several orders have. Old and New are the same for all of them, unless Various is true.
type Kind struct {
	Path    string `json:"path"`
	Old     string `json:"old"`
	New     string `json:"new"`
	Various bool   `json:"various"`
	Orders  int    `json:"orders"`
}

// String writes the kind without its count.
func (k Kind) String() string {
	if k.Various {
		return k.Path + ", various values"
	}
	return mapping.Difference{Path: k.Path, Old: k.Old, New: k.New}.String()
}

// NewDiff counts from nothing.
func NewDiff() *Diff {
	return &Diff{summary: DiffSummary{States: map[order.Status]int{}}, paths: map[string]*pathDiff{}}
}

// Add counts one order.
func (d *Diff) Add(c Change) {
	s := &d.summary
	s.Orders++
	s.States[c.State]++
	if len(c.Differences) == 0 {
		s.Unchanged++
		return
	}
	s.Changed++
	s.ways(c)
	seen := map[string]map[pair]bool{}
	personal := map[string]bool{}
	for _, one := range c.Differences {
		kind := one.Kind()
		personal[kind] = personal[kind] || one.Personal() || namesSomebody(kind)
		if seen[kind] == nil {
			seen[kind] = map[pair]bool{}
		}
		seen[kind][pair{one.Old, one.New}] = true
	}
	for kind, pairs := range seen {
		in(d.paths, kind, func() *pathDiff { return &pathDiff{kinds: map[pair]int{}} }).add(pairs, personal[kind])
	}
}

// ways counts the ways between held, left out, and neither.
func (s *DiffSummary) ways(c Change) {
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&s.NewlyHeld, c.New == Held && c.Old != Held)
	count(&s.NoLongerHeld, c.Old == Held && c.New != Held)
	count(&s.NewlyLeftOut, c.New == LeftOut && c.Old != LeftOut)
	count(&s.NoLongerLeft, c.Old == LeftOut && c.New != LeftOut)
}

// add counts one order with its pairs of values; those of personal ones are not kept.
func (p *pathDiff) add(pairs map[pair]bool, personal bool) {
	p.orders++
	if personal {
		p.kinds = nil
	}
	if p.kinds == nil {
		return
	}
	for one := range pairs {
		p.kinds[one]++
	}
	if len(p.kinds) > maxPairs {
		p.kinds = nil
	}
}

// Summary gives what was counted so far.
func (d *Diff) Summary() DiffSummary {
	s := d.summary
	s.States = maps.Clone(s.States)
	return s
}

// Kinds gives the differences that were seen, those of most orders first.
func (d *Diff) Kinds() []Kind {
	kinds := []Kind{}
	for path, p := range d.paths {
		if p.kinds == nil {
			kinds = append(kinds, Kind{Path: path, Various: true, Orders: p.orders})
			continue
		}
		for values, n := range p.kinds {
			kinds = append(kinds, Kind{Path: path, Old: values.old, New: values.new, Orders: n})
		}
	}
	slices.SortFunc(kinds, func(a, b Kind) int {
		return cmp.Or(b.Orders-a.Orders, strings.Compare(a.Path, b.Path), strings.Compare(a.Old, b.Old), strings.Compare(a.New, b.New))
	})
	return kinds
}

// namesSomebody reports whether a property names a person or a place to find him, whoever wrote it: a table of counts has no
// use for such values.
func namesSomebody(path string) bool {
	address, ok := strings.CutPrefix(path, "AddressExtension.")
	switch {
	case path == "CardName":
		return true
	case !ok:
		return false
	}
	return !strings.HasSuffix(address, "Country") && !strings.HasSuffix(address, "State") && !strings.HasSuffix(address, "County")
}
