package activities_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"datawald/activities"
	"datawald/mapping"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// A worker that dies after any of the writes leaves no second comment.
func TestWriteBack_AKilledAttemptIsTakenUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, version := range releases {
		for writes := 1; writes <= 2; writes++ {
			t.Run(fmt.Sprintf("%s after %d", version, writes), func(t *testing.T) {
				t.Parallel()
				d := newWritingDesk(t, version, tellBoth)
				n := 0
				d.writer.after = func() {
					if n++; n == writes {
						runtime.Goexit() // nothing that comes after it happens any more
					}
				}
				d.must()
				if doc := d.get(); !doc.WriteBack.Open() || doc.WriteBack.BusyUntil == nil || len(d.lines()) != 0 {
					t.Fatalf("the attempt left %+v, want it to have died", doc.WriteBack)
				}
				if r := d.must(); r != (activities.WriteBackResult{}) {
					t.Errorf("another attempt does not keep away: %+v", r)
				}
				d.resyncByName()
				if r := d.must(); r != (activities.WriteBackResult{}) {
					t.Errorf("nor does one that a person asked for: %+v", r)
				}
				d.timePasses()
				if r := d.must(); r.Written != 1 {
					t.Errorf("the next attempt: %+v", r)
				}
				d.wantTold("processing", "processing")
			})
		}
	}
}

func TestWriteBack_TwoAtOnceWriteOnce(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	first, second := d.acts, d.another(func(*activities.Instance) {})
	var late activities.WriteBackResult
	d.writer.before = func() {
		d.writer.before = nil
		d.acts = second
		late = d.must() // a resync and a run at the same time, in two workers
		d.acts = first
	}
	if r := d.must(); r.Written != 1 || late != (activities.WriteBackResult{}) {
		t.Errorf("the first %+v, the second %+v; want the order left to the first", r, late)
	}
	d.wantTold("processing", "processing")
}

// Hints and runs that end together do not work through the queue side by side.
func TestWriteBack_OneCallAtATimeForAnInstance(t *testing.T) {
	t.Parallel()
	d := openWritingDesk(t, "2.4.6", tellBoth)
	d.post(numbered(1))
	var others []activities.WriteBackResult
	d.writer.before = func() {
		d.writer.before = nil
		d.post(numbered(2)) // due, and in nobody's hands
		others = append(others, d.must())
	}
	if r := d.must(); r.Written != 1 || len(others) != 1 || others[0] != (activities.WriteBackResult{More: true}) {
		t.Errorf("the first %+v, one beside it %+v; want nothing done beside", r, others)
	}
	if r := d.must(); r.Written != 1 {
		t.Errorf("the next: %+v, want the order that came meanwhile", r)
	}
}

// moves are what may happen to an order in the moment between our reading and our writing.
func TestWriteBack_AnOrderThatMovesOnMeanwhileIsNotSpoiledInSilence(t *testing.T) {
	t.Parallel()
	shipped := func(doc map[string]any) {
		doc["state"], doc["status"], doc["total_invoiced"] = "complete", "complete", 24
	}
	comment, id := mapping.WriteBack{Comment: tellBoth.Comment}, mapping.WriteBack{ExtOrderID: true}
	for name, tc := range map[string]struct {
		version string
		tell    mapping.WriteBack
		status  string // in the end
		code    string
	}{
		"a comment up to 2.4.6 brings the old status back":          {"2.4.6", comment, "processing", "status_may_be_older"},
		"a comment in 2.3 as well":                                  {"2.3.5", comment, "processing", "status_may_be_older"},
		"2.4.7 refuses it, and the next attempt has the new status": {"2.4.7", comment, "complete", ""},
		"so do later ones":                                          {"2.4.8", comment, "complete", ""},
		"a save brings state and status back in 2.4.6":              {"2.4.6", id, "processing", "status_may_be_older"},
		"and in 2.4.8": {"2.4.8", id, "processing", "status_may_be_older"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newWritingDesk(t, tc.version, tc.tell)
			moved := false
			d.writer.before = func() {
				if !moved {
					moved = true
					if err := d.shop.Update(1, shipped); err != nil {
						t.Error(err)
					}
				}
			}
			r := d.must()
			if refused := tc.code == ""; refused {
				d.wantState(store.WriteBackOpen, "not_written")
				if r.Later != 1 || r.Stopped != "" {
					t.Errorf("the refused attempt: %+v, want it later and no reason to stop", r)
				}
				d.timePasses()
				d.must()
			}
			d.wantState(map[bool]store.WriteBackState{true: store.WriteBackDone, false: store.WriteBackToLookAt}[tc.code == ""], tc.code)
			if o := d.inShop(); o.Status != tc.status || o.comments() != map[bool]int{true: 1}[tc.tell.Comment != ""] {
				t.Errorf("Magento has %+v, want the status %s", o, tc.status)
			}
			if tc.code == "" {
				return
			}
			if w, err := d.db.CountWriteBacks(t.Context(), "main"); err != nil || w == nil || w.ToLookAt != 1 {
				t.Errorf("counts %+v (%v), want one to look at", w, err)
			}
			d.resyncByName() // the clerk has looked
			d.must()
			d.wantState(store.WriteBackDone, "")
		})
	}
}

