package store_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// What an attempt has put off for a moment is in somebody's hands; what waits for long is not, and would keep the window small for
// days. Fails without: any one condition; of those on the queue, the one that leaves out
// imports (the other is for the index).
func TestCountPutOff_CountsOnlyWhatIsPutOffForAMoment(t *testing.T) {
	s := testkit.Store(t)
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	for key, change := range map[order.Key]func(*store.Staged){
		"main:1:off":       func(d *store.Staged) { d.DueAt = in(30 * time.Second) },
		"main:1:off-too":   func(d *store.Staged) { d.DueAt, d.Manual = in(50*time.Second), true },
		"main:1:import":    func(d *store.Staged) { d.DueAt, d.Import = in(30*time.Second), "run" },
		"main:1:due":       func(d *store.Staged) { d.DueAt = in(-time.Second) },
		"main:1:days":      func(d *store.Staged) { d.DueAt = in(48 * time.Hour) },
		"main:1:young":     func(d *store.Staged) { d.Status, d.DueAt = order.Excluded, in(30*time.Second) },
		"main:1:draft":     func(d *store.Staged) { d.Status, d.DueAt = order.Draft, in(30*time.Second) },
		"main:1:rate":      func(d *store.Staged) { d.Reason, d.DueAt = &order.Reason{Code: "b1_rate_missing"}, in(30*time.Second) },
		"main:1:posted":    func(d *store.Staged) { d.Status, d.DueAt = order.Posted, in(30*time.Second) },
		"other:1:instance": func(d *store.Staged) { d.DueAt = in(30 * time.Second) },
	} {
		stage(t, s, key, change)
	}
	if n, err := s.CountPutOff(t.Context(), "main", in(time.Minute)); err != nil || n != 2 {
		t.Errorf("%d put off, %v; want 2", n, err)
	}
}
