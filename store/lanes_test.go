package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

const company = "b1.example.com:50000/shop"

// trouble began so long ago.
func trouble(ago, alarmAfter time.Duration) store.Trouble {
	return store.Trouble{Since: time.Now().Add(-ago), Failure: "503", Cause: "silent", AlarmAfter: alarmAfter}
}

// noteDown notes an outage that began so long ago; an alarm is raised.
func noteDown(t *testing.T, s *store.Store, ago, alarmAfter time.Duration) (alarm bool, lane store.Lane) {
	t.Helper()
	alarm, lane, err := s.NoteDown(t.Context(), company, trouble(ago, alarmAfter))
	if err == nil && alarm {
		err = s.Alarmed(t.Context(), company, "silent")
	}
	if err != nil {
		t.Fatal(err)
	}
	return alarm, lane
}

// noteUp notes that B1 is well; when that is to be said, it is.
func noteUp(t *testing.T, s *store.Store, stale func(string) time.Duration) (said bool, outage store.Lane) {
	t.Helper()
	outage, said, err := s.NoteUp(t.Context(), company, stale)
	if err == nil && said {
		err = s.Over(t.Context(), outage)
	}
	if err != nil {
		t.Fatal(err)
	}
	return said, outage
}

// after is the same time for every cause.
func after(d time.Duration) func(string) time.Duration {
	return func(string) time.Duration { return d }
}

