package b1sim_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
)

// allFaults are those that one alone can strike a POST of an order with.
var allFaults = []b1sim.Fault{b1sim.RefuseBeforeCommit, b1sim.BadGatewayBefore, b1sim.Slow, b1sim.Unavailable, b1sim.Empty500, b1sim.SessionExpire,
	b1sim.BatchVetoDrop, b1sim.CommitThenDrop, b1sim.CommitThenBadGateway, b1sim.ReplyLate, b1sim.CommitFailed1116, b1sim.Commit1116Committed,
	b1sim.ApprovalDraft, b1sim.LockedPeriod, b1sim.MissingRate, b1sim.UnknownItem, b1sim.NegativeStock, b1sim.NotificationVeto}

// strike posts 40 orders, in an order of its own, so many at once, and tells which a rule of 40 % kept from being answered well,
// and how many it struck.
func strike(t *testing.T, fault b1sim.Fault, seed uint64, numbers []int, atOnce int) (failed map[int]bool, times int) {
	t.Helper()
	s := newSim(t, b1sim.Config{Seed: seed})
	rule := b1sim.Rule{Fault: fault, Probability: 0.4, Match: "POST Orders"}
	if fault == b1sim.Slow || fault == b1sim.ReplyLate {
		rule.Delay = b1sim.Duration(time.Millisecond)
	}
	if err := s.company.Inject(rule); err != nil {
		t.Fatal(err)
	}
	failed = map[int]bool{}
	var mu sync.Mutex
	queue := make(chan int)
	var callers sync.WaitGroup
	for range atOnce {
		callers.Go(func() {
			for n := range queue {
				answer, err := s.try("POST", "/b1s/v2/Orders", simpleOrder(fmt.Sprint(n)))
				mu.Lock()
				failed[n] = err != nil || answer.status != 201
				mu.Unlock()
				if fault == b1sim.SessionExpire && err == nil && answer.status == 401 {
					s.login("v2")
				}
			}
		})
	}
	for _, n := range numbers {
		queue <- n
	}
	close(queue)
	callers.Wait()
	_, struck := s.company.Faults()
	return failed, struck[fault]
}

// Each fault strikes by a chance too, and by the seed alone.
func TestEachFaultByChance(t *testing.T) {
	numbers := make([]int, 40)
	for n := range numbers {
		numbers[n] = n
	}
	for _, fault := range allFaults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			failed, times := strike(t, fault, 7, numbers, 1)
			if times < 6 || times > 28 {
				t.Errorf("%d of 40 struck at 40 %%", times)
			}
			other, _ := strike(t, fault, 8, numbers, 1)
			if onlyDelays := fault == b1sim.Slow || fault == b1sim.ReplyLate; !onlyDelays && maps.Equal(failed, other) {
				t.Error("another seed strikes the same calls")
			}
		})
	}
}

// The same calls are struck when they come in another order and many at once. It failed as long as the draws came from one
// stream, which gave them to the calls as they came in.
func TestAChanceDoesNotDependOnTheOrderOfCalls(t *testing.T) {
	numbers := make([]int, 40)
	for n := range numbers {
		numbers[n] = n
	}
	first, _ := strike(t, b1sim.CommitThenBadGateway, 7, numbers, 1)
	slices.Reverse(numbers)
	if again, _ := strike(t, b1sim.CommitThenBadGateway, 7, numbers, 8); !maps.Equal(first, again) {
		t.Errorf("one after the other %v\nbackwards and 8 at once %v", first, again)
	}
}

