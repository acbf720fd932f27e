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
//
// A page that is shorter than it was asked for is no end by itself: a shop may have a limit that it keeps without a word, and a
// module may take orders out of the answer. It is the end when Magento counts no more than it shows.
func (r *Reader) InRange(ctx context.Context, selected order.Selection, after int64) (*RangePage, error) {
	where := append(conditionsOf(selected), condition{"entity_id", opGreater, strconv.FormatInt(after, 10)})
	return r.inTurn(ctx, search{where: where, sort: []string{"entity_id"}}, after)
}

// inTurn reads the page of a search that goes by entity_id.
func (r *Reader) inTurn(ctx context.Context, s search, after int64) (*RangePage, error) {
	l, err := r.readAs(ctx, s)
	if err != nil {
		return nil, err
	}
	shown := len(l.items)
	page := &RangePage{Next: after, Total: l.total}
	page.Done = shown == 0 || shown < l.asked && l.total <= int64(shown+len(l.broken))
	for _, d := range l.items {
		if d.EntityID <= page.Next {
			return nil, notInTurn(d.EntityID, page.Next)
		}
		page.Documents, page.Next = append(page.Documents, d), d.EntityID
	}
	for _, d := range l.broken { // those further on come again, in their place
		if page.Done || d.EntityID <= page.Next {
			page.Documents = append(page.Documents, d)
		}
	}
	return page, nil
}

// notInTurn refuses a page whose orders do not come by entity_id: going on behind the highest would pass all that it leaves out.
func notInTurn(entityID, behind int64) error {
	return &order.Failure{Kind: order.Config, System: system, Op: opList, Code: "not_in_turn",
		Message: fmt.Sprintf("asked for orders by entity_id, it gives %d behind %d", entityID, behind),
		Hint:    "Check that no module and nothing between here and the shop drops the conditions or the order of the query."}
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
