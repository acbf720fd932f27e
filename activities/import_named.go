package activities

import (
	"cmp"
	"context"
	"slices"

	"datawald/magento"
	"datawald/order"
)

// named takes the orders that were named: by a number, which several stores may have, or by a key, which names one of them.
func (m *importer) named(ctx context.Context) error {
	m.result.Done = true
	w := newWanted(m.in)
	numbers, keys := byName(FindOrdersInput{IncrementIDs: w.all})
	for some := range slices.Chunk(numbers, foundAtOnce) {
		if err := m.lookUp(ctx, w, func() ([]magento.Document, error) { return m.instance.Shop.FindByIncrementIDs(ctx, some) }); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(keys, foundAtOnce) {
		if err := m.lookUp(ctx, w, func() ([]magento.Document, error) { return m.instance.Shop.FindByEntityIDs(ctx, some) }); err != nil {
			return err
		}
	}
	m.result.Missing = w.missing(m.in)
	return nil
}

func (m *importer) lookUp(ctx context.Context, w *wanted, find func() ([]magento.Document, error)) error {
	asked := m.instance.now()
	documents, err := find()
	if err != nil {
		return fail(err, nil)
	}
	var of []magento.Document
	for _, d := range documents {
		key, err := d.Key(m.in.Instance)
		if err != nil {
			return err
		}
		if w.take(key, d) {
			of = append(of, d)
		}
	}
	return m.take(ctx, of, asked)
}

// wanted are the orders that were named, and which of them were found.
type wanted struct {
	// all are the numbers to look for; numbers those that were named, whatever the store; keys those of which one store's is meant.
	all     []string
	numbers map[string]bool
	keys    map[order.Key]bool
	// broken are numbers under which Magento has an order that it cannot show: it does not tell of which store.
	broken map[string]bool
}

func newWanted(in ImportOrdersInput) *wanted {
	w := &wanted{all: slices.Clone(in.IncrementIDs), numbers: map[string]bool{}, keys: map[order.Key]bool{}, broken: map[string]bool{}}
	for _, number := range in.IncrementIDs {
		w.numbers[number] = false
	}
	for _, key := range in.Keys {
		w.all = append(w.all, key.IncrementID())
		w.keys[key] = false
	}
	return w
}

// take notes that an order was found, and reports whether it is one of those that were named.
func (w *wanted) take(key order.Key, d magento.Document) bool {
	named := d.Fault != "" // found by a name that was asked for, and what it is cannot be seen
	for _, number := range []string{cmp.Or(d.AskedFor, key.IncrementID()), magento.StandIn(d.EntityID)} {
		w.broken[number] = w.broken[number] || d.Fault != ""
		if _, asked := w.numbers[number]; asked {
			w.numbers[number], named = true, true
		}
	}
	if _, asked := w.keys[key]; asked {
		w.keys[key], named = true, true
	}
	return named
}

// only gives those of the documents that were named.
func (w *wanted) only(instance string, documents []magento.Document) (of []magento.Document) {
	for _, d := range documents {
		if key, err := d.Key(instance); err != nil || w.take(key, d) { // what cannot be named is for whoever keeps it to say
			of = append(of, d)
		}
	}
	return of
}

// missing are the names under which nothing was found.
func (w *wanted) missing(in ImportOrdersInput) (names []string) {
	for _, number := range in.IncrementIDs {
		if !w.numbers[number] {
			names = append(names, number)
		}
	}
	for _, key := range in.Keys {
		if !w.keys[key] && !w.broken[key.IncrementID()] {
			names = append(names, string(key))
		}
	}
	return names
}
