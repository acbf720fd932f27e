package magentosim

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// filter is one condition of a search.
type filter struct {
	Field     string `json:"field"`
	Value     string `json:"value"`
	Condition string `json:"condition_type"`
}

// filterGroup holds filters of which one must hold.
type filterGroup struct {
	Filters []filter `json:"filters"`
}

// sortOrder is one sort key. Direction is ASC or DESC.
type sortOrder struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// criteria is a search as Magento understood it; its JSON form is the search_criteria of the reply, where a
// page size or page that was not sent does not appear. Magento REST: OrderListTest.
type criteria struct {
	Groups      []filterGroup `json:"filter_groups"`
	Sorts       []sortOrder   `json:"sort_orders,omitempty"`
	PageSize    *int          `json:"page_size,omitempty"`
	CurrentPage *int          `json:"current_page,omitempty"`
}

// pageSize is the number of rows of a page, 0 for all of them.
func (c criteria) pageSize() int {
	if c.PageSize == nil || *c.PageSize < 0 {
		return 0
	}
	return *c.PageSize
}

// page is the page asked for; anything below 1 is page 1.
func (c criteria) page() int {
	if c.CurrentPage == nil || *c.CurrentPage < 1 {
		return 1
	}
	return *c.CurrentPage
}

// parseCriteria reads searchCriteria from the query. Both spellings of every name are accepted, as Magento maps
// filter_groups and filterGroups to the same setter. Magento REST: performing-searches.md.
func parseCriteria(query *phpArray) (criteria, *apiError) {
	c := criteria{Groups: []filterGroup{}}
	search := query.get("searchCriteria", "search_criteria")
	if search == nil {
		return c, requiredField("searchCriteria")
	}
	for _, g := range search.get("filter_groups", "filterGroups").children() {
		c.Groups = append(c.Groups, parseGroup(g))
	}
	for _, s := range search.get("sort_orders", "sortOrders").children() {
		order, err := parseSort(s)
		if err != nil {
			return c, err
		}
		c.Sorts = append(c.Sorts, order)
	}
	var err *apiError
	if c.PageSize, err = parseInt(search.get("page_size", "pageSize")); err != nil {
		return c, err
	}
	c.CurrentPage, err = parseInt(search.get("current_page", "currentPage"))
	return c, err
}

func parseGroup(group *phpArray) filterGroup {
	out := filterGroup{Filters: []filter{}}
	for _, f := range group.get("filters").children() {
		var one filter
		one.Field, _ = f.get("field").value()
		one.Value, _ = f.get("value").value()
		one.Condition, _ = f.get("condition_type", "conditionType").value()
		if one.Condition == "" {
			one.Condition = "eq"
		}
		out.Filters = append(out.Filters, one)
	}
	return out
}

// notSortable matches what cannot stand in the name of a sort field.
var notSortable = regexp.MustCompile(`[^A-Za-z0-9_]`)

// parseSort reads one sort key. Without direction it is DESC; another word than ASC or DESC is refused.
// Magento REST: Api/SortOrder.php, SortingProcessor.php.
func parseSort(s *phpArray) (sortOrder, *apiError) {
	var out sortOrder
	out.Field, _ = s.get("field").value()
	if notSortable.MatchString(out.Field) {
		return out, &apiError{
			status:     http.StatusBadRequest,
			message:    `Invalid value of "%value" provided for the %fieldName field.`,
			parameters: map[string]any{"fieldName": "field", "value": out.Field},
		}
	}
	direction, given := s.get("direction").value()
	if !given {
		out.Direction = "DESC"
		return out, nil
	}
	out.Direction = strings.ToUpper(direction)
	if out.Direction != "ASC" && out.Direction != "DESC" {
		return out, &apiError{
			status:     http.StatusBadRequest,
			message:    "The sort order has to be specified as %1 for ascending order or %2 for descending order.",
			parameters: []any{"ASC", "DESC"},
		}
	}
	return out, nil
}

// parseInt reads a whole number; nil when it was not sent.
func parseInt(a *phpArray) (*int, *apiError) {
	text, ok := a.value()
	if !ok {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, invalidType(text)
	}
	return &n, nil
}

// limitInput applies the optional input limit: a page size above the maximum is refused, a missing one set.
// Magento REST: SearchCriteriaValidator.php, DefaultPageSizeSetter.php, api-security.md.
func (c *criteria) limitInput(max, fallback int) *apiError {
	if max == 0 {
		return nil
	}
	if c.PageSize == nil {
		c.PageSize = &fallback
	}
	if c.pageSize() > max {
		return &apiError{
			status:     http.StatusBadRequest,
			message:    "Maximum SearchCriteria pageSize is %max",
			parameters: map[string]any{"max": max},
		}
	}
	return nil
}
