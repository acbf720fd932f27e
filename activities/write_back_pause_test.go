package activities_test

import (
	"runtime"
	"testing"
	"time"

	"datawald/activities"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// impatient are the settings of a shop whose calls may take no longer than five seconds.
func impatient(i *activities.Instance) { i.ShopTimeout = 5 * time.Second }

// What Magento did not answer clearly it may still carry out, however short the calls of the connector are.
func TestWriteBack_KeepsAwayWhileAWriteMayStillCome(t *testing.T) {
	t.Parallel()
	for name, mishap := range map[string]func(*writingDesk){
		"no clear answer":      func(d *writingDesk) { d.faults(writeFault(magentosim.WriteDropBefore, 1)) },
		"an error":             func(d *writingDesk) { d.faults(writeFault(magentosim.WriteErrorBefore, 1)) },
		"the worker is killed": func(d *writingDesk) { d.writer.after = func() { runtime.Goexit() } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newWritingDesk(t, "2.4.6", tellBoth)
			d.acts = d.another(impatient)
			mishap(d)
			soonest := time.Now().Add(2 * time.Minute)
			d.must()
			d.writer.after = nil
			d.shop.ClearFaults()
			for _, who := range []string{"a run", "a person"} {
				if w := d.get().WriteBack; !w.Open() || w.DueAt.Before(soonest.Truncate(time.Millisecond)) {
					t.Errorf("%s comes after %s, want two minutes or more", who, time.Until(w.DueAt))
				}
				if r := d.must(); r != (activities.WriteBackResult{}) {
					t.Errorf("%s: %+v", who, r)
				}
				d.resyncByName()
			}
			d.timePasses()
			d.must()
			d.wantTold("processing", "processing")
		})
	}
}

// A failure after which nothing can come any more needs no such wait.
func TestWriteBack_IsBackSoonWhenNothingWasSent(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.acts = d.another(impatient)
	d.faults(func(f *magentosim.Faults) { f.Unavailable, f.ForRequests = true, 1 })
	d.must()
	if w := d.get().WriteBack; w.BusyUntil != nil || time.Until(w.DueAt) > 5*time.Second {
		t.Errorf("write-back is %+v, want it due in five seconds", w)
	}
}

// An outage or a missing right of a week is no failure of the orders that met it.
func TestWriteBack_WhatIsTheSameForAllOrdersGivesNoneUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault func(*magentosim.Faults)
		code  string
	}{
		"the shop is down":   {func(f *magentosim.Faults) { f.Unavailable = true }, "not_written"},
		"a right is missing": {func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::comment"} }, "not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newWritingDesk(t, "2.4.6", tellBoth)
			d.changeWriteBack(func(w *store.WriteBack) { w.Since = time.Now().Add(-7 * 24 * time.Hour) })
			d.faults(tc.fault)
			for n := range 30 {
				if r := d.must(); r.Stopped == "" || r.GivenUp != 0 {
					t.Fatalf("attempt %d: %+v", n, r)
				}
				w := d.get().WriteBack
				if w.Attempts != 0 || w.Waited != 0 || time.Until(w.DueAt) > 30*time.Minute {
					t.Fatalf("attempt %d left %+v, want it uncounted and due within half an hour", n, w)
				}
				d.timePasses()
			}
			d.wantState(store.WriteBackOpen, tc.code)
			d.shop.ClearFaults()
			d.faults(writeFault(magentosim.WriteErrorBefore, 1))
			d.must()
			if w := d.get().WriteBack; !w.Open() || w.Attempts != 1 || w.Stops != 0 || w.Waited < time.Minute {
				t.Errorf("the first failure of its own left %+v, want it counted as the first", w)
			}
			d.timePasses()
			d.must()
			d.wantTold("processing", "processing")
		})
	}
}

// An order that fails by itself is left to a person after three days.
func TestWriteBack_GivesUpAfterThreeDaysOfItsOwnFailures(t *testing.T) {
	t.Parallel()
	d := newWritingDesk(t, "2.4.6", tellBoth)
	d.faults(writeFault(magentosim.WriteErrorBefore, 0))
	waited := time.Duration(0)
	for n := 0; d.get().WriteBack.Open(); n++ {
		if n > 100 {
			t.Fatal("it is never given up")
		}
		d.must()
		if w := d.get().WriteBack; w.Open() {
			waited += time.Until(w.DueAt)
		}
		d.timePasses()
	}
	d.wantState(store.WriteBackGivenUp, "not_written")
	if waited < 66*time.Hour || waited > 72*time.Hour {
		t.Errorf("given up after %s, want about three days", waited)
	}
}
