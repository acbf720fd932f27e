package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

type orderList struct {
	Orders []api.OrderSummary `json:"orders"`
	Next   *string            `json:"next"`
}

func (l orderList) numbers() (ids []string) {
	for _, o := range l.Orders {
		ids = append(ids, o.IncrementID)
	}
	return ids
}

// fillOrderDesk stages five orders, newest last.
func fillOrderDesk(w *world) {
	w.staged(w.key(1, "000000001"), func(d *store.Staged) { d.PlacedAt = day(1) })
	w.staged(w.key(1, "000000002"), func(d *store.Staged) {
		d.PlacedAt, d.Status = day(2), order.Posted
		d.BO = &store.BackOffice{DocEntry: 11, DocNum: 1011, Reference: "000000002", Total: d.Magento.Total}
		d.WriteBack = &store.WriteBack{State: store.WriteBackGivenUp, DocNum: 1011, Reason: &order.Reason{Code: "magento_refused", Message: "no"}}
	})
	w.staged(w.key(2, "000000003"), func(d *store.Staged) {
		d.PlacedAt, d.Status = day(3), order.Held
		d.Reason = &order.Reason{Code: "item_unknown", Message: "B1 has no item 24-MB99.", Field: "ItemCode", Hint: "Create it."}
	})
	w.staged(w.key(2, "000000004"), func(d *store.Staged) { d.PlacedAt, d.Status = day(4), order.Excluded })
	w.staged(w.key(1, "000000005"), func(d *store.Staged) { d.PlacedAt = day(5) })
}

func TestListOrdersFilters(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	w.staged("other:1:000000009", nil)
	for name, tc := range map[string]struct {
		query string
		want  []string
	}{
		"Instance":    {"instance=" + w.instance, []string{"000000005", "000000004", "000000003", "000000002", "000000001"}},
		"State":       {"state=held", []string{"000000003"}},
		"WriteBack":   {"write_back=given_up", []string{"000000002"}},
		"WrittenBack": {"write_back=done", nil},
		"Store":       {"store=2", []string{"000000004", "000000003"}},
		"StoreZero":   {"store=0", nil},
		"Days":        {"from=2026-11-02&to=2026-11-03", []string{"000000003", "000000002"}},
		"Times":       {"from=2026-11-02T12:00:00Z&to=2026-11-04T13:00:00%2B01:00", []string{"000000003", "000000002"}},
		"TextKey":     {"q=00000000" + "4", []string{"000000004"}},
		"TextReason":  {"q=24-mb99", []string{"000000003"}},
		"TextLiteral": {"q=.*", nil},
		"Combined":    {"state=pending&store=1&from=2026-11-02", []string{"000000005"}},
		"Limit":       {"limit=1&from=2026-11-05", []string{"000000005"}},
	} {
		t.Run(name, func(t *testing.T) {
			var list orderList
			w.get("/api/v1/orders?"+tc.query).ok(200, &list)
			if got := list.numbers(); !slices.Equal(got, tc.want) {
				t.Errorf("orders %v, want %v", got, tc.want)
			}
			if list.Next != nil {
				t.Errorf("next is %q on the last page, want none", *list.Next)
			}
		})
	}
}

func TestListOrdersRefusesBadInput(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		query string
		kind  string
		words []string
	}{
		"State":    {"state=lost", "invalid-request", []string{"query.state", "pending", "posted", "held", "excluded", "cancelled", "draft", "/openapi.json"}},
		"Told":     {"write_back=maybe", "invalid-request", []string{"query.write_back", "open", "done", "given_up", "to_look_at"}},
		"Instance": {"instance=nowhere", "unknown-instance", []string{"nowhere", w.instance}},
		"Store":    {"store=-1", "invalid-request", []string{"query.store"}},
		"StoreNaN": {"store=one", "invalid-request", []string{"query.store"}},
		"From":     {"from=yesterday", "invalid-request", []string{"query.from", "2026-11-30"}},
		"To":       {"to=30.11.2026", "invalid-request", []string{"query.to"}},
		"Backward": {"from=2026-11-03&to=2026-11-01", "invalid-request", []string{"query.to"}},
		"LimitLow": {"limit=0", "invalid-request", []string{"query.limit"}},
		"LimitTop": {"limit=501", "invalid-request", []string{"query.limit", "500"}},
		"Cursor":   {"cursor=abc", "invalid-request", []string{"query.cursor", "leave it out"}},
		"Misspelt": {"status=held", "invalid-request", []string{"query.status", "unknown"}},
		"LongText": {"q=" + strings.Repeat("x", 101), "invalid-request", []string{"query.q"}},
	} {
		t.Run(name, func(t *testing.T) { w.get("/api/v1/orders?"+tc.query).problem(422, tc.kind, tc.words...) })
	}
}

func TestListOrdersPagesWithoutGapOrRepetition(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 25 { // five orders in each moment: the key must decide
		id := fmt.Sprintf("%09d", i)
		w.staged(w.key(1, id), func(d *store.Staged) { d.PlacedAt = day(1 + i/5) })
		want = append(want, id)
	}
	slices.Reverse(want)
	var got []string
	next := ""
	for range 10 {
		var page orderList
		w.get("/api/v1/orders?limit=4&cursor="+url.QueryEscape(next)).ok(200, &page)
		got = append(got, page.numbers()...)
		if page.Next == nil {
			break
		}
		next = *page.Next
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages gave %v, want %v", got, want)
	}
}

