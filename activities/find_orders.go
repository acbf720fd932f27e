package activities

import (
	"cmp"
	"context"

	"datawald/magento"
	"datawald/store"
)

// FindOrdersInput selects orders by the number that people see, or by Magento's own. The number of a stand-in, entity-12,
// is the entity_id 12.
type FindOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids,omitempty"`
	EntityIDs    []int64  `json:"entity_ids,omitempty"`
	// Again also makes due what Magento is still to be told of those orders: a person asked for them. Actor is who.
	Again bool   `json:"again,omitempty"`
	Actor string `json:"actor,omitempty"`
}

// FindOrdersResult names the documents found, freshly read from Magento. An entity_id is written as the number of a
// stand-in, entity-12.
type FindOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Missing are the numbers that Magento does not have in any store.
	Missing []string `json:"missing,omitempty"`
	// Unreadable are the numbers of orders that Magento has and cannot show; each is held under its stand-in.
	Unreadable []string `json:"unreadable,omitempty"`
	// WriteBack is true when Magento is to be told of some of them now.
	WriteBack bool `json:"write_back,omitempty"`
}

// FindOrders reads orders by number from Magento, whatever their age and state, and keeps their documents. One that Magento
// cannot show is held and keeps no other from being read.
func (a *Activities) FindOrders(ctx context.Context, in FindOrdersInput) (*FindOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	asked := i.now()
	numbers, keys := byName(in)
	found, err := i.Shop.FindByIncrementIDs(ctx, numbers)
	if err != nil {
		return nil, fail(err, nil)
	}
	byKey, err := i.Shop.FindByEntityIDs(ctx, keys)
	if err != nil {
		return nil, fail(err, nil)
	}
	result := &FindOrdersResult{}
	result.account(numbers, func(d magento.Document) string { return cmp.Or(d.AskedFor, d.IncrementID) }, found)
	standIns := make([]string, len(keys))
	for n, id := range keys {
		standIns[n] = magento.StandIn(id)
	}
	result.account(standIns, func(d magento.Document) string { return magento.StandIn(d.EntityID) }, byKey)
	documents := append(found, byKey...)
	if result.Refs, err = a.keep(ctx, in.Instance, documents, asked); err != nil {
		return nil, err
	}
	if in.Again {
		if result.WriteBack, err = a.oweAgain(ctx, i, result.Refs, in.Actor); err != nil {
			return nil, err
		}
	}
	if err := a.closeStandIns(ctx, in.Instance, result.Missing); err != nil {
		return nil, err
	}
	return result, a.forgetStandIns(ctx, in.Instance, documents)
}

// byName parts what was asked for into numbers and keys of Magento, each once.
func byName(in FindOrdersInput) (numbers []string, keys []int64) {
	asked := map[any]bool{}
	key := func(id int64) {
		if !asked[id] {
			asked[id], keys = true, append(keys, id)
		}
	}
	for _, number := range in.IncrementIDs {
		if id, ok := magento.StandsFor(number); ok {
			key(id)
		} else if !asked[number] {
			asked[number], numbers = true, append(numbers, number)
		}
	}
	for _, id := range in.EntityIDs {
		key(id)
	}
	return numbers, keys
}

// account notes which of the names Magento does not have, and which it cannot show.
func (r *FindOrdersResult) account(names []string, nameOf func(magento.Document) string, documents []magento.Document) {
	found := map[string]bool{}
	for _, d := range documents {
		name := nameOf(d)
		if d.Fault != "" && !found[name] {
			r.Unreadable = append(r.Unreadable, name)
		}
		found[name] = true
	}
	for _, name := range names {
		if !found[name] {
			r.Missing = append(r.Missing, name)
		}
	}
}
