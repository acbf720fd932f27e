package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

func TestWriteBack_WithoutARightOneErrorStopsAll(t *testing.T) {
	t.Parallel()
	d := openWritingDesk(t, "2.4.6", tellBoth)
	var keys []order.Key
	for n := range 9 {
		keys = append(keys, d.post(numbered(n+1)))
	}
	d.faults(func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::comment"} })
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
	d := openWritingDesk(t, "2.4.6", tellBoth)
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
		spoil func(*writingDesk)
		mend  func(*writingDesk)
		code  string
	}{
		"the order is gone": {
			func(d *writingDesk) { d.ok(d.shop.Remove(1)) },
			func(d *writingDesk) { d.ok(d.shop.Add([]byte(document))) }, "magento_refused"},
		"the entity_id is another order's": {
			func(d *writingDesk) { d.setInShop("increment_id", "000000099") },
			func(d *writingDesk) { d.setInShop("increment_id", "000000001") }, "another_order"},
		"somebody else uses ext_order_id": {
			func(d *writingDesk) { d.setInShop("ext_order_id", "AMZ-7") },
			func(d *writingDesk) { d.setInShop("ext_order_id", "") }, "ext_order_id_taken"},
		"it fails for days": {
			func(d *writingDesk) {
				d.faults(writeFault(magentosim.WriteErrorBefore, 0))
				d.changeWriteBack(func(w *store.WriteBack) { w.Waited, w.Attempts = 72*time.Hour, 20 })
			},
			func(d *writingDesk) { d.shop.ClearFaults() }, "not_written"},
		"it has no status for days": {
			func(d *writingDesk) {
				d.faults(func(f *magentosim.Faults) { f.HideStatus = true })
				d.changeWriteBack(func(w *store.WriteBack) { w.Waited, w.Attempts = 72*time.Hour, 20 })
			},
			func(d *writingDesk) { d.shop.ClearFaults() }, "no_status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newWritingDesk(t, "2.4.8", tellBoth)
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
			d.timePasses()
			if r := d.must(); r.Written != 1 {
				t.Errorf("after the resync: %+v", r)
			}
			d.wantState(store.WriteBackDone, "")
			d.wantTold("processing", "processing")
		})
	}
}

func (d *writingDesk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *writingDesk) setInShop(name, value string) {
	d.t.Helper()
	d.ok(d.shop.Update(1, func(doc map[string]any) { doc[name] = value }))
}

// Somebody else's number stays, and the clerk still gets the comment.
func TestWriteBack_ATakenFieldDoesNotKeepTheCommentBack(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.setInShop("ext_order_id", "AMZ-7")
	d.must()
	if o := d.inShop(); o.ExtOrderID != "AMZ-7" || o.comments() != 1 {
		t.Errorf("Magento has %+v", o)
	}
}

func TestWriteBack_WithoutAStatusNothingIsWritten(t *testing.T) {
	t.Parallel()
	for _, version := range releases {
		d := newWritingDesk(t, version, tellBoth)
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
	d := newWritingDesk(t, "2.4.6", tellBoth)
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
