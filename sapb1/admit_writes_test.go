package sapb1_test

import (
	"strconv"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// A B1 whose writes fail while its reads are answered takes one order at a time on trial, says that it is down, and is open to all
// as soon as it has written one. Fails without: the count of writes apart, or the room for one alone.
func TestAdmit_TriesOneOrderAtATimeWhileB1WritesNothing(t *testing.T) {
	b := start(t, b1sim.Config{})
	l := &listener{}
	c := b.lane(8, func(s *sapb1.Settings) { s.Tell = l.tell })
	if err := b.company.Inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 1, Match: "POST Orders"}); err != nil {
		t.Fatal(err)
	}
	var began time.Time // when all but one of the first have failed
	for n := range 4 {
		began = time.Now()
		number := strconv.Itoa(n)
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: number}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateOrder(t.Context(), anOrder(number)); err == nil {
			t.Fatal("the order was made")
		}
	}
	if !c.Troubled(time.Now()) || l.times(true) != 1 {
		t.Fatalf("troubled %t, told %d times; want true, once", c.Troubled(time.Now()), l.times(true))
	}
	let := make(chan func())
	for range 2 {
		go func() {
			release, err := c.Admit(t.Context())
			if err != nil {
				t.Error(err)
			}
			let <- release
		}()
	}
	first := <-let // a probe was answered
	select {
	case <-let:
		t.Fatal("two orders are let in on trial")
	case <-time.After(100 * time.Millisecond):
	}
	b.company.ClearFaults()
	if _, err := c.CreateOrder(t.Context(), anOrder("2")); err != nil {
		t.Fatal(err)
	}
	if c.Troubled(time.Now()) || !c.Troubled(began) {
		t.Error("after an order was written it must be over, and known that there was trouble")
	}
	if h := l.heard[len(l.heard)-1]; !h.Down || h.Cause != sapb1.ReadsOnly || h.Code != "502" {
		t.Errorf("told %+v, want that B1 writes no order", h)
	}
	first()
	(<-let)()
	if l.times(false) != 1 {
		t.Errorf("told %d times that it is well, want once", l.times(false))
	}
}

// A trial goes on to the next order: at once when the one on trial sends nothing, after the next probe when B1 fails at it. What
// it must look up is answered meanwhile. Fails without: letting in on leaving, or the end of a trial that failed.
func TestAdmit_NoOrderKeepsTheTrialForItself(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8, func(s *sapb1.Settings) { s.ProbeEvery = 400 * time.Millisecond }) // time for a call before the next probe
	b.inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 1, Match: "POST Orders"})
	send := func(number string) error {
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: number}); err != nil {
			t.Error("a look-up:", err)
		}
		_, err := c.CreateOrder(t.Context(), anOrder(number))
		return err
	}
	for n := range 4 {
		if send(strconv.Itoa(n)) == nil {
			t.Fatal("the order was made")
		}
	}
	let := make(chan func(), 3)
	for n := range 3 {
		go func() {
			release, err := c.Admit(t.Context())
			if err != nil {
				t.Error(err)
			}
			let <- release
		}()
		if n > 0 {
			c.WaitFor(n)
		}
	}
	(<-let)() // found in B1, say: nothing is sent
	second := <-let
	probes := b.calls("GET Orders")
	if err := send("bad"); failureOf(t, err).Code != "502" {
		t.Fatalf("the order on trial fails with %v, want B1's own answer", err)
	}
	if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "bad"}); failureOf(t, err).Code != "b1_down" {
		t.Errorf("after the trial failed a call ends with %v, want none to be made", err)
	}
	second()
	third := <-let
	if n := b.calls("GET Orders") - probes; n < 2 {
		t.Errorf("%d calls until the third order was let in, want a look-up and a probe at least", n)
	}
	third()
}

// That B1 is well is said again while orders go through. It is news only from a client that has said otherwise since: what a fresh one
// knows nothing of may be the trouble of another. Fails without: TellEvery, or toldDown (set or reset).
func TestAdmit_SaysAgainThatB1IsWell(t *testing.T) {
	for every, again := range map[time.Duration]bool{time.Hour: false, time.Millisecond: true} {
		l := &listener{}
		c := start(t, b1sim.Config{}).lane(8, func(s *sapb1.Settings) { s.Tell, s.TellEvery = l.tell, every })
		for range 3 {
			time.Sleep(2 * time.Millisecond)
			admit(t, c)()
		}
		told := l.all()
		if !again && len(told) != 1 || again && len(told) != 3 {
			t.Fatalf("every %s: told %+v", every, told)
		}
		for _, h := range told {
			if h.Down || !h.Again {
				t.Errorf("every %s: told %+v, want none to be news", every, told)
			}
		}
	}
	d, c, l := guarded(t, func(s *sapb1.Settings) { s.TellEvery = time.Nanosecond })
	d.down.Store(true)
	for range 5 {
		_, _ = c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"})
	}
	d.down.Store(false)
	admit(t, c)()
	time.Sleep(time.Millisecond)
	admit(t, c)()
	var ups []sapb1.Health
	for _, h := range l.all() {
		if !h.Down {
			ups = append(ups, h)
		}
	}
	if len(ups) < 2 || ups[0].Again || !ups[len(ups)-1].Again {
		t.Errorf("after an outage it is told %+v, want the first to be news and the last none", ups)
	}
}

// A session that is gone says nothing about whether B1 writes: the order on trial meets one, signs in, and is sent. Fails without:
// leaving out of the writes what B1 did not look at (ended).
func TestAdmit_ASessionThatIsGoneIsNoAnswerToATrial(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8)
	b.inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 1, Match: "POST Orders"})
	for n := range 4 {
		if _, err := c.CreateOrder(t.Context(), anOrder(strconv.Itoa(n))); err == nil {
			t.Fatal("the order was made")
		}
	}
	release := admit(t, c)
	defer release()
	b.company.ClearFaults()
	b.inject(b1sim.Rule{Fault: b1sim.SessionExpire, Times: 1, Match: "POST Orders"})
	b.inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 1, Match: "POST Login"})
	if _, err := c.CreateOrder(t.Context(), anOrder("5")); failureOf(t, err).Op != "POST Login" {
		t.Fatalf("the order ends with %v, want the sign-in to fail", err)
	}
	if !c.Troubled(time.Now()) {
		t.Error("it is taken for an order that was written")
	}
}
