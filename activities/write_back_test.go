package activities_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

var releases = []string{"2.3.5", "2.4.6", "2.4.7", "2.4.8"}

// writeFault makes the next writes fail in one way.
func writeFault(kind string, times int) func(*magentosim.Faults) {
	return func(f *magentosim.Faults) { f.WriteFault = &magentosim.WriteFault{Kind: kind, Times: times} }
}

func TestWriteBack_TellsMagentoOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		set func(*magentosim.Faults)
		// healed is true when the very attempt that meets the fault finds out how it ended.
		healed bool
	}{
		"nothing":                                {func(*magentosim.Faults) {}, true},
		"committed, connection lost":             {writeFault(magentosim.WriteCommitDrop, 1), true},
		"both committed, both connections lost":  {writeFault(magentosim.WriteCommitDrop, 2), true},
		"committed, 502":                         {writeFault(magentosim.WriteCommitBadGateway, 1), true},
		"committed, a page":                      {writeFault(magentosim.WriteCommitHTML, 1), true},
		"nothing committed, connection lost":     {writeFault(magentosim.WriteDropBefore, 1), false},
		"nothing committed, 500":                 {writeFault(magentosim.WriteErrorBefore, 1), false},
		"the first reading fails":                {func(f *magentosim.Faults) { f.Unavailable, f.ForRequests = true, 1 }, false},
		"the first reading is cut off":           {func(f *magentosim.Faults) { f.Truncate, f.ForRequests = true, 1 }, false},
		"reading and comment are committed, cut": {func(f *magentosim.Faults) { f.Drop, f.ForRequests = true, 2 }, false},
		"no status for a moment":                 {func(f *magentosim.Faults) { f.HideStatus, f.ForRequests = true, 1 }, false},
	}
	for _, version := range releases {
		for name, fault := range faults {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, version, tellBoth)
				d.faults(fault.set)
				r := d.must()
				if (r.Written == 1) != fault.healed {
					t.Errorf("the first attempt: %+v", r)
				}
				if !fault.healed {
					d.wantState(store.WriteBackOpen, d.get().WriteBack.Reason.Code)
				}
				for attempt := 0; d.get().WriteBack.Open(); attempt++ {
					if attempt > 3 {
						t.Fatalf("it is never written: %+v", d.get().WriteBack)
					}
					d.timePasses()
					d.must()
				}
				d.wantState(store.WriteBackDone, "")
				d.wantTold("processing", "processing")
				if r := d.must(); r != (activities.WriteBackResult{}) {
					t.Errorf("afterwards there is still something to do: %+v", r)
				}
			})
		}
	}
}

// A worker that dies after any of the writes leaves no second comment.
func TestWriteBack_AKilledAttemptIsTakenUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, version := range releases {
		for writes := 1; writes <= 2; writes++ {
			t.Run(fmt.Sprintf("%s after %d", version, writes), func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, version, tellBoth)
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
	d := newDesk(t, "2.4.6", tellBoth)
	var second activities.WriteBackResult
	d.writer.before = func() {
		d.writer.before = nil
		second = d.must() // a resync and a run at the same time
	}
	if r := d.must(); r.Written != 1 || second.Written+second.Later != 0 {
		t.Errorf("the first %+v, the second %+v; want the order left to the first", r, second)
	}
	d.wantTold("processing", "processing")
}

func TestWriteBack_WhatTheRulesDoNotAskForIsNotWritten(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tell  mapping.WriteBack
		notes int
		id    string
	}{
		"nothing":         {mapping.WriteBack{}, 0, ""},
		"a comment alone": {mapping.WriteBack{Comment: tellBoth.Comment}, 1, ""},
		"the id alone":    {mapping.WriteBack{ExtOrderID: true}, 0, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "2.4.6", tc.tell)
			if asked := d.get().WriteBack != nil; asked != tc.tell.Asked() || d.due() != asked {
				t.Errorf("noted: %t, due: %t", asked, d.due())
			}
			r := d.must()
			if o := d.inShop(); len(o.Histories) != tc.notes || o.ExtOrderID != tc.id || o.Status != "processing" || r.Written != min(1, tc.notes+len(tc.id)) {
				t.Errorf("Magento has %+v after %+v", o, r)
			}
			if d.due() {
				t.Error("it is still due")
			}
		})
	}
}

