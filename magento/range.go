package magento

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"datawald/order"
)

// RangePage is one step through a selection.
type RangePage struct {
	Documents []Document
	// Next is the entity_id behind which the following step begins; Done is true when there are no more.
	Next int64
	Done bool
	// Total is how many orders of the selection lie behind the place at which the page began, by Magento's own count.
	Total int64
}

// InRange reads the page of a selection behind an entity_id, 0 for its beginning. It goes by entity_id, which never changes and
// which no two orders share: no page can shift, whatever changes meanwhile, and a second with thousands of orders is nothing
// special. What changes or is placed while it reads belongs to the ordinary reading (Next), whatever the selection.
func (r *Reader) InRange(ctx context.Context, selected order.Selection, after int64) (*RangePage, error) {
	l, err := r.read(ctx, append(conditionsOf(selected), condition{"entity_id", opGreater, strconv.FormatInt(after, 10)}), "entity_id")
	if err != nil {
		return nil, err
	}
	page := &RangePage{Next: after, Done: len(l.items) < l.asked, Total: l.total}
	for _, d := range l.items {
		page.Documents, page.Next = append(page.Documents, d), max(page.Next, d.EntityID)
	}
	for _, d := range l.broken { // those further on come again, in their place
		if page.Done || d.EntityID <= page.Next {
			page.Documents = append(page.Documents, d)
		}
	}
	if !page.Done && page.Next <= after {
		return nil, &order.Failure{Kind: order.Transient, System: system, Op: opList, Code: "no_progress",
			Message: fmt.Sprintf("a page of %d orders holds none with an entity_id above %d", len(page.Documents), after),
			Hint:    "Check that nothing between here and the shop drops the query."}
	}
	return page, nil
}

// conditionsOf is the selection in Magento's words. Its times have whole seconds, so that everything before To is everything up
// to the second before.
func conditionsOf(s order.Selection) []condition {
	where := []condition{
		{s.By, opFrom, wholeSecond(s.From).Format(timeLayout)},
		{s.By, opTo, wholeSecond(s.To).Add(-time.Second).Format(timeLayout)},
	}
	if s.StoreID != nil {
		where = append(where, condition{"store_id", opEqual, strconv.FormatInt(*s.StoreID, 10)})
	}
	if s.Status != "" {
		where = append(where, condition{"status", opEqual, s.Status})
	}
	return where
}

// wholeSecond is the first whole second that is not before t.
func wholeSecond(t time.Time) time.Time {
	return t.UTC().Add(time.Second - time.Nanosecond).Truncate(time.Second)
}

// CreatedAt reads when the order of a document was placed; zero when that cannot be read.
func CreatedAt(raw []byte) time.Time {
	value, ok := memberOf(raw, "created_at")
	if !ok {
		return time.Time{}
	}
	at, err := parseTime(string(lenientOf(value)))
	if err != nil {
		return time.Time{}
	}
	return at
}
