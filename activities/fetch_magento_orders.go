package activities

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"datawald/activities/failpoint"
	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// FetchMagentoOrdersInput says where in the shop to read on.
type FetchMagentoOrdersInput struct {
	Instance string    `json:"instance"`
	After    order.Cut `json:"after"`
	// Until ends the reading at what had changed by then, by the shop's clock; zero with the first page. Without it a reading
	// would follow a busy shop for as long as it may, while orders wait for B1.
	Until time.Time `json:"until,omitzero"`
	// Latest is the reading before this one; given with the first page. Reading goes back to when it began, when the shop's
	// clock was set back since.
	Latest store.Reading `json:"latest,omitzero"`
}

// FetchMagentoOrdersResult names the documents that were read; they themselves are in the store.
type FetchMagentoOrdersResult struct {
	Refs []store.PayloadRef `json:"refs"`
	// Next is where reading goes on, and how far the cut may move once these documents are staged.
	Next order.Cut `json:"next"`
	// Done is true when the reader has caught up with the shop.
	Done bool `json:"done"`
	// MoreFuture is true when more orders are dated after the shop's clock than one reading stages.
	MoreFuture bool `json:"more_future,omitempty"`
	// Restarted is where the page begins when the shop's clock was set back, and After lay too far on.
	Restarted *order.Cut `json:"restarted,omitempty"`
	ShopTime  time.Time  `json:"shop_time"`
}

// FetchMagentoOrders is step 2 of the flow: it reads a page of changed orders, or a few where they are small, keeps the
// documents as received, and gives their names.
func (a *Activities) FetchMagentoOrders(ctx context.Context, in FetchMagentoOrdersInput) (*FetchMagentoOrdersResult, error) {
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	asked := i.now()
	page, restarted, err := gather(ctx, i, in)
	if err != nil {
		return nil, fail(err, nil)
	}
	refs, err := a.keep(ctx, in.Instance, append(page.Documents, page.Future...), asked)
	if err != nil {
		return nil, err
	}
	return &FetchMagentoOrdersResult{Refs: refs, Next: page.Next, Done: page.Done, MoreFuture: page.MoreFuture, Restarted: restarted, ShopTime: page.ShopTime}, nil
}

// keep stores documents as received and names each once. Those that Magento cannot show are held. asked is when Magento was
// asked for them.
func (a *Activities) keep(ctx context.Context, instance string, documents []magento.Document, asked time.Time) (refs []store.PayloadRef, err error) {
	var payloads []store.NewPayload
	for _, d := range documents {
		key, err := d.Key(instance)
		if err != nil {
			return nil, err
		}
		if d.Fault != "" {
			if err := a.holdBroken(ctx, key, d); err != nil {
				return nil, err
			}
			continue
		}
		payloads = append(payloads, store.NewPayload{PayloadRef: store.PayloadRef{Key: key, UpdatedAt: d.UpdatedAt, ReadAt: asked}, Raw: d.Raw})
	}
	if err := a.keepAll(ctx, payloads); err != nil {
		return nil, err
	}
	refs = make([]store.PayloadRef, len(payloads))
	for n, p := range payloads {
		refs[n] = p.PayloadRef
	}
	return refs, nil
}

// keptAtOnce is how many documents are stored with one call.
const keptAtOnce = 25

// keepAll names each document by its hash and stores it; while the store works on some, the next are hashed.
func (a *Activities) keepAll(ctx context.Context, payloads []store.NewPayload) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stagedAtOnce)
	for some := range slices.Chunk(payloads, keptAtOnce) {
		g.Go(func() error {
			for n := range some {
				some[n].Hash = magento.PayloadHash(some[n].Raw)
			}
			if err := a.store.PutPayloads(ctx, some); err != nil {
				return err
			}
			a.inHand.put(some)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	failpoint.Hit(failpoint.PayloadsStored)
	return nil
}
