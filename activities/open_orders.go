package activities

import (
	"context"
	"slices"

	"datawald/order"
)

// OpenOrdersInput names orders that a person has put before all others.
type OpenOrdersInput struct {
	Instance string      `json:"instance"`
	Keys     []order.Key `json:"keys"`
}

// OpenOrdersResult says which of them wait for B1 still.
type OpenOrdersResult struct {
	Open []order.Key `json:"open,omitempty"`
	// Paced is true when Temporal keeps a rate of orders, for which each must pass its queue.
	Paced bool `json:"paced,omitempty"`
}

// OpenOrders tells which of some orders wait for B1, as they are staged: nobody asks Magento for them. One that was skipped, posted or held since
// it was named is left out.
func (a *Activities) OpenOrders(ctx context.Context, in OpenOrdersInput) (*OpenOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	heads, err := a.store.Heads(ctx, in.Keys)
	if err != nil {
		return nil, err
	}
	result := &OpenOrdersResult{Paced: i.Paced}
	for _, key := range in.Keys {
		if doc := heads[key]; doc != nil && doc.Status.Open() && !slices.Contains(result.Open, key) {
			result.Open = append(result.Open, key)
		}
	}
	return result, nil
}
