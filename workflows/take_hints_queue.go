package workflows

import (
	"slices"
	"time"
)

// queue keeps each value once, in the order in which they came. It is asked by its map and gone through by its list: a map
// has no order of its own, and a workflow must do the same each time.
type queue[T comparable] struct {
	list []T
	has  map[T]bool
}

func newQueue[T comparable](list []T) *queue[T] {
	q := &queue[T]{has: map[T]bool{}}
	q.add(list)
	return q
}

// add puts new values behind the others. What it costs depends on how many come, not on how many wait.
func (q *queue[T]) add(more []T) {
	for _, v := range more {
		if !q.has[v] {
			q.has[v] = true
			q.list = append(q.list, v)
		}
	}
}

// take removes up to n values.
func (q *queue[T]) take(n int) []T {
	n = min(n, len(q.list))
	taken := slices.Clone(q.list[:n])
	q.list = q.list[n:]
	for _, v := range taken {
		delete(q.has, v)
	}
	return taken
}

// takeBut removes up to n values, and leaves those that are left out where they are.
func (q *queue[T]) takeBut(out map[T]int, n int) (taken []T) {
	var left []T
	for i, v := range q.list {
		if len(taken) == n {
			left = append(left, q.list[i:]...)
			break
		}
		if out[v] > 0 {
			left = append(left, v)
			continue
		}
		taken = append(taken, v)
		delete(q.has, v)
	}
	q.list = left
	return taken
}

// waiting are the orders that were named and are not being read yet.
type waiting struct {
	keys    *queue[int64]
	numbers *queue[string]
}

func newWaiting(h Hint) waiting {
	return waiting{newQueue(h.EntityIDs), newQueue(h.IncrementIDs)}
}

func (w waiting) add(h Hint) {
	w.keys.add(h.EntityIDs)
	w.numbers.add(h.IncrementIDs)
}

// take removes up to n orders.
func (w waiting) take(n int) Hint {
	keys := w.keys.take(n)
	return Hint{EntityIDs: keys, IncrementIDs: w.numbers.take(n - len(keys))}
}

// takeBut removes up to n orders that are not recent.
func (w waiting) takeBut(r *recent, n int) Hint {
	keys := w.keys.takeBut(r.keys, n)
	return Hint{EntityIDs: keys, IncrementIDs: w.numbers.takeBut(r.numbers, n-len(keys))}
}

func (w waiting) orders() int { return len(w.keys.list) + len(w.numbers.list) }

func (w waiting) empty() bool { return w.orders() == 0 }

// hint is all that waits, to be carried on.
func (w waiting) hint() Hint {
	return Hint{EntityIDs: w.keys.list, IncrementIDs: w.numbers.list}
}

func (h Hint) orders() int { return len(h.EntityIDs) + len(h.IncrementIDs) }

func (h Hint) empty() bool { return h.orders() == 0 }

// recent are the orders of the latest readings, by when these began.
type recent struct {
	readings []pastReading
	// keys and numbers count the readings of each order.
	keys    map[int64]int
	numbers map[string]int
}

type pastReading struct {
	at time.Time
	of Hint
}

func newRecent() *recent {
	return &recent{keys: map[int64]int{}, numbers: map[string]int{}}
}

func (r *recent) add(of Hint, at time.Time) {
	r.readings = append(r.readings, pastReading{at, of})
	for _, key := range of.EntityIDs {
		r.keys[key]++
	}
	for _, number := range of.IncrementIDs {
		r.numbers[number]++
	}
}

// forget leaves out the readings that began by the end.
func (r *recent) forget(end time.Time) {
	for !r.empty() && !r.since().After(end) {
		past := r.readings[0].of
		r.readings = r.readings[1:]
		for _, key := range past.EntityIDs {
			forgetOne(r.keys, key)
		}
		for _, number := range past.IncrementIDs {
			forgetOne(r.numbers, number)
		}
	}
}

func forgetOne[T comparable](of map[T]int, v T) {
	if of[v]--; of[v] == 0 {
		delete(of, v)
	}
}

func (r *recent) empty() bool { return len(r.readings) == 0 }

// many reports whether so many readings began that more are to be put together.
func (r *recent) many() bool { return len(r.readings) >= manyReadings }

// since is when the first of the readings began.
func (r *recent) since() time.Time { return r.readings[0].at }
