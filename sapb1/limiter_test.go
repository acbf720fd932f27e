package sapb1

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// machine is a B1 by the model of the Service Layer: up to the knee each call takes its time, beyond it all take longer in
// proportion, so that no more get through. Its clock is simulated.
type machine struct {
	now    time.Time
	limit  limiter
	knee   int
	slower float64 // for reasons of its own
	spread float64 // 0: each call takes as long as its kind; 1: by chance, up to three times as long
	fails  verdict // what calls end with, where not well
	chance *rand.Rand
	orders []running
	done   int
	// took and calls are of the calls since the last reset; limits are the limits seen at each end of a call.
	took   time.Duration
	calls  int
	limits []int
}

// running is an order on its way: step is the call it is at.
type running struct {
	step   int
	ends   time.Time
	began  time.Time
	change int
	class  string
}

// The calls of an order: two looks and the order itself.
var (
	kinds = []string{"GET Drafts", "GET Orders", "POST Orders"}
	takes = []time.Duration{100 * time.Millisecond, 150 * time.Millisecond, 700 * time.Millisecond}
)

func newMachine(ceiling, knee int) *machine {
	return &machine{now: time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC), limit: newLimiter(ceiling), knee: knee, slower: 1, fails: answered,
		chance: rand.New(rand.NewPCG(1, 2))}
}

// call begins the call that an order is at.
func (m *machine) call(o *running) {
	active := len(m.orders)
	took := m.slower * float64(takes[o.step]) * max(1, float64(active)/float64(m.knee))
	lines := 1 + m.chance.IntN(3)*m.chance.IntN(2) // some orders are larger: they are of another class
	if o.step == 2 {
		took *= float64(lines)
	}
	took *= 1 + m.spread*2*m.chance.Float64()*m.chance.Float64()
	o.began, o.ends, o.change = m.now, m.now.Add(time.Duration(took)), m.limit.change
	o.class = class(kinds[o.step], 600*lines*max(0, o.step-1))
}

// run lets time go by with more orders waiting than there is room for.
func (m *machine) run(d time.Duration) *machine {
	m.took, m.calls, m.done, m.limits = 0, 0, 0, nil
	for end := m.now.Add(d); m.now.Before(end); {
		for len(m.orders) < m.limit.limit {
			m.orders = append(m.orders, running{})
			m.call(&m.orders[len(m.orders)-1])
		}
		i := 0
		for n := range m.orders {
			if m.orders[n].ends.Before(m.orders[i].ends) {
				i = n
			}
		}
		m.end(i)
	}
	return m
}

// end ends the call of order i.
func (m *machine) end(i int) {
	o := &m.orders[i]
	m.now = o.ends
	m.took, m.calls = m.took+o.ends.Sub(o.began), m.calls+1
	m.limit.ended(m.now, sample{class: o.class, took: o.ends.Sub(o.began), verdict: m.fails, change: o.change, full: len(m.orders) >= m.limit.limit})
	m.limits = append(m.limits, m.limit.limit)
	if o.step++; o.step < len(kinds) {
		m.call(o)
		return
	}
	m.done++
	m.orders = slices.Delete(m.orders, i, i+1)
}

// meanLimit is the mean limit over the run.
func (m *machine) meanLimit() float64 {
	sum := 0
	for _, l := range m.limits {
		sum += l
	}
	return float64(sum) / float64(len(m.limits))
}

// fixed is the same machine with a limit that stays.
func fixed(n, knee int) *machine {
	m := newMachine(n, knee)
	m.limit = limiter{ceiling: n, limit: n, change: 1, paces: map[string]*pace{}}
	m.limit.measured = m.now.Add(1000 * time.Hour)
	m.fails = void
	return m
}

