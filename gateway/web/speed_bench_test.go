package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/sandbox/testkit/browser"
	"datawald/store"
)

// How long pages take with 20,000 orders in the store, while a run stages others and brings them to B1, as the server makes them and as a browser shows
// them. Not a test: machines differ.
//
//	go test ./gateway/web -run '^$' -bench Page -benchtime 40x
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	w.fill(20_000)
	c := w.as(access.Operator)
	defer w.syncing(b, 20_000)()
	for name, path := range map[string]string{"today": "/", "orders": "/orders", "held": "/orders?state=held", "search": "/orders?q=012345", "order": "/orders/" + w.first("held")} {
		b.Run(name, func(b *testing.B) {
			var all []time.Duration
			for b.Loop() {
				began := time.Now()
				res, err := c.Get(w.server.URL + path)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(io.Discard, res.Body)
				if res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
					b.Fatal(res.Status, err)
				}
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

// small is an order of ten lines.
func (w *world) small(n int, placed time.Time) *store.Staged {
	doc := store.NewStaged(order.Key(fmt.Sprintf("%s:1:%09d", w.instance, n)))
	doc.PlacedAt, doc.StagedAt = placed, placed.Add(30*time.Second)
	doc.Magento = store.MagentoSide{State: "processing", Status: "processing", Total: order.Money{Amount: decimal.NewFromInt(int64(n)), Currency: "USD"}}
	doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 10)}
	return doc
}

// syncing stages orders and writes each three times, as their way to B1 does, and reads the queue, as fast as the store takes it, until stop is called.
func (w *world) syncing(b *testing.B, from int) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for n := from; ctx.Err() == nil; n += 25 {
			if err := w.syncSome(ctx, n); err != nil && ctx.Err() == nil {
				b.Error(err)
				return
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

func (w *world) syncSome(ctx context.Context, from int) error {
	var page []*store.Staged
	for i := range 25 {
		doc := w.small(from+i, time.Now())
		doc.Status, doc.DueAt = order.Pending, doc.PlacedAt
		page = append(page, doc)
	}
	if _, err := w.db.Add(ctx, page); err != nil {
		return err
	}
	if _, err := w.db.NextDue(ctx, w.instance, "", 100); err != nil {
		return err
	}
	for n, doc := range page {
		for _, status := range []order.Status{order.Pending, order.Pending, order.Posted} {
			_, err := w.db.Change(ctx, doc.Key, func(doc *store.Staged) error {
				if doc.Status = status; status == order.Posted {
					booked(doc, from+n)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// fill stages so many small orders of the last days, most of them in B1.
func (w *world) fill(orders int) {
	w.t.Helper()
	var page []*store.Staged
	for n := range orders {
		doc := w.small(n, time.Now().Add(-time.Duration(n)*20*time.Second))
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