// A concern about the comment outlives a failure of what comes after it.
func TestWriteBack_AConcernIsKeptUntilAllIsWritten(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.writer.before = func() {
		d.writer.before = nil
		d.ok(d.shop.Update(1, func(doc map[string]any) { doc["state"], doc["status"] = "complete", "complete" }))
	}
	d.faults(func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::create"} })
	d.must()
	d.wantState(store.WriteBackOpen, "not_allowed")
	d.shop.ClearFaults()
	d.timePasses()
	d.must()
	d.wantState(store.WriteBackToLookAt, "status_may_be_older")
}

// A write after which the order cannot be read may have undone a change that nobody sees any more.
func TestWriteBack_AWriteThatCouldNotBeLookedAtIsToBeLookedAt(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]store.WriteBackState{1: store.WriteBackDone, 2: store.WriteBackToLookAt} {
		d := newWritingDesk(t, "2.4.6", mapping.WriteBack{Comment: tellBoth.Comment})
		d.writer.after = func() {
			d.faults(func(f *magentosim.Faults) { f.Unavailable, f.ForRequests = true, failures })
		}
		d.must()
		d.writer.after = nil
		if want == store.WriteBackToLookAt {
			d.wantState(store.WriteBackOpen, "not_written")
			d.timePasses()
			d.must()
			d.wantState(want, "status_may_be_older")
		} else {
			d.wantState(want, "")
		}
		if o := d.inShop(); o.comments() != 1 {
			t.Errorf("%d failures: Magento has %+v", failures, o)
		}
	}
}

// An attempt that comes to its end too late does not take the order from the one that has it by then.
func TestWriteBack_AnAttemptThatIsTooLateLeavesTheOrderToTheNext(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.faults(writeFault(magentosim.WriteErrorBefore, 0))
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	d.writer.before = func() {
		d.timePasses()
		d.changeWriteBack(func(w *store.WriteBack) {
			if !w.Take(until) {
				t.Error("the next attempt does not get the order")
			}
		})
	}
	d.must()
	if w := d.get().WriteBack; w.BusyUntil == nil || !w.BusyUntil.Equal(until) || !w.DueAt.Equal(until) || w.Reason != nil {
		t.Errorf("write-back is %+v, want it with the next attempt", w)
	}
}

// What happens after our write is no concern of ours.
func TestWriteBack_AnOrderThatMovesOnAfterwardsIsNoConcern(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.writer.after = func() {
		if err := d.shop.Update(1, func(doc map[string]any) { doc["state"], doc["status"], doc["total_paid"] = "complete", "complete", 24 }); err != nil {
			t.Error(err)
		}
	}
	d.must()
	d.wantState(store.WriteBackDone, "")
	d.wantTold("complete", "complete")
}

// resyncByName does what FindOrders does for a person who names the order.
func (d *writingDesk) resyncByName() {
	d.t.Helper()
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(d.acts)
	in := activities.FindOrdersInput{Instance: "main", IncrementIDs: []string{d.key.IncrementID()}, Again: true, Actor: "clerk"}
	value, err := env.ExecuteActivity(d.acts.FindOrders, in)
	if err != nil {
		d.t.Fatal(err)
	}
	var r activities.FindOrdersResult
	if err := value.Get(&r); err != nil || !r.WriteBack {
		d.t.Fatalf("the resync says %+v (%v), want a write-back due", r, err)
	}
}
