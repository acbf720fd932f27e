package magento

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"datawald/order"
)

// timeLayout is how Magento writes and compares times: UTC without a zone, one second resolution.
const timeLayout = "2006-01-02 15:04:05"

// Document is one order as the shop sent it. Raw is kept byte for byte.
type Document struct {
	Raw json.RawMessage
	// The envelope, read leniently so that a document that cannot be understood can still be named.
	EntityID    int64
	IncrementID string
	StoreID     int64
	UpdatedAt   time.Time
	// Fault is Magento's message when it cannot show the order, neither in a list nor by itself. Then there is no Raw, and
	// EntityID is all that is known, and AskedFor: the increment_id under which a look-up came upon it.
	Fault    string
	AskedFor string
}

// Key names the document. One without an increment_id is named by its entity_id, and one without that by its content, so
// that it can be held.
func (d *Document) Key(instance string) (order.Key, error) {
	if key, err := order.NewKey(instance, d.StoreID, d.IncrementID); err == nil {
		return key, nil
	}
	name := StandIn(d.EntityID)
	if d.EntityID == 0 {
		name = "document-" + PayloadHash(d.Raw)[:16]
	}
	return order.NewKey(instance, max(d.StoreID, 0), name)
}

const standIn = "entity-"

// StandIn is the number of an order of which Magento tells no increment_id: entity-12.
func StandIn(entityID int64) string { return standIn + strconv.FormatInt(entityID, 10) }

// StandsFor is the entity_id that such a number stands for; ok is false for any other number.
func StandsFor(incrementID string) (entityID int64, ok bool) {
	digits, found := strings.CutPrefix(incrementID, standIn)
	entityID, err := strconv.ParseInt(digits, 10, 64)
	return entityID, found && err == nil && entityID > 0 && StandIn(entityID) == incrementID
}

// Page is what one step of a reader saw.
type Page struct {
	Documents []Document
	// Next is where the following step begins; Done is true when the reader has caught up with the upper bound.
	Next order.Cut
	Done bool
	// ShopTime is the shop's own clock at the answer, zero when it sent none.
	ShopTime time.Time
	// Future are orders dated after the shop's own clock. Their place in the row of changes is wrong, so the reading does
	// not go by them: they come with the end of every reading, until their time has come.
	Future []Document
	// MoreFuture is true when there are more of them than one reading looks at.
	MoreFuture bool
	// Ahead is true when the reading began behind the shop's own clock: the clock was wrong before, or is now. Then nothing
	// was read, and no order that changes now would be found from there.
	Ahead bool
}

// Reader reads orders in (updated_at, entity_id) order without page numbers: rows that move while it reads shift
// nothing, and a second with more orders than a page holds is read to its end.
type Reader struct {
	Client *Client
	// PageSize is 1 to 300; Magento's own input limit, where switched on, is 300.
	PageSize int
	// Settle is how far behind the shop's clock the reader stays, because rows of the running second, and rows whose
	// transaction is not committed yet, are still to come.
	Settle time.Duration

	// limit is the shop's own limit of a page, once it has named it.
	limit atomic.Int64
	// weight is what an order of the last page had on average, in bytes.
	weight atomic.Int64
}

// Next reads the page after the cut: first what is left of the cut's own second, then what comes later. The zero cut
// lies before every order. A page that is not the last always ends behind the cut it began at.
func (r *Reader) Next(ctx context.Context, after order.Cut) (*Page, error) {
	l, full, err := r.behind(ctx, after)
	if err != nil {
		return nil, err
	}
	page := &Page{Next: after, ShopTime: l.now}
	if after.UpdatedAt.After(l.clock().Add(inTheFuture)) {
		page.Ahead = true
		return page, nil
	}
	r.take(page, l)
	page.Done = page.Done || !full
	if page.Done {
		if page.Future, page.MoreFuture, err = r.future(ctx, l, full); err != nil {
			return nil, err
		}
	}
	return page.beyond(after)
}

// behind lists what comes behind a place in the row of changes. full is true when there may be more.
func (r *Reader) behind(ctx context.Context, after order.Cut) (l *listing, full bool, err error) {
	second := "1970-01-01 00:00:00"
	var rest *listing
	if !after.IsZero() {
		second = after.UpdatedAt.UTC().Format(timeLayout)
		rest, err = r.read(ctx, []condition{{"updated_at", opEqual, second}, {"entity_id", opGreater, strconv.FormatInt(after.EntityID, 10)}}, "entity_id")
		if err != nil || len(rest.items) >= rest.asked {
			return rest, true, err
		}
	}
	l, err = r.read(ctx, []condition{{"updated_at", opGreater, second}}, "updated_at", "entity_id")
	if err != nil {
		return nil, false, err
	}
	full = len(l.items) >= l.asked
	if rest != nil { // the clock of the first answer holds for both: what came after it is left to the next page
		l.items, l.broken = append(rest.items, l.items...), append(rest.broken, l.broken...)
		l.now, l.took = rest.now, rest.took
	}
	return l, full, nil
}

