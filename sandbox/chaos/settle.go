package chaos

import (
	"context"
	"fmt"
	"maps"
	"time"

	"datawald/order"
)

// Counts take longer the more orders there are: ask seldom, so that asking takes no more than a twentieth of the time.
const (
	leastPause = 3 * time.Second
	pauseShare = 20 // times as long as the question took
)

// settled waits until every order is in the state in which it has to end. It gives up, and says what is open, when nothing has
// changed for long or time is up.
func (w *world) settled(ctx context.Context) (open string, err error) {
	last, changed := map[order.Status]int64{}, time.Now()
	for pause := leastPause; sleep(ctx, pause); {
		if len(w.shop.Orders()) < w.options.Orders || w.hidden.Load() > 0 {
			changed = time.Now()
			continue
		}
		began := time.Now()
		counts, err := w.db.Counts(ctx, instance)
		pause = max(leastPause, pauseShare*time.Since(began))
		if err != nil {
			continue // the store may have been killed
		}
		wanted := w.wanted()
		if maps.Equal(counts, wanted) {
			return "", nil
		}
		if !maps.Equal(counts, last) {
			last, changed = counts, time.Now()
		}
		open = fmt.Sprintf("the orders are %v, want %v", compact(counts), compact(wanted))
		w.say("all are placed; %s", open)
		if time.Since(changed) > w.options.Stall {
			return fmt.Sprintf("nothing has changed for %s: %s", w.options.Stall, open), nil
		}
	}
	if open == "" {
		open = "not all orders were placed"
	}
	return fmt.Sprintf("the time is up: %s", open), nil
}

// wanted is how many orders have to end in each state.
func (w *world) wanted() map[order.Status]int64 {
	counts := map[order.Status]int64{}
	for _, state := range order.Statuses() {
		counts[state] = 0
	}
	for _, p := range w.shop.Orders() {
		counts[want(p)]++
	}
	return counts
}

// compact leaves out the states in which no order is.
func compact(counts map[order.Status]int64) map[order.Status]int64 {
	some := maps.Clone(counts)
	maps.DeleteFunc(some, func(_ order.Status, n int64) bool { return n == 0 })
	return some
}

// progress says now and then how far it is.
func (w *world) progress(ctx context.Context) error {
	began, last := time.Now(), 0
	for sleep(ctx, 15*time.Second) {
		placed, inB1, kills := len(w.shop.Orders()), w.company.Count(), 0
		for _, p := range w.keeper.parts {
			p.mu.Lock()
			kills += p.kills
			p.mu.Unlock()
		}
		w.say("%4.0f s: %d placed, %d in B1 (%.1f/s), %d for B1 still, %d kills", time.Since(began).Seconds(), placed, inB1, float64(inB1-last)/15, w.backlog(), kills)
		last = inB1
	}
	return nil
}
