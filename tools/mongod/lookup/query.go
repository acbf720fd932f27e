package lookup

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"datawald/tools/mongod/sjson"
)

// query is a plan in SQL.
type query struct {
	plan
	statement
}

// source is the table with the index that must be used. SQLite refuses the statement when the index is gone.
func (p plan) source() string {
	if p.index == "" {
		return " FROM " + sjson.Quote(p.table)
	}
	return " FROM " + sjson.Quote(p.table) + " INDEXED BY " + sjson.Quote(p.index)
}

// where selects the documents. What the index finds is told by its types and values alone, so that SQLite uses it.
func (q *query) where() string {
	parts := []string{}
	for _, on := range q.seeks {
		for _, c := range on {
			parts = append(parts, c.certain(&q.statement))
		}
	}
	if len(q.rest) > 0 {
		parts = append(parts, q.rest.sql(&q.statement))
	}
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}

// doubtful is an expression that is true for a selected document of which only FerretDB knows whether it matches.
func (q *query) doubtful() string {
	if d := q.rest.doubt(); len(d) > 0 {
		return "((" + strings.Join(d, " OR ") + ") IS TRUE)"
	}
	return "0"
}

// orderBy names the type only where the index does not leave a single one: SQLite would sort by itself what a condition has fixed.
func (q *query) orderBy() string {
	if !q.sort.byField() {
		return ""
	}
	direction := ""
	if q.sort.descending {
		direction = " DESC"
	}
	if q.sorted() {
		return " ORDER BY " + q.sort.field.Value() + direction
	}
	return " ORDER BY " + q.sort.field.Type() + direction + ", " + q.sort.field.Value() + direction
}

// check asks whether the index can tell everything: what it finds must not have documents beside it that match in another way, as
// an array does by its members, and what it sorts must be of one type.
func (p plan) check(ctx context.Context, tx *sql.Tx) error {
	var s statement
	var doubts []string
	for n, on := range p.seeks {
		var types []string
		for _, c := range on {
			types = append(types, c.doubtfulTypes()...)
		}
		if len(types) > 0 {
			doubts = append(doubts, "EXISTS (SELECT 1"+p.source()+" WHERE "+p.prefix(n, &s)+on[0].field.Type()+typeIs(slices.Compact(slices.Sorted(slices.Values(types))))+")")
		}
	}
	if p.sort.byField() && !p.sorted() {
		doubts = append(doubts, p.outermost("", &s)+" IS NOT "+p.outermost(" DESC", &s),
			"("+p.outermost("", &s)+" NOT IN ('"+strings.Join(sortable, "','")+"')) IS TRUE")
	}
	if len(doubts) == 0 {
		return nil
	}
	var doubt bool
	if err := tx.QueryRowContext(ctx, "SELECT "+strings.Join(doubts, " OR "), s.args...).Scan(&doubt); err != nil {
		return err
	}
	if doubt {
		return ErrPass
	}
	return nil
}

// sortable are the types whose values SQLite sorts as MongoDB does.
var sortable = []string{sjson.String, sjson.Date, sjson.Int, sjson.Long, sjson.Bool, sjson.ObjectID}

// prefix holds the first conditions of the index, each of which leaves one value.
func (p plan) prefix(n int, s *statement) string {
	text := ""
	for _, on := range p.seeks[:min(n, p.fixed)] {
		text += on[0].certain(s) + " AND "
	}
	return text
}

// outermost is the first or last type of the field that is sorted by.
func (p plan) outermost(direction string, s *statement) string {
	t := p.sort.field.Type()
	return "(SELECT " + t + p.source() + " WHERE " + p.prefix(p.fixed, s) + "TRUE ORDER BY " + t + direction + " LIMIT 1)"
}

// sorted reports whether the index finds one type only of the field that is sorted by.
func (p plan) sorted() bool {
	return len(p.seeks) > p.fixed && len(p.seeks[p.fixed][0].kind.types) == 1
}
