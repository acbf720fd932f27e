package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// sayings of the alarm, as a journal keeps them.
const (
	saysSilent    = "ERROR B1 does not answer"
	saysReadsOnly = "ERROR B1 answers, but writes no order"
	saysRefused   = "ERROR B1 refuses the connector"
	saysWell      = "WARN B1 answers again"
)

// company is the one whose alarms are tested.
const company = "b1.example.com/shop"

// spy looks into the store while something is said.
type spy struct {
	journal
	at func()
}

func (s *spy) Handle(ctx context.Context, r slog.Record) error {
	s.at()
	return s.journal.Handle(ctx, r)
}

// An alarm is said before it is noted as said, and its end too: a worker that dies between leaves it to another. Fails without:
// this order in tell and down.
func TestAlarm_SpeaksBeforeItNotesThatItDid(t *testing.T) {
	t.Parallel()
	db := testkit.Store(t)
	lane := func() store.Lane {
		l, err := db.Lane(t.Context(), company)
		if err != nil {
			t.Error(err)
		}
		return l
	}
	var seen []store.Lane
	said := &spy{at: func() { seen = append(seen, lane()) }}
	a := &alarm{store: db, log: slog.New(said), company: company, after: time.Minute}
	tell := func(h sapb1.Health) {
		t.Helper()
		if err := a.tell(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	down := sapb1.Health{Down: true, Cause: sapb1.Silent, Since: time.Now().Add(-2 * time.Minute), Code: "503"}
	tell(down)
	tell(down)
	if len(seen) != 1 || !seen[0].AlarmedAt.IsZero() || lane().AlarmedAt.IsZero() {
		t.Errorf("said %d times; noted as raised when it was said: %+v, now: %+v", len(seen), seen, lane())
	}
	tell(sapb1.Health{})
	tell(sapb1.Health{})
	if len(seen) != 2 || seen[1].DownSince.IsZero() || !lane().DownSince.IsZero() {
		t.Errorf("said %d times; noted as over when it was said: %+v, now: %+v", len(seen), seen, lane())
	}
	if said.count(saysSilent) != 1 || said.count(saysWell) != 1 {
		t.Errorf("said %q", said.lines)
	}
}

// What another worker is about to say has not been made known: should that one die, it is said again. Fails without: ErrBeingSaid (the
// client takes it for told, and says nothing for TellEvery).
func TestAlarm_WhatAnotherIsAboutToSayIsNotTold(t *testing.T) {
	t.Parallel()
	db, said := testkit.Store(t), &journal{}
	alarm, _, err := db.NoteDown(t.Context(), company, store.Trouble{Since: time.Now().Add(-time.Minute), Failure: "503", Cause: "silent"})
	if err != nil || !alarm { // and dies
		t.Fatal(alarm, err)
	}
	a := newAlarm(db, slog.New(said), company, time.Minute)
	if err := a.tell(t.Context(), sapb1.Health{}); !errors.Is(err, store.ErrBeingSaid) || len(said.lines) != 0 {
		t.Errorf("%v, said %q; want that another is about to say it", err, said.lines)
	}
}

// One worker is refused, and given an order in each run alone; another is well, and says so more often. The alarm is raised, once, and
// the end of it said when the refused one is well, once. Fails without: staleFor (the other ends the mark before the alarm).
func TestAlarm_OneRefusedWorkerAmongHealthyOnesIsAlarmed(t *testing.T) {
	t.Parallel()
	db, said := testkit.Store(t), &journal{}
	const second = 60 * time.Millisecond
	a := &alarm{store: db, log: slog.New(said), company: company, after: 60 * second, stale: 20 * second, refused: 180 * second}
	tell := func(h sapb1.Health) {
		t.Helper()
		if err := a.tell(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	refused := sapb1.Health{Down: true, Cause: sapb1.Refused, Since: time.Now(), Code: "-304"}
	for quarter := range 16 {
		if quarter%4 == 0 {
			tell(refused)
		} else {
			tell(sapb1.Health{Again: true})
		}
		time.Sleep(15 * second)
	}
	if said.count(saysRefused) != 1 || said.count(saysWell) != 0 {
		t.Errorf("said %q in four minutes, want one alarm", said.lines)
	}
	tell(sapb1.Health{})
	if said.count(saysWell) != 1 {
		t.Errorf("said %q, want the end of it", said.lines)
	}
}

// A healthy worker is started anew, again and again, while another has no way to B1: that is one outage. Fails without: toldDown (each
// first word that B1 is well ends it, and the next raises one more alarm).
func TestAlarm_AFreshWorkerEndsNoOutageOfAnother(t *testing.T) {
	t.Parallel()
	db, said := testkit.Store(t), &journal{}
	b1, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cut := &switchable{next: b1}
	cut.cut.Store(true)
	other := connect(t, db, said, cut)
	until(t, other, "the alarm is raised", func() bool { return said.count(saysSilent) == 1 })
	a := &alarm{store: db, log: slog.New(said), company: company, after: time.Millisecond, stale: time.Hour}
	for range 3 {
		fresh := connectTo(t, b1, a, 20*time.Millisecond)
		if err := takeOrder(t.Context(), fresh); err != nil {
			t.Fatal(err)
		}
		if err := a.tell(t.Context(), sapb1.Health{Down: true, Cause: sapb1.Silent, Since: time.Now().Add(-time.Minute), Code: "no_answer"}); err != nil {
			t.Fatal(err)
		}
	}
	if said.count(saysSilent) != 1 || said.count(saysWell) != 0 {
		t.Errorf("said %q, want one alarm", said.lines)
	}
}

// switchable is a B1 that can be cut off, or refuse sign-ins.
type switchable struct {
	next      http.Handler
	cut, lock atomic.Bool
}

func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.cut.Load():
		panic(http.ErrAbortHandler)
	case s.lock.Load() && strings.HasSuffix(r.URL.Path, "/Login"):
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"code":"-304","message":"Fail to login"}}`))
	default:
		s.next.ServeHTTP(w, r)
	}
}

// connect is a worker's way to a B1, with an alarm that speaks at once.
func connect(t *testing.T, db *store.Store, said *journal, to http.Handler) *sapb1.Client {
	t.Helper()
	return connectEvery(t, db, said, to, 20*time.Millisecond)
}

// connectEvery says again so often that B1 is well.
func connectEvery(t *testing.T, db *store.Store, said *journal, to http.Handler, every time.Duration) *sapb1.Client {
	t.Helper()
	a := &alarm{store: db, log: slog.New(said), company: company, after: time.Millisecond, stale: 50 * time.Millisecond, refused: 50 * time.Millisecond}
	return connectTo(t, to, a, every)
}

func connectTo(t *testing.T, to http.Handler, a *alarm, every time.Duration) *sapb1.Client {
	t.Helper()
	server := httptest.NewServer(to)
	t.Cleanup(server.Close)
	c, err := sapb1.New(sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox",
		ProbeEvery: 20 * time.Millisecond, Tell: a.tell, TellEvery: every})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// takeOrder is the way of one order as far as a look; its end is the look's.
func takeOrder(ctx context.Context, c *sapb1.Client) error {
	release, err := c.Admit(ctx)
	if err != nil {
		return err
	}
	defer release()
	_, err = c.FindOrders(ctx, sapb1.Reference{NumAtCard: "1"})
	return err
}

// until takes orders to B1 until a condition holds, at most half a minute.
func until(t *testing.T, c *sapb1.Client, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !condition() {
		short, done := context.WithTimeout(ctx, 50*time.Millisecond)
		_ = takeOrder(short, c)
		done()
		if ctx.Err() != nil {
			t.Fatal("never:", what)
		}
	}
}

// A worker notes an outage, raises its alarm, and is gone. Another, which has long said that B1 is well, ends the mark, and the next
// outage raises an alarm again. Fails without: saying again that B1 is well (TellEvery).
func TestAlarm_TheMarkOfAWorkerThatIsGoneDoesNotStay(t *testing.T) {
	t.Parallel()
	db, said := testkit.Store(t), &journal{}
	b1, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	well, gone := &switchable{next: b1}, &switchable{next: b1}
	healthy, other := connect(t, db, said, well), connect(t, db, said, gone)
	if err := errors.Join(takeOrder(t.Context(), healthy), takeOrder(t.Context(), other)); err != nil {
		t.Fatal(err)
	}
	gone.cut.Store(true)
	until(t, other, "the alarm is raised", func() bool { return said.count(saysSilent) == 1 }) // and nothing more is heard of it
	until(t, healthy, "the mark is ended", func() bool { return said.count(saysWell) == 1 })
	lane, err := db.Lane(t.Context(), company)
	if err != nil || !lane.DownSince.IsZero() {
		t.Errorf("the lane is %+v, %v; want it well", lane, err)
	}
	well.cut.Store(true)
	until(t, healthy, "the next outage is alarmed", func() bool { return said.count(saysSilent) == 2 })
}

// Two workers whose user is locked raise one alarm that says what to mend, and do not say that B1 answers again before it lets
// them in. Fails without: shutOut, or its text in alarms.
func TestAlarm_ARefusedSignInIsOneAlarm(t *testing.T) {
	t.Parallel()
	db, said := testkit.Store(t), &journal{}
	b1, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	door := &switchable{next: b1}
	door.cut.Store(true)
	workers := []*sapb1.Client{connect(t, db, said, door), connect(t, db, said, door)}
	until(t, workers[0], "B1 is silent", func() bool { return said.count(saysSilent) == 1 })
	door.lock.Store(true)
	door.cut.Store(false)
	until(t, workers[0], "the refusal is alarmed", func() bool { return said.count(saysRefused) == 1 })
	for range 5 {
		for _, w := range workers {
			if err := takeOrder(t.Context(), w); err == nil {
				t.Fatal("a worker is let in")
			}
		}
	}
	if said.count(saysSilent) != 1 || said.count(saysRefused) != 1 || said.count(saysWell) != 0 {
		t.Errorf("said %q, want each alarm once, and not that B1 answers again", said.lines)
	}
	door.lock.Store(false)
	mended := connect(t, db, said, door) // the worker is started anew
	until(t, mended, "it is said that it is over", func() bool { return said.count(saysWell) == 1 })
}
