package sapb1

import (
	"testing"
	"time"
)

// said is the word of a write that ends as v.
func said(v verdict, sends bool) word { return wordOf(request{write: true, sends: sends}, v, nil) }

// writing is an order as it comes: two looks that are answered and the sending of it, which ends as v.
func writing(c *circuit, now time.Time, which uint64, v verdict) (opened bool) {
	c.ended(now, ending{verdict: answered}, c.epoch)
	c.ended(now, ending{verdict: answered}, c.epoch)
	return c.ended(now, ending{verdict: v, code: "502", began: now, word: said(v, true), about: which}, c.epoch)
}

// readsOnly is a circuit that is open because B1 wrote none of four orders.
func readsOnly(t *testing.T) *circuit {
	t.Helper()
	c := newCircuit(8, 0)
	for n := range 4 {
		writing(&c, start, uint64(n), down)
	}
	if !c.open || c.cause() != ReadsOnly {
		t.Fatalf("open %v, cause %s; want it open because B1 writes nothing", c.open, c.cause())
	}
	return &c
}

// A B1 that reads well and writes nothing is down for orders, however few calls are allowed. Fails without: the streak.
func TestCircuit_OpensWhenB1WritesNothing(t *testing.T) {
	for _, ceiling := range []int{1, 2, 8} {
		for name, v := range map[string]verdict{"no answer": down, "errors of its own": erred, "too much to do": pressed} {
			c := newCircuit(ceiling, 0)
			for n := range 4 {
				if c.open {
					t.Fatalf("%s, %d calls: open after %d orders", name, ceiling, n)
				}
				if opened := writing(&c, start.Add(time.Duration(n)*time.Second), uint64(n), v); opened != (n == 3) {
					t.Errorf("%s, %d calls: order %d opens it: %v", name, ceiling, n, opened)
				}
			}
			if !c.open || !c.since.Equal(start) || c.code != "502" || c.cause() != ReadsOnly {
				t.Errorf("%s, %d calls: open %v since %s (%s, %s), want open since the first that failed", name, ceiling, c.open, c.since, c.code, c.cause())
			}
		}
	}
}

// Orders that B1 fails at each time shut nobody out: one alone however often it is sent, three at once, and any number with
// others between that are written. Fails without: counting what is sent again once (streak.failed).
func TestCircuit_AFewOrdersThatFailShutNobodyOut(t *testing.T) {
	for name, others := range map[string][]verdict{"alone": nil, "with others": {answered}} {
		for _, bad := range []int{1, 2, 3, 30} {
			if others == nil && bad > 3 {
				continue
			}
			c := newCircuit(1, 0)
			for n := range 60 {
				writing(&c, start, uint64(n%bad), down)
				for _, v := range others {
					writing(&c, start, 1000, v)
				}
			}
			if c.open {
				t.Errorf("%d bad orders %s: it is open", bad, name)
			}
		}
	}
}

// Business partners that B1 writes do not say that it writes orders. Fails without: sends in streak.ended, or in tried.
func TestCircuit_APartnerThatIsWrittenIsNoOrder(t *testing.T) {
	c := newCircuit(8, 0)
	partner := func(v verdict) {
		c.ended(start, ending{verdict: v, code: "502", word: said(v, false), about: 77}, c.epoch)
	}
	for n := range 4 {
		partner(answered)
		writing(&c, start, uint64(n), down)
	}
	if !c.open {
		t.Fatal("it is closed")
	}
	c.claim(start.Add(3 * time.Second))
	c.probed(start.Add(3*time.Second), answered, "")
	if partner(answered); !c.trial {
		t.Fatal("a partner that is written ends the trial")
	}
	if partner(down); c.trial || !c.open {
		t.Error("a partner that is not written must end the trial in vain")
	}
}

