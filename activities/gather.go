package activities

import (
	"context"
	"time"

	"datawald/magento"
	"datawald/order"
)

// Limits of what one activity reads. An activity through Temporal takes as long as staging a few dozen orders, so that
// small pages are put together; but what is read must fit in memory, and a slow shop must not make it run into its limit.
const (
	gatheredPages  = 3
	gatheredOrders = 300
	gatheredBytes  = 3 << 20
	gatheredFor    = 10 * time.Second
)

// gather reads the first page, and more as long as another like the last one stays within the limits. A later page that
// cannot be read ends it: what is there is staged first, and whoever reads on meets the error.
func gather(ctx context.Context, i Instance, in FetchMagentoOrdersInput) (all *magento.Page, restarted *order.Cut, err error) {
	began := time.Now()
	all, restarted, err = firstPage(ctx, i, in)
	if err != nil {
		return nil, nil, err
	}
	after := in.After
	if restarted != nil {
		after = *restarted
	}
	bound(all, after, in.Until)
	until := in.Until
	if until.IsZero() {
		until = all.ShopTime
	}
	last := all.Documents
	for n := 1; n < gatheredPages && !all.Done && time.Since(began) < gatheredFor && roomFor(last, all.Documents); n++ {
		page, err := i.Pages.Next(ctx, all.Next)
		if err != nil || page.Ahead {
			break
		}
		bound(page, all.Next, until)
		last = page.Documents
		all.Documents, all.Next, all.Done = append(all.Documents, last...), page.Next, page.Done
		all.Future, all.MoreFuture = page.Future, page.MoreFuture
	}
	return all, restarted, nil
}

// firstPage reads the page behind the cut. Where the cut lies in the shop's future, nothing would be found until its time has
// come: then reading goes back to what had changed, by the shop's clock of now, when the latest complete reading began.
func firstPage(ctx context.Context, i Instance, in FetchMagentoOrdersInput) (page *magento.Page, restarted *order.Cut, err error) {
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

// roomFor reports whether another page like the last one may be added.
func roomFor(last, all []magento.Document) bool {
	return len(last)+len(all) <= gatheredOrders && bytesOf(last)+bytesOf(all) <= gatheredBytes
}

func bytesOf(documents []magento.Document) (bytes int) {
	for _, d := range documents {
		bytes += len(d.Raw)
	}
	return bytes
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
