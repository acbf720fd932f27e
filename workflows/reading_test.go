package workflows_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// cutHoldsBack wants the reading never to be ahead of an order that is not staged. Orders that changed or appeared after it
// began are the next run's.
func (w *readingWorld) cutHoldsBack() {
	progress, err := w.db.Progress(context.Background(), w.instance, store.TaskOrders)
	w.must(err)
	shown := w.shown[progress.Latest.Began]
	for _, p := range w.shop.Orders() {
		at, err := time.Parse("2006-01-02 15:04:05", p.UpdatedAt)
		w.must(err)
		if (order.Cut{UpdatedAt: at, EntityID: p.EntityID}).After(progress.Latest.Reach) || shown[p.EntityID] != w.version(p.EntityID) || w.poisoned(p) {
			continue
		}
		if doc := w.staged(p); doc == nil || doc.PayloadHash != w.version(p.EntityID) {
			w.t.Fatalf("reading has come to %v, and order %d of %s is not staged as the shop has shown it since before the run: %+v",
				progress.Latest.Reach, p.EntityID, p.UpdatedAt, doc)
		}
	}
}

// poisoned reports whether the order breaks lists now, or did when it was read and is held for that.
func (w *readingWorld) poisoned(p magentosim.Placed) bool {
	for _, id := range w.shop.Faults().PoisonEntityIDs {
		if id == p.EntityID {
			return true
		}
	}
	return false
}

// allStaged wants every order that the shop shows to be staged as it stands.
func (w *readingWorld) allStaged() {
	for _, p := range w.shop.Orders() {
		doc := w.staged(p)
		if doc == nil {
			w.t.Fatalf("order %d, last changed %s, was never staged", p.EntityID, p.UpdatedAt)
		}
		if doc.PayloadHash != w.version(p.EntityID) {
			w.t.Fatalf("order %d, last changed %s, is staged as it was at %s, read at %s", p.EntityID, p.UpdatedAt, doc.Magento.UpdatedAt, doc.Magento.ReadAt)
		}
		// One version may be staged once more than needed: when its first staging was cut off.
		if versions := 1 + w.changes[p.EntityID]; stagings(doc) > versions+1 {
			w.t.Fatalf("order %d had %d versions and was staged %d times:\n%+v", p.EntityID, versions, stagings(doc), doc.Timeline)
		}
	}
}

// stagings counts how often a version of the order was staged with an effect.
func stagings(doc *store.Staged) (n int) {
	for _, e := range doc.Timeline {
		if e.Step == "staged" && e.Outcome != "unchanged" {
			n++
		}
	}
	return n
}

// settled lets every transaction end, mends the shop and its clock, and reads on until nothing is new.
func (w *readingWorld) settled() {
	for id := range w.late {
		w.commit(id)
	}
	w.shop.ClearFaults()
	w.tick(w.settle + 2*time.Second)
	var last store.Run
	for range 3 {
		w.tick(time.Second)
		last = w.run(nil)
	}
	if len(last.Errors) > 0 || last.Counts.Read != last.Counts.Unchanged {
		w.t.Fatalf("the third reading of a quiet shop: %+v, errors %q; want nothing but unchanged", last.Counts, last.Errors)
	}
	if w.zombie != nil {
		_, err := w.acts.SyncOrder(context.Background(), *w.zombie)
		w.must(err)
	}
}

func TestReading_LosesNothingWhateverHappens(t *testing.T) {
	db := testkit.Store(t)
	n, name := 0, testkit.Name(t)
	rapid.Check(t, func(t *rapid.T) {
		n++
		w, end := newReadingWorld(t, db, name+strconv.Itoa(n))
		defer end()
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			script := rapid.SliceOfN(rapid.IntRange(0, 12*17*8), 0, 40).Draw(t, "what happens")
			w.run(script)
			w.cutHoldsBack()
			for range rapid.IntRange(0, 3).Draw(t, "between") {
				w.script = []int{rapid.IntRange(0, 12*17*8).Draw(t, "what")}
				w.happen()
			}
			w.tick(time.Duration(rapid.IntRange(1, 90).Draw(t, "pause")) * time.Second)
		}
		w.settled()
		w.allStaged()
	})
}
