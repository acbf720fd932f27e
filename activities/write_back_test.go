package activities_test

import (
	"context"
	"strings"
	"testing"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
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
				d := newWritingDesk(t, version, tellBoth)
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
			d := newWritingDesk(t, "2.4.6", tc.tell)
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
func (d *writingDesk) due() bool {
	d.t.Helper()
	env := testkit.Suite().NewTestActivityEnvironment()
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

// An order that is sent to B1 anew has another number, and Magento is told of that one too.
func TestWriteBack_ANewSalesOrderIsToldOfAnew(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
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
	d := newWritingDesk(t, "2.4.6", mapping.WriteBack{})
	d.rules.WriteBack = tellBoth
	if d.due() {
		t.Error("an order that was posted before is due by itself")
	}
	d.resyncByName()
	d.must()
	d.wantTold("processing", "processing")
}

func TestWriteBack_WhatIsOpenWaitsWhileTheRuleIsAway(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.rules.WriteBack = mapping.WriteBack{}
	if d.due() || d.must() != (activities.WriteBackResult{}) {
		t.Error("without the rule there is something to do")
	}
	d.rules.WriteBack = tellBoth
	if !d.due() {
		t.Error("with the rule back there is nothing to do")
	}
	d.must()
	d.wantTold("processing", "processing")
}

// Magento is told of posted orders only: one that left that state meanwhile is noted again when it is posted.
func TestWriteBack_AnOrderThatIsNoLongerPostedIsNotToldOf(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	if _, err := d.db.Change(t.Context(), d.key, func(doc *store.Staged) error {
		doc.Status, doc.BO = order.Pending, nil
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if r := d.must(); r != (activities.WriteBackResult{}) || len(d.inShop().Histories) != 0 || d.due() {
		t.Errorf("told of it: %+v, %+v", r, d.inShop())
	}
	if err := d.insert(); err != nil {
		t.Fatal(err)
	}
	d.must()
	d.wantTold("processing", "processing")
}

// The number that Magento holds is ours, although the order was not posted for a while and others came between.
func TestWriteBack_AnEarlierNumberOfOursIsReplacedAfterAnyDetour(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.must() // Magento holds 1
	for _, number := range []int64{8, 9} {
		if _, err := d.db.Change(t.Context(), d.key, func(doc *store.Staged) error {
			doc.Status, doc.BO = order.Pending, nil
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if d.must() != (activities.WriteBackResult{}) { // 8 leaves before Magento is told of it
			t.Error("told of an order that is not posted")
		}
		d.company.orders[0].DocNum, d.company.orders[0].DocEntry = number, number
		if err := d.insert(); err != nil {
			t.Fatal(err)
		}
	}
	d.must()
	d.wantState(store.WriteBackDone, "")
	if o := d.inShop(); o.ExtOrderID != "9" {
		t.Errorf("Magento has %+v", o)
	}
}

func TestWriteBack_TheTimelineTellsIt(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
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
	d := newWritingDesk(t, "2.4.6", tellBoth)
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
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.ok(d.db.Close(context.Background()))
	if _, err := d.writeBack(); err == nil {
		t.Error("it succeeds without a store")
	}
}
