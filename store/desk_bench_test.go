package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// desked is a store with so many orders as a shop has after some months: nearly all posted, some left out, held and pending.
func desked(b *testing.B) *store.Store {
	b.Helper()
	s := testkit.Store(b)
	money := order.Money{Amount: decimal.RequireFromString("119.95"), Currency: "EUR"}
	for n := 0; n < backlog; {
		var page []*store.Staged
		for ; len(page) < 500; n++ {
			doc := store.NewStaged(order.Key(fmt.Sprintf("main:%d:%09d", 1+n%3, n)))
			doc.PlacedAt, doc.EntityID, doc.ContentHash, doc.PayloadHash = at(0).Add(time.Duration(n)*time.Minute), int64(n), "c", "p"
			doc.Magento = store.MagentoSide{State: "processing", Status: "processing", Total: money}
			doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 5)}
			doc.Status = order.Posted
			doc.BO = &store.BackOffice{DocEntry: int64(n), DocNum: int64(700000 + n), Reference: doc.IncrementID, Total: money}
			doc.Reference, doc.References = doc.IncrementID, []string{doc.IncrementID}
			reason := func(status order.Status, code, message string) {
				doc.Status, doc.BO, doc.Reason = status, nil, &order.Reason{Code: code, Message: message, Hint: "Mend it, then retry the order."}
			}
			switch n % 20 {
			case 0:
				reason(order.Held, fmt.Sprintf("item_unknown_%d", n%7), fmt.Sprintf("B1 has no item SKU-%d, which stands in row 2 of the order.", n))
			case 1, 2:
				reason(order.Excluded, "state:pending_payment", `The rule "state:pending_payment" leaves the order out.`)
			case 3:
				if n > backlog-2000 {
					doc.Status, doc.BO = order.Pending, nil
				}
			case 4:
				if n%300 == 4 {
					doc.Attention = &order.Reason{Code: "changed_in_magento", Message: "It was changed."}
				}
			}
			for range 6 {
				doc.Note(store.Event{At: at(0), Step: "claimed", Detail: "attempt 1, rules 2026-11-01 0123456789abcdef", WorkflowID: "insert-order:" + string(doc.Key), RunID: "01a22c46-123e-7764-b46a-6da5a4437d6f"})
			}
			page = append(page, doc)
		}
		if _, err := s.Add(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkDesk asks what people ask at the order desk, of 20,000 orders: each figure has its 95th percentile beside it.
func BenchmarkDesk(b *testing.B) {
	s := desked(b)
	list := func(f store.Filter) func() error {
		f.Limit = 51
		return func() error { _, err := s.List(b.Context(), f); return err }
	}
	for _, question := range []struct {
		name string
		ask  func() error
	}{
		{"Newest", list(store.Filter{Instance: "main"})},
		{"Held", list(store.Filter{Instance: "main", Status: order.Held})},
		{"States", list(store.Filter{Instance: "main", Statuses: []order.Status{order.Held, order.Pending}})},
		{"Reason", list(store.Filter{Instance: "main", Status: order.Held, Reason: "item_unknown_3"})},
		{"ReasonNone", list(store.Filter{Instance: "main", Reason: "nothing"})},
		{"Attention", list(store.Filter{Instance: "main", Attention: true})},
		{"Store", list(store.Filter{Instance: "main", StoreID: new(int64(2))})},
		{"StoreNone", list(store.Filter{Instance: "main", StoreID: new(int64(9))})},
		{"TextNumber", list(store.Filter{Instance: "main", Text: "000012345"})},
		{"TextB1", list(store.Filter{Instance: "main", Text: "712345"})},
		{"TextOfAll", list(store.Filter{Text: "712345"})},
		{"TextNone", list(store.Filter{Instance: "main", Text: "nothing"})},
		{"TextCounts", func() error {
			_, err := s.CountByStatus(b.Context(), store.Filter{Instance: "main", Text: "sku-"})
			return err
		}},
		{"CountsOfAll", func() error { _, err := s.CountByStatus(b.Context(), store.Filter{}); return err }},
		{"Reasons", func() error {
			_, err := s.CountByReason(b.Context(), store.Filter{Instance: "main", Statuses: []order.Status{order.Held}})
			return err
		}},
		{"Count", func() error { _, err := s.Count(b.Context(), store.Filter{Instance: "main", Text: "sku-"}); return err }},
		{"TextWords", list(store.Filter{Instance: "main", Text: "SKU-12340"})},
		{"Counts", func() error { _, err := s.Counts(b.Context(), "main"); return err }},
	} {
		b.Run(question.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := question.ask(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
