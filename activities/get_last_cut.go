package activities

import (
	"context"
	"time"

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
	last, err := a.store.LastReading(ctx, in.Instance, store.TaskOrders)
	if err != nil {
		return nil, err
	}
	return &GetLastCutResult{Cut: cut, Start: start(cut, last.ShopTime, i.SyncFrom, i.Overlap)}, nil
}

// start is where the next reading begins. Everything that changed longer than the overlap before the last complete
// reading was visible to it; what changed later may have been committed behind its back. In a quiet shop that is the cut
// itself, so that nothing is read twice.
func start(cut order.Cut, lastReading, syncFrom time.Time, overlap time.Duration) order.Cut {
	if cut.IsZero() {
		return order.Cut{UpdatedAt: syncFrom}
	}
	if lastReading.IsZero() {
		return order.Cut{UpdatedAt: cut.UpdatedAt.Add(-overlap)}
	}
	if safe := lastReading.Add(-overlap); safe.Before(cut.UpdatedAt) {
		return order.Cut{UpdatedAt: safe}
	}
	return cut
}
