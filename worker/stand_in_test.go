package main

import (
	"errors"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// due lets the time come at which Magento is asked again for an order that it could not show.
func (w *world) due(p magentosim.Placed) {
	w.t.Helper()
	if _, err := w.db.Change(w.t.Context(), w.standIn(p), func(doc *store.Staged) error {
		doc.DueAt = time.Now().Add(-time.Second)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// An order that Magento could not show comes in by itself when it can, though nothing of it has changed.
func TestOrdersThatMagentoCouldNotShowComeInByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	broken := w.place("simple", 1)
	if err := w.shop.Update(broken.EntityID, func(doc map[string]any) { doc["updated_at"] = "2026-01-02 03:04:05" }); err != nil {
		t.Fatal(err) // so old that no run reads it a second time
	}
	w.breaks(broken)
	w.startWorker()
	w.sync()
	held, err := w.db.Get(t.Context(), w.standIn(broken))
	if err != nil || held.Status != order.Held || !held.Reread || !held.DueAt.After(time.Now().Add(4*time.Minute)) {
		t.Fatalf("its stand-in is %+v, %v; want it held, and Magento asked again in some minutes", held, err)
	}
	lines := len(held.Timeline)

	w.due(broken)
	w.sync() // it still cannot be shown
	held, err = w.db.Get(t.Context(), w.standIn(broken))
	if err != nil || !held.Reread || !held.DueAt.After(time.Now().Add(4*time.Minute)) || len(held.Timeline) != lines {
		t.Fatalf("asked again in vain it is %+v, %v; want it to wait on, without another line", held, err)
	}
	w.shop.ClearFaults()
	if run := w.sync(); run.Counts.New != 0 {
		t.Errorf("Magento is asked before the time has come: %+v", run.Counts)
	}
	w.due(broken)
	w.sync()
	w.sync() // takes to B1 what the one before has staged
	if doc := w.get(broken); doc.Status != order.Posted {
		t.Errorf("once it can be shown it is %s (%v), want it posted", doc.Status, doc.Reason)
	}
	if _, err := w.db.Get(t.Context(), w.standIn(broken)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its stand-in: %v, want none", err)
	}
	w.checkLedger()
}

func TestAnOrderThatIsDeletedInMagentoIsNotWaitedForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	broken := w.place("simple", 1)
	w.breaks(broken)
	w.startWorker()
	w.sync()
	if err := w.shop.Remove(broken.EntityID); err != nil {
		t.Fatal(err)
	}
	w.due(broken)
	w.sync()
	doc, err := w.db.Get(t.Context(), w.standIn(broken))
	if err != nil || doc.Status != order.Cancelled || doc.Reason.Code != "deleted_in_magento" || doc.Reread {
		t.Errorf("its stand-in is %+v, %v; want it cancelled", doc, err)
	}
}
