package store_test

import (
	"fmt"
	"testing"

	"datawald/order"
	"datawald/store"
)

// BenchmarkChange writes one of 20,000 orders, as each step of an order does.
func BenchmarkChange(b *testing.B) {
	s := backlogged(b)
	n := 0
	for b.Loop() {
		key := order.Key(fmt.Sprintf("main:1:%09d", (n*7919)%backlog))
		n++
		if _, err := s.Change(b.Context(), key, func(doc *store.Staged) error { doc.Attempts++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