func TestListOrdersSummary(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	var list orderList
	w.get("/api/v1/orders?state=posted").ok(200, &list)
	o := list.Orders[0]
	key := w.key(1, "000000002")
	if o.Key != key || o.StoreID != 1 || o.Status != order.Posted || o.Magento.State != "processing" || o.Magento.Total.String() != "10.50 USD" {
		t.Errorf("summary %+v", o)
	}
	if o.BO == nil || o.BO.DocNum != 1011 || o.BO.DocEntry != 11 || !o.BO.Total.Equal(o.Magento.Total) {
		t.Errorf("bo %+v, want document 1011", o.BO)
	}
	if !o.PlacedAt.Equal(day(2)) || o.ChangedAt.IsZero() || o.Reason != nil || o.Attention != nil {
		t.Errorf("summary %+v", o)
	}
	if o.WriteBack != "given_up" {
		t.Errorf("write-back %q", o.WriteBack)
	}
	if want := "http://127.0.0.1:8233/namespaces/default/workflows/insert-order:" + string(key); o.Links.Temporal != want {
		t.Errorf("link %q, want %q", o.Links.Temporal, want)
	}
	var detail api.OrderDetail
	w.get(o.Links.Self).ok(200, &detail)
	if b := detail.WriteBack; b == nil || b.State != store.WriteBackGivenUp || b.Reason.Code != "magento_refused" {
		t.Errorf("write-back %+v", b)
	}
	if detail.Key != key {
		t.Errorf("self leads to %s", detail.Key)
	}
	w.get("/api/v1/orders?state=held").ok(200, &list)
	if r := list.Orders[0].Reason; r == nil || r.Code != "item_unknown" || r.Hint != "Create it." {
		t.Errorf("reason %+v", r)
	}
}

func TestListOrdersEmptyIsAList(t *testing.T) {
	w := newWorld(t)
	if got := string(w.get("/api/v1/orders").body); strings.TrimSpace(got) != `{"orders":[]}` {
		t.Errorf("body %s, want an empty list", got)
	}
}

func TestGetOrder(t *testing.T) {
	w := newWorld(t)
	key := w.key(1, "000000123")
	w.staged(key, func(d *store.Staged) {
		d.Order = &order.Order{Key: key, Currency: "USD", Customer: order.Customer{Email: "roni@example.com"},
			Lines: []order.Line{{SKU: "24-MB01", Price: decimal.RequireFromString("10.50")}}}
		d.Note(store.Event{At: day(1), Step: "staged", Outcome: "new", WorkflowID: "sync-orders:main"})
	})
	r := w.get("/api/v1/orders/" + string(key))
	var got struct {
		Key   order.Key `json:"key"`
		Order struct {
			Lines []struct {
				SKU   string `json:"sku"`
				Price string `json:"price"`
			} `json:"lines"`
		} `json:"order"`
		Timeline []store.Event `json:"timeline"`
		Links    api.Links     `json:"links"`
	}
	r.ok(200, &got)
	if got.Key != key || len(got.Timeline) != 1 || got.Timeline[0].Step != "staged" {
		t.Errorf("order %+v", got)
	}
	if len(got.Order.Lines) != 1 || got.Order.Lines[0].Price != "10.5" {
		t.Errorf("lines %+v, want a price as text", got.Order.Lines)
	}
	if !strings.HasSuffix(got.Links.Temporal, "/workflows/insert-order:"+string(key)) {
		t.Errorf("link %q", got.Links.Temporal)
	}
	if cache := r.header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("Cache-Control %q, want no-store: the answer holds personal data", cache)
	}
}

func TestGetOrderWithOddNumber(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"A+B/2026?x#1", "100%", "Ä:7"} {
		key := w.key(1, id)
		w.staged(key, nil)
		var list orderList
		w.get("/api/v1/orders?q="+url.QueryEscape(id)).ok(200, &list)
		if len(list.Orders) != 1 {
			t.Fatalf("%d orders for %q, want 1", len(list.Orders), id)
		}
		var got api.OrderDetail
		w.get(list.Orders[0].Links.Self).ok(200, &got)
		if got.Key != key {
			t.Errorf("key %q, want %q", got.Key, key)
		}
	}
}

func TestGetOrderUnknown(t *testing.T) {
	w := newWorld(t)
	key := string(w.key(1, "000000404"))
	r := w.get("/api/v1/orders/" + key)
	r.problem(404, "order-not-found", key, "POST /api/v1/resyncs", `"000000404"`)
	var p api.Problem
	r.json(&p)
	if p.Key != key {
		t.Errorf("key %q in the problem, want %q", p.Key, key)
	}
	w.get("/api/v1/orders/elsewhere:1:000000404").problem(404, "order-not-found", "elsewhere:1:000000404", w.instance)
}

func TestGetOrderMalformedKey(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"000000123", "main:000000123", "main:one:000000123", "main:01:000000123", "MAIN:1:2", "main:1:a%20b"} {
		t.Run(key, func(t *testing.T) {
			w.get("/api/v1/orders/"+key).problem(422, "malformed-order-key", "order key", "GET /api/v1/orders?q=")
		})
	}
}