// With a knee at 4 and a ceiling of 16 it settles near the knee: as many orders get through as at the ceiling, and each call
// takes less than half as long. By chance a single run is a little off, so there are ten. Fails without: the cut when calls are slow.
func TestLimiter_SettlesNearTheKnee(t *testing.T) {
	const runs = 10
	for name, spread := range map[string]float64{"even": 0, "by chance": 1} {
		var limit, worst, done, doneAtCeiling float64
		var latency, atCeiling time.Duration
		for seed := range uint64(runs) {
			m, all := newMachine(16, 4), fixed(16, 4)
			m.spread, m.chance = spread, rand.New(rand.NewPCG(seed, 2))
			all.spread, all.chance = spread, rand.New(rand.NewPCG(seed, 2))
			m.run(5 * time.Minute)
			m.run(30 * time.Minute)
			all.run(30 * time.Minute)
			worst = max(worst, m.meanLimit())
			limit, done, doneAtCeiling = limit+m.meanLimit()/runs, done+float64(m.done)/runs, doneAtCeiling+float64(all.done)/runs
			latency, atCeiling = latency+m.took/time.Duration(m.calls)/runs, atCeiling+all.took/time.Duration(all.calls)/runs
		}
		t.Logf("%s: limit %.1f, orders %.0f against %.0f at the ceiling, a call %s against %s", name, limit, done, doneAtCeiling, latency, atCeiling)
		if limit < 4 || limit > 7.5 {
			t.Errorf("%s: the mean limit is %.1f, want 4 to 7.5", name, limit)
		}
		if worst > 10 {
			t.Errorf("%s: in one run the mean limit is %.1f, want 10 at most", name, worst)
		}
		if done < 0.95*doneAtCeiling {
			t.Errorf("%s: %.0f orders get through, %.0f at the ceiling; want 95 %% at least", name, done, doneAtCeiling)
		}
		if latency > atCeiling/2 {
			t.Errorf("%s: a call takes %s, at the ceiling %s; want half at most", name, latency, atCeiling)
		}
	}
}

// A B1 that bears the ceiling gets it, also when its calls differ by chance, and but for the moments of measuring. Fails
// without: the round, with decisions call by call.
func TestLimiter_StaysAtTheCeilingOfACleanB1(t *testing.T) {
	for name, spread := range map[string]float64{"even": 0, "by chance": 1} {
		for _, ceiling := range []int{1, 2, 8, 16} {
			m := newMachine(ceiling, 40)
			m.spread = spread
			m.run(2 * time.Minute)
			m.run(time.Hour)
			t.Logf("%s, ceiling %d: mean limit %.2f", name, ceiling, m.meanLimit())
			if l := m.meanLimit(); l < 0.93*float64(ceiling) {
				t.Errorf("%s: the mean limit is %.2f, want the ceiling of %d", name, l, ceiling)
			}
		}
	}
}

// Fails without: growing by doubling, or beyond what it was.
func TestLimiter_RecoversWhenTheKneeIsLifted(t *testing.T) {
	m := newMachine(16, 4)
	m.run(20 * time.Minute)
	m.knee = 40
	m.run(2 * time.Minute)
	if m.limit.limit != 16 {
		t.Errorf("two minutes after the knee was lifted the limit is %d, want 16", m.limit.limit)
	}
}

// A B1 that others slow down gets fewer calls at first; but when it stays so, orders are not starved for their sake. Fails
// without: measuring anew.
func TestLimiter_TakesASlowDayForWhatItIs(t *testing.T) {
	m := newMachine(8, 40)
	m.run(20 * time.Minute)
	m.slower = 3
	least := slices.Min(m.run(3 * time.Minute).limits)
	if least > 4 {
		t.Errorf("the limit is %d at least in a B1 that is three times slower, want 4 or fewer", least)
	}
	m.run(20 * time.Minute)
	if l := m.run(20 * time.Minute).meanLimit(); l < 7 {
		t.Errorf("the mean limit is %.1f after an hour, want that of a B1 that bears 8", l)
	}
}

