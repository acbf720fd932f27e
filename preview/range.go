package preview

import (
	"context"
	"errors"
	"runtime"

	"golang.org/x/sync/errgroup"

	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// Range is a part of the staged orders, newest first.
type Range struct {
	Store *store.Store
	// Filter selects the orders; its Limit is how many there may be at most, 0 for all.
	Filter store.Filter
	// Rules are those that are tried: they say whether Magento's documents must be read.
	Rules []*mapping.Rules
}

// ErrEnough ends a range early and without an error, behind the order that was seen last.
var ErrEnough = errors.New("enough orders seen")

// pageSize is how many orders are listed with one question, without their contents: half a megabyte.
const pageSize = 500

// ahead is how many orders may be done or under way before those in front of them are: this bounds the memory, whatever the
// length of the range.
func ahead() int { return 4 * runtime.GOMAXPROCS(0) }

// result is what became of one order; order removed meanwhile have none.
type result[T any] struct {
	at    store.Position
	value T
	gone  bool
	err   error
}

// Each gives the orders of a range to try, on as many goroutines as there are processors, and what comes of them to see, one
// by one, in the order of the range. next is where to go on when there is more than Filter.Limit, or see had enough; nil at
// the end. An error of the store, of see, or the end of ctx ends it early.
func Each[T any](ctx context.Context, r Range, try func(Subject) T, see func(T) error) (next *store.Position, err error) {
	ctx, cancel := context.WithCancel(ctx)
	queue := make(chan chan result[T], ahead())
	var listed error
	var more bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(queue)
		more, listed = feed(ctx, r, queue, try)
	}()
	defer func() {
		cancel()
		<-done
	}()
	var last *store.Position
	for slot := range queue {
		got := <-slot
		switch {
		case got.err != nil:
			return last, got.err
		case got.gone:
			continue
		}
		last = &got.at
		if err := see(got.value); err != nil {
			if errors.Is(err, ErrEnough) {
				return last, nil
			}
			return last, err
		}
	}
	<-done
	if listed != nil || !more {
		return nil, listed
	}
	return last, nil
}

// feed lists the range and starts the work on each order; the slots in queue are filled in any order.
func feed[T any](ctx context.Context, r Range, queue chan<- chan result[T], try func(Subject) T) (more bool, err error) {
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	defer func() { _ = workers.Wait() }() // they give no errors
	left := r.Filter.Limit
	f := r.Filter
	for {
		f.Limit = pageSize
		if left > 0 {
			f.Limit = min(left+1, pageSize) // one more tells whether there is more
		}
		page, err := r.Store.List(ctx, f)
		if err != nil {
			return false, err
		}
		for _, doc := range page {
			if r.Filter.Limit > 0 && left == 0 {
				return true, nil
			}
			left--
			slot := make(chan result[T], 1)
			select {
			case queue <- slot:
			case <-ctx.Done():
				return false, ctx.Err()
			}
			at := store.Position{PlacedAt: doc.PlacedAt, Key: doc.Key}
			workers.Go(func() error {
				slot <- one(ctx, r, at, try)
				return nil
			})
			f.After = &at
		}
		if len(page) < f.Limit {
			return false, nil
		}
	}
}

// one reads one order and tries the rules on it.
func one[T any](ctx context.Context, r Range, at store.Position, try func(Subject) T) result[T] {
	subject, err := Read(ctx, r.Store, at.Key, r.Rules...)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return result[T]{at: at, gone: true} // removed since it was listed
	case err != nil:
		return result[T]{at: at, err: err}
	}
	return result[T]{at: at, value: try(subject)}
}

// Read makes the subject of the staged order under a key; store.ErrNotFound where there is none.
func Read(ctx context.Context, db *store.Store, key order.Key, rules ...*mapping.Rules) (Subject, error) {
	doc, err := db.Get(ctx, key)
	if err != nil {
		return Subject{}, err
	}
	return FromStore(ctx, db, doc, rules...)
}
