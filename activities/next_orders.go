package activities

import (
	"context"

	"datawald/store"
)

// NextOrdersInput says where in the queue of open orders to read on.
type NextOrdersInput struct {
	Instance string `json:"instance"`
	After    string `json:"after"`
	Limit    int    `json:"limit"`
}

// NextOrdersResult lists open orders, manual ones first, then the oldest.
type NextOrdersResult struct {
	Orders []store.Due `json:"orders"`
	// Last is where the queue goes on behind all that was looked at; empty at its end.
	Last string `json:"last,omitempty"`
	// WriteBack is true when Magento is to be told of orders that were posted earlier. It is asked at the head of the queue
	// only, and only where the rules write back.
	WriteBack bool `json:"write_back,omitempty"`
	// Reread are orders, by entity_id, for which Magento is to be asked again: it could not show them.
	Reread []int64 `json:"reread,omitempty"`
}

// NextOrders reads the durable queue: the orders in the store that wait for B1.
func (a *Activities) NextOrders(ctx context.Context, in NextOrdersInput) (*NextOrdersResult, error) {
	due, err := a.store.NextDue(ctx, in.Instance, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	result := &NextOrdersResult{Orders: []store.Due{}}
	for _, d := range due {
		result.Last = d.Queue
		if d.Reread != 0 {
			result.Reread = append(result.Reread, d.Reread)
		} else {
			result.Orders = append(result.Orders, d)
		}
	}
	if i, known := a.instances[in.Instance]; known && i.writesBack() && in.After == "" {
		open, err := a.store.NextWriteBacks(ctx, in.Instance, 1)
		if err != nil {
			return nil, err
		}
		result.WriteBack = len(open) > 0
	}
	return result, nil
}
