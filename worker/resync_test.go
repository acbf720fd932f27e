package main

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// resync runs ResyncOrders and waits for its end.
func (w *world) resync(in workflows.ResyncOrdersInput) workflows.ResyncOrdersResult {
	w.t.Helper()
	in.Instance = w.instance
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{
		ID: workflows.ResyncOrdersID(w.instance, testkit.Name(w.t)), TaskQueue: w.queue}, "ResyncOrders", in)
	if err != nil {
		w.t.Fatal(err)
	}
	var result workflows.ResyncOrdersResult
	if err := run.Get(w.t.Context(), &result); err != nil {
		w.t.Fatal("ResyncOrders:", err)
	}
	return result
}

// standIn is the key under which an order is held that Magento cannot show.
func (w *world) standIn(p magentosim.Placed) order.Key {
	w.t.Helper()
	key, err := (&magento.Document{EntityID: int64(p.EntityID)}).Key(w.instance)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// breaks makes the shop unable to show an order, in lists and by itself.
func (w *world) breaks(p magentosim.Placed) {
	w.t.Helper()
	if err := w.shop.SetFaults(func(f *magentosim.Faults) {
		f.PoisonEntityIDs, f.PoisonGetMissing = []int64{int64(p.EntityID)}, true
	}); err != nil {
		w.t.Fatal(err)
	}
}

// One order that Magento cannot show fails no resync of others; it is held, named, and read again by its entity_id.
func TestResyncOfOrdersBesideOneThatMagentoCannotShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	fine, byKey, broken := w.place("simple", 1), w.place("simple", 1), w.place("simple", 1)
	w.breaks(broken)
	w.startWorker()

	got := w.resync(workflows.ResyncOrdersInput{IncrementIDs: []string{fine.IncrementID, broken.IncrementID, "none"}, EntityIDs: []int64{int64(byKey.EntityID), 987654}})
	if !slices.Equal(got.Missing, []string{"none", "entity-987654"}) || !slices.Equal(got.Unreadable, []string{broken.IncrementID}) || got.Run.Counts.Posted != 2 {
		t.Errorf("missing %v, unreadable %v, counts %+v; want the broken one unreadable and two posted", got.Missing, got.Unreadable, got.Run.Counts)
	}
	held, err := w.db.Get(t.Context(), w.standIn(broken))
	if err != nil || held.Status != order.Held || held.Reason.Code != "magento_cannot_show" {
		t.Fatalf("its stand-in is %+v, %v; want it held as magento_cannot_show", held, err)
	}
	number := held.Key.IncrementID()
	if again := w.resync(workflows.ResyncOrdersInput{IncrementIDs: []string{number}}); !slices.Equal(again.Unreadable, []string{number}) || len(again.Missing) != 0 {
		t.Errorf("resync of %s: %+v, want it unreadable", number, again)
	}
	w.insertIsRefused(held.Key)

	w.shop.ClearFaults()
	if mended := w.resync(workflows.ResyncOrdersInput{IncrementIDs: []string{number}}); mended.Run.Counts.Posted != 1 || len(mended.Unreadable)+len(mended.Missing) != 0 {
		t.Errorf("resync of %s once it is mended: %+v, want it posted", number, mended)
	}
	w.checkLedger() // the stand-in is gone: the store has as many orders as the shop
}

// insertIsRefused starts InsertOrder for a stand-in by hand: it fails at once, for a reason that says what to do.
func (w *world) insertIsRefused(key order.Key) {
	w.t.Helper()
	began := time.Now()
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.InsertOrderID(key), TaskQueue: w.queue},
		"InsertOrder", workflows.InsertOrderInput{Key: key})
	if err != nil {
		w.t.Fatal(err)
	}
	failure, _ := errors.AsType[*temporal.ApplicationError](run.Get(w.t.Context(), nil))
	if failure == nil || failure.Type() != activities.TypeHeld || time.Since(began) > 20*time.Second {
		w.t.Errorf("InsertOrder of %s ends with %v after %s, want it held at once", key, failure, time.Since(began))
	}
}

// An order that B1 has, and that Magento could not show for a while, leaves no stand-in behind.
func TestResyncOfAPostedOrderForgetsItsStandIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.place("simple", 1)
	w.startWorker()
	w.sync()
	w.breaks(p)
	w.resync(workflows.ResyncOrdersInput{EntityIDs: []int64{int64(p.EntityID)}})
	if doc, err := w.db.Get(t.Context(), w.standIn(p)); err != nil || doc.Status != order.Held {
		t.Fatalf("while it cannot be shown: %+v, %v", doc, err)
	}
	w.shop.ClearFaults()
	w.resync(workflows.ResyncOrdersInput{IncrementIDs: []string{magento.StandIn(int64(p.EntityID))}})
	if _, err := w.db.Get(t.Context(), w.standIn(p)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its stand-in: %v, want none", err)
	}
	w.checkLedger()
}
