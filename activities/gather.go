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
	ended := bound(all, after, in.Until)
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
		ended = bound(page, all.Next, until)
		last = page.Documents
		all.Documents, all.Next, all.Done = append(all.Documents, last...), page.Next, page.Done
		all.Future, all.MoreFuture = page.Future, page.MoreFuture
	}
	if ended { // the reader has not come to the end, and so not to what is dated behind it
		all.Future, all.MoreFuture, err = i.Pages.Future(ctx, until)
	}
	return all, restarted, err
}

// firstPage reads the page behind the cut. A shop's clock that was set back stamps what changes now with times that are read
// already: then reading goes back to what had changed, by the clock of now, when the reading before this one began.
func firstPage(ctx context.Context, i Instance, in FetchMagentoOrdersInput) (page *magento.Page, restarted *order.Cut, err error) {
	asked := i.now()
	page, err = i.Pages.Next(ctx, in.After)
	if err != nil {
		return nil, nil, err
	}
	back := goBack(page, asked, i, in)
	if back == nil {
		return page, nil, nil
	}
	page, err = i.Pages.Next(ctx, *back)
	if err == nil && page.Ahead { // reading is to begin on a day to come
		page.Done = true
		return page, nil, nil
	}
	return page, back, err
}

// clockTolerance is how far the shop's clock may run slow between two readings: they note whole seconds, and a reading may
// have waited for its first answer. The overlap covers as much.
const clockTolerance = time.Minute

// goBack is where reading must begin instead of where it did; nil when it is right there.
func goBack(page *magento.Page, asked time.Time, i Instance, in FetchMagentoOrdersInput) *order.Cut {
	shop, last := page.ShopTime, in.Latest
	if shop.IsZero() {
		shop = asked
	}
	since := asked.Sub(last.Began)
	switch {
	case last.Began.IsZero() && page.Ahead:
		return &order.Cut{UpdatedAt: i.SyncFrom}
	case page.Ahead, !last.ShopTime.IsZero() && shop.Before(last.ShopTime.Add(since-clockTolerance)):
	default:
		return nil
	}
	back := order.Cut{UpdatedAt: shop.Add(-since - i.Overlap).UTC().Truncate(time.Second)}
	if !in.After.After(back) {
		return nil
	}
	return &back
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

// bound ends the page at the first document that changed after until. ended is true when it would have gone on.
func bound(page *magento.Page, after order.Cut, until time.Time) (ended bool) {
	if until.IsZero() {
		return false
	}
	for n, d := range page.Documents {
		if d.Fault != "" || !d.UpdatedAt.After(until) {
			continue
		}
		ended = !page.Done
		page.Documents, page.Next, page.Done = page.Documents[:n], after, true
		for _, kept := range page.Documents {
			if !kept.UpdatedAt.IsZero() {
				page.Next = order.Cut{UpdatedAt: kept.UpdatedAt, EntityID: kept.EntityID}
			}
		}
		return ended
	}
	return false
}
