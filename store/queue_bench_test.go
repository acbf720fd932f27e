package store_test

import (
	"fmt"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// backlog is how many orders wait in the benchmarks.
const backlog = 20_000

// backlogged is a store in which so many orders wait for B1.
func backlogged(b *testing.B) *store.Store {
	b.Helper()
	s := testkit.Store(b)
	for n := 0; n < backlog; {
		var page []*store.Staged
		for ; len(page) < 500; n++ {
			doc := store.NewStaged(order.Key(fmt.Sprintf("main:1:%09d", n)))
			doc.Status, doc.PlacedAt = order.Pending, at(0).Add(time.Duration(n)*time.Second)
			doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 10)}
			page = append(page, doc)
		}
		if _, err := s.Add(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkBacklog asks what the runs and the operator ask while 20,000 orders wait.
func BenchmarkBacklog(b *testing.B) {
	s := backlogged(b)
	for _, question := range []struct {
		name string
		ask  func() error
	}{
		{"NextDue", func() error { _, err := s.NextDue(b.Context(), "main", "", 100); return err }},
		{"CountDue", func() error { _, err := s.CountDue(b.Context(), "main", "9"); return err }},
		{"CountPutOff", func() error { _, err := s.CountPutOff(b.Context(), "main", time.Now().Add(time.Hour)); return err }},
		{"Counts", func() error { _, err := s.Counts(b.Context(), "main"); return err }},
		{"List", func() error { _, err := s.List(b.Context(), store.Filter{Instance: "main", Limit: 50}); return err }},
		{"Get", func() error { _, err := s.Get(b.Context(), "main:1:000010000"); return err }},
	} {
		b.Run(question.name, func(b *testing.B) {
			for b.Loop() {
				if err := question.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
