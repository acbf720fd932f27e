package store

import (
	"context"
	"fmt"
)

// Count is how many orders the filter selects, whatever its Limit and After.
func (s *Store) Count(ctx context.Context, f Filter) (int64, error) {
	f.After = nil
	n, err := s.orders.CountDocuments(ctx, f.query())
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	return n, nil
}
