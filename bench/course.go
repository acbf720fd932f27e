package main

import (
	"context"
	"slices"
	"time"

	"datawald/order"
	"datawald/store"
)

// course is how a backlog went, by the moments in which the store was told that B1 has an order. All of the backlog is visible in Magento when
// the run begins. Times are in seconds.
type course struct {
	// P50 and P99 are of the times from visible in Magento to posted.
	P50 float64 `json:"p50_s"`
	P99 float64 `json:"p99_s"`
	// First is the start: until the first order was posted.
	First float64 `json:"first_s"`
	// Tail is from when no more orders are left than B1 takes at once, until the run is closed.
	Tail float64 `json:"tail_s"`
	// MiddlePerSecond is the rate of the second and third quarter of the orders: what a long backlog would do, without start and tail. It is
	// zero where there are too few orders to tell.
	MiddlePerSecond float64 `json:"middle_orders_per_second"`
}

// courseOf reckons from the moments in which orders were posted, in any order; there is one at least.
func courseOf(at []time.Time, began, ended time.Time, atOnce int) course {
	took := make([]time.Duration, len(at))
	for n, t := range at {
		took[n] = t.Sub(began)
	}
	slices.Sort(took)
	c := course{P50: seconds(quantile(took, 0.5)), P99: seconds(quantile(took, 0.99)), First: seconds(took[0])}
	full := took[max(len(took)-atOnce-1, 0)] // behind it are atOnce
	c.Tail = seconds(ended.Sub(began) - full)
	from, to := len(took)/4, 3*len(took)/4
	if middle := took[to] - took[from]; middle > 0 {
		c.MiddlePerSecond = round(float64(to-from) / middle.Seconds())
	}
	return c
}

// quantile is the value that a share of the sorted ones does not exceed.
func quantile(sorted []time.Duration, share float64) time.Duration {
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func seconds(d time.Duration) float64 { return round(d.Seconds()) }

// postedAt are the moments in which the posted orders were stored as such.
func (s *scene) postedAt(ctx context.Context) (at []time.Time, err error) {
	const page = 500
	for f := (store.Filter{Instance: instance, Status: order.Posted, Limit: page}); ; {
		some, err := s.db.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for n := range some {
			doc, err := s.db.Get(ctx, some[n].Key) // the list has no timelines
			if err != nil {
				return nil, err
			}
			at = append(at, verified(doc))
		}
		if len(some) < page {
			return at, nil
		}
		last := some[len(some)-1]
		f.After = &store.Position{PlacedAt: last.PlacedAt, Key: last.Key}
	}
}

// verified is when the store was told that B1 has the order; zero if it was not.
func verified(doc *store.Staged) (at time.Time) {
	for _, e := range doc.Timeline {
		if e.Step == "verified" {
			at = e.At
		}
	}
	return at
}
