package activities

import (
	"context"
	"errors"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// importing says which of the orders that are staged are imports; zero when no backfill brings them.
type importing struct {
	// by is the backfill.
	by string
	// freshFrom is when orders were placed or changed that are not: the ordinary reading, which goes by the change, is still to come
	// to them, or has just been there. They must not wait behind imports because a backfill was there first.
	freshFrom time.Time
}

// importing finds out from when orders are fresh: where the ordinary reading would begin now; where there never was one and no
// start is set, when the backfill began.
func (a *Activities) importing(ctx context.Context, i Instance, in ImportOrdersInput) (importing, error) {
	p, err := a.store.Progress(ctx, i.Name, store.TaskOrders)
	if err != nil {
		return importing{}, err
	}
	from := start(p, i.SyncFrom, i.Overlap).UpdatedAt
	if from.IsZero() {
		from = in.Began
	}
	return importing{by: in.Run, freshFrom: from}, nil
}

// run is the backfill that a new or changed order belongs to; empty when it is none of an import. o is nil when its document
// cannot be read.
func (m importing) run(o *order.Order) string {
	if m.by == "" || o != nil && (!o.CreatedAt.Before(m.freshFrom) || !o.UpdatedAt.Before(m.freshFrom)) {
		return ""
	}
	return m.by
}

// brought reports whether this backfill has brought the order, in this attempt or in one that was lost.
func (m importing) brought(doc *store.Staged) bool { return m.by != "" && doc.Import == m.by }

// outcome is what came of an order that the backfill has brought: an attempt before this one may have staged it.
func (m importing) outcome(outcome string, status order.Status) string {
	if outcome != stagedUnchanged {
		return outcome
	}
	switch status {
	case order.Excluded:
		return stagedExcluded
	case order.Cancelled:
		return stagedCancelled
	case order.Held:
		return stagedHeld
	}
	return stagedNew
}

func tally(counts *map[order.Status]int, status order.Status) {
	if *counts == nil {
		*counts = map[order.Status]int{}
	}
	(*counts)[status]++
}

// weigh counts what staging would make of documents, and writes nothing.
func (a *Activities) weigh(ctx context.Context, i Instance, in SyncOrderInput, documents []magento.Document, asked time.Time) (*SyncOrderResult, error) {
	p := &page{Activities: a, instance: i, in: in}
	var keys []order.Key
	var shown []magento.Document
	for _, d := range documents {
		if d.Fault != "" {
			continue
		}
		key, err := d.Key(i.Name)
		if err != nil {
			return nil, err
		}
		keys, shown = append(keys, key), append(shown, d)
	}
	heads, err := a.store.Heads(ctx, keys)
	if err != nil {
		return nil, err
	}
	for n, d := range shown {
		ref := store.PayloadRef{Key: keys[n], Hash: magento.PayloadHash(d.Raw), UpdatedAt: d.UpdatedAt, ReadAt: asked}
		if head := heads[ref.Key]; head != nil && seen(ref, head) {
			p.count(stagedUnchanged, head)
			continue
		}
		doc, err := a.store.Get(ctx, ref.Key)
		if errors.Is(err, store.ErrNotFound) {
			doc, err = store.NewStaged(ref.Key), nil
		}
		if err != nil {
			return nil, err
		}
		p.count(p.bring(ctx, doc, readVersion(i, ref, d.Raw)), doc)
	}
	return &p.result, nil
}
