package b1sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query holds the OData options of a GET.
type query struct {
	filter   condition // nil: every row
	only     []string  // $select; nil: all properties
	order    []ordering
	skip     int
	top      int  // -1: not given
	pageSize int  // 0: no paging
	asked    bool // the caller named the page size
	count    bool
	// hides is true of rows that are kept from the caller; nil for none.
	hides func(row) bool
}

type ordering struct {
	property   string
	descending bool
}

// parseQuery reads the options. Unknown properties are refused, by -1000 in $select and by 201 elsewhere, as a real
// server was measured to do; $ options that are not known here are refused too.
func (c *Company) parseQuery(req *request, t *entityType) (*query, error) {
	values, err := url.ParseQuery(req.query)
	if err != nil {
		return nil, fail(codeQuery, msgSymbol)
	}
	q := &query{top: -1}
	q.pageSize, q.asked = c.pageSize(req.header)
	property := c.propertyFinder(t)
	for name := range values {
		if err := q.option(name, values.Get(name), property, t, isOn(req.header, "B1S-CaseInsensitive")); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (q *query) option(name, value string, property func(string) *property, t *entityType, foldCase bool) (err error) {
	switch name {
	case "$filter":
		q.filter, err = parseFilter(value, property, foldCase)
	case "$select":
		q.only, err = parseSelect(value, property, t)
	case "$orderby":
		q.order, err = parseOrder(value, property)
	case "$skip":
		q.skip, err = parseCount(name, value)
	case "$top":
		q.top, err = parseCount(name, value)
	case "$inlinecount":
		q.count = value == "allpages"
	case "$count":
		q.count = value == "true"
	case "$format":
	default:
		if strings.HasPrefix(name, "$") {
			err = fail(codeQuery, msgOption, name)
		}
	}
	return err
}

// propertyFinder finds properties by their exact name, user fields included.
func (c *Company) propertyFinder(t *entityType) func(string) *property {
	fields := c.shown.Load().fields[t.table]
	return func(name string) *property {
		lower := strings.ToLower(name)
		if p := t.byName[lower]; p != nil && p.name == name {
			return p
		}
		if p := fields[lower]; p != nil && p.name == name && t.table != "" {
			return p
		}
		return nil
	}
}

func parseSelect(value string, property func(string) *property, t *entityType) ([]string, error) {
	if value == "" || value == "*" {
		return nil, nil
	}
	names := strings.Split(value, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if property(names[i]) == nil {
			return nil, fail(codeInvalid, msgProperty, names[i], t.name)
		}
	}
	return names, nil
}

func parseOrder(value string, property func(string) *property) ([]ordering, error) {
	var out []ordering
	for part := range strings.SplitSeq(value, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return nil, fail(codeQuery, msgOption, "$orderby")
		}
		if property(words[0]) == nil {
			return nil, fail(codeQuery, msgFilterField, words[0])
		}
		out = append(out, ordering{property: words[0], descending: len(words) == 2 && words[1] == "desc"})
	}
	return out, nil
}

func parseCount(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, fail(codeQuery, msgOption, name)
	}
	return n, nil
}

// pageSize is the page size of a request: Prefer: odata.maxpagesize=N or B1S-PageSize: N (Service Layer manual 3.7.6
// and 6.3), else the company's. It tells whether the caller named one.
func (c *Company) pageSize(header http.Header) (size int, asked bool) {
	for _, preference := range preferences(header) {
		if text, ok := strings.CutPrefix(preference, "odata.maxpagesize="); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 {
				return n, true
			}
		}
	}
	if n, err := strconv.Atoi(header.Get("B1S-PageSize")); err == nil && n >= 0 {
		return n, true
	}
	return c.cfg.PageSize, false
}

// run selects the rows of a table: the page, the number of rows in all, and whether a link to more follows. Skip comes
// before top. A page that is full carries a link even when it is the last.
func (q *query) run(t *table) (page []row, total int, more bool) {
	rows := q.matching(t)
	total = len(rows)
	rows = rows[min(q.skip, total):]
	if q.top >= 0 {
		rows = rows[:min(q.top, len(rows))]
	}
	if q.pageSize == 0 || q.top >= 0 && q.top <= q.pageSize || len(rows) < q.pageSize {
		return rows, total, false
	}
	return rows[:q.pageSize], total, true
}

func (q *query) matching(t *table) []row {
	var rows []row
	take := func(r row) bool {
		if (q.hides == nil || !q.hides(r)) && (q.filter == nil || q.filter.holds(r) == isTrue) {
			rows = append(rows, r)
		}
		return true
	}
	if name, value, ok := fixedText(q.filter, func(name string) bool { return t.indexes[name] != nil }); ok {
		t.eachEqual(name, value, take)
	} else {
		t.each(take)
	}
	q.sort(rows)
	return rows
}

func (q *query) sort(rows []row) {
	if len(q.order) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, by := range q.order {
			order := compareValues(a[by.property], b[by.property], false)
			if by.descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

// nextQuery is the query of the page that follows: the options as they were sent, then what is left of $top, then
// $skip.
func (q *query) nextQuery(raw string) string {
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if part != "" && err == nil && name != "$skip" && name != "$top" {
			parts = append(parts, part)
		}
	}
	if q.top >= 0 {
		parts = append(parts, "$top="+strconv.Itoa(q.top-q.pageSize))
	}
	return strings.Join(append(parts, "$skip="+strconv.Itoa(q.skip+q.pageSize)), "&")
}

// preferences lists the values of the Prefer header.
func preferences(header http.Header) []string {
	var out []string
	for _, line := range header.Values("Prefer") {
		for one := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(one))
		}
	}
	return out
}

// isOn reads a B1S- switch.
func isOn(header http.Header, name string) bool { return strings.EqualFold(header.Get(name), "true") }
