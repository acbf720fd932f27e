package workflows_test

import (
	"context"
	"flag"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// TestMain sets how many histories each of the parts of TestReading looks at; -rapid.checks asks for others.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", strconv.Itoa(histories/parts)); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

// parts are gone through side by side.
const parts = 4

// cutHoldsBack wants neither the latest reading nor the cut ever to be ahead of an order that is not staged.
func (w *readingWorld) cutHoldsBack() {
	progress, err := w.db.Progress(context.Background(), w.instance, store.TaskOrders)
	w.must(err)
	if progress.Cut != w.cut {
		w.cut, w.cutMoved = progress.Cut, w.latestRun
	}
	w.stagedUpTo("reading", progress.Latest.Reach, w.shown[progress.Latest.Began])
	if !w.clockSet { // a clock that was wrong leaves the cut where it had led it
		w.stagedUpTo("the cut", w.cut, w.shown[w.cutMoved])
	}
}

// stagedUpTo wants what the shop showed before the run that came so far to be staged up to there. Orders that changed or
// appeared after it began are the next run's.
func (w *readingWorld) stagedUpTo(what string, end order.Cut, shown map[int64]string) {
	for _, p := range w.shop.Orders() {
		at, err := time.Parse("2006-01-02 15:04:05", p.UpdatedAt)
		w.must(err)
		if (order.Cut{UpdatedAt: at, EntityID: p.EntityID}).After(end) || shown[p.EntityID] != w.version(p.EntityID) || w.standIn(p.EntityID) != nil {
			continue
		}
		if doc := w.staged(p); doc == nil || doc.PayloadHash != w.version(p.EntityID) {
			w.t.Fatalf("%s has come to %v, and order %d of %s is not staged as the shop has shown it since before the run: %+v",
				what, end, p.EntityID, p.UpdatedAt, doc)
		}
	}
}

// allStaged wants every order that the shop shows to be staged as it stands.
func (w *readingWorld) allStaged() {
	for _, p := range w.shop.Orders() {
		if standIn := w.standIn(p.EntityID); standIn != nil {
			w.t.Fatalf("order %d can be shown, and is still held: %+v", p.EntityID, standIn.Reason)
		}
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

// mend makes the shop healthy, its clock last.
func (w *readingWorld) mend() {
	w.must(w.shop.SetFaults(func(f *magentosim.Faults) {
		*f = magentosim.Faults{ACL: true, ClockSkewSeconds: f.ClockSkewSeconds}
	}))
	if !w.clockSeen {
		w.run(nil)
	}
	w.shop.ClearFaults()
}

// settled lets every transaction end, mends the shop and its clock, and reads on until nothing is new.
func (w *readingWorld) settled() {
	for id := range w.late {
		w.commit(id)
	}
	w.mend()
	for id := range w.broken {
		if doc := w.standIn(id); doc != nil { // the time comes at which Magento is asked again
			_, err := w.db.Change(context.Background(), doc.Key, func(doc *store.Staged) error {
				doc.DueAt = time.Now().Add(-time.Second)
				return nil
			})
			w.must(err)
		}
	}
	w.tick(time.Minute + w.settle + 2*time.Second) // what is dated less than a minute ahead waits for its time
	w.run(nil)
	w.tick(time.Minute + w.settle + 2*time.Second) // and so does what was dated a little more than that ahead
	var last store.Run
	for range 3 {
		w.tick(time.Second)
		last = w.run(nil)
	}
	if len(last.Errors) > 0 || last.Counts.Read != last.Counts.Unchanged {
		w.t.Fatalf("the third reading of a quiet shop: %+v, errors %q; want nothing but unchanged", last.Counts, last.Errors)
	}
	w.comeLate(context.Background())
}

// TestReading_LosesNothingWhateverHappens puts the reading through random histories: orders placed alone and in crowds,
// committed late, changed by a data patch, deleted, not to be shown; page limits, outages and answers cut short; a clock that
// runs months ahead and is set back; workers killed before and after each step, results lost, stagings that come late.
func TestReading_LosesNothingWhateverHappens(t *testing.T) {
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(r *rapid.T) {
				db, _, drop := testkit.Open(t)
				defer drop()
				w, end := newReadingWorld(r, db)
				defer end()
				w.live()
				w.settled()
				w.allStaged()
			})
		})
	}
}

// number is the range of the numbers of a script: every event with every fate of every kind.
var number = rapid.IntRange(0, 12*17*8)

// live lets some runs of the schedule go by, and the shop's life between them.
func (w *readingWorld) live() {
	for range rapid.IntRange(1, 5).Draw(w.t, "runs") {
		w.run(rapid.SliceOfN(number, 0, 40).Draw(w.t, "what happens"))
		w.cutHoldsBack()
		for range rapid.IntRange(0, 3).Draw(w.t, "between") {
			w.script = []int{number.Draw(w.t, "what")}
			w.happen()
		}
		w.tick(time.Duration(rapid.OneOf(rapid.IntRange(1, 90), rapid.IntRange(90, 1500)).Draw(w.t, "pause")) * time.Second)
	}
}
