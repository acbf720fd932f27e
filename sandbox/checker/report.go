package checker

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"datawald/order"
)

// OK reports whether the books agree.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

// Persists keeps the violations that are in a later report as well, by kind and key: while orders come in, three books that are read one
// after the other may differ for a moment. The rest of the later report stays as it is.
func (r *Report) Persists(later *Report) *Report {
	both := *later
	both.Violations = slices.DeleteFunc(slices.Clone(later.Violations), func(v Violation) bool {
		return !slices.ContainsFunc(r.Violations, func(w Violation) bool { return w.Kind == v.Kind && w.Key == v.Key })
	})
	return &both
}

// Count is how many violations there are of a kind.
func (r *Report) Count(kind string) int {
	n := 0
	for _, v := range r.Violations {
		if v.Kind == kind {
			n++
		}
	}
	return n
}

// Text writes the report for people: the counts, and every violation on a line of its own.
func (r *Report) Text(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%d orders placed:", r.Placed); err != nil {
		return err
	}
	for i, state := range order.Statuses() {
		comma := ","
		if i == 0 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, "%s %s %d", comma, state, r.States[state]); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "; B1 has %d sales orders\n", r.InB1); err != nil {
		return err
	}
	if _, err := io.WriteString(w, r.extent()); err != nil {
		return err
	}
	for _, v := range r.Violations {
		if _, err := fmt.Fprintln(w, v); err != nil {
			return err
		}
	}
	last := "the three books agree: nothing lost, nothing twice, no wrong total"
	if !r.OK() {
		last = fmt.Sprintf("%d violations: %d lost, %d duplicated, %d wrong totals, %d wrong lines, %d wrong buyers, %d foreign, %d unnamed, %d unsettled, %d wrong states, %d in the ledger", len(r.Violations),
			r.Count(Lost), r.Count(Duplicated), r.Count(WrongTotal), r.Count(WrongLines), r.Count(WrongBuyer), r.Count(Foreign), r.Count(Unnamed), r.Count(Unsettled), r.Count(WrongState), r.Count(Ledger))
	}
	_, err := fmt.Fprintln(w, last)
	return err
}

// extent says what was compared beside the totals, and what was not.
func (r *Report) extent() string {
	var b strings.Builder
	if r.Lines > 0 {
		fmt.Fprintf(&b, "compared with what was bought: items, quantities, amounts and tax of %d documents\n", r.Lines)
	}
	for _, what := range r.NotChecked {
		fmt.Fprintf(&b, "not checked: %s\n", what)
	}
	return b.String()
}
