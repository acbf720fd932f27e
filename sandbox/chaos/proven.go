package chaos

import (
	"fmt"
	"maps"
	"slices"

	"datawald/order"
)

const (
	// certain is how many strikes a fault must lead one to expect before not one of them is a doubt: by chance alone that happens less
	// than once in 100,000 times. The expectation is a little high, because a fault that strikes first hides those after it.
	certain = 12
	// killShare of the kills that the time with orders for B1 gives must have happened: one that finds its process just starting waits for the next turn.
	killShare = 0.8
)

// OK reports whether the run proves what it is for: all orders are settled, the books agree, and enough went wrong meanwhile.
func (r *Result) OK() bool { return len(r.Doubts()) == 0 }

// Doubts are the reasons why a run proves nothing, or the contrary; none when it proves what it is for.
func (r *Result) Doubts() []string {
	d := &doubts{}
	if n := len(r.Violations); n > 0 {
		d.add("the books do not agree: %d violations", n)
	}
	if r.Unsettled != "" {
		d.add("it did not settle: %s", r.Unsettled)
	}
	if r.Orders == 0 {
		d.add("no order was placed")
	}
	if r.Busy > 0 {
		d.add("B1 still had %d calls in hand when the books were compared", r.Busy)
	}
	r.doubtBooks(d)
	r.doubtKills(d)
	r.doubtFaults(d)
	r.doubtTimes(d)
	r.doubtHolds(d)
	r.doubtCalls(d)
	return d.all
}

type doubts struct{ all []string }

func (d *doubts) add(format string, args ...any) { d.all = append(d.all, fmt.Sprintf(format, args...)) }

// doubtBooks demands that what was compared is the whole: the lines of every posted order, but of those of which a part was cancelled,
// which are few; a document for each, and in ledger mode a row for each document.
func (r *Result) doubtBooks(d *doubts) {
	posted := r.States[order.Posted]
	if r.Lines+r.Partly < posted || 2*r.Lines < posted || r.Lines == 0 {
		d.add("the lines of %d documents were compared, %d were let be because a part was cancelled, and %d orders are posted", r.Lines, r.Partly, posted)
	}
	if r.Made < posted {
		d.add("B1 has %d sales orders, and %d orders are posted", r.Made, posted)
	}
	if r.Ledger && r.LedgerRows < r.Made {
		d.add("the ledger has %d rows, and B1 %d sales orders", r.LedgerRows, r.Made)
	}
}

// doubtKills demands the kills that the time gives in which B1 had orders to get: of each process its share, of each at least one. B1 must
// have got new orders after half of each kind.
func (r *Result) doubtKills(d *doubts) {
	processes := 0
	for _, n := range r.Processes {
		processes += n
	}
	if processes == 0 || r.KillEvery <= 0 {
		d.add("there was no process to kill")
		return
	}
	due := int(killShare * r.Loaded / r.KillEvery)
	if killed := total(r.Kills); killed < due {
		d.add("%d kills in %.0f s with orders for B1, want %d at least", killed, r.Loaded, due)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Processes)) {
		least := max(1, due/processes) * r.Processes[kind]
		if due < processes {
			least = 1
		}
		if r.Kills[kind] < least {
			d.add("%s was killed %d times, want %d at least (%.0f s with orders for B1 and a kill every %.0f s; each of %d processes in its turn)",
				kind, r.Kills[kind], least, r.Loaded, r.KillEvery, processes)
		}
		if after := r.Recovery[killOf+kind].Count; 2*after < r.Kills[kind] {
			d.add("B1 got new orders after %d of %d kills of %s, want half at least", after, r.Kills[kind], kind)
		}
	}
}

// doubtFaults demands that each fault of the mix struck, as far as the run was large enough to expect it, and half of all that were expected.
func (r *Result) doubtFaults(d *doubts) {
	expected, struck := 0.0, 0
	for _, fault := range slices.Sorted(maps.Keys(r.Expected)) {
		want, got := r.Expected[fault], r.Faults[fault]
		expected, struck = expected+want, struck+got
		if got == 0 && want >= certain {
			d.add("%s never struck, %.0f times were to be expected", fault, want)
		}
	}
	if expected == 0 || float64(struck) < expected/2 {
		d.add("calls were struck %d times, %.0f were to be expected", struck, expected)
	}
}

// doubtTimes demands the troubles that come by the clock: B1 away in each of its ways, its books not ready, both while it had orders to
// get, and the shop in trouble. Half of the times when its books were not ready and many orders were to come must have met one.
func (r *Result) doubtTimes(d *doubts) {
	for _, c := range []struct {
		what    string
		got     map[string]int
		within  float64 // seconds in which it happened
		longest float64 // seconds from one to the next
		ways    []string
	}{
		{"B1 was away", r.Outages, r.Loaded, (outageGap.most + outageTime.most).Seconds(), outageWays()},
		{"B1's books were not ready", r.Troubles, r.Loaded, (troubleGap.most + troubleTime.most + troubleMeets).Seconds(), troubleWays()},
		{"the shop was in trouble", r.ShopFaults, r.Stormy, (shopGap.most + shopTime.most).Seconds(), nil},
	} {
		least := int(c.within / c.longest)
		if n := total(c.got); n < least {
			d.add("%s %d times in %.0f s, want %d at least", c.what, n, c.within, least)
		}
		for _, way := range c.ways {
			if c.got[way] < least/len(c.ways) {
				d.add("%s %d times by %s, want %d at least", c.what, c.got[way], way, least/len(c.ways))
			}
		}
	}
	for _, way := range troubleWays() {
		if n := r.TroublesDue[way]; n >= 3 && 2*r.TroublesMet[way] < n {
			d.add("%s was the case %d times when there were orders for B1, and met some %d times, want half at least", way, n, r.TroublesMet[way])
		}
	}
	if total(r.Outages) >= 3 && r.Faults[outageStruck] == 0 {
		d.add("B1 was away %d times and no call met it", total(r.Outages))
	}
}

// doubtCalls demands that the workers never made more calls at once than they may, and that they had to hold themselves back. Calls
// that a killed worker or a timeout has left do not count: nobody waits for them, and the workers do not know of them.
func (r *Result) doubtCalls(d *doubts) {
	if r.MaxWaiting > r.MaxAllowed {
		d.add("the workers made %d calls at once, allowed are %d", r.MaxWaiting, r.MaxAllowed)
	}
	if r.MaxCalls <= r.Knee {
		d.add("B1 had %d calls at once at most: it was never slowed down, which is from %d on", r.MaxCalls, r.Knee+1)
	}
}

func total(of map[string]int) (n int) {
	for _, m := range of {
		n += m
	}
	return n
}
