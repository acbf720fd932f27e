package alarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/store"
)

// newTelling is a place in which somebody has to be told that orders are held.
func newTelling(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	p.startWorker()
	p.plan(time.Hour, false)
	p.read(time.Now().Add(time.Hour))
	return p
}

// hold makes the orders that are held many.
func (p *place) hold() {
	p.t.Helper()
	p.stage(order.Held, 3, func(n int) time.Time { return p.clock.now().Add(-time.Duration(n) * time.Second) })
}

// release ends that.
func (p *place) release() {
	p.t.Helper()
	held, err := p.db.List(p.t.Context(), store.Filter{Instance: p.instance, Status: order.Held, Limit: 10})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, o := range held {
		p.settle(o.Key, order.Posted)
	}
}

func (p *place) wantTold(want ...string) {
	p.t.Helper()
	if got := p.inbox.events(); !slices.Equal(got, want) {
		p.t.Errorf("told: %v, want %v", got, want)
	}
}

// A process that raised an alarm and died leaves the telling to others. Fails without: the events in the alarm's document.
func TestTell_AnotherTellsForOneThatDied(t *testing.T) {
	p := newTelling(t)
	p.hold()
	p.keepers[0].LookAll(t.Context())
	p.wantTold()
	p.keepers[1].TellAll(t.Context())
	p.wantTold("held_orders raised")
}

// breaks is a channel whose process dies when it has sent.
type breaks struct {
	Channel
	die context.CancelFunc
}

func (b breaks) Send(ctx context.Context, m Message) error {
	err := b.Channel.Send(ctx, m)
	b.die()
	return err
}

// One that dies between sending and noting it: another tells again, once the time of the first is up, and under the same ID. Fails without: the
// lease (it is told twice at once), its end (it is told never again, where the sending itself was lost).
func TestTell_AtLeastOnce(t *testing.T) {
	p := newTelling(t)
	p.hold()
	p.keepers[0].LookAll(t.Context())
	ctx, die := context.WithCancel(t.Context())
	dying := *p.keepers[0]
	dying.Channels = []Channel{breaks{dying.Channels[0], die}}
	dying.TellAll(ctx)
	p.keepers[1].TellAll(t.Context())
	p.wantTold("held_orders raised")
	p.clock.forward(lease)
	p.look()
	p.wantTold("held_orders raised", "held_orders raised")
	if a, b := p.inbox.messages[0].ID, p.inbox.messages[1].ID; a != b || a == "" {
		t.Errorf("the IDs are %q and %q, want one", a, b)
	}
}

// A receiver that fails is asked again after a pause that grows, is told all once it takes messages, in their order, and the log says once that it
// fails and once that it does not any more. Fails without: NextAt, the order of untold, Attempts.
func TestTell_AReceiverThatFailsIsToldLater(t *testing.T) {
	p := newTelling(t)
	var said bytes.Buffer
	logTo(p.keepers[0], &said)
	p.keepers = p.keepers[:1]
	asked := 0
	p.inbox.does(func(w http.ResponseWriter, _ *http.Request) bool {
		asked++
		w.WriteHeader(http.StatusInternalServerError)
		return false
	})
	p.hold()
	p.look()
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	p.release()
	p.clock.forward(firstPause)
	p.look()
	if asked != 2 {
		t.Errorf("asked %d times after the first pause, want twice", asked)
	}
	p.clock.forward(firstPause)
	p.look()
	if asked != 2 {
		t.Errorf("asked %d times after the first pause again, want a longer one", asked)
	}
	has, err := p.db.AlarmChannel(t.Context(), "webhook")
	if err != nil || has.Attempts != 2 || has.Failure != "the receiver answers HTTP 500 Internal Server Error" || has.FailedSince.IsZero() {
		t.Errorf("the channel is %+v (%v)", has, err)
	}
	p.inbox.does(nil)
	p.clock.forward(firstPause)
	p.look()
	p.wantTold("held_orders raised", "held_orders resolved")
	if has, err := p.db.AlarmChannel(t.Context(), "webhook"); err != nil || has.Attempts != 0 || has.Failure != "" || has.SentAt.IsZero() {
		t.Errorf("the channel is %+v (%v)", has, err)
	}
	for _, line := range []string{"alarms cannot be told", "alarms are told again", "alarm raised", "alarm resolved"} {
		if n := strings.Count(said.String(), `msg="`+line); n != 1 {
			t.Errorf("%q is said %d times, want once:\n%s", line, n, said.String())
		}
	}
	if strings.Contains(said.String(), p.inbox.URL) {
		t.Error("the log shows the address")
	}
}