// beyond gives the page when reading can go on from it. A shop that does not answer what it was asked, or whose orders
// have no readable updated_at, would be read in circles.
func (p *Page) beyond(after order.Cut) (*Page, error) {
	if p.Done || p.Next.After(after) {
		return p, nil
	}
	return nil, &order.Failure{Kind: order.Transient, System: system, Op: opList, Code: "no_progress",
		Message: fmt.Sprintf("a page of %d orders holds none that was changed after the last one read", len(p.Documents)),
		Hint:    "Check that nothing between here and the shop drops the query, and that orders have an updated_at."}
}

// take adds the items that are old enough, and ends the reading at the first that is not.
func (r *Reader) take(page *Page, l *listing) {
	// The shop looked up to that much before it wrote the time. Both times are in whole seconds.
	upper := l.clock().Add(-l.took.Truncate(time.Second) - r.Settle)
	page.Documents = append(page.Documents, l.broken...)
	for _, d := range l.items {
		if d.UpdatedAt.After(upper) {
			page.Done = true
			return
		}
		page.Documents = append(page.Documents, d)
		if !d.UpdatedAt.IsZero() {
			page.Next = order.Cut{UpdatedAt: d.UpdatedAt, EntityID: d.EntityID}
		}
	}
}

type listing struct {
	items []Document
	// total is how many orders match, whatever the page holds.
	total int64
	now   time.Time
	took  time.Duration
	// asked is how many orders the page could have had; broken are those that cannot be shown.
	asked  int
	broken []Document
}

// clock is the shop's own, or ours where it does not tell.
func (l *listing) clock() time.Time {
	if l.now.IsZero() {
		return time.Now().UTC()
	}
	return l.now
}

const opList = "GET orders"

func (c *Client) list(ctx context.Context, s search) (*listing, error) {
	if len(c.stores) > 0 {
		s.where = append(s.where[:len(s.where):len(s.where)], condition{"store_id", opIn, c.storeList()})
	}
	a, err := c.get(ctx, opList, "/orders", s.params())
	if err != nil {
		return nil, err
	}
	items, listed := memberOf(a.body, "items")
	total, counted := memberOf(a.body, "total_count")
	none := !listed || string(items) == "null" // null when there are none
	if none && !counted || !none && items[0] != '[' {
		return nil, badAnswer(opList, "the answer is not a list of orders", nil)
	}
	l := &listing{now: a.now, took: a.took, total: count(total)}
	for raw := range elementsOf(items) {
		l.items = append(l.items, envelope(raw))
	}
	return l, nil
}

// count reads total_count, 0 where the answer has none.
func count(raw []byte) int64 {
	var n lenient
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil {
		return 0
	}
	return n.int()
}

// envelope reads what names a document and never fails.
func envelope(raw json.RawMessage) Document {
	d := Document{Raw: raw}
	var updated lenient
	for name, value := range membersOf(raw) {
		switch string(name) {
		case `"entity_id"`:
			d.EntityID = lenientOf(value).int()
		case `"store_id"`:
			d.StoreID = lenientOf(value).int()
		case `"increment_id"`:
			d.IncrementID = strings.TrimSpace(string(lenientOf(value)))
		case `"updated_at"`:
			updated = lenientOf(value)
		}
	}
	d.UpdatedAt, _ = parseTime(string(updated))
	return d
}

// Get reads one order by Magento's entity_id.
func (c *Client) Get(ctx context.Context, entityID int64) (*Document, error) {
	const op = "GET orders/{id}"
	a, err := c.get(ctx, op, "/orders/"+strconv.FormatInt(entityID, 10), nil)
	if err != nil {
		return nil, err
	}
	d := envelope(a.body)
	switch {
	case d.EntityID == 0:
		return nil, badAnswer(op, "the answer is not an order", nil)
	case len(c.stores) > 0 && !slices.Contains(c.stores, d.StoreID):
		return nil, &order.Failure{Kind: order.Permanent, System: system, Op: op, Code: "other_store",
			Message: fmt.Sprintf("the order belongs to store %d; this instance reads %s", d.StoreID, c.storeList()), Hint: "See MAGENTO_STORES."}
	}
	return &d, nil
}

func (c *Client) storeList() string {
	texts := make([]string, len(c.stores))
	for i, id := range c.stores {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ",")
}
