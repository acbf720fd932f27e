package magento

import (
	"context"
	"time"

	"datawald/order"
)

// This file deals with clocks that were wrong. A shop whose clock ran ahead, or whose rows were imported with dates of
// their own, holds orders that changed "tomorrow". Read in their place they would stay unseen until tomorrow, and a cut
// that had followed them would hide all that changes until then.

// inTheFuture is how far behind the shop's clock a date must lie to count as wrong: database and web server may differ by
// seconds.
const inTheFuture = time.Minute

// maxFuture bounds the pages of such orders that one reading looks at. They are few, or the clock is wrong now.
const maxFuture = 20

// future gives the orders that are dated after the shop's clock, at the end of a reading. When the last listing did not
// show the end of the row of changes, they are asked for.
func (r *Reader) future(ctx context.Context, last *listing, full bool) (found []Document, err error) {
	from := last.clock().Add(inTheFuture).UTC()
	if !full {
		return datedAfter(last.items, from), nil
	}
	after := order.Cut{UpdatedAt: from}
	for range maxFuture {
		l, full, err := r.behind(ctx, after)
		if err != nil {
			return nil, err
		}
		found = append(append(found, l.items...), l.broken...)
		if !full || !place(l.items[len(l.items)-1]).After(after) {
			break
		}
		after = place(l.items[len(l.items)-1])
	}
	return found, nil
}

func datedAfter(items []Document, t time.Time) (future []Document) {
	for _, d := range items {
		if d.UpdatedAt.After(t) {
			future = append(future, d)
		}
	}
	return future
}
