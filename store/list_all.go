package store

import (
	"context"

	"datawald/order"
)

// listedAtOnce is how many orders ListAll asks for at a time: an answer of all of them may be too long for one message, and the embedded
// store would hold it in memory.
const listedAtOnce = 500

// ListAll gives all orders that the filter selects, newest first, without their timeline and lines; Limit and After mean nothing. It asks
// page by page: an order that gets another time meanwhile, as one does that could not be read before, may be missing, but is there once.
func (s *Store) ListAll(ctx context.Context, f Filter) ([]Staged, error) {
	all, seen := []Staged{}, map[order.Key]bool{}
	for f.Limit, f.After = listedAtOnce, nil; ; {
		page, err := s.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			if !seen[o.Key] {
				seen[o.Key] = true
				all = append(all, o)
			}
		}
		if len(page) < f.Limit {
			return all, nil
		}
		last := page[len(page)-1]
		f.After = &Position{PlacedAt: last.PlacedAt, Key: last.Key}
	}
}
