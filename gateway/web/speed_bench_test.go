package web_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
	"datawald/store"
)

// How long pages take with 20,000 orders in the store, as the server makes them and as a browser shows them. Not a test: machines differ.
//
//	go test ./gateway/web -run '^$' -bench Page -benchtime 40x
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	w.fill(20_000)
	c := w.as(access.Operator)
	for name, path := range map[string]string{"today": "/", "orders": "/orders", "held": "/orders?state=held", "search": "/orders?q=012345", "order": "/orders/" + w.first("held")} {
		b.Run(name, func(b *testing.B) {
			var all []time.Duration
			for b.Loop() {
				began := time.Now()
				res, err := c.Get(w.server.URL + path)
				if err != nil {
					b.Fatal(err)
				}
				res.Body.Close()
				all = append(all, time.Since(began))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)*95/100].Milliseconds()), "ms/p95")
		})
	}
	tab := w.open()
	w.signIn(tab, access.Operator)
	for name, path := range map[string]string{"view-today": "/", "view-orders": "/orders"} {
		b.Run(name, func(b *testing.B) {
			var first []float64
			for b.Loop() {
				tab.Visit(path)
				first = append(first, browser.Value[float64](tab, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now()`))
			}
			slices.Sort(first)
			b.ReportMetric(first[len(first)*95/100], "ms-to-first-view/p95")
		})
	}
}

// fill stages so many small orders of the last days, most of them in B1.
func (w *world) fill(orders int) {
	w.t.Helper()
	var page []*store.Staged
	for n := range orders {
		doc := store.NewStaged(order.Key(fmt.Sprintf("%s:1:%09d", w.instance, n)))
		doc.PlacedAt = time.Now().Add(-time.Duration(n) * 20 * time.Second)
		doc.StagedAt = doc.PlacedAt.Add(30 * time.Second)
		doc.Magento = store.MagentoSide{State: "processing", Status: "processing", Total: order.Money{Amount: decimal.NewFromInt(int64(n)), Currency: "USD"}}
		doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 10)}
		if booked(doc, n); n%20 == 7 {
			doc.BO = nil
			hold(doc, "item_unknown", "B1 has no item 24-WB04.", "items[0].sku", "Make the item in B1.")
		}
		if page = append(page, doc); len(page) == 500 || n == orders-1 {
			if _, err := w.db.Add(w.t.Context(), page); err != nil {
				w.t.Fatal(err)
			}
			page = nil
		}
	}
}