// isDown reports whether an outage is noted.
func isDown(t *testing.T, s *store.Store) bool {
	t.Helper()
	lane, err := s.Lane(t.Context(), company)
	if err != nil {
		t.Fatal(err)
	}
	return !lane.DownSince.IsZero()
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
					alarm, _, err := s.NoteDown(t.Context(), company, trouble(2*time.Minute, time.Minute))
					if err == nil && alarm {
						alarms.Add(1)
						err = s.Alarmed(t.Context(), company, "silent")
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for range 8 {
			all.Go(func() {
				outage, say, err := s.NoteUp(t.Context(), company, nil)
				if err == nil && say {
					ends.Add(1)
					err = s.Over(t.Context(), outage)
					if outage.AlarmedAt.IsZero() || outage.UpSince.Sub(outage.DownSince) < time.Minute {
						t.Errorf("outage %+v, want one of two minutes that was alarmed", outage)
					}
				}
				if err != nil && !errors.Is(err, store.ErrBeingSaid) {
					t.Error(err)
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
	if said, _ := noteUp(t, s, nil); said || isDown(t, s) {
		t.Errorf("said %v, down %v; want it to end in silence", said, isDown(t, s))
	}
	// A worker that cannot reach B1, after another could: its time counts from then.
	if alarm, lane := noteDown(t, s, time.Hour, time.Minute); alarm || time.Since(lane.DownSince) > time.Minute {
		t.Errorf("alarm %v, down since %s, want the time to count from the latest answer", alarm, lane.DownSince)
	}
}

// A worker that dies between being told to speak and having spoken leaves it to another, some time later: an alarm, and its end.
// Fails without: the time to speak, when NoteDown or NoteUp note it as said.
func TestLanes_WhatADeadWorkerDidNotSayIsSaidByAnother(t *testing.T) {
	s := testkit.Store(t)
	s.SpeakWithin(time.Hour)
	down := func() bool {
		t.Helper()
		alarm, _, err := s.NoteDown(t.Context(), company, trouble(2*time.Minute, time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return alarm
	}
	if !down() { // and dies
		t.Fatal("no alarm")
	}
	if down() {
		t.Fatal("two workers raise the alarm at the same time")
	}
	if _, say, err := s.NoteUp(t.Context(), company, nil); say || !errors.Is(err, store.ErrBeingSaid) || !isDown(t, s) {
		t.Fatalf("say %v, %v, down %v: it ends while somebody speaks of it", say, err, isDown(t, s))
	}
	s.SpeakWithin(0) // its time is over
	if alarm, _ := noteDown(t, s, 2*time.Minute, time.Minute); !alarm {
		t.Fatal("the alarm of the worker that died is never raised")
	}
	s.SpeakWithin(time.Hour)
	if alarm, _ := noteDown(t, s, 2*time.Minute, time.Minute); alarm {
		t.Fatal("the alarm is raised twice")
	}
	up := func() bool {
		t.Helper()
		_, say, err := s.NoteUp(t.Context(), company, nil)
		if err != nil && !errors.Is(err, store.ErrBeingSaid) {
			t.Fatal(err)
		}
		return say
	}
	if !up() || up() { // the first dies
		t.Fatal("not exactly one worker says that it is over")
	}
	s.SpeakWithin(0)
	if said, outage := noteUp(t, s, nil); !said || outage.AlarmedAt.IsZero() || isDown(t, s) {
		t.Errorf("said %v of %+v, down %v; want the end said by another", said, outage, isDown(t, s))
	}
}

// The end of an outage that nobody can have heard of is not waited for by anybody; one that may have been alarmed is said to be
// over though the worker died before it noted the alarm. Fails without: the speaker in isHeardOf.
func TestLanes_AnAlarmThatMayHaveBeenRaisedIsSaidToBeOver(t *testing.T) {
	s := testkit.Store(t)
	s.SpeakWithin(0)
	if alarm, _, err := s.NoteDown(t.Context(), company, trouble(2*time.Minute, time.Minute)); err != nil || !alarm {
		t.Fatal(alarm, err)
	}
	if said, _ := noteUp(t, s, nil); !said {
		t.Error("the end is not said")
	}
}

// A worker that was slow to say that an outage is over does not end the next one. Fails without: the outage's beginning in Over.
func TestLanes_TheEndOfAnOutageIsNotThatOfTheNext(t *testing.T) {
	s := testkit.Store(t)
	noteDown(t, s, 2*time.Minute, time.Minute)
	slow, say, err := s.NoteUp(t.Context(), company, nil)
	if err != nil || !say {
		t.Fatal(say, err)
	}
	s.SpeakWithin(0)
	if said, _ := noteUp(t, s, nil); !said {
		t.Fatal("no other worker says it")
	}
	noteDown(t, s, time.Second, time.Minute)
	if err := s.Over(t.Context(), slow); err != nil || !isDown(t, s) {
		t.Errorf("the next outage is over (%v)", err)
	}
}

// A worker that does well does not end an outage that another has just noted: that one may have no way to B1. It ends the mark
// that a worker left which is gone. Fails without: stale.
func TestLanes_WhoSaysAgainThatAllIsWellEndsOnlyWhatIsStale(t *testing.T) {
	s := testkit.Store(t)
	noteDown(t, s, 2*time.Minute, time.Minute)
	if said, _ := noteUp(t, s, after(time.Minute)); said || !isDown(t, s) {
		t.Errorf("said %v, down %v; want another worker's outage to go on", said, isDown(t, s))
	}
	time.Sleep(5 * time.Millisecond)
	if said, _ := noteUp(t, s, after(time.Millisecond)); !said || isDown(t, s) {
		t.Errorf("said %v, down %v; want a mark that is stale to end", said, isDown(t, s))
	}
	if alarm, _ := noteDown(t, s, time.Second, 0); !alarm {
		t.Error("the next outage raises no alarm")
	}
}

// How long a mark stands is asked for its cause. Fails without: the cause in NoteUp.
func TestLanes_AMarkStandsAsLongAsItsCauseSays(t *testing.T) {
	s := testkit.Store(t)
	noteDown(t, s, 2*time.Minute, time.Minute)
	if said, _ := noteUp(t, s, func(cause string) time.Duration { return map[string]time.Duration{"silent": time.Hour}[cause] }); said || !isDown(t, s) {
		t.Errorf("said %v, down %v; want it to stand for an hour", said, isDown(t, s))
	}
}

// Another cause raises another alarm where that is asked for, once. Fails without: Anew.
func TestLanes_AnotherCauseThatAPersonMustMendIsAnAlarmOfItsOwn(t *testing.T) {
	s := testkit.Store(t)
	noteDown(t, s, 2*time.Minute, time.Minute)
	for n, want := range []bool{true, false} {
		refused := store.Trouble{Since: time.Now(), Failure: "-304", Cause: "refused", AlarmAfter: time.Minute, Anew: true}
		alarm, lane, err := s.NoteDown(t.Context(), company, refused)
		if err != nil || alarm != want || lane.Cause != "refused" || lane.Failure != "-304" {
			t.Errorf("time %d: alarm %v of %+v, %v; want %v", n, alarm, lane, err, want)
		}
		if err := s.Alarmed(t.Context(), company, "refused"); err != nil {
			t.Fatal(err)
		}
	}
	if alarm, _ := noteDown(t, s, 2*time.Minute, time.Minute); alarm {
		t.Error("the first cause raises one more")
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
	noteUp(t, s, nil)
	quiet(time.Now().Add(-time.Second)) // over, though nobody has said so
	if l := status(); l.State != store.LaneUp || l.Since == nil || l.QuietUntil != nil {
		t.Errorf("it is %+v, want up since a moment ago", l)
	}
	lane, err := s.Lane(t.Context(), "other")
	if err != nil || !lane.DownSince.IsZero() || lane.Company != "other" {
		t.Errorf("another company is %+v, %v; want it well", lane, err)
	}
}
