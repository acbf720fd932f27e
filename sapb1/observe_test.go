package sapb1_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// seen keeps what an observer was told.
type seen struct {
	mu    sync.Mutex
	calls []string
	open  int
}

func (s *seen) observe(s2 *sapb1.Settings) {
	s2.Observe = func(_ context.Context, op string) func(error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open++
		return func(err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			how := "ok"
			if err != nil {
				how = string(order.KindOf(err))
			}
			s.open--
			s.calls = append(s.calls, fmt.Sprintf("%s %s", op, how))
		}
	}
}

// Each exchange with B1 is told once, with its end: the login that it needs, the one that meets no session, the refusal, the answer that was lost.
// Fails without: ended(err) in once, logIn or Logout.
func TestObserve_IsToldOfEachCall(t *testing.T) {
	t.Parallel()
	b := start(t, b1sim.Config{})
	var s seen
	c := b.client("v2", s.observe)
	ctx := t.Context()
	if _, err := c.FindOrders(ctx, sapb1.Reference{NumAtCard: "1"}); err != nil {
		t.Fatal(err)
	}
	b.inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Times: 1})
	if _, err := c.CreateOrder(ctx, anOrder("1")); err == nil {
		t.Fatal("no error")
	}
	if _, err := c.GetOrder(ctx, 99999); !sapb1.IsNotFound(err) {
		t.Fatal(err)
	}
	if err := c.Logout(ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{"POST Login ok", "GET Orders ok", "POST Orders unknown", "GET Orders(n) permanent", "POST Logout ok"}
	if !slices.Equal(s.calls, want) || s.open != 0 {
		t.Errorf("told %q, %d open; want %q", s.calls, s.open, want)
	}
}

// What the way to B1 has to do is told without waiting for it.
func TestLoad_CountsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	under, proceed := make(chan struct{}), make(chan struct{})
	b := start(t, b1sim.Config{})
	var s seen
	c := b.ready("v2", func(set *sapb1.Settings) {
		s.observe(set)
		told := set.Observe
		set.Observe = func(ctx context.Context, op string) func(error) {
			if op == "GET Orders(n)" {
				close(under)
				<-proceed
			}
			return told(ctx, op)
		}
	})
	if inFlight, concurrency, open := c.Load(); inFlight != 0 || concurrency < 1 || open {
		t.Errorf("at rest: %d calls, %d at once, open %v", inFlight, concurrency, open)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.GetOrder(t.Context(), 99999)
		done <- err
	}()
	<-under
	if inFlight, _, _ := c.Load(); inFlight != 1 {
		t.Errorf("%d calls under way, want 1", inFlight)
	}
	close(proceed)
	if err := <-done; !sapb1.IsNotFound(err) {
		t.Error(err)
	}
}

// Fails without: the circuit in Load.
func TestLoad_TellsThatTheCircuitIsOpen(t *testing.T) {
	t.Parallel()
	c := answering(t, http.StatusBadGateway, nil, "<html>")
	for range 6 {
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err == nil {
			t.Fatal("no error")
		}
	}
	if _, _, open := c.Load(); !open {
		t.Error("the circuit is open, and Load does not tell")
	}
}
