package sapb1

import (
	"errors"
	"testing"
	"time"

	"datawald/order"
)

var start = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)

// failing ends so many calls in a row without an answer.
func failing(c *circuit, now time.Time, n int) (opened bool) {
	for range n {
		opened = c.ended(now, down, "no_answer", c.closings, false)
	}
	return opened
}

func TestCircuit_OpensAfterFiveFailuresInARow(t *testing.T) {
	c := newCircuit(8, 0)
	if failing(&c, start, 4) || c.open {
		t.Fatal("it is open after 4 failures")
	}
	c.ended(start, answered, "", 0, false)
	if failing(&c, start, 4) || c.open {
		t.Fatal("it is open after 4 failures, an answer, and 4 more")
	}
	if !failing(&c, start.Add(time.Second), 1) || !c.open || !c.since.Equal(start) {
		t.Errorf("open %v since %s, want open since the first failure of the five", c.open, c.since)
	}
}

// With fewer calls allowed it opens after fewer, and never after one.
func TestCircuit_OpensSoonerWhereFewerCallsAreAllowed(t *testing.T) {
	for ceiling, want := range map[int]int{1: 2, 2: 2, 3: 3, 5: 5, 40: 5} {
		c := newCircuit(ceiling, 0)
		if n := c.enough; n != want {
			t.Errorf("with %d calls it opens after %d failures, want %d", ceiling, n, want)
		}
	}
}

// Refusals, and failures that are B1's own, are answers. An order on which B1 breaks the connection each time does not shut
// the others out. Fails without: the count in a row.
func TestCircuit_StaysClosedWhileB1Answers(t *testing.T) {
	c := newCircuit(8, 0)
	for range 100 {
		c.ended(start, down, "no_answer", 0, false)
		c.ended(start, answered, "", 0, false)
		c.ended(start, down, "no_answer", 0, false)
		c.ended(start, pressed, "429", 0, false)
		c.ended(start, void, "", 0, false)
	}
	if c.open {
		t.Error("it is open")
	}
}

// One probe at a time, after 3 s, 4 s, and then every 5 s. Fails without: probing, the pause, its bound.
func TestCircuit_ProbesOneByOneWithAGrowingPause(t *testing.T) {
	c := newCircuit(8, 0)
	failing(&c, start, 5)
	var at []time.Duration
	for now := start; now.Before(start.Add(30 * time.Second)); now = now.Add(100 * time.Millisecond) {
		if !c.claim(now) {
			continue
		}
		at = append(at, now.Sub(start))
		if c.claim(now) {
			t.Fatal("two probes at once")
		}
		c.probed(now, down, "503")
	}
	want := []time.Duration{3, 6, 10, 15, 20, 25}
	if len(at) != len(want) {
		t.Fatalf("probes at %v, want at %v s", at, want)
	}
	for i := range want {
		if late := at[i] - want[i]*time.Second; late < 0 || late > time.Second {
			t.Errorf("probe %d at %s, want at %ds", i, at[i], want[i])
		}
	}
}

// A probe that takes long is followed by the next at once: no recovery stays unseen for longer than one probe takes.
func TestCircuit_CountsThePauseFromTheBeginningOfTheProbe(t *testing.T) {
	c := newCircuit(8, 0)
	failing(&c, start, 5)
	now := start.Add(3 * time.Second)
	if !c.claim(now) {
		t.Fatal("no probe after 3 s")
	}
	now = now.Add(probePatience)
	if c.claim(now) {
		t.Error("a second probe while the first is under way")
	}
	c.probed(now, down, "no_answer")
	if !c.claim(now) {
		t.Error("the next probe waits though the last one took 10 s")
	}
}

// Any answer closes it, a refusal too; a probe that was given up by its caller leaves it to the next.
func TestCircuit_ClosesWithAnAnswer(t *testing.T) {
	for v, closes := range map[verdict]bool{answered: true, pressed: true, down: false, void: false} {
		c := newCircuit(8, 0)
		failing(&c, start, 5)
		now := start.Add(3 * time.Second)
		c.claim(now)
		c.probed(now, v, "")
		if c.open == closes {
			t.Errorf("after a probe with verdict %d it is open: %v", v, c.open)
		}
		if next := c.claim(now); next != (v == void) {
			t.Errorf("after a probe with verdict %d another may probe at once: %v", v, next)
		}
	}
}

