package activities

import (
	"context"

	"datawald/order"
	"datawald/store"
)

// GetLastCutInput names the instance and the run that asks.
type GetLastCutInput struct {
	Instance string `json:"instance"`
}

// GetLastCutResult says how far the instance is read and where to begin.
type GetLastCutResult struct {
	Cut order.Cut `json:"cut"`
	// Start lies before Cut by the overlap: rows may become visible after later ones.
	Start order.Cut `json:"start"`
}

// GetLastCut is step 1 of the flow: where the last run ended, less the overlap for rows that were committed late.
func (a *Activities) GetLastCut(ctx context.Context, in GetLastCutInput) (*GetLastCutResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	cut, err := a.store.Cut(ctx, in.Instance, store.TaskOrders)
	if err != nil {
		return nil, err
	}
	start := order.Cut{UpdatedAt: i.SyncFrom}
	if !cut.IsZero() {
		start = order.Cut{UpdatedAt: cut.UpdatedAt.Add(-i.Overlap)}
	}
	return &GetLastCutResult{Cut: cut, Start: start}, nil
}
