package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Of all who see the same at the same time one makes the event of it. Fails without: the compare-and-set of ChangeAlarm.
func TestChangeAlarm_OneOfManyMakesTheEvent(t *testing.T) {
	s := testkit.Store(t)
	for _, kind := range []string{store.AlarmRaised, store.AlarmResolved} {
		var wrote atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				_, written, err := s.ChangeAlarm(t.Context(), "main", "lag", func(a *store.Alarm) bool {
					if a.Raised == (kind == store.AlarmRaised) {
						return false
					}
					a.Raised = !a.Raised
					a.Add(kind, at(1))
					return true
				})
				if err != nil {
					t.Error(err)
				}
				if written {
					wrote.Add(1)
				}
			})
		}
		all.Wait()
		if n := wrote.Load(); n != 1 {
			t.Errorf("%s by %d, want 1", kind, n)
		}
	}
	read, err := s.Alarms(t.Context(), "main")
	if err != nil || len(read) != 1 || read[0].Seq != 2 || len(read[0].Events) != 2 || read[0].Raised {
		t.Errorf("it is %+v (%v)", read, err)
	}
}

// Instances whose names begin alike, and one that is called as an alarm, have alarms of their own. Fails without: the instance in the filter.
func TestAlarms_AreOfTheirInstance(t *testing.T) {
	s := testkit.Store(t)
	for _, instance := range []string{"main", "main2", "lag"} {
		if _, _, err := s.ChangeAlarm(t.Context(), instance, "lag", func(a *store.Alarm) bool {
			a.Raised = instance != "main2"
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	for instance, want := range map[string]int{"main": 1, "main2": 0, "lag": 1, "": 2} {
		if all, err := s.RaisedAlarms(t.Context(), instance); err != nil || len(all) != want {
			t.Errorf("%q has %d that are raised (%v), want %d", instance, len(all), err, want)
		}
	}
}

// An alarm keeps the latest of its events. Fails without: the bound in Add.
func TestAlarm_KeepsTheLatestEvents(t *testing.T) {
	a := store.Alarm{Told: map[string]int64{"mail": 28}}
	for range 30 {
		a.Add(store.AlarmReminder, at(1))
	}
	if len(a.Events) != 20 || a.Events[19].Seq != 30 {
		t.Errorf("it keeps %d events, the last %+v", len(a.Events), a.Events[len(a.Events)-1])
	}
	if left := a.Untold("mail"); len(left) != 2 {
		t.Errorf("%d are untold, want 2", len(left))
	}
}

// One of all has a channel, until it gives it back or its time is up; who lost it may not send. Fails without: the compare-and-set of
// KeepAlarmChannel, Until.
func TestAlarmChannel_OneHasIt(t *testing.T) {
	s := testkit.Store(t)
	now := at(0)
	var mu sync.Mutex
	var has *store.AlarmChannel
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			c, err := s.TakeAlarmChannel(t.Context(), "mail", now, now.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if c != nil && has != nil {
				t.Error("two have it")
			}
			if c != nil {
				has = c
			}
		})
	}
	all.Wait()
	if has == nil {
		t.Fatal("nobody has it")
	}
	later := now.Add(time.Minute)
	other, err := s.TakeAlarmChannel(t.Context(), "mail", later, later.Add(time.Minute))
	if err != nil || other == nil {
		t.Fatalf("nobody takes over (%v)", err)
	}
	if kept, err := s.KeepAlarmChannel(t.Context(), has, later.Add(time.Minute)); kept || err != nil {
		t.Errorf("who lost it has it still (%v)", err)
	}
	if kept, err := s.KeepAlarmChannel(t.Context(), other, time.Time{}); !kept || err != nil {
		t.Errorf("it is not given back (%v)", err)
	}
	if again, err := s.TakeAlarmChannel(t.Context(), "mail", later, later.Add(time.Minute)); again == nil || err != nil {
		t.Errorf("what was given back is not to be had (%v)", err)
	}
}

// The orders of each hour of the last eight weeks are counted up to the latest, those of the instance alone, once for all who ask. Fails without:
// the bounds of the hours, the instance, BegunAt.
func TestCountUsual_CountsTheHours(t *testing.T) {
	s := testkit.Store(t)
	latest := at(600)
	var docs []*store.Staged
	for n := range 300 {
		for _, instance := range []string{"main", "eu"} {
			doc := store.NewStaged(order.Key(fmt.Sprintf("%s:1:%d", instance, n)))
			doc.Status, doc.PlacedAt = order.Posted, latest.Add(-time.Duration(n)*20*time.Minute)
			docs = append(docs, doc)
		}
	}
	if _, err := s.Add(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if got, err := s.LatestPlaced(t.Context(), "main", latest.Add(-time.Minute)); err != nil || !got.Equal(latest.Add(-20*time.Minute)) {
		t.Errorf("the latest before the last is of %s (%v)", got, err)
	}
	if got, err := s.LatestPlaced(t.Context(), "none", latest); err != nil || !got.IsZero() {
		t.Errorf("without orders the latest is of %s (%v)", got, err)
	}
	late, err := s.Usual(t.Context(), "main") // read before another begins
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			u, err := s.Usual(t.Context(), "main")
			if err == nil {
				err = s.CountUsual(t.Context(), u, latest)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	u, err := s.Usual(t.Context(), "main")
	if err != nil || len(u.Hours) != store.UsualWeeks*7*24 || u.Rev != 2 {
		t.Fatalf("%d hours, written %d times (%v), want 1344 and 2", len(u.Hours), u.Rev, err)
	}
	t.Logf("counted in %s", time.Since(began))
	if err := s.CountUsual(t.Context(), late, latest); err != nil || len(late.Hours) > 0 {
		t.Errorf("one who comes late counts %d hours again (%v)", len(late.Hours), err)
	}
	sum := int32(0)
	for n, hour := range u.Hours {
		sum += hour
		if ago := len(u.Hours) - 1 - n; ago > 0 && ago < 99 && hour != 3 {
			t.Errorf("%d hours ago there were %d, want 3", ago, hour)
		}
	}
	if sum != 300 || !u.Until().After(latest) || u.Until().Sub(latest) > time.Hour {
		t.Errorf("%d orders until %s, want 300 up to the hour of %s", sum, u.Until(), latest)
	}
}
