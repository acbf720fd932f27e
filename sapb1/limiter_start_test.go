package sapb1

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// slowCalls is a machine whose calls take half a second, but for what chance adds.
func slowCalls(t *testing.T, ceiling, knee int, spread float64, seed uint64) *machine {
	was := takes
	t.Cleanup(func() { takes = was })
	takes = []time.Duration{time.Second / 2, time.Second / 2, time.Second / 2}
	m := newMachine(ceiling, knee)
	m.spread, m.chance = spread, rand.New(rand.NewPCG(seed, 3))
	return m
}

// lost is how much of a minute a B1 that bears everything is idle, after a start, on the mean of many and at worst.
func lost(t *testing.T, ceiling int, spread float64) (mean, worst time.Duration) {
	const starts = 40
	for seed := range uint64(starts) {
		m := slowCalls(t, ceiling, 1000, spread, seed).run(time.Minute)
		if m.limit.starting || m.limit.limit != ceiling {
			t.Errorf("after a minute: starting %v, limit %d; want false and the ceiling of %d", m.limit.starting, m.limit.limit, ceiling)
		}
		all := slowCalls(t, ceiling, 1000, spread, seed)
		all.limit = fixed(ceiling, 1000).limit
		all.run(time.Minute)
		idle := time.Duration(float64(time.Minute) * float64(all.calls-m.calls) / float64(all.calls))
		mean, worst = mean+idle/starts, max(worst, idle)
	}
	return mean, worst
}

// A process begins with few orders at once, and finds out within some calls that B1 bears more, also when calls differ by chance. With calls of half
// a second it took 3.9, 5.4 and 6.9 s of a B1's time to 8, 16 and 40 at once; by chance 6.1, 7.9 and 10.3 s. Fails without: firstCalls, the steps
// on few calls (enough), roundCalls before a step back or confirm (at worst, by chance); the end of starting at the ceiling.
func TestLimiter_StartsSoon(t *testing.T) {
	for _, c := range []struct {
		ceiling     int
		spread      float64
		mean, worst time.Duration
	}{
		{8, 0, 2 * time.Second, 4 * time.Second}, {16, 0, 3 * time.Second, 4 * time.Second}, {40, 0, 4500 * time.Millisecond, 5500 * time.Millisecond},
		{8, 1, 3200 * time.Millisecond, 7 * time.Second}, {16, 1, 4500 * time.Millisecond, 7 * time.Second}, {40, 1, 6500 * time.Millisecond, 9 * time.Second},
	} {
		mean, worst := lost(t, c.ceiling, c.spread)
		t.Logf("ceiling %d, spread %v: %s, at worst %s", c.ceiling, c.spread, mean.Round(10*time.Millisecond), worst.Round(10*time.Millisecond))
		if mean > c.mean || worst > c.worst {
			t.Errorf("ceiling %d, spread %v: B1 was idle for %s, at worst for %s; want %s and %s at most", c.ceiling, c.spread, mean, worst, c.mean, c.worst)
		}
	}
}

// The start does no harm to a B1 near its knee: it never sends more at once than the doubling that passes the knee, and steps back within
// some calls; after that it is where it was when it began with a long measuring. Fails without: isSlow in step (it goes on to the ceiling), the limit that step goes back
// to as the goal (it goes up again by doubling), sureOf (what was slower is taken for usual).
func TestLimiter_StartsWithCare(t *testing.T) {
	for _, c := range []struct {
		knee, most, later int
		mean              float64
	}{{1, 4, 4, 3.2}, {2, 4, 4, 3.6}, {4, 8, 7, 6.7}, {6, 16, 11, 9.8}, {8, 16, 14, 12.6}} {
		m := slowCalls(t, 40, c.knee, 0, 1)
		m.run(15 * time.Second)
		most, rises := slices.Max(m.limits), 0
		for n := range m.limits[1:] {
			if m.limits[n] < most && m.limits[n+1] == most {
				rises++
			}
		}
		if c.knee >= 4 && rises != 1 { // from lower ones it gets there by ones too
			t.Errorf("with a knee at %d the limit rises to %d %d times", c.knee, most, rises)
		}
		m.run(150 * time.Second)
		mean, later := m.meanLimit(), slices.Max(m.limits)
		t.Logf("knee %d: at most %d, then %d and %.1f", c.knee, most, later, mean)
		if most > c.most || later > c.later || mean > c.mean || mean < float64(c.knee) {
			t.Errorf("with a knee at %d it sends %d at once at most, then %d at most and %.1f on average; want %d and %d at most, and an average of %d to %.1f",
				c.knee, most, later, mean, c.most, c.later, c.knee, c.mean)
		}
	}
}

// What fails at the start ends the start. Fails without: the verdicts in ended.
func TestLimiter_TroubleEndsTheStart(t *testing.T) {
	for name, v := range map[string]verdict{"pressed": pressed, "down": down} {
		m := slowCalls(t, 40, 1000, 0, 1)
		for m.limit.limit < 16 {
			m.run(time.Second / 10)
		}
		if !m.limit.starting {
			t.Fatal("the start is over at 16 of 40")
		}
		m.limit.ended(m.now, sample{class: "POST Orders/9", verdict: v, change: m.limit.change})
		if m.limit.starting || m.limit.limit != 8 {
			t.Errorf("%s: starting %v, limit %d; want false and 8", name, m.limit.starting, m.limit.limit)
		}
	}
}

// Where there are never as many orders as it allows, the start is over after a while, so that a slower B1 is looked at as on any day. Fails
// without: staleAfter in count's starting.
func TestLimiter_TheStartEndsWithoutOrders(t *testing.T) {
	l := newLimiter(40)
	now := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	for range 400 {
		now = now.Add(time.Second)
		l.ended(now, sample{class: "POST Orders/9", took: time.Second / 2, verdict: answered, change: l.change})
	}
	if l.starting || l.limit != 4 {
		t.Errorf("starting %v at a limit of %d, want false and 4", l.starting, l.limit)
	}
}
