package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// BenchmarkOrderDesk asks by HTTP what the order desk asks, of 20,000 orders, while a run stages and posts others. Each figure has its 95th percentile
// beside it.
func BenchmarkOrderDesk(b *testing.B) {
	db := testkit.Store(b)
	for n := 0; n < 20_000; {
		var page []*store.Staged
		for ; len(page) < 500; n++ {
			page = append(page, benched(n))
		}
		if _, err := db.Add(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	if err != nil {
		b.Fatal(err)
	}
	defer temporal.Close()
	handler, err := api.New(settings("main"), db, temporal, testkit.Silent())
	if err != nil {
		b.Fatal(err)
	}
	defer syncing(b, db)()
	for _, question := range []struct{ name, path string }{
		{"List", "orders?instance=main"}, {"Held", "orders?state=held"}, {"Number", "orders?q=000012345"}, {"B1Number", "orders?q=712345"},
		{"Words", "orders?q=sku-12340"}, {"Nothing", "orders?q=nothing"}, {"Reason", "orders?state=held&reason=item_unknown_3"},
		{"Attention", "orders?attention=true"}, {"Counts", "orders/counts"}, {"CountsOfText", "orders/counts?q=sku"},
	} {
		b.Run(question.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, asPage("/api/v1/"+question.path))
				if w.Code != http.StatusOK {
					b.Fatalf("%d: %s", w.Code, w.Body)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// benched is an order as most shops have them: nearly all are posted.
func benched(n int) *store.Staged {
	doc := store.NewStaged(order.Key(fmt.Sprintf("main:%d:%09d", 1+n%3, n)))
	doc.PlacedAt, doc.EntityID, doc.ContentHash, doc.PayloadHash = day(1).Add(time.Duration(n)*time.Second), int64(n), "c", "p"
	doc.Magento = store.MagentoSide{State: "processing", Status: "processing"}
	doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 5)}
	doc.Status, doc.BO, doc.Reference = order.Posted, &store.BackOffice{DocEntry: int64(n), DocNum: int64(700_000 + n), Reference: doc.IncrementID}, doc.IncrementID
	switch {
	case n%20 == 0:
		doc.Status, doc.BO = order.Held, nil
		doc.Reason = &order.Reason{Code: fmt.Sprintf("item_unknown_%d", n%7), Message: fmt.Sprintf("B1 has no item SKU-%d.", n)}
	case n%20 < 3:
		doc.Status, doc.BO, doc.Reason = order.Excluded, nil, &order.Reason{Code: "state:pending_payment", Message: "A rule leaves the order out."}
	case n%300 == 4:
		doc.Attention = &order.Reason{Code: "changed_in_magento", Message: "It was changed."}
	}
	for range 6 {
		doc.Note(store.Event{At: day(1), Step: "claimed", Detail: "attempt 1", WorkflowID: "insert-order:" + string(doc.Key), RunID: "01a22c46-123e-7764-b46a-6da5a4437d6f"})
	}
	return doc
}

// syncing stages new orders and writes each three times, as their way to B1 does, and reads the queue, until stop is called.
func syncing(b *testing.B, db *store.Store) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for n := 20_000; ctx.Err() == nil; n += 25 {
			var page []*store.Staged
			for i := range 25 {
				doc := benched(n + i)
				doc.Status, doc.BO, doc.Reason, doc.DueAt = order.Pending, nil, nil, doc.PlacedAt
				page = append(page, doc)
			}
			_, err := db.Add(ctx, page)
			if err == nil {
				_, err = db.NextDue(ctx, "main", "", 100)
			}
			for _, doc := range page {
				for _, status := range []order.Status{order.Pending, order.Pending, order.Posted} {
					if err == nil {
						_, err = db.Change(ctx, doc.Key, func(doc *store.Staged) error { doc.Status = status; return nil })
					}
				}
			}
			if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
				b.Error(err)
				return
			}
		}
	})
	return func() { cancel(); done.Wait() }
}