// The longest pause is half an hour, however often it fails. Fails without: longestPause.
func TestTell_ThePauseHasAnEnd(t *testing.T) {
	p := newPlace(t)
	k := p.keepers[0]
	has, err := p.db.TakeAlarmChannel(t.Context(), "webhook", k.now(), k.now().Add(lease))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		now := k.now()
		if err := k.putOff(t.Context(), has, errors.New("no")); err != nil {
			t.Fatal(err)
		}
		if pause := has.NextAt.Sub(now); pause < firstPause || pause > longestPause+time.Second || n > 10 && pause < longestPause {
			t.Fatalf("attempt %d: a pause of %s", n+1, pause)
		}
	}
}

// More than five events of a moment are one message. Fails without: portions.
func TestTell_ManyAtOnceAreOneMessage(t *testing.T) {
	p := newTelling(t)
	k := p.keepers[0]
	raise := func(names []string) {
		for _, name := range names {
			if err := k.note(t.Context(), p.instance, name, verdict{state: bad, what: "w", todo: "t"}, k.now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	raise(Names()[:5])
	k.TellAll(t.Context())
	if n := p.inbox.count(); n != 5 {
		t.Errorf("5 alarms are %d messages, want as many", n)
	}
	for _, name := range Names()[:6] {
		if err := k.note(t.Context(), p.instance, name, verdict{state: good}, k.now()); err != nil {
			t.Fatal(err)
		}
	}
	raise(Names()[5:])
	k.TellAll(t.Context())
	if n := p.inbox.count(); n != 6 {
		t.Fatalf("11 events are %d messages, want 1", n-5)
	}
	m := p.inbox.messages[5]
	if len(m.Alarms) != 11 || m.Subject != "DataWald: several alarms, 6 raised, 5 over" || !strings.HasPrefix(m.ID, "digest/") {
		t.Errorf("it is %+v", m)
	}
	k.TellAll(t.Context())
	if n := p.inbox.count(); n != 6 {
		t.Errorf("told again: %d messages", n)
	}
}

// What is raised within a moment is waited for, but not for ever. Fails without: Settle, patience.
func TestTell_WaitsForWhatBelongsTogether(t *testing.T) {
	p := newPlace(t)
	k := p.keepers[0]
	k.Pace.Settle = time.Minute
	raise := func(name string) {
		if err := k.note(t.Context(), p.instance, name, verdict{state: bad, what: "w", todo: "t"}, k.now()); err != nil {
			t.Fatal(err)
		}
	}
	raise(Lag)
	k.TellAll(t.Context())
	p.wantTold()
	for _, name := range []string{HeldOrders, WorkerGone, CircuitOpen} {
		p.clock.forward(50 * time.Second)
		raise(name)
		k.TellAll(t.Context())
	}
	p.wantTold()
	p.clock.forward(40 * time.Second)
	raise(Credentials)
	k.TellAll(t.Context())
	if p.inbox.count() == 0 {
		t.Error("it waits for ever")
	}
}

// An alarm that stands is told again each day. Fails without: Reminder in seen; toldAt (it comes each minute of the next day).
func TestTell_RemindsEachDay(t *testing.T) {
	p := newTelling(t)
	p.hold()
	p.look()
	for range 2 {
		p.clock.forward(23*time.Hour + 59*time.Minute)
		p.read(p.clock.now())
		p.reconcile("run", p.clock.now())
		p.look()
		p.clock.forward(2 * time.Minute)
		p.look()
	}
	p.wantTold("held_orders raised", "held_orders reminder", "held_orders reminder")
}

// What comes and goes within minutes is one alarm, and what is seen once is none. Fails without: Hold, Clear.
func TestLook_DoesNotFlap(t *testing.T) {
	p := newTelling(t)
	for _, k := range p.keepers {
		k.Pace.Hold, k.Pace.Clear = time.Minute, 5*time.Minute
	}
	for range 3 { // it comes and goes
		p.hold()
		p.look()
		p.release()
		p.look()
		p.clock.forward(time.Minute)
	}
	p.wantTold()
	p.hold()
	p.look()
	for range 3 { // it goes and comes
		p.clock.forward(time.Minute)
		p.look()
		p.release()
		p.look()
		p.clock.forward(4 * time.Minute)
		p.hold()
		p.look()
	}
	p.release()
	p.look()
	p.clock.forward(5 * time.Minute)
	p.look()
	p.wantTold("held_orders raised", "held_orders resolved")
}

// A channel that is set up later is told what stands, and nothing of the past. Fails without: known in Untold.
func TestTell_ANewChannelIsToldWhatStands(t *testing.T) {
	p := newTelling(t)
	channels := p.keepers[0].Channels
	for _, k := range p.keepers {
		k.Channels = nil
	}
	p.hold()
	p.look()
	p.release()
	p.look()
	p.keepers[0].Channels = channels
	p.look()
	p.wantTold()
	p.keepers[0].Channels = nil
	p.hold()
	p.look()
	p.keepers[0].Channels = channels
	p.look()
	p.wantTold("held_orders raised")
}

// A cause that explains another is told alone; once it is gone the other has its time. Fails without: explains, and good in judge (what waited behind
// an outage would be told of at once).
func TestJudge_WhatFollowsIsNotToldBeside(t *testing.T) {
	now := monday
	f := facts{now: now, limits: limits(), schedule: okSchedule(), waiting: &store.Waiting{}, caughtUp: now.Add(-2 * time.Hour), reconciled: reconciled{at: now},
		runsUnserved: new(true), ordersUnserved: new(false)}
	none := func(string) bool { return false }
	if v := judge(f, none); v[WorkerGone].state != bad || v[Lag].state != good {
		t.Errorf("no worker: %+v, and the lag %+v", v[WorkerGone], v[Lag])
	}
	if v := judge(f, func(string) bool { return true }); v[Lag].state != unknown {
		t.Errorf("a lag that is raised already is %+v, want it left", v[Lag])
	}
	f.runsUnserved = new(false)
	if v := judge(f, none); v[Lag].state != bad {
		t.Errorf("with a worker the lag is %+v", v[Lag])
	}
	f.runsUnserved, f.ordersUnserved = nil, nil
	if v := judge(f, none); v[WorkerGone].state != unknown {
		t.Errorf("when Temporal does not tell, a worker is gone: %+v", v[WorkerGone])
	}
}

// Orders that rest in quiet hours do not wait, nor does one that was staged a moment ago. Fails without: quietUntil and StagedAt in oldestPending.
func TestOldestPending_KnowsWhatMayWait(t *testing.T) {
	f := facts{now: monday, limits: limits(), waiting: &store.Waiting{Oldest: &store.OldestPending{Since: monday.Add(-5 * time.Hour), StagedAt: monday.Add(-5 * time.Hour)}}}
	if v := oldestPending(f); v.state != bad {
		t.Errorf("one that waits for five hours: %+v", v)
	}
	f.quietUntil = monday.Add(time.Hour)
	if v := oldestPending(f); v.state != good {
		t.Errorf("in quiet hours: %+v", v)
	}
	f.quietUntil, f.waiting.Oldest.StagedAt = time.Time{}, monday.Add(-time.Minute)
	if v := oldestPending(f); v.state != good {
		t.Errorf("staged a minute ago: %+v", v)
	}
}

// A queue that gets on shows another oldest order each time. Fails without: Subject in seen.
func TestSeen_AnotherSubjectIsAnotherCause(t *testing.T) {
	k := &Keeper{}
	var a store.Alarm
	for n, subject := range []string{"a", "b", "c"} {
		k.step(&a, verdict{state: bad, hold: drains, subject: subject, what: "w", count: int64(9 - n)}, monday.Add(time.Duration(n)*drains))
	}
	if a.Raised {
		t.Error("raised although it gets on")
	}
	k.step(&a, verdict{state: bad, hold: drains, subject: "c", what: "w", count: 6}, monday.Add(3*drains))
	if !a.Raised {
		t.Error("not raised although it stands")
	}
}

// A queue that moves, and in which ever more wait, does not get on: B1 takes fewer orders than come. Fails without: SeenCount in seen.
func TestSeen_AQueueThatMovesAndGrows(t *testing.T) {
	k := &Keeper{}
	f := facts{limits: limits(), waiting: &store.Waiting{}}
	var a store.Alarm
	for n := range 20 {
		f.now = monday.Add(time.Duration(n) * time.Minute)
		// The oldest has waited for two hours at each look, and is another one each time.
		f.waiting = &store.Waiting{Long: int64(100 + 3*n - n%3), Oldest: &store.OldestPending{Key: order.Key(fmt.Sprintf("main:1:%d", n)), Since: f.now.Add(-2 * time.Hour), StagedAt: f.now.Add(-2 * time.Hour)}}
		if k.step(&a, oldestPending(f), f.now); a.Raised != (n >= 15) {
			t.Fatalf("after %d minutes it is raised: %t", n, a.Raised)
		}
	}
	a = store.Alarm{}
	for n := range 60 { // what waits behind an outage becomes less, however long it takes
		f.now = monday.Add(time.Duration(n) * time.Minute)
		f.waiting = &store.Waiting{Long: int64(500 - n), Oldest: &store.OldestPending{Key: order.Key(fmt.Sprintf("main:1:%d", n)), Since: f.now.Add(-9 * time.Hour), StagedAt: f.now.Add(-9 * time.Hour)}}
		if k.step(&a, oldestPending(f), f.now); a.Raised {
			t.Fatalf("raised after %d minutes although it gets on", n)
		}
	}
}

// One order more or less is no news; twice as many are. Fails without: heldRaised in heldOrders, grows in seen.
func TestHeldOrders_SaysWhatIsNews(t *testing.T) {
	k, a, now := &Keeper{Limits: limits()}, store.Alarm{}, monday
	k.Limits.HeldOrders, k.Limits.Reminder = 10, 0
	for _, step := range []struct {
		held   int64
		events int
		raised bool
	}{{10, 0, false}, {11, 1, true}, {10, 1, true}, {9, 1, true}, {11, 1, true}, {21, 1, true}, {22, 2, true}, {43, 2, true}, {44, 3, true}, {8, 4, false}, {10, 4, false}, {11, 5, true}} {
		for range 2 {
			now = now.Add(10 * time.Minute)
			f := facts{now: now, limits: k.Limits, held: step.held, schedule: okSchedule(), waiting: &store.Waiting{}}
			k.step(&a, judge(f, func(name string) bool { return name == HeldOrders && a.Raised })[HeldOrders], now)
		}
		if a.Raised != step.raised || int(a.Seq) != step.events {
			t.Fatalf("%d held: raised %t after %d events, want %t after %d", step.held, a.Raised, a.Seq, step.raised, step.events)
		}
	}
}

// What the store does not tell of the usual orders leaves that alarm as it is. Fails without: usualUnknown.
func TestNoNewOrders_IsLeftWhenNothingIsKnown(t *testing.T) {
	if v := noNewOrders(facts{now: monday, limits: limits(), usualUnknown: true}); v.state != unknown {
		t.Errorf("it is %+v", v)
	}
}

// That the books were never compared counts from when they were to be, whatever hid it for a while. Fails without: planned.
func TestReconciliationLate_CountsFromThePlan(t *testing.T) {
	f := facts{now: monday, limits: limits(), reconciled: reconciled{planned: monday.Add(-37 * time.Hour)}}
	if v := reconciliationLate(f); v.state != bad || v.hold > toApply || !v.since.Equal(f.reconciled.planned) {
		t.Errorf("it is %+v", v)
	}
	f.reconciled.planned = monday.Add(-35 * time.Hour)
	if v := reconciliationLate(f); v.state != good {
		t.Errorf("within its time it is %+v", v)
	}
	f.reconciled.planned = time.Time{}
	if v := reconciliationLate(f); v.state != unknown {
		t.Errorf("without a plan it is %+v", v)
	}
}

// says is a channel that does as it is told to.
type says struct {
	send func(context.Context) error
}

func (says) Name() string                                { return "webhook" }
func (s says) Send(ctx context.Context, _ Message) error { return s.send(ctx) }

// A process that stops within the sending gives the channel back: it has not failed, and another tells at once. Fails without: the context of the
// process in tellSome (an attempt is counted, and the others wait).
func TestTell_AProcessThatStops(t *testing.T) {
	p := newTelling(t)
	var said bytes.Buffer
	k := p.keepers[0]
	logTo(k, &said)
	p.hold()
	k.LookAll(t.Context())
	ctx, stop := context.WithCancel(t.Context())
	k.Channels = []Channel{says{func(ctx context.Context) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}}}
	k.TellAll(ctx)
	has, err := p.db.AlarmChannel(t.Context(), "webhook")
	if err != nil || has.Attempts != 0 || !has.Until.IsZero() || strings.Contains(said.String(), "cannot be told") {
		t.Errorf("the channel is %+v (%v), and it said\n%s", has, err, said.String())
	}
	p.keepers[1].TellAll(t.Context())
	p.wantTold("held_orders raised")
}

// Some who did not get a message are said in the log, and it is told. Fails without: Partly in send.
func TestTell_SomeDidNotGetIt(t *testing.T) {
	p := newTelling(t)
	var said bytes.Buffer
	k := p.keepers[0]
	logTo(k, &said)
	p.hold()
	k.LookAll(t.Context())
	sent := 0
	k.Channels = []Channel{says{func(context.Context) error {
		sent++
		return &Partly{Refused: 1, Of: 2, Why: "refused"}
	}}}
	k.TellAll(t.Context())
	k.TellAll(t.Context())
	if has, err := p.db.AlarmChannel(t.Context(), "webhook"); err != nil || has.Attempts != 0 || sent != 1 || !strings.Contains(said.String(), "refused=1 of=2") {
		t.Errorf("sent %d times, the channel is %+v (%v), and it said\n%s", sent, has, err, said.String())
	}
}

// A channel that comes back after months is told what stands, and that what it told of is over; nothing else. Fails without: fresh.
func TestFresh_LeavesOutWhatIsOver(t *testing.T) {
	var a store.Alarm
	add := func(kind string, ago time.Duration) {
		if kind == store.AlarmRaised {
			a.RaisedAt = monday.Add(-ago)
		}
		a.Raised = kind != store.AlarmResolved
		a.Add(kind, monday.Add(-ago))
	}
	const day = 24 * time.Hour
	add(store.AlarmRaised, 90*day)
	a.Told = map[string]int64{"mail": 1}
	add(store.AlarmReminder, 89*day)
	add(store.AlarmResolved, 88*day)
	add(store.AlarmRaised, 50*day)
	add(store.AlarmResolved, 49*day)
	add(store.AlarmRaised, 20*day)
	add(store.AlarmReminder, 19*day)
	add(store.AlarmReminder, time.Hour)
	var seqs []int64
	for _, e := range fresh(a, "mail", monday) {
		seqs = append(seqs, e.Seq)
	}
	if want := []int64{3, 6, 8}; !slices.Equal(seqs, want) {
		t.Errorf("told are %v, want %v", seqs, want)
	}
	if all := fresh(a, "mail", monday.Add(-89*day)); len(all) != len(a.Untold("mail")) {
		t.Errorf("in time %d are told, want all", len(all))
	}
}
