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
// show the end of the row of changes, they are asked for. more is true when there are too many.
func (r *Reader) future(ctx context.Context, last *listing, full bool) (found []Document, more bool, err error) {
	from := last.clock().Add(inTheFuture).UTC()
	if !full {
		return datedAfter(last.items, from), false, nil
	}
	for after := (order.Cut{UpdatedAt: from}); full && len(found) < maxFuture; {
		var l *listing
		if l, full, err = r.behind(ctx, after); err != nil {
			return nil, false, err
		}
		found = append(append(found, l.items...), l.broken...)
		if full {
			next := place(l.items[len(l.items)-1])
			full, after = next.After(after), next
		}
	}
	return found, full, nil
}

func datedAfter(items []Document, t time.Time) (future []Document) {
	for _, d := range items {
		if d.UpdatedAt.After(t) {
			future = append(future, d)
		}
	}
	return future
}
