package sapb1_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

const probing = 40 * time.Millisecond

// lane makes a client that has spoken to B1 and probes often; it allows so many calls at once.
func (b *b1) lane(calls int, change ...func(*sapb1.Settings)) *sapb1.Client {
	b.t.Helper()
	all := append([]func(*sapb1.Settings){func(s *sapb1.Settings) { s.MaxCalls, s.ProbeEvery = calls, probing }}, change...)
	return b.ready("v2", all...)
}

// down makes every call fail, and breaks the circuit.
func (b *b1) down(c *sapb1.Client) {
	b.t.Helper()
	b.inject(b1sim.Rule{Fault: b1sim.Unavailable, Match: "*", Probability: 1})
	for range 5 {
		if _, err := c.FindOrders(b.t.Context(), sapb1.Reference{NumAtCard: "x"}); err == nil {
			b.t.Fatal("a call succeeds while B1 is down")
		}
	}
}

// admitted counts who is in.
func admit(t *testing.T, c *sapb1.Client) (release func()) {
	t.Helper()
	release, err := c.Admit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// Fails without: the queue (who waits is let in by chance), or the limit.
func TestAdmit_LetsInOneByOneInTheOrderOfComing(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(2)
	first, second := admit(t, c), admit(t, c)
	came := make(chan int, 20)
	releases := make(chan func(), 20)
	for n := range 20 {
		waiting := make(chan struct{})
		go func() {
			close(waiting)
			release, err := c.Admit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			came <- n
			releases <- release
		}()
		<-waiting
		c.WaitFor(n + 1)
	}
	if len(came) != 0 {
		t.Fatal("a third order is let in, want two at once")
	}
	first()
	first() // once is enough
	for want := range 20 {
		if got := <-came; got != want {
			t.Fatalf("order %d is let in, want %d", got, want)
		}
		if len(came) != 0 {
			t.Fatal("two are let in for one that left")
		}
		(<-releases)()
	}
	second()
}

// Fails without: the circuit.
func TestAdmit_NoCallGoesOutWhileB1IsDown(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8)
	b.down(c)
	before := len(b.received())
	_, err := c.CreateOrder(t.Context(), anOrder("1"))
	f := failureOf(t, err)
	if f.Kind != order.Transient || f.Code != "b1_down" || !strings.Contains(f.Message, "503") {
		t.Errorf("the call fails as %s with %s (%s), want transient, b1_down, and the cause", f.Kind, f.Code, f.Message)
	}
	if n := len(b.received()) - before; n != 0 {
		t.Errorf("%d calls went out, want none", n)
	}
}

// Those who wait ask B1 one at a time, for the entry of any one order; all are let in when it answers. Fails without: the
// claim of the probe.
func TestAdmit_WaitsForB1AndAsksForSomethingCheap(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8)
	b.down(c)
	b.company.ExpireSessions() // the login is the first to fail
	before := len(b.received())
	began := time.Now()
	var in sync.WaitGroup
	for range 8 {
		in.Go(func() {
			release, err := c.Admit(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			release()
		})
	}
	for len(b.received())-before < 6 {
		time.Sleep(time.Millisecond)
	}
	outage := time.Since(began)
	calls := b.received()[before:]
	if most := 2 + int(outage/probing); len(calls) > most {
		t.Errorf("%d calls in %s, want %d at most", len(calls), outage, most)
	}
	for _, r := range calls {
		if r.method != "GET" || r.path != "/b1s/v2/Orders" || r.query != "%24select=DocEntry&%24top=1" {
			t.Errorf("a probe is %s %s?%s", r.method, r.path, r.query)
		}
	}
	b.company.ClearFaults()
	in.Wait()
	if _, err := c.CreateOrder(t.Context(), anOrder("1")); err != nil {
		t.Errorf("after the outage: %v", err)
	}
	if n := b.calls("POST Login"); n != 2 {
		t.Errorf("%d logins, want one before and one after the outage", n)
	}
}

// A refusal is an answer: the circuit closes though nothing can be done, and each order says why.
func TestAdmit_AProbeThatIsRefusedIsAnAnswer(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8)
	b.down(c)
	b.company.ClearFaults()
	b.inject(b1sim.Rule{Fault: b1sim.BadGatewayBefore, Match: "POST Login", Times: 3})
	b.company.ExpireSessions()
	admit(t, c)()
	if n := b.calls("POST Login"); n != 5 {
		t.Errorf("%d logins, want one, three that fail, and one", n)
	}
}

