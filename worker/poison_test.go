package main

import (
	"testing"

	"datawald/order"
	"datawald/sandbox/magentosim"
)

// One order that breaks every list it is in keeps no other from being read.
func TestAnOrderThatBreaksTheListIsReadByItselfOrHeld(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults func(*magentosim.Faults)
		held   int64
	}{
		"500 in lists, fine by itself": {func(f *magentosim.Faults) {}, 0},
		"404 in lists, fine by itself": {func(f *magentosim.Faults) { f.PoisonStatus = 404 }, 0},
		"500 in lists, 404 by itself":  {func(f *magentosim.Faults) { f.PoisonGetMissing = true }, 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			var placed []magentosim.Placed
			for range 30 {
				placed = append(placed, w.place("simple", 1))
			}
			broken := []magentosim.Placed{placed[4], placed[5], placed[29]}
			if err := w.shop.SetFaults(func(f *magentosim.Faults) {
				for _, p := range broken {
					f.PoisonEntityIDs = append(f.PoisonEntityIDs, int64(p.EntityID))
				}
				tc.faults(f)
			}); err != nil {
				t.Fatal(err)
			}
			w.startWorker()
			if run := w.sync(); len(run.Errors) != 0 {
				t.Errorf("errors %v", run.Errors)
			}
			if c := w.counts(); c[order.Held] != tc.held || c[order.Pending] != 0 || total(c) != 30 {
				t.Errorf("counts %v, want all 30, and %d of them held", c, tc.held)
			}
			w.shop.ClearFaults()
			for _, p := range broken { // somebody mends them
				if err := w.shop.Update(int64(p.EntityID), func(d map[string]any) { d["customer_note"] = "mended" }); err != nil {
					t.Fatal(err)
				}
			}
			w.eventually("none is held", func() bool { w.sync(); return w.counts()[order.Held] == 0 })
			w.checkLedger()
		})
	}
}

func TestAPageLimitOfTheShopIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, magentosim.Config{Seed: 7, Orders: 40, OAuth: signIn, MaxPageSize: 7})
	w.startWorker()
	if run := w.sync(); len(run.Errors) != 0 || run.Counts.Read != 40 {
		t.Errorf("read %d with errors %v, want all 40", run.Counts.Read, run.Errors)
	}
	w.checkLedger()
}
