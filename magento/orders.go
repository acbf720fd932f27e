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
	// EntityID is all that is known.
	Fault string
}

// Key names the document. One without an increment_id is named by its entity_id, so that it can be held.
func (d *Document) Key(instance string) (order.Key, error) {
	if key, err := order.NewKey(instance, d.StoreID, d.IncrementID); err == nil {
		return key, nil
	}
	if d.EntityID == 0 {
		return "", fmt.Errorf("a Magento document has neither increment_id nor entity_id")
	}
	return order.NewKey(instance, max(d.StoreID, 0), "entity-"+strconv.FormatInt(d.EntityID, 10))
}

// Page is what one step of a reader saw.
type Page struct {
	Documents []Document
	// Next is where the following step begins; Done is true when the reader has caught up with the upper bound.
	Next order.Cut
	Done bool
	// ShopTime is the shop's own clock at the answer, zero when it sent none.
	ShopTime time.Time
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
	second := "1970-01-01 00:00:00"
	if !after.IsZero() {
		second = after.UpdatedAt.UTC().Format(timeLayout)
	}
	page := &Page{Next: after}
	if !after.IsZero() {
		rest, err := r.read(ctx, []condition{{"updated_at", opEqual, second}, {"entity_id", opGreater, strconv.FormatInt(after.EntityID, 10)}}, "entity_id")
		if err != nil {
			return nil, err
		}
		if r.take(page, rest); page.Done || len(rest.items) >= rest.asked {
			return page.beyond(after)
		}
	}
	later, err := r.read(ctx, []condition{{"updated_at", opGreater, second}}, "updated_at", "entity_id")
	if err != nil {
		return nil, err
	}
	if r.take(page, later); len(later.items) < later.asked {
		page.Done = true
	}
	return page.beyond(after)
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
	page.ShopTime = l.now
	now := l.now
	if now.IsZero() {
		now = time.Now()
	}
	// The shop looked up to that much before it wrote the time. Both times are in whole seconds.
	upper := now.Add(-l.took.Truncate(time.Second) - r.Settle)
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
	now   time.Time
	took  time.Duration
	// asked is how many orders the page could have had; broken are those that cannot be shown.
	asked  int
	broken []Document
}

const opList = "GET orders"

func (c *Client) list(ctx context.Context, s search) (*listing, error) {
	a, err := c.get(ctx, opList, "/orders", s.params())
	if err != nil {
		return nil, err
	}
	items, listed := memberOf(a.body, "items")
	_, counted := memberOf(a.body, "total_count")
	none := !listed || string(items) == "null" // null when there are none
	if none && !counted || !none && items[0] != '[' {
		return nil, badAnswer(opList, "the answer is not a list of orders", nil)
	}
	l := &listing{now: a.now, took: a.took}
	for raw := range elementsOf(items) {
		l.items = append(l.items, envelope(raw))
	}
	return l, nil
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
	if d.EntityID == 0 {
		return nil, badAnswer(op, "the answer is not an order", nil)
	}
	return &d, nil
}

// maxIn bounds the numbers of one look-up, so that the address stays short; lookUpPage is how many orders it reads at
// once, since several stores may use the same number.
const (
	maxIn      = 50
	lookUpPage = 100
)

// FindByIncrementIDs reads the orders with these numbers, of every store: an increment_id is unique within a store only.
func (c *Client) FindByIncrementIDs(ctx context.Context, ids []string) ([]Document, error) {
	var all []Document
	for some := range slices.Chunk(ids, maxIn) {
		found, err := c.findSome(ctx, condition{"increment_id", opIn, strings.Join(some, ",")})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// findSome reads all orders of a condition by entity_id.
func (c *Client) findSome(ctx context.Context, where condition) (all []Document, err error) {
	size := lookUpPage
	for last := int64(0); ; {
		l, err := c.list(ctx, search{where: []condition{where, {"entity_id", opGreater, strconv.FormatInt(last, 10)}},
			sort: []string{"entity_id"}, pageSize: size})
		if isTooLarge(err) && size > 1 {
			size = max(1, size/4)
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, l.items...)
		n := len(l.items)
		if n < size || l.items[n-1].EntityID <= last {
			return all, nil
		}
		last = l.items[n-1].EntityID
	}
}