// One call can be slow, find its session gone and, sent again, have its reply lost late.
func TestSeveralFaultsStrikeOneCall(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	delay := b1sim.Duration(30 * time.Millisecond)
	for _, rule := range []b1sim.Rule{
		{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: delay}, {Fault: b1sim.SessionExpire, Times: 1, Match: "POST Orders"},
		{Fault: b1sim.ReplyLate, Times: 1, Delay: delay}, {Fault: b1sim.CommitThenDrop, Times: 1},
		{Fault: b1sim.Commit1116Committed, Times: 1}, {Fault: b1sim.CommitThenBadGateway, Times: 1},
	} {
		if err := s.company.Inject(rule); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	s.call("POST", "/b1s/v2/Orders", simpleOrder("k")).wantError(t, 401, "301", "Invalid session")
	if took := time.Since(began); took < time.Duration(delay) {
		t.Errorf("it took %s, want at least %s", took, time.Duration(delay))
	}
	s.login("v2")
	began = time.Now()
	if answer, err := s.try("POST", "/b1s/v2/Orders", simpleOrder("k")); err == nil {
		t.Errorf("it is answered with %d, want no answer", answer.status)
	}
	if took := time.Since(began); took < time.Duration(delay) {
		t.Errorf("it took %s, want at least %s", took, time.Duration(delay))
	}
	if n := len(s.company.Orders()); n != 1 {
		t.Errorf("B1 has %d orders, want 1", n)
	}
	rules, struck := s.company.Faults()
	if len(rules) != 1 || rules[0].Fault != b1sim.CommitThenBadGateway || len(struck) != 5 {
		t.Errorf("left are %v, struck %v; only the 502 has nothing to do", rules, struck)
	}
}

func TestSessionsEndEveryNCalls(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.control("/control", `{"faults":[{"fault":"session_expire","every":10}]}`)
	refused := 0
	for range 50 {
		if answer := s.call("GET", "/b1s/v2/Orders", ""); answer.status == 401 {
			refused++
			s.login("v2")
		}
	}
	if refused != 5 {
		t.Errorf("%d of 50 calls found their session gone, want 5", refused)
	}
}

func TestOutage(t *testing.T) {
	for kind, check := range map[string]func(*testing.T, *reply, error){
		"dropped": func(t *testing.T, _ *reply, err error) {
			if err == nil {
				t.Error("it is answered")
			}
		},
		"unavailable": func(t *testing.T, r *reply, err error) {
			if err != nil || r.status != 503 || !strings.Contains(string(r.body), "<html>") {
				t.Errorf("%+v, %v; want 503 as a page", r, err)
			}
		},
	} {
		t.Run(kind, func(t *testing.T) {
			s := newSim(t, b1sim.Config{})
			s.control("/control", `{"outage":"`+kind+`"}`)
			for _, call := range [][2]string{{"POST", "/b1s/v2/Orders"}, {"GET", "/b1s/v1/Orders"}, {"GET", "/ping/"}} {
				answer, err := s.try(call[0], call[1], simpleOrder("k"))
				check(t, answer, err)
			}
			s.control("/control", `{"outage":""}`)
			s.order(simpleOrder("k"))
			if _, struck := s.company.Faults(); len(s.company.Orders()) != 1 || struck["outage"] < 3 {
				t.Errorf("%d orders, struck %v", len(s.company.Orders()), struck)
			}
		})
	}
	if err := newSim(t, b1sim.Config{}).company.SetOutage("strike"); err == nil {
		t.Error("an unknown outage is taken")
	}
}

// A silent outage answers nothing until it ends; what was under way when it began is done, and its answer is lost.
func TestOutage_Silent(t *testing.T) {
	s := newSim(t, b1sim.Config{Latency: b1sim.Latency{Write: 500 * time.Millisecond}}) // the outage begins well within it
	answered := make(chan error, 2)
	post := func(key string) {
		_, err := s.try("POST", "/b1s/v2/Orders", simpleOrder(key))
		answered <- err
	}
	go post("before")
	for s.company.Traffic().Calls["POST Orders"] == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.company.SetOutage(b1sim.OutageSilent); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err == nil {
		t.Error("the call under way is answered")
	}
	go post("within")
	select {
	case err := <-answered:
		t.Errorf("the call within the outage ends with %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := s.company.SetOutage(b1sim.NoOutage); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err == nil {
		t.Error("the call within the outage is answered")
	}
	if orders := s.company.Orders(); len(orders) != 1 || orders[0].Key != "before" {
		t.Errorf("B1 has %v, want the order that was under way", orders)
	}
}
