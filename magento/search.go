package magento

import (
	"strconv"
)

// condition is one filter; conditions of a search are joined with AND, each in a filter group of its own
// ("Search using REST endpoints": filters in one group are OR, groups are AND).
type condition struct {
	field string
	// op is a condition type of the API. Magento reads a mistyped one as "=", so only the constants below are used.
	op    string
	value string
}

const (
	opEqual   = "eq"
	opGreater = "gt"
	opIn      = "in"
	opFrom    = "gteq"
	opTo      = "lteq"
	opNotIn   = "nin"
)

// search is a request for a page of orders, always sorted (unsorted pages come in no order at all) and always limited
// (without a page size Magento sends everything).
type search struct {
	where    []condition
	sort     []string // fields, ascending
	newest   bool     // descending instead
	pageSize int
	page     int
	// fields are those of each order that are asked for; empty for all.
	fields string
}

func (s search) params() []param {
	const p = "searchCriteria"
	var out []param
	for i, c := range s.where {
		at := p + "[filter_groups][" + strconv.Itoa(i) + "][filters][0]"
		out = append(out, param{at + "[field]", c.field}, param{at + "[value]", c.value}, param{at + "[condition_type]", c.op})
	}
	direction := "ASC"
	if s.newest {
		direction = "DESC"
	}
	for i, f := range s.sort {
		at := p + "[sortOrders][" + strconv.Itoa(i) + "]"
		out = append(out, param{at + "[field]", f}, param{at + "[direction]", direction})
	}
	page := s.page
	if page < 1 {
		page = 1
	}
	if s.fields != "" { // the count is left out of the answer unless it is named
		out = append(out, param{"fields", "items[" + s.fields + "],total_count"})
	}
	return append(out, param{p + "[pageSize]", strconv.Itoa(s.pageSize)}, param{p + "[currentPage]", strconv.Itoa(page)})
}