// Reads that are answered do not close a circuit that writes have opened: one order at a time is tried. Fails without: trial.
func TestCircuit_ClosesOnlyWhenB1WritesAgain(t *testing.T) {
	c := readsOnly(t)
	now := start.Add(3 * time.Second)
	if !c.claim(now) {
		t.Fatal("no probe")
	}
	if c.probed(now, answered, ""); !c.open || !c.trial || c.refuse("POST Orders") != nil {
		t.Fatal("the answered probe must lead to a trial")
	}
	if writing(c, now, 5, down); !c.open || c.trial || c.refuse("POST Orders") == nil || c.claim(now.Add(time.Second)) {
		t.Fatal("the trial that failed must end, and the next wait")
	}
	if now = now.Add(10 * time.Second); !c.claim(now) {
		t.Fatal("no second probe")
	}
	c.probed(now, answered, "")
	if writing(c, now, 6, answered); c.open || c.trial || !c.troubledAt(now.Add(-1)) || c.troubledAt(now) {
		t.Errorf("open %v after an order was written, troubled before %v, now %v", c.open, c.troubledAt(now.Add(-1)), c.troubledAt(now))
	}
	for n := range 3 {
		if writing(c, now, uint64(n), down); c.open {
			t.Fatal("it opens before four others have failed: the count was not begun anew")
		}
	}
}

// An order that has been on its way since before the trial says nothing about it. Fails without: the epoch of a trial.
func TestCircuit_ATrialIsNotEndedByWhatBeganBefore(t *testing.T) {
	c := readsOnly(t)
	before := c.epoch
	c.claim(start.Add(3 * time.Second))
	c.probed(start.Add(3*time.Second), answered, "")
	c.ended(start.Add(4*time.Second), ending{verdict: down, code: "no_answer", word: failedAt, about: 9}, before)
	if !c.trial {
		t.Error("the trial is over")
	}
}

// What is amiss is what the latest probe got: a B1 that wrote nothing dies, and is back. Fails without: silent.
func TestCircuit_TheCauseIsWhatTheLatestProbeGot(t *testing.T) {
	c := readsOnly(t)
	now := start
	for n, v := range []verdict{down, answered, down, down, answered} {
		c.ended(now, ending{verdict: down, code: codeNoAnswer}, c.epoch) // ends a trial
		now = now.Add(10 * time.Second)
		if !c.claim(now) {
			t.Fatalf("probe %d is not made", n)
		}
		want := map[verdict]Cause{down: Silent, answered: ReadsOnly}[v]
		if c.probed(now, v, codeNoAnswer); c.cause() != want || c.trial != (v == answered) || !c.open {
			t.Errorf("probe %d: open %v, cause %s, trial %v; want %s", n, c.open, c.cause(), c.trial, want)
		}
	}
	c = readsOnly(t)
	c.claim(start.Add(3 * time.Second))
	c.probed(start.Add(3*time.Second), down, codeNoAnswer)
	c.close(start.Add(4 * time.Second))
	for n := range 4 {
		writing(c, start.Add(time.Minute), uint64(n), down)
	}
	if c.cause() != ReadsOnly {
		t.Error("the next outage is told as the one before")
	}
}

// Orders that were under way when B1 ceased to write are still written: they do not begin the count anew. One that is sent later does.
// Fails without: began in streak.ended.
func TestCircuit_WhatWasUnderWayDoesNotSayThatB1Writes(t *testing.T) {
	for began, opens := range map[time.Duration]bool{-time.Second: true, time.Second: false} {
		c := newCircuit(8, 0)
		for n := range 4 {
			now := start.Add(time.Duration(n) * time.Second)
			writing(&c, now, uint64(n), erred)
			c.ended(now, ending{verdict: answered, word: wrote, began: start.Add(began), about: 100 + uint64(n)}, c.epoch)
		}
		if c.open != opens {
			t.Errorf("with orders that began %s after the first that failed: open %v", began, c.open)
		}
	}
}

// A B1 that does not even read any more ends the trial; probes go on, and the next trial comes after one that is answered. Fails
// without: down in tried.
func TestCircuit_ATrialEndsWhenB1IsSilent(t *testing.T) {
	c := readsOnly(t)
	now := start.Add(3 * time.Second)
	c.claim(now)
	c.probed(now, answered, "")
	c.ended(now, ending{verdict: down, code: codeNoAnswer}, c.epoch)
	if c.trial || c.refuse("GET Orders") == nil {
		t.Fatal("the trial goes on")
	}
	now = now.Add(10 * time.Second)
	c.claim(now)
	if c.probed(now, down, codeNoAnswer); c.trial {
		t.Fatal("a probe in vain begins a trial")
	}
	now = now.Add(10 * time.Second)
	c.claim(now)
	if c.probed(now, answered, ""); !c.trial {
		t.Error("no trial after a probe that was answered")
	}
}
