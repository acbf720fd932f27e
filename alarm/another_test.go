package alarm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// Another cause under an alarm that stands is told, once by all who see it: that Magento refuses what is written back says nothing of B1, which refuses
// the connector days later. Fails without: another in seen (it is told by the reminder, or never), the cause of each verdict in credentials.
func TestCredentials_AnotherWhoRefusesIsTold(t *testing.T) {
	p := newTelling(t)
	for _, k := range p.keepers {
		k.Limits.Reminder = 0
	}
	posted := p.stage(order.Posted, 1, func(int) time.Time { return p.clock.now().Add(-time.Hour) })[0]
	p.writeBack(posted, store.WriteBackOpen)
	p.look()
	p.wantTold("credentials raised")
	p.b1(sapb1.Refused, "301")
	p.read(p.clock.now())
	p.look()
	p.wantTold("credentials raised", "credentials changed")
	p.b1Up()
	p.look() // what is left is told as well: whoever has mended B1 sees it
	p.wantTold("credentials raised", "credentials changed", "credentials changed")
	p.writeBack(posted, store.WriteBackDone)
	p.look()
	p.wantTold("credentials raised", "credentials changed", "credentials changed", "credentials resolved")
	for n, words := range []string{"", "B1 refuses the connector (301)"} {
		if m := p.inbox.messages[n]; !strings.Contains(m.Text, words) || !strings.Contains(m.Text, "not marked there") {
			t.Errorf("message %d says %s", n, m.Text)
		}
	}
	m := p.inbox.messages[1]
	if m.Subject != "DataWald "+p.instance+": changed: The connector is refused" || !strings.HasPrefix(m.Text, "CHANGED: ") {
		t.Errorf("it is %q: %s", m.Subject, m.Text)
	}
}

// A refusal to be told is over once the rules ask for nothing to be told. Fails without: WritesBack in WriteBackRefused.
func TestCredentials_AreNoMatterOfWhatNobodyAsksFor(t *testing.T) {
	p := newTelling(t)
	p.writeBack(p.stage(order.Posted, 1, func(int) time.Time { return p.clock.now().Add(-time.Hour) })[0], store.WriteBackOpen)
	p.look()
	p.wantTold("credentials raised")
	if err := p.db.NoteWritesBack(t.Context(), p.instance, false); err != nil {
		t.Fatal(err)
	}
	p.look()
	p.wantTold("credentials raised", "credentials resolved")
}

// Each alarm of several causes tells of another one. Fails without: cause in the verdicts.
func TestSeen_EachCauseIsTold(t *testing.T) {
	for _, tc := range []struct {
		name   string
		judge  func(facts) verdict
		causes []func(*facts)
	}{
		{SchedulePaused, schedulePaused, []func(*facts){func(f *facts) { f.schedule.State = "paused" }, func(f *facts) { f.schedule.State = "missing" }}},
		{ScheduleSkipping, scheduleSkipping, []func(*facts){func(f *facts) { f.schedule.Late, f.schedule.Cause = true, "run_hangs" }, func(f *facts) { f.schedule.Cause = "no_attributes" }}},
		{WorkerGone, workerGone, []func(*facts){func(f *facts) { f.ordersUnserved = new(true) }, func(f *facts) { f.runsUnserved = new(true) },
			func(f *facts) { f.runsUnserved, f.ordersUnserved = new(true), new(true) }}},
		{Credentials, credentials, []func(*facts){func(f *facts) { f.writesRefused = monday }, func(f *facts) { f.magentoRefuses = true },
			func(f *facts) { f.b1 = store.Lane{DownSince: monday, Cause: string(sapb1.Refused)} }}},
	} {
		k, a, now, want := &Keeper{Pace: ordinary}, store.Alarm{}, monday, []string{}
		for n, cause := range tc.causes {
			for range 2 {
				f := amiss()
				f.limits, f.schedule = limits(), okSchedule()
				cause(&f)
				k.step(&a, tc.judge(f), now)
				now = now.Add(40 * time.Minute)
			}
			want = append(want, store.AlarmChanged)
			if want[0] = store.AlarmRaised; !slices.Equal(kinds(a), want) {
				t.Errorf("%s, cause %d: told %v, want %v", tc.name, n, kinds(a), want)
			}
		}
	}
}

func kinds(a store.Alarm) (all []string) {
	for _, e := range a.Events {
		all = append(all, e.Kind)
	}
	return all
}

// Another cause must be seen for its time, without a break, and what is left of several for as long as an end must; a reminder tells of it as well. Of a
// document that names no cause nobody is told anew. Fails without: OtherSince, Clear in another, Other in gone, the empty Cause, the Cause in say.
func TestSeen_AnotherCauseHasItsTime(t *testing.T) {
	one, both := verdict{state: bad, cause: "b1", what: "b1"}, verdict{state: bad, cause: "b1 magento", what: "both"}
	k := &Keeper{Pace: ordinary}
	standing := func(cause string) store.Alarm {
		a := store.Alarm{Raised: true, RaisedAt: monday, BadSince: monday, Cause: cause, What: "b1"}
		a.Add(store.AlarmRaised, monday)
		return a
	}
	for what, tc := range map[string]struct {
		cause    string
		reminder time.Duration
		seen     []verdict // one each minute
		want     []string  // behind the first event
	}{
		"for a moment":          {"b1", 0, []verdict{both, one, both, one, both}, nil},
		"for a minute":          {"b1", 0, []verdict{both, both, both}, []string{store.AlarmChanged}},
		"with a break":          {"b1", 0, []verdict{both, {state: good}, both}, nil},
		"what is left at once":  {"b1 magento", 0, []verdict{one, one, one, one, one}, nil},
		"what is left":          {"b1 magento", 0, []verdict{one, one, one, one, one, one}, []string{store.AlarmChanged}},
		"a release before":      {"", 0, []verdict{both, both, both}, nil},
		"a reminder tells":      {"b1", time.Minute, []verdict{both, one}, []string{store.AlarmReminder, store.AlarmReminder}},
		"a reminder tells once": {"b1", 90 * time.Second, []verdict{one, both, both}, []string{store.AlarmReminder}},
	} {
		a := standing(tc.cause)
		k.Limits.Reminder = tc.reminder
		for n, v := range tc.seen {
			k.step(&a, v, monday.Add(time.Duration(n+1)*time.Minute))
		}
		if got := kinds(a)[1:]; !slices.Equal(got, tc.want) {
			t.Errorf("%s: told %v, want %v", what, got, tc.want)
		}
	}
}

// Of old events a channel that comes back is told how things stand: the latest cause with the beginning. Fails without: AlarmChanged in fresh.
func TestFresh_TellsTheCauseThatStands(t *testing.T) {
	a := store.Alarm{Raised: true, RaisedAt: monday.Add(-72 * time.Hour), Told: map[string]int64{"mail": 0}}
	a.Add(store.AlarmRaised, monday.Add(-72*time.Hour))
	a.Add(store.AlarmChanged, monday.Add(-48*time.Hour))
	if all := fresh(a, "mail", monday); len(all) != 2 {
		t.Errorf("told are %+v", all)
	}
}