// due asks as a run does.
func (d *desk) due() bool {
	d.t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(d.acts)
	value, err := env.ExecuteActivity(d.acts.NextOrders, activities.NextOrdersInput{Instance: "main", Limit: 5})
	if err != nil {
		d.t.Fatal(err)
	}
	var r activities.NextOrdersResult
	if err := value.Get(&r); err != nil {
		d.t.Fatal(err)
	}
	return r.WriteBack
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
			d := newDesk(t, tc.version, tc.tell)
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
	d := newDesk(t, "2.4.6", tellBoth)
	d.writer.before = func() {
		d.writer.before = nil
		d.ok(d.shop.Update(1, func(doc map[string]any) { doc["state"], doc["status"] = "complete", "complete" }))
	}
	d.faults(func(f *magentosim.Faults) { f.DeniedResources = []string{"Magento_Sales::create"} })
	d.must()
	d.wantState(store.WriteBackOpen, "not_allowed")
	d.shop.ClearFaults()
	d.timePasses()
	d.must()
	d.wantState(store.WriteBackToLookAt, "status_may_be_older")
}

// An attempt that comes to its end too late does not take the order from the one that has it by then.
func TestWriteBack_AnAttemptThatIsTooLateLeavesTheOrderToTheNext(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
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
	d := newDesk(t, "2.4.6", tellBoth)
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
func (d *desk) resyncByName() {
	d.t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
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

func TestWriteBack_WithoutARightOneErrorStopsAll(t *testing.T) {
	t.Parallel()
	d := openDesk(t, "2.4.6", tellBoth)
	var keys []order.Key
	for n := range 9 {
		keys = append(keys, d.post(numbered(n+1)))
	}
	d.faults(func(f *magentosim.Faults) { f.DeniedResources = []string{"Magento_Sales::comment"} })
	r := d.must()
	if !strings.Contains(r.Stopped, "Magento_Sales::comment") || !strings.Contains(r.Stopped, "write_back in the rules") || r.Later > 4 || r.More {
		t.Errorf("without the right: %+v, want one error with a hint after at most one round", r)
	}
	d.shop.ClearFaults()
	for _, d.key = range keys {
		d.timePasses()
	}
	if r := d.must(); r.Written != 9 {
		t.Errorf("with the right: %+v, want all 9", r)
	}
	for _, d.key = range keys {
		d.wantState(store.WriteBackDone, "")
		if o := d.inShop(); o.comments()+len(o.Histories) != 2 && !strings.HasSuffix(o.Histories[0].Comment, "[DataWald]") {
			t.Errorf("order %s has %+v", d.key, o)
		}
	}
}

// numbered is the test document as another order.
func numbered(n int) string {
	return strings.NewReplacer(`"increment_id":"000000001","entity_id":1,`, fmt.Sprintf(`"increment_id":"%09d","entity_id":%d,`, n, n)).Replace(document)
}

func TestWriteBack_AShopThatIsDownIsAskedOnceNotForEachOrder(t *testing.T) {
	t.Parallel()
	d := openDesk(t, "2.4.6", tellBoth)
	for n := range 9 {
		d.post(numbered(n + 1))
	}
	d.faults(func(f *magentosim.Faults) { f.Unavailable = true })
	if r := d.must(); r.Stopped == "" || r.Later > 4 {
		t.Errorf("with the shop in maintenance: %+v", r)
	}
	d.shop.ClearFaults()
	if r := d.must(); r.Written < 5 || r.Stopped != "" {
		t.Errorf("afterwards: %+v, want those that were not tried", r)
	}
}

func TestWriteBack_WhatCannotBeWrittenIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*desk)
		mend  func(*desk)
		code  string
	}{
		"the order is gone": {
			func(d *desk) { d.ok(d.shop.Remove(1)) },
			func(d *desk) { d.ok(d.shop.Add([]byte(document))) }, "magento_refused"},
		"the entity_id is another order's": {
			func(d *desk) { d.setInShop("increment_id", "000000099") },
			func(d *desk) { d.setInShop("increment_id", "000000001") }, "another_order"},
		"somebody else uses ext_order_id": {
			func(d *desk) { d.setInShop("ext_order_id", "AMZ-7") },
			func(d *desk) { d.setInShop("ext_order_id", "") }, "ext_order_id_taken"},
		"it fails for days": {
			func(d *desk) {
				d.faults(writeFault(magentosim.WriteErrorBefore, 0))
				d.changeWriteBack(func(w *store.WriteBack) { w.Since, w.Attempts = time.Now().Add(-73*time.Hour), 9 })
			},
			func(d *desk) { d.shop.ClearFaults() }, "not_written"},
		"it has no status for days": {
			func(d *desk) {
				d.faults(func(f *magentosim.Faults) { f.HideStatus = true })
				d.changeWriteBack(func(w *store.WriteBack) { w.Since, w.Attempts = time.Now().Add(-73*time.Hour), 9 })
			},
			func(d *desk) { d.shop.ClearFaults() }, "no_status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "2.4.8", tellBoth)
			tc.spoil(d)
			if r := d.must(); r.GivenUp != 1 || r.Later+r.Written != 0 {
				t.Errorf("the attempt: %+v, want it given up", r)
			}
			d.wantState(store.WriteBackGivenUp, tc.code)
			if last := d.lines(); len(last) != 1 || !strings.HasPrefix(last[0], "given up "+tc.code+": ") {
				t.Errorf("the timeline says %q", last)
			}
			d.timePasses()
			if r := d.must(); r != (activities.WriteBackResult{}) || d.due() {
				t.Errorf("it is tried again by itself: %+v", r)
			}
			if w, err := d.db.CountWriteBacks(t.Context(), "main"); err != nil || w == nil || w.GivenUp != 1 {
				t.Errorf("counts %+v (%v), want one given up", w, err)
			}
			tc.mend(d)
			d.resyncByName()
			if r := d.must(); r.Written != 1 {
				t.Errorf("after the resync: %+v", r)
			}
			d.wantState(store.WriteBackDone, "")
			d.wantTold("processing", "processing")
		})
	}
}

