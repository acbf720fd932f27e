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
func gather(ctx context.Context, pages Pages, in FetchMagentoOrdersInput) (*magento.Page, error) {
	began := time.Now()
	all, err := pages.Next(ctx, in.After)
	if err != nil {
		return nil, err
	}
	bound(all, in.After, in.Until)
	until := in.Until
	if until.IsZero() {
		until = all.ShopTime
	}
	last := all.Documents
	for n := 1; n < gatheredPages && !all.Done && time.Since(began) < gatheredFor && roomFor(last, all.Documents); n++ {
		page, err := pages.Next(ctx, all.Next)
		if err != nil {
			break
		}
		bound(page, all.Next, until)
		last = page.Documents
		all.Documents, all.Next, all.Done = append(all.Documents, last...), page.Next, page.Done
	}
	return all, nil
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
