package b1sim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
)

// A call whose caller has hung up is under way, but nobody waits for it: what a killed worker leaves behind does not count as a call
// too many of those that live. Fails without: asking the callers in waiting.
func TestTraffic_TellsCallsThatSomebodyWaitsFor(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	defer s.company.Close() // ends the slow call
	if err := s.company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: b1sim.Duration(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	left := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/b1s/v2/Orders", strings.NewReader(simpleOrder("k")))
		if err == nil {
			_, err = http.DefaultClient.Do(req)
		}
		left <- err
	}()
	until := func(what string, reached func(b1sim.Traffic) bool) {
		t.Helper()
		for limit := time.Now().Add(time.Minute); !reached(s.company.Traffic()); time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("not: %s; %+v", what, s.company.Traffic())
			}
		}
	}
	until("the call is under way", func(f b1sim.Traffic) bool { return f.Active == 1 && f.Waiting == 1 })
	until("it counts", func(f b1sim.Traffic) bool { return f.MaxWaiting == 1 })
	hangUp()
	if err := <-left; err == nil {
		t.Fatal("the caller has hung up and is answered")
	}
	until("nobody waits for it", func(f b1sim.Traffic) bool { return f.Active == 1 && f.Waiting == 0 })
	s.call("GET", "/b1s/v2/Orders", "").want(t, http.StatusOK)
	if f := s.company.Traffic(); f.MaxConcurrency != 2 || f.MaxWaiting != 1 || f.Active != 1 {
		t.Errorf("%+v, want two under way at most and one that somebody waits for", f)
	}
}

// Who gives up a call and makes another at once waits for one, even when the second comes in before it is seen that the first was given
// up; and who waits for two waits for two. Fails without: looking again in begin (two are counted); the calls that are over in waits.
func TestTraffic_ComesLateToSeeWhoHasHungUp(t *testing.T) {
	m := b1sim.NewMeter()
	first, hangUp := context.WithCancel(t.Context())
	m.Begin(first)
	m.Begin(t.Context()) // the next call of the same caller
	hangUp()
	until := func(want int) {
		t.Helper()
		for limit := time.Now().Add(time.Minute); m.Awaited() != want; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) || m.Awaited() > want {
				t.Fatalf("%d counted, want %d", m.Awaited(), want)
			}
		}
	}
	until(1)
	third, answered := context.WithCancel(t.Context())
	end := m.Begin(third)
	end() // answered soon, and only then its context ends
	answered()
	until(2)
}

// A period that is locked and a rate that is missing count as struck, each document that is refused for it once. Fails without: the
// counts in document.go.
func TestFaults_CountWhatTheBooksRefuse(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.company.SetPostingPeriod("", time.Now().AddDate(0, 0, -2).Format(time.DateOnly))
	s.call("POST", "/b1s/v2/Orders", simpleOrder("a")).want(t, http.StatusBadRequest)
	s.company.SetPostingPeriod("", "")
	s.company.SetRate("EUR", num("0"))
	s.call("POST", "/b1s/v2/Orders", strings.Replace(simpleOrder("b"), "{", `{"DocCurrency":"EUR",`, 1)).want(t, http.StatusBadRequest)
	s.company.SetRate("EUR", num("1.08"))
	s.call("POST", "/b1s/v2/Orders", strings.Replace(simpleOrder("c"), "{", `{"DocCurrency":"EUR",`, 1)).want(t, http.StatusCreated)
	if _, struck := s.company.Faults(); struck[b1sim.LockedPeriod] != 1 || struck[b1sim.MissingRate] != 1 {
		t.Errorf("struck %v, want each once", struck)
	}
}