func (d *desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) setInShop(name, value string) {
	d.t.Helper()
	d.ok(d.shop.Update(1, func(doc map[string]any) { doc[name] = value }))
}

// Somebody else's number stays, and the clerk still gets the comment.
func TestWriteBack_ATakenFieldDoesNotKeepTheCommentBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.setInShop("ext_order_id", "AMZ-7")
	d.must()
	if o := d.inShop(); o.ExtOrderID != "AMZ-7" || o.comments() != 1 {
		t.Errorf("Magento has %+v", o)
	}
}

func TestWriteBack_WithoutAStatusNothingIsWritten(t *testing.T) {
	t.Parallel()
	for _, version := range releases {
		d := newDesk(t, version, tellBoth)
		d.ok(d.shop.Update(1, func(doc map[string]any) { delete(doc, "status") }))
		for n := range 3 {
			if r := d.must(); r.Later != 1 || r.Stopped != "" {
				t.Errorf("%s, attempt %d: %+v", version, n, r)
			}
			d.timePasses()
		}
		d.wantState(store.WriteBackOpen, "no_status")
		if o := d.inShop(); len(o.Histories) != 0 || o.ExtOrderID != "" || o.State != "processing" {
			t.Errorf("%s: Magento has %+v, want nothing written", version, o)
		}
		if got := d.lines(); len(got) != 1 {
			t.Errorf("%s: the timeline says %q, want the reason once", version, got)
		}
		d.setInShop("status", "processing")
		d.must()
		d.wantTold("processing", "processing")
	}
}