// Calls that began before B1 came back time out long after: they say nothing about now. Fails without: the closings that
// calls carry.
func TestCircuit_IgnoresLateFailuresOfAnEarlierOutage(t *testing.T) {
	c := newCircuit(8, 0)
	failing(&c, start, 5)
	c.claim(start.Add(3 * time.Second))
	c.probed(start.Add(3*time.Second), answered, "")
	for range 8 {
		c.ended(start.Add(time.Minute), down, "no_answer", 0, false)
	}
	if c.open || c.failed != 0 {
		t.Errorf("open %v after %d failures, want them ignored", c.open, c.failed)
	}
}

func TestJudge(t *testing.T) {
	failed := func(kind order.Kind, code string) error {
		return &order.Failure{Kind: kind, System: system, Code: code}
	}
	for name, tc := range map[string]struct {
		err    error
		status int
		want   verdict
	}{
		"created":                   {nil, 201, answered},
		"refused":                   {failed(order.Permanent, "-10"), 400, answered},
		"not found":                 {failed(order.Permanent, "-2028"), 404, answered},
		"session gone":              {failed(order.Transient, "301"), 401, answered},
		"login refused":             {failed(order.Config, "-304"), 401, answered},
		"wrong address":             {failed(order.Config, "404"), 404, answered},
		"no answer to a read":       {failed(order.Transient, codeNoAnswer), 0, down},
		"no answer to a write":      {failed(order.Unknown, codeNoAnswer), 0, down},
		"another certificate":       {failed(order.Config, codeNoAnswer), 0, void},
		"bad gateway":               {failed(order.Unknown, "502"), 502, down},
		"unavailable":               {failed(order.Transient, "503"), 503, down},
		"gateway timed out":         {failed(order.Transient, "504"), 504, down},
		"500 without a word":        {failed(order.Unknown, "500"), 500, down},
		"500 in B1's words":         {failed(order.Unknown, "-1116"), 500, pressed},
		"503 in B1's words":         {failed(order.Unknown, "-1"), 503, pressed},
		"too many requests":         {failed(order.Transient, "429"), 429, pressed},
		"commit failed":             {failed(order.Unknown, "-1116"), 400, answered},
		"not even written as JSON":  {errors.New("json"), 0, void},
		"unreadable answer (proxy)": {failed(order.Unknown, "unreadable"), 200, answered},
	} {
		if got := judge(tc.err, tc.status); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

// writing is an order as it comes: two looks that are answered and a write that ends as v.
func writing(c *circuit, now time.Time, v verdict) (opened bool) {
	c.ended(now, answered, "", c.closings, false)
	c.ended(now, answered, "", c.closings, false)
	return c.ended(now, v, "502", c.closings, true)
}

// A B1 that reads well and writes nothing is down for orders. Fails without: the count of writes apart.
func TestCircuit_OpensWhenB1WritesNothing(t *testing.T) {
	for name, v := range map[string]verdict{"no answer": down, "errors of its own": pressed} {
		c := newCircuit(8, 0)
		for n := range 5 {
			if c.open {
				t.Fatalf("%s: open after %d orders", name, n)
			}
			writing(&c, start.Add(time.Duration(n)*time.Second), v)
		}
		if !c.open || !c.since.Equal(start) {
			t.Errorf("%s: open %v since %s, want open since the first write that failed", name, c.open, c.since)
		}
	}
}

// One order that B1 fails at each time does not shut out the others that it writes.
func TestCircuit_OneOrderThatFailsShutsNobodyOut(t *testing.T) {
	c := newCircuit(8, 0)
	for range 50 {
		writing(&c, start, down)
		writing(&c, start, answered)
	}
	if c.open {
		t.Error("it is open")
	}
}

// Reads that are answered do not close a circuit that writes have opened: one order at a time is tried. Fails without: trial.
func TestCircuit_ClosesOnlyWhenB1WritesAgain(t *testing.T) {
	c := newCircuit(8, 0)
	for range 5 {
		writing(&c, start, down)
	}
	now := start.Add(3 * time.Second)
	if !c.claim(now) {
		t.Fatal("no probe")
	}
	if c.probed(now, answered, ""); !c.open || !c.trial || c.refuse("POST Orders") != nil {
		t.Fatal("the answered probe must lead to a trial")
	}
	writing(&c, now, down)
	if !c.open || c.trial || c.refuse("POST Orders") == nil || c.claim(now.Add(time.Second)) {
		t.Fatal("the trial that failed must end, and the next wait")
	}
	if now = now.Add(10 * time.Second); !c.claim(now) {
		t.Fatal("no second probe")
	}
	c.probed(now, answered, "")
	if writing(&c, now, answered); c.open || c.trial {
		t.Error("it is open after a write that was answered")
	}
	if writing(&c, now, down); c.open {
		t.Error("one failure opens it again: the count was not begun anew")
	}
}
