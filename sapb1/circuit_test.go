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
		opened = c.ended(now, ending{verdict: down, code: "no_answer"}, c.epoch)
	}
	return opened
}

func TestCircuit_OpensAfterFiveFailuresInARow(t *testing.T) {
	c := newCircuit(8, 0)
	if failing(&c, start, 4) || c.open {
		t.Fatal("it is open after 4 failures")
	}
	c.ended(start, ending{verdict: answered, code: ""}, 0)
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
		c.ended(start, ending{verdict: down, code: "no_answer"}, 0)
		c.ended(start, ending{verdict: answered, code: ""}, 0)
		c.ended(start, ending{verdict: down, code: "no_answer"}, 0)
		c.ended(start, ending{verdict: pressed, code: "429"}, 0)
		c.ended(start, ending{verdict: void, code: ""}, 0)
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
		c.ended(start.Add(time.Minute), ending{verdict: down, code: "no_answer"}, 0)
	}
	if c.open || c.failed != 0 {
		t.Errorf("open %v after %d failures, want them ignored", c.open, c.failed)
	}
}

func TestJudge(t *testing.T) {
	failed := func(kind order.Kind, code string, status int) error {
		return &order.Failure{Kind: kind, System: system, Code: code, Status: status}
	}
	for name, tc := range map[string]struct {
		err  error
		want verdict
	}{
		"created":                   {nil, answered},
		"refused":                   {failed(order.Permanent, "-10", 400), answered},
		"not found":                 {failed(order.Permanent, "-2028", 404), answered},
		"session gone":              {failed(order.Transient, "301", 401), answered},
		"login refused":             {failed(order.Config, "-304", 401), answered},
		"wrong address":             {failed(order.Config, "404", 404), answered},
		"no answer to a read":       {failed(order.Transient, codeNoAnswer, 0), down},
		"no answer to a write":      {failed(order.Unknown, codeNoAnswer, 0), down},
		"another certificate":       {failed(order.Config, codeNoAnswer, 0), void},
		"bad gateway":               {failed(order.Unknown, "502", 502), down},
		"unavailable":               {failed(order.Transient, "503", 503), down},
		"gateway timed out":         {failed(order.Transient, "504", 504), down},
		"500 without a word":        {failed(order.Unknown, "500", 500), down},
		"500 in B1's words":         {failed(order.Unknown, "-1", 500), erred},
		"503 in B1's words":         {failed(order.Unknown, "-1", 503), pressed},
		"too many requests":         {failed(order.Transient, "429", 429), pressed},
		"commit failed":             {failed(order.Unknown, "-1116", 400), erred},
		"not even written as JSON":  {errors.New("json"), void},
		"a page in its place":       {failed(order.Unknown, codePage, 200), down},
		"an answer of another kind": {failed(order.Unknown, codeUnreadable, 200), answered},
	} {
		if got := judge(tc.err); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
