package activities

import (
	"context"
	"fmt"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// FindOrdersInput selects orders by the number that people see, or by Magento's own.
type FindOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids,omitempty"`
	EntityIDs    []int64  `json:"entity_ids,omitempty"`
	// Again also makes due what Magento is still to be told of those orders: a person asked for them. Actor is who.
	Again bool   `json:"again,omitempty"`
	Actor string `json:"actor,omitempty"`
}

// FindOrdersResult names the documents found, freshly read from Magento.
type FindOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Missing are the numbers that Magento does not have in any store; an entity_id is written "entity 12".
	Missing []string `json:"missing,omitempty"`
	// WriteBack is true when Magento is to be told of some of them now.
	WriteBack bool `json:"write_back,omitempty"`
}

// FindOrders reads orders by number from Magento, whatever their age and state, and keeps their documents.
func (a *Activities) FindOrders(ctx context.Context, in FindOrdersInput) (*FindOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	asked := i.now()
	var documents []magento.Document
	var absent []string
	if len(in.IncrementIDs) > 0 {
		if documents, err = i.Shop.FindByIncrementIDs(ctx, in.IncrementIDs); err != nil {
			return nil, fail(err, nil)
		}
		absent = missing(in.IncrementIDs, documents)
	}
	for _, id := range in.EntityIDs {
		d, err := i.Shop.Get(ctx, id)
		if order.KindOf(err) == order.Permanent {
			absent = append(absent, fmt.Sprintf("entity %d", id))
			continue
		}
		if err != nil {
			return nil, fail(err, nil)
		}
		documents = append(documents, *d)
	}
	refs, _, err := a.keep(ctx, in.Instance, documents, asked)
	if err != nil {
		return nil, err
	}
	result := &FindOrdersResult{Refs: refs, Missing: absent}
	if in.Again {
		n, err := a.oweAgain(ctx, i, refs, in.Actor)
		if err != nil {
			return nil, err
		}
		result.WriteBack = n > 0
	}
	return result, nil
}

func missing(wanted []string, found []magento.Document) (absent []string) {
	has := map[string]bool{}
	for _, d := range found {
		has[d.IncrementID] = true
	}
	for _, id := range wanted {
		if !has[id] {
			absent = append(absent, id)
		}
	}
	return absent
}
