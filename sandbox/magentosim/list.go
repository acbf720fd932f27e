package magentosim

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// list answers GET /V1/orders.
func (s *Shop) list(r *http.Request, f Faults, call uint64) reply {
	search, err := parseCriteria(parsePHPQuery(r.URL.RawQuery))
	if err != nil {
		return failed(err)
	}
	if err := search.limitInput(cmp.Or(f.MaxPageSize, s.cfg.MaxPageSize), s.cfg.DefaultPageSize); err != nil {
		return failed(err)
	}
	matches, err := compileGroups(search.Groups)
	if err != nil {
		return failed(err)
	}
	for _, key := range search.Sorts {
		if _, known := columnKinds[key.Field]; !known && key.Field != "" {
			return failed(internalError())
		}
	}
	found := s.find(search, matches, call)
	page := pageOf(found, search, s.traits.repeatsLastPage)
	for _, r := range page {
		if f.poisons(r.entityID) {
			return failed(f.poisonError(r.entityID))
		}
	}
	return listReply(page, search, len(found))
}

// find returns the committed rows that match, sorted. Rows that the sort keys leave equal, and all of them when there
// is no key, come in an order that differs from call to call: nothing may rely on it.
// Magento REST: without sortOrders there is no ORDER BY.
func (s *Shop) find(search criteria, matches matcher, call uint64) []*record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows, left, sorted := s.rows(search)
	if sorted && left == nil && s.hidden == 0 {
		return slices.Clone(rows)
	}
	var found []*record
	for _, r := range rows {
		if !r.hidden && matches(r) {
			found = append(found, r)
		}
	}
	if sorted {
		return found
	}
	shuffle := rand.New(rand.NewPCG(uint64(s.cfg.Seed), call))
	shuffle.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	sortRecords(found, search.Sorts)
	return found
}

// rows are those among which to look, with the conditions that are still to be tested; sorted tells that they come in the
// order asked for. The caller holds the lock.
func (s *Shop) rows(search criteria) (rows []*record, left []filterGroup, sorted bool) {
	byID := sameSorts(search.Sorts, "entity_id")
	// Rows of one second come by entity_id in either list.
	if sameSorts(search.Sorts, "updated_at", "entity_id") || byID && hasEqual(search.Groups, "updated_at") {
		rows, left = bounded(s.byUpdate, "updated_at", search.Groups)
		return rows, left, true
	}
	rows, left = bounded(s.byEntity, "entity_id", search.Groups)
	return rows, left, byID
}

// sameSorts tells whether the keys are these, all ascending.
func sameSorts(sorts []sortOrder, fields ...string) bool {
	return slices.EqualFunc(sorts, fields, func(s sortOrder, field string) bool {
		return s.Field == field && s.Direction == "ASC"
	})
}

func sortRecords(list []*record, sorts []sortOrder) {
	sorts = slices.DeleteFunc(slices.Clone(sorts), func(key sortOrder) bool { return key.Field == "" })
	if len(sorts) == 0 {
		return
	}
	type row struct {
		r    *record
		keys []cell
	}
	rows := make([]row, len(list))
	for i, r := range list {
		rows[i] = row{r: r, keys: make([]cell, len(sorts))}
		for k, key := range sorts {
			rows[i].keys[k] = r.at(key.Field)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for k, key := range sorts {
			c := compareCells(a.keys[k], b.keys[k], columnKinds[key.Field])
			if c == 0 {
				continue
			}
			if key.Direction == "DESC" {
				return -c
			}
			return c
		}
		return 0
	})
	for i := range rows {
		list[i] = rows[i].r
	}
}

// compareCells orders two values of a column; NULL comes before everything.
func compareCells(a, b cell, kind columnKind) int {
	switch {
	case a.null || b.null:
		return cmp.Compare(boolInt(!a.null), boolInt(!b.null))
	case kind == numberColumn:
		return a.number.Cmp(b.number)
	case kind == timeColumn:
		return strings.Compare(a.text, b.text)
	default:
		return strings.Compare(fold(a.text), fold(b.text))
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pageOf cuts a page out. Beyond the end there is nothing, or up to 2.3 the last page again.
// Magento REST: Data/Collection.php getCurPage; issues 3787 and 26986.
func pageOf(found []*record, c criteria, repeatsLast bool) []*record {
	size := c.pageSize()
	if size == 0 {
		return found
	}
	last := max(1, (len(found)+size-1)/size)
	page := c.page()
	if page > last && repeatsLast {
		page = last
	}
	if page > last {
		return nil
	}
	start := (page - 1) * size
	return found[start:min(start+size, len(found))]
}

// listReply puts the documents into a search result without touching them.
func listReply(page []*record, c criteria, total int) reply {
	parts := make([][]byte, 0, 2*len(page)+2)
	parts = append(parts, []byte(`{"items":[`))
	for i, r := range page {
		if i > 0 {
			parts = append(parts, []byte{','})
		}
		parts = append(parts, r.raw)
	}
	end := append([]byte(`],"search_criteria":`), encode(c)...)
	end = append(end, `,"total_count":`...)
	end = strconv.AppendInt(end, int64(total), 10)
	return ok(append(parts, append(end, '}'))...)
}

func (f Faults) poisons(entityID int64) bool { return slices.Contains(f.PoisonEntityIDs, entityID) }

// poisonError is how one bad order fails a whole page. Magento REST: issue 32306.
func (f Faults) poisonError(entityID int64) *apiError {
	if f.PoisonStatus == http.StatusNotFound {
		return notFound()
	}
	return &apiError{
		status: http.StatusInternalServerError,
		message: `Item (Magento\Sales\Model\Order\Interceptor) with the same ID "` + strconv.FormatInt(entityID, 10) +
			`" already exists.`,
	}
}
