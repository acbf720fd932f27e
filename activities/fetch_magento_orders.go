package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// FetchMagentoOrdersInput says where in the shop to read on.
type FetchMagentoOrdersInput struct {
	Instance string    `json:"instance"`
	After    order.Cut `json:"after"`
	// Until ends the reading at what had changed by then, by the shop's clock; zero with the first page. Without an end a
	// reading that follows a busy shop for longer than the overlap would lose a row that is committed late.
	Until time.Time `json:"until,omitzero"`
	// CaughtUp is when the latest complete reading began, by our clock. Reading goes back to there when After turns out to
	// lie in the shop's future.
	CaughtUp time.Time `json:"caught_up,omitzero"`
}

// FetchMagentoOrdersResult names the documents of one page; they themselves are in the store.
type FetchMagentoOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Next is where the following page begins, and how far the cut may move once these documents are staged.
	Next order.Cut `json:"next"`
	// Done is true when the reader has caught up with the shop.
	Done bool `json:"done"`
	// Nameless counts documents with neither number nor entity_id, which cannot be kept.
	Nameless int `json:"nameless,omitempty"`
	// MoreFuture is true when more orders are dated after the shop's clock than one reading stages.
	MoreFuture bool `json:"more_future,omitempty"`
	// Restarted is where the page begins when After lay in the shop's future.
	Restarted *order.Cut `json:"restarted,omitempty"`
	ShopTime  time.Time  `json:"shop_time"`
}

// FetchMagentoOrders is step 2 of the flow: it reads one page of changed orders, keeps the documents as received, and
// gives their names.
func (a *Activities) FetchMagentoOrders(ctx context.Context, in FetchMagentoOrdersInput) (*FetchMagentoOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	asked := i.now()
	page, restarted, err := a.page(ctx, i, in)
	if err != nil {
		return nil, fail(err, nil)
	}
	after := in.After
	if restarted != nil {
		after = *restarted
	}
	bound(page, after, in.Until)
	refs, nameless, err := a.keep(ctx, in.Instance, append(page.Documents, page.Future...), asked)
	if err != nil {
		return nil, err
	}
	return &FetchMagentoOrdersResult{Refs: refs, Next: page.Next, Done: page.Done, Nameless: nameless, MoreFuture: page.MoreFuture, Restarted: restarted, ShopTime: page.ShopTime}, nil
}

// page reads the page behind a cut. Where the cut lies in the shop's future, nothing would be found until its time has come:
// then reading goes back to what had changed, by the shop's clock of now, when the latest complete reading began.
func (a *Activities) page(ctx context.Context, i Instance, in FetchMagentoOrdersInput) (page *magento.Page, restarted *order.Cut, err error) {
	page, err = i.Pages.Next(ctx, in.After)
	if err != nil || !page.Ahead {
		return page, nil, err
	}
	restarted = &order.Cut{UpdatedAt: i.SyncFrom}
	if !in.CaughtUp.IsZero() {
		shop := page.ShopTime
		if shop.IsZero() {
			shop = i.now()
		}
		restarted.UpdatedAt = shop.Add(in.CaughtUp.Sub(i.now()) - i.Overlap).UTC().Truncate(time.Second)
	}
	page, err = i.Pages.Next(ctx, *restarted)
	if err == nil && page.Ahead { // reading is to begin on a day to come
		page.Done = true
		return page, nil, nil
	}
	return page, restarted, err
}

// bound ends the page at the first document that changed after until.
func bound(page *magento.Page, after order.Cut, until time.Time) {
	if until.IsZero() {
		return
	}
	for n, d := range page.Documents {
		if d.Fault != "" || !d.UpdatedAt.After(until) {
			continue
		}
		page.Documents, page.Next, page.Done = page.Documents[:n], after, true
		for _, kept := range page.Documents {
			if !kept.UpdatedAt.IsZero() {
				page.Next = order.Cut{UpdatedAt: kept.UpdatedAt, EntityID: kept.EntityID}
			}
		}
		return
	}
}

// keep stores documents as received, and names each once. asked is when Magento was asked for them.
func (a *Activities) keep(ctx context.Context, instance string, documents []magento.Document, asked time.Time) (refs []store.PayloadRef, nameless int, err error) {
	refs = []store.PayloadRef{}
	var payloads []store.NewPayload
	for _, d := range documents {
		key, err := d.Key(instance)
		if err != nil {
			nameless++
			a.log.Error("Magento document without a name", "instance", instance, "error", err)
			continue
		}
		if d.Fault != "" {
			if err := a.holdBroken(ctx, key, d); err != nil {
				return nil, 0, err
			}
			continue
		}
		ref := store.PayloadRef{Key: key, Hash: magento.PayloadHash(d.Raw), UpdatedAt: d.UpdatedAt, ReadAt: asked}
		refs = append(refs, ref)
		payloads = append(payloads, store.NewPayload{PayloadRef: ref, Raw: d.Raw})
	}
	return refs, nameless, a.store.PutPayloads(ctx, payloads)
}

// holdBroken holds an order that Magento itself cannot show, under its entity_id, until it can.
func (a *Activities) holdBroken(ctx context.Context, key order.Key, d magento.Document) error {
	reason := &order.Reason{Code: "magento_cannot_show", Field: "entity_id", Message: fmt.Sprintf("Magento cannot show the order with entity_id %d: %s", d.EntityID, short(d.Fault)),
		Hint: fmt.Sprintf("Mend the order in Magento (its log names the cause); it comes in by itself when it changes, or resync %s.", magento.StandIn(d.EntityID))}
	_, err := a.store.Change(ctx, key, func(doc *store.Staged) error {
		if doc.Status == order.Held && doc.Reason != nil && *doc.Reason == *reason {
			return store.ErrUnchanged
		}
		if doc.Rev == 0 {
			doc.StagedAt, doc.PlacedAt, doc.EntityID = now(), now(), d.EntityID
		}
		doc.Status, doc.Reason = order.Held, reason
		doc.Note(event(ctx, "read", string(order.Held), reason.Message))
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