func TestWriteBack_WaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.faults(writeFault(magentosim.WriteErrorBefore, 0))
	var waits []time.Duration
	for range 12 {
		d.must()
		waits = append(waits, time.Until(d.get().WriteBack.DueAt).Round(time.Minute))
		if r := d.must(); r != (activities.WriteBackResult{}) {
			t.Fatalf("it is tried again at once: %+v", r)
		}
		d.timePasses()
	}
	var want []time.Duration
	for _, m := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360} {
		want = append(want, time.Duration(m)*time.Minute)
	}
	if !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if got := d.lines(); len(got) != 1 {
		t.Errorf("%d lines in the timeline, want the outage once: %q", len(got), got)
	}
}

// An order that is sent to B1 anew has another number, and Magento is told of that one too.
func TestWriteBack_ANewSalesOrderIsToldOfAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.must()
	if _, err := d.db.Change(t.Context(), d.key, func(doc *store.Staged) error {
		doc.Status, doc.BO = order.Pending, nil // as after it was cancelled in B1 and asked for again
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.company.orders[0].DocNum, d.company.orders[0].DocEntry = 8, 8
	if err := d.insert(); err != nil {
		t.Fatal(err)
	}
	if r := d.must(); r.Written != 1 {
		t.Errorf("the second time: %+v", r)
	}
	o := d.inShop()
	if len(o.Histories) != 2 || o.Histories[0].Comment != "B1 sales order 8 [DataWald]" || o.ExtOrderID != "8" {
		t.Errorf("Magento has %+v", o)
	}
	if err := d.insert(); err != nil { // started once more, for no reason
		t.Fatal(err)
	}
	if d.due() {
		t.Error("the same sales order is told of twice")
	}
}

func TestWriteBack_OrdersOfBeforeTheRuleAreToldWhenTheyAreResynced(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", mapping.WriteBack{})
	d.rules.WriteBack = tellBoth
	if d.due() {
		t.Error("an order that was posted before is due by itself")
	}
	d.resyncByName()
	d.must()
	d.wantTold("processing", "processing")
}

func TestWriteBack_TheTimelineTellsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.faults(writeFault(magentosim.WriteErrorBefore, 1))
	d.must()
	d.timePasses()
	d.must()
	got := d.lines()
	if len(got) != 2 || !strings.HasPrefix(got[0], "later not_written: magento: POST orders/{id}/comments: ") || got[1] != "done comment, ext_order_id" {
		t.Errorf("the timeline says %q", got)
	}
	for _, e := range d.get().Timeline {
		for _, personal := range []string{"Jane", "Doe", "Long Lane", "example.com"} {
			if strings.Contains(e.Detail, personal) {
				t.Errorf("%q tells %q", e.Detail, personal)
			}
		}
	}
}

// Words of Magento that quote the buyer do not leave the store.
func TestWriteBack_ErrorsHideThePerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.writer.Writer = refusing{d.writer.Writer}
	r := d.must()
	doc := d.get()
	for _, text := range append(d.lines(), r.Stopped, doc.WriteBack.Reason.Message) {
		if strings.Contains(text, "Jane") || strings.Contains(text, "example.com") {
			t.Errorf("%q names the buyer", text)
		}
	}
	if r.Stopped == "" || doc.WriteBack.Reason.Code != "not_allowed" {
		t.Errorf("result %+v, reason %v", r, doc.WriteBack.Reason)
	}
}

// refusing is a shop whose refusal quotes the buyer.
type refusing struct{ activities.Writer }

func (refusing) Comment(context.Context, *magento.Current, string) error {
	return &order.Failure{Kind: order.Config, System: "magento", Op: "POST orders/{id}/comments", Code: "401", Message: "no right to write to Jane Doe, jane.doe@example.com"}
}

// A store that does not answer is the one thing that makes the activity fail.
func TestWriteBack_FailsWithItsStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "2.4.6", tellBoth)
	d.ok(d.db.Close(context.Background()))
	if _, err := d.writeBack(); err == nil {
		t.Error("it succeeds without a store")
	}
}
