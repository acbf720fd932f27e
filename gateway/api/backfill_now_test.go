package api_test

import (
	"testing"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// Many open pages ask at once, and whenever an order changes: they are told of one count. Fails without: until in tally.of; forget.
func TestBackfill_IsNotCountedForEachWhoAsks(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key(1, "1"), func(d *store.Staged) { d.Import = "run" })
	first, again, anew := api.CountedTwice(t.Context(), w.db, w.instance, "run", func() {
		w.staged(w.key(1, "2"), func(d *store.Staged) { d.Import = "run" })
	})
	if first.Orders[order.Pending] != 1 || first.Waiting != 1 || !again.At.Equal(first.At) || again.Orders[order.Pending] != 1 {
		t.Errorf("first %+v, then %+v", first, again)
	}
	if anew.Orders[order.Pending] != 2 || !anew.At.After(first.At) {
		t.Errorf("after it was forgotten: %+v", anew)
	}
}
