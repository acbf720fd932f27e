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
}

// NextOrders reads the durable queue: the orders in the store that wait for B1.
func (a *Activities) NextOrders(ctx context.Context, in NextOrdersInput) (*NextOrdersResult, error) {
	due, err := a.store.NextDue(ctx, in.Instance, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	return &NextOrdersResult{Orders: due}, nil
}
