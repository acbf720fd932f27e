package magento

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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
}

// Next reads the page after the cut: first what is left of the cut's own second, then what comes later. The zero cut
// lies before every order.
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
		if r.take(page, rest); page.Done || len(rest.items) >= r.PageSize {
			return page, nil
		}
	}
	later, err := r.read(ctx, []condition{{"updated_at", opGreater, second}}, "updated_at", "entity_id")
	if err != nil {
		return nil, err
	}
	if r.take(page, later); len(later.items) < r.PageSize {
		page.Done = true
	}
	return page, nil
}

// take adds the items that are old enough, and ends the reading at the first that is not.
func (r *Reader) take(page *Page, l *listing) {
	page.ShopTime = l.now
	now := l.now
	if now.IsZero() {
		now = time.Now()
	}
	upper := now.Add(-r.Settle)
	for _, d := range l.items {
		if d.UpdatedAt.After(upper) {
			page.Done = true
			return
		}
		page.Documents = append(page.Documents, d)
		page.Next = order.Cut{UpdatedAt: d.UpdatedAt, EntityID: d.EntityID}
	}
}

type listing struct {
	items []Document
	now   time.Time
}

func (r *Reader) read(ctx context.Context, where []condition, sort ...string) (*listing, error) {
	return r.Client.list(ctx, search{where: where, sort: sort, pageSize: r.PageSize})
}

func (c *Client) list(ctx context.Context, s search) (*listing, error) {
	const op = "GET orders"
	a, err := c.get(ctx, op, "/orders", s.params())
	if err != nil {
		return nil, err
	}
	var body struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		return nil, &order.Failure{Kind: order.Transient, System: system, Op: op, Code: "unreadable", Message: "the answer is not a list of orders", Err: err}
	}
	l := &listing{now: a.now, items: make([]Document, len(body.Items))}
	for i, raw := range body.Items {
		l.items[i] = envelope(raw)
	}
	return l, nil
}

// envelope reads what names a document and never fails.
func envelope(raw json.RawMessage) Document {
	d := Document{Raw: raw}
	var e struct {
		EntityID    lenient `json:"entity_id"`
		IncrementID lenient `json:"increment_id"`
		StoreID     lenient `json:"store_id"`
		UpdatedAt   lenient `json:"updated_at"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return d
	}
	d.EntityID, d.StoreID = e.EntityID.int(), e.StoreID.int()
	d.IncrementID = strings.TrimSpace(string(e.IncrementID))
	d.UpdatedAt, _ = parseTime(string(e.UpdatedAt))
	return d
}

// Get reads one order by Magento's entity_id.
func (c *Client) Get(ctx context.Context, entityID int64) (*Document, error) {
	a, err := c.get(ctx, "GET orders/{id}", "/orders/"+strconv.FormatInt(entityID, 10), nil)
	if err != nil {
		return nil, err
	}
	d := envelope(a.body)
	return &d, nil
}

// maxIn bounds the ids of one look-up, so that the address stays short.
const maxIn = 50

// FindByIncrementIDs reads the orders with these numbers, of every store: an increment_id is unique within a store only.
func (c *Client) FindByIncrementIDs(ctx context.Context, ids []string) ([]Document, error) {
	var all []Document
	for len(ids) > 0 {
		n := min(len(ids), maxIn)
		// Several stores may use the same number; 300 is Magento's own page limit.
		l, err := c.list(ctx, search{where: []condition{{"increment_id", opIn, strings.Join(ids[:n], ",")}}, sort: []string{"entity_id"}, pageSize: 300})
		if err != nil {
			return nil, err
		}
		all, ids = append(all, l.items...), ids[n:]
	}
	return all, nil
}
