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

// maxFuture bounds how many such orders one reading looks at, since every reading does so again.
const maxFuture = 2000

// future gives the orders that are dated after the shop's clock, at the end of a reading. When the last listing did not
// show the end of the row of changes, they are asked for.
func (r *Reader) future(ctx context.Context, last *listing, full bool) (found []Document, more bool, err error) {
	if !full {
		return datedAfter(last.items, last.clock().Add(inTheFuture)), false, nil
	}
	return r.Future(ctx, last.clock())
}

// Future asks for the orders that are dated after the shop's clock. more is true when there are too many, or too large ones,
// to look at all of them.
func (r *Reader) Future(ctx context.Context, shop time.Time) (found []Document, more bool, err error) {
	bytes := 0
	for after := (order.Cut{UpdatedAt: shop.Add(inTheFuture).UTC()}); len(found) < maxFuture && bytes < maxAnswer; {
		l, full, err := r.behind(ctx, after)
		if err != nil {
			return nil, false, err
		}
		found = append(append(found, l.items...), l.broken...)
		for _, d := range l.items {
			bytes += len(d.Raw)
		}
		if !full {
			return found, false, nil
		}
		next := place(l.items[len(l.items)-1])
		if !next.After(after) {
			return found, true, nil
		}
		after = next
	}
	return found, true, nil
}

func datedAfter(items []Document, t time.Time) (future []Document) {
	for _, d := range items {
		if d.UpdatedAt.After(t) {
			future = append(future, d)
		}
	}
	return future
}
