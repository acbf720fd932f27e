package chaos

import (
	"context"
	"math/rand/v2"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
)

const (
	// maxBacklog is how far the customers may be ahead of B1: they go on ordering, and not all in the first minute.
	maxBacklog = 1000
	placeEvery = 200 * time.Millisecond
	// reserved is the most that is kept back for the kills, and forAKill what is placed of it at a time: it has to last for all of them.
	reserved, forAKill = 100, 4
)

// placing lets customers order, all along, until there are as many orders as wanted. Some orders are seen late, as those of
// a long transaction are; some are paid after a while.
func (w *world) placing(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.options.Seed, 4))
	for left := w.options.Orders - w.options.Orders/startShare; left > 0; {
		if !sleep(ctx, placeEvery) {
			return nil
		}
		w.payLater(r)
		if w.backlog() >= maxBacklog || left <= w.reserve() && !w.load.wanted.Load() {
			continue
		}
		some := r.IntN(12)
		if left <= w.reserve() {
			some = forAKill
		}
		for n := min(left, some); n > 0; n-- {
			if err := w.place(r.IntN(50) == 0, between(r, 500*time.Millisecond, 4*time.Second)); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

// reserve is how many orders the customers keep back, until each process was killed while B1 had orders to get: a short run would be
// over before. They place some of them whenever a kill waits for orders.
func (w *world) reserve() int {
	if w.load.kinds() == len(w.keeper.parts) {
		return 0
	}
	return min(w.options.Orders/3, reserved)
}

// backlog is how many orders B1 is still to get.
func (w *world) backlog() int {
	n := -w.company.Count()
	for _, p := range w.shop.Orders() {
		if want(p) == order.Posted {
			n++
		}
	}
	return n
}

func (w *world) place(late bool, after time.Duration) error {
	p, err := w.shop.Place(magentosim.Placement{Uncommitted: late})
	if err != nil || !late {
		return err
	}
	w.hidden.Add(1)
	time.AfterFunc(after, func() {
		_ = w.shop.Commit(p.EntityID) // it is there: it was placed above
		w.hidden.Add(-1)
	})
	return nil
}

// payLater has one of the orders that wait for their payment paid.
func (w *world) payLater(r *rand.Rand) {
	if r.IntN(5) != 0 {
		return
	}
	for _, p := range w.shop.Orders() {
		if p.State != "pending_payment" || w.unpaid[p.EntityID] {
			continue
		}
		if r.IntN(2) == 0 {
			w.unpaid[p.EntityID] = true // it never is
			continue
		}
		_ = w.shop.Update(p.EntityID, func(doc map[string]any) { // it is there: it was listed
			doc["state"], doc["status"] = "processing", "processing"
			doc["total_paid"], doc["base_total_paid"] = doc["grand_total"], doc["base_grand_total"]
		})
		return
	}
}

// want is the state in which an order has to end by the rules of the run.
func want(p magentosim.Placed) order.Status {
	switch p.State {
	case "canceled":
		return order.Cancelled
	case "closed", "holded", "pending_payment", "payment_review":
		return order.Excluded
	}
	if p.Kind == magentosim.KindForgotten || p.OrderCurrency == "CAD" {
		return order.Held // B1 has neither that item nor that currency
	}
	return order.Posted
}
