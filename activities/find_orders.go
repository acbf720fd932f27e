package activities

import (
	"cmp"
	"context"
	"slices"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// FindOrdersInput selects orders by the number that people see, or by Magento's own. The number of a stand-in, entity-12,
// is the entity_id 12.
type FindOrdersInput struct {
	Instance     string   `json:"instance"`
	IncrementIDs []string `json:"increment_ids,omitempty"`
	EntityIDs    []int64  `json:"entity_ids,omitempty"`
	// Keys name orders of one store each: others that have their number are left alone.
	Keys []order.Key `json:"keys,omitempty"`
	// Again also makes due what Magento is still to be told of those orders: a person asked for them. Actor is who.
	Again bool   `json:"again,omitempty"`
	Actor string `json:"actor,omitempty"`
}

// FindOrdersResult names the documents found, freshly read from Magento. An entity_id is written as the number of a
// stand-in, entity-12.
type FindOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Missing are the numbers that Magento does not have in any store, and the keys that it does not have.
	Missing []string `json:"missing,omitempty"`
	// Unreadable are the numbers of orders that Magento has and cannot show; each is held under its stand-in.
	Unreadable []string `json:"unreadable,omitempty"`
	// WriteBack is true when Magento is to be told of some of them now.
	WriteBack bool `json:"write_back,omitempty"`
	// Paced is true when Temporal keeps a rate of orders, for which each must pass its queue.
	Paced bool `json:"paced,omitempty"`
}

// FindOrders reads orders by number from Magento, whatever their age and state, and keeps their documents. One that Magento
// cannot show is held and keeps no other from being read.
func (a *Activities) FindOrders(ctx context.Context, in FindOrdersInput) (*FindOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	result := &FindOrdersResult{Paced: i.Paced}
	w := newWanted(in.names())
	numbers, keys := byName(FindOrdersInput{IncrementIDs: w.all, EntityIDs: in.EntityIDs})
	// A few at a time: what is found is kept before more is asked for, whatever the orders weigh.
	for some := range slices.Chunk(numbers, foundAtOnce) {
		found, err := a.found(ctx, i, result, func() ([]magento.Document, error) {
			documents, err := i.Shop.FindByIncrementIDs(ctx, some)
			if len(in.Keys) > 0 {
				documents = w.only(i.Name, documents)
			}
			return documents, err
		})
		if err != nil {
			return nil, err
		}
		result.account(some, func(d magento.Document) string { return cmp.Or(d.AskedFor, d.IncrementID) }, found)
	}
	for some := range slices.Chunk(keys, foundAtOnce) {
		found, err := a.found(ctx, i, result, func() ([]magento.Document, error) { return i.Shop.FindByEntityIDs(ctx, some) })
		if err != nil {
			return nil, err
		}
		w.only(i.Name, found) // they are found
		result.account(standInsFor(some), func(d magento.Document) string { return magento.StandIn(d.EntityID) }, found)
	}
	if len(in.Keys) > 0 {
		result.Missing = w.missing(in.names())
	}
	if in.Again {
		if result.WriteBack, err = a.oweAgain(ctx, i, result.Refs, in.Actor); err != nil {
			return nil, err
		}
	}
	return result, a.closeStandIns(ctx, in.Instance, result.Missing)
}

// names are the numbers and keys that were asked for. The key of a stand-in has the entity_id, which one order has: its store is not known.
func (in FindOrdersInput) names() (names ImportOrdersInput) {
	names.IncrementIDs = slices.Clone(in.IncrementIDs)
	for _, key := range in.Keys {
		if _, standIn := magento.StandsFor(key.IncrementID()); standIn {
			names.IncrementIDs = append(names.IncrementIDs, key.IncrementID())
		} else {
			names.Keys = append(names.Keys, key)
		}
	}
	return names
}

// foundAtOnce is how many orders are looked up before what was found is kept.
const foundAtOnce = 50

// found looks orders up and keeps their documents.
func (a *Activities) found(ctx context.Context, i Instance, result *FindOrdersResult, lookUp func() ([]magento.Document, error)) ([]magento.Document, error) {
	asked := i.now()
	documents, err := lookUp()
	if err != nil {
		return nil, fail(err, nil)
	}
	refs, err := a.keep(ctx, i.Name, documents, asked)
	if err != nil {
		return nil, err
	}
	result.Refs = append(result.Refs, refs...)
	return documents, a.forgetStandIns(ctx, i.Name, documents)
}

func standInsFor(entityIDs []int64) []string {
	names := make([]string, len(entityIDs))
	for n, id := range entityIDs {
		names[n] = magento.StandIn(id)
	}
	return names
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
