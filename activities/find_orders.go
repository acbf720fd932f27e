package activities

import (
	"context"

	"datawald/store"
)

// FindOrdersInput selects orders that somebody asked for by number.
type FindOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids"`
}

// FindOrdersResult names the documents found, freshly read from Magento.
type FindOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Missing are the numbers that Magento does not have in any store.
	Missing []string `json:"missing,omitempty"`
}

// FindOrders reads orders by number from Magento, whatever their age and state, and keeps their documents.
func (a *Activities) FindOrders(ctx context.Context, in FindOrdersInput) (*FindOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	documents, err := i.Shop.FindByIncrementIDs(ctx, in.IncrementIDs)
	if err != nil {
		return nil, fail(err, nil)
	}
	refs, _, err := a.keep(ctx, in.Instance, documents)
	if err != nil {
		return nil, err
	}
	return &FindOrdersResult{Refs: refs, Missing: missing(in.IncrementIDs, refs)}, nil
}

func missing(wanted []string, found []store.PayloadRef) (absent []string) {
	has := map[string]bool{}
	for _, r := range found {
		has[r.Key.IncrementID()] = true
	}
	for _, id := range wanted {
		if !has[id] {
			absent = append(absent, id)
		}
	}
	return absent
}
