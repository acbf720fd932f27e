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
	// recountLimit is how long a count may take.
	recountLimit = 5 * time.Second
)

// tally counts the orders of backfills that are under way, not more often than is cheap: every open page asks whenever an order changes.
type tally struct {
	count func(ctx context.Context, instance, run string) (map[order.Status]int, int, error)
	clock func() time.Time

	mu     sync.Mutex
	counts map[string]*reckoning
}

// reckoning is what was counted of one backfill, nil when it could not be, and until when that serves. Who has the turn counts.
type reckoning struct {
	turn  chan struct{}
	now   *BackfillNow
	until time.Time
}

func newTally(db *store.Store) *tally {
	return &tally{clock: time.Now, counts: map[string]*reckoning{}, count: func(ctx context.Context, instance, run string) (map[order.Status]int, int, error) {
		orders, err := db.CountImported(ctx, instance, run)
		if err != nil {
			return nil, 0, err
		}
		waiting, err := db.PendingImports(ctx, instance)
		return orders, waiting, err
	}}
}

// of gives how the orders stand that the run with this record has brought; nil when nobody knows in time, and then the record alone is shown. A count goes on when
// who asked goes away: those who wait have use of it.
func (t *tally) of(ctx context.Context, instance, run string) *BackfillNow {
	t.mu.Lock()
	c := t.counts[run]
	if c == nil {
		c = &reckoning{turn: make(chan struct{}, 1)}
		t.counts[run] = c
	}
	t.mu.Unlock()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil
	}
	if began := t.clock(); began.After(c.until) {
		counting, cancel := context.WithTimeout(context.WithoutCancel(ctx), recountLimit)
		defer cancel()
		c.now = nil
		if orders, waiting, err := t.count(counting, instance, run); err == nil {
			c.now = &BackfillNow{At: began.UTC(), Orders: orders, Waiting: waiting}
		}
		ended := t.clock()
		c.until = ended.Add(max(recountAfter, recountShare*ended.Sub(began)))
	}
	return c.now
}

// forget drops what was counted of a backfill that has ended.
func (t *tally) forget(run string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.counts, run)
}
