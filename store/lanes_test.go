package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

const company = "b1.example.com:50000/shop"

// noteDown notes an outage that began so long ago.
func noteDown(t *testing.T, s *store.Store, ago, alarmAfter time.Duration) (alarm bool, lane store.Lane) {
	t.Helper()
	alarm, lane, err := s.NoteDown(t.Context(), company, time.Now().Add(-ago), "503", alarmAfter)
	if err != nil {
		t.Fatal(err)
	}
	return alarm, lane
}

// However many workers see an outage, one raises the alarm and one says that it is over. Fails without: the revision that is
// compared.
func TestLanes_OneAlarmForManyWorkers(t *testing.T) {
	s := testkit.Store(t)
	for round := range 3 {
		company := fmt.Sprint(company, round)
		var alarms, ends atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 3 {
					if alarm, _, err := s.NoteDown(t.Context(), company, time.Now().Add(-2*time.Minute), "503", time.Minute); err != nil {
						t.Error(err)
					} else if alarm {
						alarms.Add(1)
					}
				}
			})
		}
		all.Wait()
		for range 8 {
			all.Go(func() {
				if outage, ended, err := s.NoteUp(t.Context(), company); err != nil {
					t.Error(err)
				} else if ended {
					ends.Add(1)
					if outage.AlarmedAt.IsZero() || outage.UpSince.Sub(outage.DownSince) < time.Minute {
						t.Errorf("outage %+v, want one of two minutes that was alarmed", outage)
					}
				}
			})
		}
		all.Wait()
		if alarms.Load() != 1 || ends.Load() != 1 {
			t.Errorf("%d alarms and %d ends, want one each", alarms.Load(), ends.Load())
		}
	}
}

func TestLanes_AShortOutageRaisesNoAlarm(t *testing.T) {
	s := testkit.Store(t)
	if alarm, lane := noteDown(t, s, 20*time.Second, time.Minute); alarm || lane.DownSince.IsZero() {
		t.Errorf("alarm %v of %+v, want none of an outage of 20 s", alarm, lane)
	}
	outage, ended, err := s.NoteUp(t.Context(), company)
	if err != nil || !ended || !outage.AlarmedAt.IsZero() {
		t.Errorf("outage %+v ended %v, %v; want it to end without an alarm", outage, ended, err)
	}
	if _, ended, err = s.NoteUp(t.Context(), company); err != nil || ended {
		t.Errorf("it ends twice (%v)", err)
	}
	// A worker that cannot reach B1, after another could: its time counts from then.
	if alarm, lane := noteDown(t, s, time.Hour, time.Minute); alarm || time.Since(lane.DownSince) > time.Minute {
		t.Errorf("alarm %v, down since %s, want the time to count from the latest answer", alarm, lane.DownSince)
	}
}

func TestLanes_StatusOfAnInstance(t *testing.T) {
	s := testkit.Store(t)
	status := func() *store.LaneStatus {
		t.Helper()
		l, err := s.LaneOf(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	quiet := func(until time.Time) {
		t.Helper()
		if err := s.NoteQuiet(t.Context(), "main", company, until); err != nil {
			t.Fatal(err)
		}
	}
	if l := status(); l != nil {
		t.Errorf("before the first run it is %+v, want nothing", l)
	}
	quiet(time.Time{})
	if l := status(); l == nil || l.State != store.LaneUp || l.Since != nil {
		t.Errorf("it is %+v, want up", l)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	quiet(until)
	if l := status(); l.State != store.LaneQuiet || !l.QuietUntil.Equal(until) {
		t.Errorf("it is %+v, want quiet until %s", l, until)
	}
	noteDown(t, s, 2*time.Minute, time.Minute)
	if l := status(); l.State != store.LaneDown || l.Failure != "503" || l.AlarmedAt == nil || l.CheckedAt == nil || time.Since(*l.Since) < time.Minute || l.QuietUntil == nil {
		t.Errorf("it is %+v, want down for two minutes", l)
	}
	if _, _, err := s.NoteUp(t.Context(), company); err != nil {
		t.Fatal(err)
	}
	quiet(time.Now().Add(-time.Second)) // over, though nobody has said so
	if l := status(); l.State != store.LaneUp || l.Since == nil || l.QuietUntil != nil {
		t.Errorf("it is %+v, want up since a moment ago", l)
	}
	lane, err := s.Lane(t.Context(), "other")
	if err != nil || !lane.DownSince.IsZero() || lane.Company != "other" {
		t.Errorf("another company is %+v, %v; want it well", lane, err)
	}
}
