package workflows

import "slices"

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

func (w waiting) empty() bool { return len(w.keys.list)+len(w.numbers.list) == 0 }

// hint is all that waits, to be carried on.
func (w waiting) hint() Hint {
	return Hint{EntityIDs: w.keys.list, IncrementIDs: w.numbers.list}
}
