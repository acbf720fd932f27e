package api

import (
	"context"
	"sync"
	"time"

	"datawald/order"
	"datawald/store"
)

// BackfillNow is how the orders of a backfill stand at a moment, counted in the store: its record is written once a minute.
type BackfillNow struct {
	At      time.Time            `json:"at" doc:"Of which moment this is"`
	Orders  map[order.Status]int `json:"orders" doc:"The orders that it has brought, by the state in which they are"`
	Waiting int                  `json:"waiting" doc:"Imports of the instance that wait for B1, those of earlier backfills among them"`
}

const (
	// recountAfter is how long a count serves all who ask, at least.
	recountAfter = 2 * time.Second
	// recountShare bounds what counting costs: for each second that it took, nobody counts again for so many.
	recountShare = 20
)

// tally counts the orders of backfills that are under way, not more often than is cheap: every open page asks whenever an order changes.
type tally struct {
	store *store.Store

	mu     sync.Mutex
	counts map[string]*reckoning
}

// reckoning is what was counted of one backfill, and until when it serves. Who has mu counts.
type reckoning struct {
	mu    sync.Mutex
	now   BackfillNow
	until time.Time
}

func newTally(db *store.Store) *tally { return &tally{store: db, counts: map[string]*reckoning{}} }

// of gives how the orders stand that the run with this record has brought.
func (t *tally) of(ctx context.Context, instance, run string) (*BackfillNow, error) {
	t.mu.Lock()
	c := t.counts[run]
	if c == nil {
		c = &reckoning{}
		t.counts[run] = c
	}
	t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if began := time.Now(); began.After(c.until) {
		orders, err := t.store.CountImported(ctx, instance, run)
		if err != nil {
			return nil, err
		}
		waiting, err := t.store.PendingImports(ctx, instance)
		if err != nil {
			return nil, err
		}
		c.now = BackfillNow{At: began.UTC(), Orders: orders, Waiting: waiting}
		c.until = time.Now().Add(max(recountAfter, recountShare*time.Since(began)))
	}
	now := c.now
	return &now, nil
}

// forget drops what was counted of a backfill that has ended.
func (t *tally) forget(run string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.counts, run)
}
