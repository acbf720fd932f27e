package gate

import (
	"context"
	"sync"
	"sync/atomic"
)

// turns lets one writer at a time into each database and remembers the collections that need no index any more.
type turns struct {
	mu        sync.Mutex
	databases map[string]*turn
}

// turn belongs to one database. It is held for the whole of a writing command, from the first look at a document to FerretDB's reply.
type turn struct {
	held    chan struct{}
	waiting atomic.Int32    // those who wait for it
	indexed map[string]bool // collections that the hook has seen to
}

// Lock waits for the turn. Who has waited longest gets it next: of a mutex who gives it back and wants it again gets it first, and a
// writer would wait for all indexes that are made anew.
func (t *turn) Lock() { _ = t.lock(context.Background()) }

// lock is Lock, unless ctx ends before: then the turn is not given.
func (t *turn) lock(ctx context.Context) error {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case t.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Unlock gives the turn to the next.
func (t *turn) Unlock() { <-t.held }

func newTurns() *turns { return &turns{databases: map[string]*turn{}} }

// of returns the turn of a database.
func (t *turns) of(database string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()

	if t.databases[database] == nil {
		t.databases[database] = &turn{held: make(chan struct{}, 1), indexed: map[string]bool{}}
	}
	return t.databases[database]
}