// Fails without: paces by class.
func TestLimiter_DoesNotTakeLargeOrdersForASlowB1(t *testing.T) {
	l := newLimiter(4)
	now := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	send := func(class string, took time.Duration, n int) {
		for range n {
			now = now.Add(took)
			l.ended(now, sample{class: class, took: took, verdict: answered, change: l.change, full: true})
		}
	}
	send(class("POST Orders", 600), time.Second, 60)
	if l.limit != 4 {
		t.Fatalf("the limit is %d, want 4", l.limit)
	}
	send(class("POST Orders", 30000), 8*time.Second, 30)
	if l.limit != 4 {
		t.Errorf("with orders of 200 lines the limit is %d, want 4", l.limit)
	}
}

// An outage halves the limit once for all calls that it ends, and is made up for at once when B1 is back. Fails without: the
// change that calls carry (the limit falls to 1), or the goal (it grows by one a round).
func TestLimiter_HalvesOnceForAnOutage(t *testing.T) {
	for v, soon := range map[verdict]int{down: 8, pressed: 5} {
		m := newMachine(8, 40)
		m.run(4 * time.Minute) // it measures anew after five
		change := m.limit.change
		for range 8 {
			m.limit.ended(m.now, sample{class: "POST Orders/9", verdict: v, change: change})
		}
		if m.limit.limit != 4 {
			t.Errorf("after 8 failures (%d) at once the limit is %d, want 4", v, m.limit.limit)
		}
		m.run(4 * time.Second)
		if got := m.limits[20]; got != soon {
			t.Errorf("20 calls after it (%d) the limit is %d, want %d", v, got, soon)
		}
	}
}

func TestLimiter_NeverLeavesItsBounds(t *testing.T) {
	for seed := range uint64(50) {
		chance := rand.New(rand.NewPCG(seed, 7))
		m := newMachine(1+chance.IntN(20), 1+chance.IntN(20))
		m.chance, m.spread = chance, chance.Float64()
		for range 20 {
			m.knee, m.slower, m.fails = 1+chance.IntN(40), 1+3*chance.Float64(), verdict(chance.IntN(4))
			m.run(time.Duration(1+chance.IntN(400)) * time.Second)
			if low, high := slices.Min(m.limits), slices.Max(m.limits); low < 1 || high > m.limit.ceiling {
				t.Fatalf("seed %d: the limit went from %d to %d, want 1 to %d", seed, low, high, m.limit.ceiling)
			}
		}
	}
}

// One order that B1 fails at in its own words, sent again and again, leaves the others as many at once as before; different
// calls that fail within a round lower the limit, and so does overload at once. Fails without: isOverloaded.
func TestLimiter_OneOrderThatB1CannotDigestSlowsNobodyDown(t *testing.T) {
	now := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	fresh := func() *limiter {
		l := newMachine(8, 40)
		l.run(2 * time.Minute)
		if l.limit.limit != 8 {
			t.Fatalf("the limit is %d, want 8", l.limit.limit)
		}
		return &l.limit
	}
	end := func(l *limiter, v verdict, about uint64) {
		l.ended(now, sample{class: "POST Orders/10", took: 700 * time.Millisecond, verdict: v, about: about, change: l.change})
	}
	for name, calls := range map[string]struct {
		about []uint64
		v     verdict
		want  int
	}{
		"the same twenty times":       {[]uint64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, erred, 8},
		"two different ones":          {[]uint64{1, 2}, erred, 4},
		"too many requests, only one": {[]uint64{1}, pressed, 4},
	} {
		l := fresh()
		for _, about := range calls.about {
			end(l, calls.v, about)
		}
		if l.limit != calls.want {
			t.Errorf("%s: the limit is %d, want %d", name, l.limit, calls.want)
		}
	}
	l := fresh()
	for n := range uint64(5) { // with others between, each in a round of its own
		end(l, erred, n)
		for range 3 * roundCalls {
			l.ended(now, sample{class: "GET Orders/0", took: 150 * time.Millisecond, verdict: answered, change: l.change})
		}
	}
	if l.limit != 8 {
		t.Errorf("of bad orders that are far apart the limit is %d, want 8", l.limit)
	}
}
