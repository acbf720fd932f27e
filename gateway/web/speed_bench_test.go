package web_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"datawald/gateway/access"
)

// How long pages take with 20,000 orders in the store, as the server makes them and as a browser shows them. Not a test: machines differ.
//
//	go test ./gateway/web -run '^$' -bench Page -benchtime 40x
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	w.stock(20000)
	c := w.as(access.Operator)
	for name, path := range map[string]string{"today": "/", "orders": "/orders", "held": "/orders?state=held", "search": "/orders?q=00012", "order": "/orders/" + w.first("held")} {
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
	browser := w.open()
	browser.signIn(w, access.Operator)
	for name, path := range map[string]string{"view-today": "/", "view-orders": "/orders"} {
		b.Run(name, func(b *testing.B) {
			var first []float64
			for b.Loop() {
				browser.do(chromedp.Navigate(browser.at + path))
				first = append(first, value[float64](browser, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now()`))
			}
			slices.Sort(first)
			b.ReportMetric(first[len(first)*95/100], "ms-to-first-view/p95")
		})
	}
}
