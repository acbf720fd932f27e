package alarm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/sapb1"
	"datawald/store"
	"datawald/watch"
)

// amiss are facts in which all that can follow from something else is there: nothing is read, no order comes, one waits, and nothing was compared.
func amiss() facts {
	long := monday.Add(-60 * time.Hour)
	r, _ := NewRhythm(steady(2, monday), time.UTC, nil)
	return facts{now: monday, limits: limits(), schedule: okSchedule(), runsUnserved: new(false), ordersUnserved: new(false), caughtUp: long,
		waiting: &store.Waiting{Oldest: &store.OldestPending{Since: long, StagedAt: long}}, rhythm: r, latest: long, reconciled: reconciled{at: long}}
}

// A cause silences what it makes, and nothing else: whoever does not let the connector in, or does not ask for work, keeps some things from getting on,
// and what stands still beside them has another cause. Fails without: the explains of each verdict, and their reading in judge.
func TestJudge_ACauseSilencesWhatItMakesAlone(t *testing.T) {
	b1 := func(f *facts, cause sapb1.Cause) {
		f.b1 = store.Lane{DownSince: monday.Add(-time.Hour), Cause: string(cause), Failure: "301"}
	}
	for what, tc := range map[string]struct {
		make func(*facts)
		// cause is told; without it these are told as well.
		cause string
		told  []string
	}{
		"nothing else":             {func(*facts) {}, "", []string{Lag, OldestPending, ReconciliationLate}},
		"the schedule is paused":   {func(f *facts) { f.schedule = &watch.Schedule{State: watch.Paused} }, SchedulePaused, nil},
		"there is no schedule":     {func(f *facts) { f.schedule = &watch.Schedule{State: watch.Missing} }, SchedulePaused, nil},
		"no run can be started":    {func(f *facts) { f.schedule = &watch.Schedule{State: watch.On, Cause: watch.NoAttributes} }, ScheduleSkipping, []string{ReconciliationLate}},
		"a run hangs":              {func(f *facts) { f.schedule = &watch.Schedule{State: watch.On, Late: true, Cause: watch.RunHangs} }, ScheduleSkipping, []string{ReconciliationLate}},
		"nobody asks for anything": {func(f *facts) { f.runsUnserved, f.ordersUnserved = new(true), new(true) }, WorkerGone, nil},
		"nobody asks for runs":     {func(f *facts) { f.runsUnserved = new(true) }, WorkerGone, nil},
		"nobody asks for orders":   {func(f *facts) { f.ordersUnserved = new(true) }, WorkerGone, []string{Lag}},
		"B1 refuses":               {func(f *facts) { b1(f, sapb1.Refused) }, Credentials, []string{Lag, ReconciliationLate}},
		"Magento refuses":          {func(f *facts) { f.magentoRefuses = true }, Credentials, []string{OldestPending, ReconciliationLate}},
		"Magento may not be told":  {func(f *facts) { f.writesRefused = monday }, Credentials, []string{Lag, OldestPending, ReconciliationLate}},
		"both refuse":              {func(f *facts) { f.magentoRefuses = true; b1(f, sapb1.Refused) }, Credentials, []string{ReconciliationLate}},
		"B1 does not answer":       {func(f *facts) { b1(f, sapb1.Silent) }, CircuitOpen, []string{Lag, ReconciliationLate}},
		"no order comes":           {func(f *facts) { f.caughtUp = monday }, NoNewOrders, []string{OldestPending, ReconciliationLate}},
	} {
		f := amiss()
		tc.make(&f)
		for _, stands := range []bool{false, true} {
			all := judge(f, func(string) bool { return stands })
			for _, name := range []string{Lag, NoNewOrders, OldestPending, ReconciliationLate, tc.cause} {
				if name == "" {
					continue
				}
				want := good
				switch {
				case name == tc.cause || slices.Contains(tc.told, name):
					want = bad
				case stands && (name != Lag || f.caughtUp.Before(monday)): // left as it is
					want = unknown
				}
				if got := all[name].state; got != want {
					t.Errorf("%s, raised before %t: %s is %d, want %d", what, stands, name, got, want)
				}
			}
		}
	}
}

// All who refuse are named, and since when the first does. Fails without: the union in credentials.
func TestCredentials_NamesAllWhoRefuse(t *testing.T) {
	first := monday.Add(-time.Hour)
	v := credentials(facts{now: monday, magentoRefuses: true, refusedAt: monday.Add(-time.Minute), writesRefused: first,
		b1: store.Lane{DownSince: monday.Add(-time.Minute), Cause: string(sapb1.Refused), Failure: "301"}})
	for _, words := range []string{"B1 refuses the connector (301)", "no order is read", "not marked there", "starter doctor b1", "starter doctor magento", "right to change orders"} {
		if !strings.Contains(v.what+v.todo, words) {
			t.Errorf("it does not say %q: %s %s", words, v.what, v.todo)
		}
	}
	if v.state != bad || !v.since.Equal(first) {
		t.Errorf("it is %+v", v)
	}
}