func TestAdmit_EndsWithItsContext(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(1)
	release := admit(t, c)
	wait := func() *order.Failure {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := c.Admit(ctx)
		return failureOf(t, err)
	}
	if f := wait(); f.Kind != order.Transient || f.Code != "b1_busy" {
		t.Errorf("it ends with %s %s, want transient b1_busy", f.Kind, f.Code)
	}
	release()
	admit(t, c)() // who gave up holds no place
	b.down(c)
	if f := wait(); f.Kind != order.Transient || f.Code != "b1_down" {
		t.Errorf("it ends with %s %s, want transient b1_down", f.Kind, f.Code)
	}
}

// Whoever gives up at the very moment at which he is let in leaves no place taken. Fails without: quit's second branch.
func TestAdmit_LosesNoPlace(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(2)
	var in, most atomic.Int32
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			chance := rand.New(rand.NewPCG(uint64(n), 5))
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(chance.IntN(300))*time.Microsecond)
				if release, err := c.Admit(ctx); err == nil {
					for now := in.Add(1); ; {
						if was := most.Load(); now <= was || most.CompareAndSwap(was, now) {
							break
						}
					}
					in.Add(-1)
					release()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if most.Load() > 2 {
		t.Errorf("%d orders at once, want 2 at most", most.Load())
	}
	first, second := admit(t, c), admit(t, c) // hangs when a place was lost
	first()
	second()
}

// listener notes what it is told; it fails as often as it is asked to.
type listener struct {
	mu    sync.Mutex
	heard []sapb1.Health
	fails int
}

func (l *listener) tell(_ context.Context, h sapb1.Health) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, h)
	if !h.Down && l.fails > 0 {
		l.fails--
		return errors.New("the store does not answer")
	}
	return nil
}

func (l *listener) times(down bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.heard {
		if h.Down == down {
			n++
		}
	}
	return n
}

// B1's health is told when it changes: once that it is well, after each probe that it is down. Fails without: told.
func TestAdmit_TellsOfB1sHealth(t *testing.T) {
	b := start(t, b1sim.Config{})
	l := &listener{fails: 2}
	c := b.lane(8, func(s *sapb1.Settings) { s.Tell = l.tell })
	for range 5 {
		admit(t, c)()
	}
	if n := l.times(false); n != 3 || l.times(true) != 0 {
		t.Fatalf("told %d times that it is well, want twice in vain and once more", n)
	}
	b.down(c)
	if n := l.times(true); n != 1 {
		t.Errorf("told %d times that it is down, want once", n)
	}
	done := make(chan func())
	go func() { release, _ := c.Admit(t.Context()); done <- release }()
	for l.times(true) < 4 {
		time.Sleep(time.Millisecond)
	}
	if h := l.heard[4]; h.Code != "503" || time.Since(h.Since) > time.Minute || h.Since.IsZero() {
		t.Errorf("told %+v, want since when and why", h)
	}
	b.company.ClearFaults()
	(<-done)()
	admit(t, c)()
	if n := l.times(false); n != 4 {
		t.Errorf("told %d times that it is well, want once more", n-3)
	}
}

// What ends because the caller gave up says nothing about B1. Fails without: the look at the context in ended.
func TestAdmit_CallersWhoGiveUpDoNotShutB1(t *testing.T) {
	b := start(t, b1sim.Config{Latency: b1sim.Latency{Read: 50 * time.Millisecond}})
	c := b.lane(8)
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := c.FindOrders(ctx, sapb1.Reference{NumAtCard: "x"})
		cancel()
		if err == nil {
			t.Fatal("the call ends well")
		}
	}
	if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "x"}); err != nil {
		t.Errorf("after ten callers gave up: %v", err)
	}
}

// Calls that B1 does not answer in time open the circuit. Fails without: the cause of the time limit.
func TestAdmit_ASilentB1IsDown(t *testing.T) {
	b := start(t, b1sim.Config{})
	// No probe before the sixth call, however long a busy machine takes for it.
	c := b.lane(8, func(s *sapb1.Settings) { s.Timeout, s.ProbeEvery = 20*time.Millisecond, time.Minute })
	b.inject(b1sim.Rule{Fault: b1sim.Slow, Match: "*", Probability: 1, Delay: b1sim.Duration(100 * time.Millisecond)})
	var err error
	for range 6 {
		_, err = c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "x"})
	}
	if f := failureOf(t, err); f.Code != "b1_down" {
		t.Errorf("the sixth call fails with %s, want b1_down", f.Code)
	}
}

// An order on which B1 breaks the connection each time does not keep the others out.
func TestAdmit_OneOrderThatBreaksB1ShutsNobodyOut(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(8)
	b.inject(b1sim.Rule{Fault: b1sim.RefuseBeforeCommit, Match: "POST Orders", Key: "bad", Probability: 1})
	for range 12 {
		if _, err := c.CreateOrder(t.Context(), anOrder("bad")); failureOf(t, err).Code != "no_answer" {
			t.Fatal(err)
		}
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "good"}); err != nil {
			t.Fatal(err)
		}
	}
}
