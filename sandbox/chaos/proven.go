package chaos

import (
	"fmt"
	"maps"
	"slices"

	"datawald/sandbox/b1sim"
)

const (
	// certain is how many strikes a fault must lead one to expect before not one of them is a doubt: by chance alone that happens less
	// than once in 100,000 times. The expectation is a little high, because a fault that strikes first hides those after it.
	certain = 12
	// killShare of the kills that the run's length gives must have happened: one that finds its process just starting waits for the next turn.
	killShare = 0.8
	// maxSends is how often the connector sends an order without a clear answer before it is held (b1_no_clear_answer).
	maxSends = 3
)

// explained says which faults give a reason for holding an order that should be posted. An order held for any other is a violation.
var explained = map[string][]string{
	"b1_refused": names(b1sim.LockedPeriod, b1sim.MissingRate, b1sim.UnknownItem, b1sim.NegativeStock, b1sim.NotificationVeto),
	// The order is not held but waits, and with it all others in that currency, which are not sent; the clerk does not let them wait for
	// the ten minutes until one of them asks again.
	rateMissing: names(b1sim.MissingRate),
	// The draft of an order that was sent in a change set goes when B1 rolls the set back.
	"b1_no_match": names(b1sim.ApprovalDraft),
	"b1_no_clear_answer": append(names(b1sim.RefuseBeforeCommit, b1sim.BadGatewayBefore, b1sim.Empty500, b1sim.CommitFailed1116, b1sim.Unavailable,
		b1sim.BatchVetoDrop), outageStruck),
}

// outageStruck is the name under which the company counts calls that an outage struck.
const outageStruck = "outage"

func names(faults ...b1sim.Fault) (all []string) {
	for _, f := range faults {
		all = append(all, string(f))
	}
	return all
}

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
	r.doubtKills(d)
	r.doubtFaults(d)
	r.doubtTimes(d)
	r.doubtHolds(d)
	r.doubtCalls(d)
	return d.all
}

type doubts struct{ all []string }

func (d *doubts) add(format string, args ...any) { d.all = append(d.all, fmt.Sprintf(format, args...)) }

// doubtKills demands the kills that the length of the run gives: of each process its share, of each at least one.
func (r *Result) doubtKills(d *doubts) {
	processes := 0
	for _, n := range r.Processes {
		processes += n
	}
	if processes == 0 || r.KillEvery <= 0 {
		d.add("there was no process to kill")
		return
	}
	due := int(killShare * r.Stormy / r.KillEvery)
	if killed := total(r.Kills); killed < due {
		d.add("%d kills in %.0f s, want %d at least", killed, r.Stormy, due)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Processes)) {
		least := max(1, due/processes) * r.Processes[kind]
		if due < processes {
			least = 1
		}
		if r.Kills[kind] < least {
			d.add("%s was killed %d times, want %d at least (%.0f s with a kill every %.0f s; each of %d processes in its turn)",
				kind, r.Kills[kind], least, r.Stormy, r.KillEvery, processes)
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

// doubtTimes demands the troubles that come by the clock: B1 away in each of its ways, its books not ready, the shop in trouble.
func (r *Result) doubtTimes(d *doubts) {
	for _, c := range []struct {
		what    string
		got     map[string]int
		longest float64 // seconds from one to the next
		ways    []string
	}{
		{"B1 was away", r.Outages, (outageGap.most + outageTime.most).Seconds(), outageWays()},
		{"B1's books were not ready", r.Troubles, (troubleGap.most + troubleTime.most).Seconds(), troubleWays()},
		{"the shop was in trouble", r.ShopFaults, (shopGap.most + shopTime.most).Seconds(), nil},
	} {
		least := int(r.Stormy / c.longest)
		if n := total(c.got); n < least {
			d.add("%s %d times in %.0f s, want %d at least", c.what, n, r.Stormy, least)
		}
		for _, way := range c.ways {
			if c.got[way] < least/len(c.ways) {
				d.add("%s %d times by %s, want %d at least", c.what, c.got[way], way, least/len(c.ways))
			}
		}
	}
	for way, n := range r.Troubles {
		if n >= 3 && r.Faults[way] == 0 {
			d.add("%s was the case %d times and met no order", way, n)
		}
	}
	if total(r.Outages) >= 3 && r.Faults[outageStruck] == 0 {
		d.add("B1 was away %d times and no call met it", total(r.Outages))
	}
}

// doubtHolds demands that no more orders were held than the faults explain: a refusal holds one order, and maxSends sendings without a
// clear answer do. A killed worker leaves as many sendings without an answer as it may make at once.
func (r *Result) doubtHolds(d *doubts) {
	for _, code := range slices.Sorted(maps.Keys(r.Holds)) {
		most := 0
		for _, fault := range explained[code] {
			most += r.Faults[fault]
		}
		switch {
		case code == "b1_no_clear_answer":
			most = (most + r.Kills[killWorker]*maxCalls) / maxSends
		case code == rateMissing && most > 0:
			most = r.Orders
		}
		if r.Holds[code] > most {
			d.add("%d orders were held for %s, and the faults explain %d at most", r.Holds[code], code, most)
		}
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
