package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// An order that Magento cannot show, neither in a list nor by itself, is held under a stand-in that names it by its
// entity_id. Magento is asked for it again, ever more seldom, until it can show it, or has it no more.

// codeCannotShow and codeDeleted are the reasons of stand-ins.
const (
	codeCannotShow = "magento_cannot_show"
	codeDeleted    = "deleted_in_magento"
)

// How long to wait before Magento is asked again: half as long as it could not show the order so far.
const (
	minRereadPause = 5 * time.Minute
	maxRereadPause = 6 * time.Hour
)

func rereadPause(since time.Duration) time.Duration {
	return min(max(since/2, minRereadPause), maxRereadPause)
}

// holdBroken holds an order that Magento itself cannot show, under its entity_id, until it can.
func (a *Activities) holdBroken(ctx context.Context, key order.Key, d magento.Document) error {
	reason := &order.Reason{Code: codeCannotShow, Field: "entity_id", Message: fmt.Sprintf("Magento cannot show the order with entity_id %d: %s", d.EntityID, short(d.Fault)),
		Hint: fmt.Sprintf("Mend the order in Magento (its log names the cause). Magento is asked for it again by itself; resync %s to ask at once.", magento.StandIn(d.EntityID))}
	_, err := a.store.Change(ctx, key, func(doc *store.Staged) error {
		same := doc.Status == order.Held && doc.Reason != nil && *doc.Reason == *reason
		if same && doc.DueAt.After(now()) {
			return store.ErrUnchanged
		}
		if doc.Rev == 0 {
			doc.StagedAt, doc.PlacedAt, doc.EntityID = now(), now(), d.EntityID
		}
		doc.Status, doc.Reason, doc.Reread, doc.DueAt = order.Held, reason, true, now().Add(rereadPause(now().Sub(doc.StagedAt)))
		if !same {
			doc.Note(event(ctx, "read", string(order.Held), reason.Message))
		}
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		return nil
	}
	return err
}

// heldWithoutDocument refuses an order that stands in the store by its entity_id alone, because Magento could not show it.
func heldWithoutDocument(doc *store.Staged) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf("order %s has not been read from Magento yet: resync %s", doc.Key, doc.IncrementID), TypeHeld, nil)
}

// forgetStandIns drops what stood for orders that are staged under their own number, where Magento shows them again. Where
// they are not staged yet, staging does it.
func (a *Activities) forgetStandIns(ctx context.Context, instance string, documents []magento.Document) error {
	for _, d := range documents {
		key, err := d.Key(instance)
		if err != nil || d.Fault != "" {
			continue
		}
		for _, standIn := range standInsOf(instance, key, d.EntityID) {
			both, err := a.staged(ctx, standIn, key)
			if err != nil {
				return err
			}
			if both {
				if err := a.dropStandIn(ctx, standIn); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropStandIn drops what stood for an order, and first the documents that were kept under its name: nothing would lead to them any more, neither
// retention nor an erasure, which go by orders.
func (a *Activities) dropStandIn(ctx context.Context, key order.Key) error {
	if err := a.store.DropVersions(ctx, key, func(store.PayloadVersion) bool { return true }); err != nil {
		return err
	}
	return a.store.Remove(ctx, key)
}

// standInsOf are the names under which an order may have been held before it had its own: while Magento could not show it,
// without a store; and while its document had no number, with one.
func standInsOf(instance string, key order.Key, entityID int64) (names []order.Key) {
	if entityID == 0 {
		return nil
	}
	for _, d := range []magento.Document{{EntityID: entityID}, {EntityID: entityID, StoreID: key.StoreID()}} {
		if name, err := d.Key(instance); err == nil && name != key && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// closeStandIns ends the wait for orders that Magento has no more: somebody deleted them. names are those of stand-ins.
func (a *Activities) closeStandIns(ctx context.Context, instance string, names []string) error {
	for _, name := range names {
		id, ok := magento.StandsFor(name)
		if !ok {
			continue
		}
		key, err := (&magento.Document{EntityID: id}).Key(instance)
		if err != nil {
			continue
		}
		_, err = a.store.Change(ctx, key, func(doc *store.Staged) error {
			if !doc.Reread {
				return store.ErrUnchanged // nobody waits for it
			}
			doc.Status, doc.Reread = order.Cancelled, false
			doc.Reason = &order.Reason{Code: codeDeleted, Field: "entity_id", Message: fmt.Sprintf("Magento has no order with entity_id %d any more.", id)}
			doc.Note(event(ctx, "read", string(order.Cancelled), doc.Reason.Message))
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrUnchanged) {
			return err
		}
	}
	return nil
}

// staged reports whether all of the keys are in the store.
func (a *Activities) staged(ctx context.Context, keys ...order.Key) (bool, error) {
	for _, key := range keys {
		_, err := a.store.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// forgetBroken drops what stood for orders before they stood under their own numbers. They are staged already: whoever dies
// between the two leaves a stand-in, for which Magento is asked once more.
func (p *page) forgetBroken(ctx context.Context, orders ...*store.Staged) error {
	var names []order.Key
	for _, doc := range orders {
		names = append(names, standInsOf(p.instance.Name, doc.Key, doc.EntityID)...)
	}
	broken, err := p.store.Heads(ctx, names)
	if err != nil {
		return err
	}
	for name := range broken {
		if err := p.dropStandIn(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
