package chaos

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
)

// proven is a run of ten minutes in which everything went wrong that should.
func proven() *Result {
	company, err := b1sim.New(b1sim.Config{})
	if err != nil {
		panic(err)
	}
	defer company.Close()
	w := &world{company: company}
	if err := w.injectFaults(); err != nil {
		panic(err)
	}
	rules := w.rules
	r := &Result{Orders: 5000, Seconds: 640, Stormy: 620, Loaded: 600, KillEvery: 10, States: map[order.Status]int{order.Posted: 4700, order.Held: 300},
		Kills: map[string]int{killWorker: 30, partStore: 15, partTemporal: 15}, Processes: map[string]int{killWorker: 2, partStore: 1, partTemporal: 1},
		Recovery: map[string]Times{killOf + killWorker: {Count: 28}, killOf + partStore: {Count: 15}, killOf + partTemporal: {Count: 14}},
		Expected: expected(rules, map[string]int{"POST Orders": 5200, "GET Orders": 6000, "GET Drafts": 3000, "POST $batch": 2000}, 4700, 400),
		Faults:   map[string]int{string(b1sim.LockedPeriod): 40, string(b1sim.MissingRate): 30, outageStruck: 90},
		Outages:  map[string]int{"dropped": 6, "unavailable": 6, "silent": 5}, Troubles: map[string]int{"locked_period": 10, "missing_rate": 10},
		TroublesMet: map[string]int{"locked_period": 7, "missing_rate": 4}, TroublesDue: map[string]int{"locked_period": 9, "missing_rate": 8}, Unanswered: unanswered(rules, false), Euro: 1500,
		ShopFaults: map[string]int{"slow": 70}, Holds: map[string]int{"b1_refused": 60, "b1_no_match": 5, rateMissing: 200, noClearAnswer: 3, partnerNoClearAnswer: 1},
		Made: 4700, Partners: 400, Lines: 4600, Partly: 100, MaxCalls: 22, MaxWaiting: 16, MaxAllowed: 16, Knee: 8}
	for fault, n := range r.Expected {
		r.Faults[fault] += int(n) + 1
	}
	return r
}

// Each thing that a run does not prove is told, and nothing else. Fails without: each condition of proven.go in its turn.
func TestDoubts_TellWhatARunDoesNotProve(t *testing.T) {
	if doubts := proven().Doubts(); len(doubts) != 0 || !proven().OK() {
		t.Fatalf("a run that proves everything is doubted: %q", doubts)
	}
	for _, c := range []struct {
		name   string
		change func(*Result)
		want   string // how the only doubt begins
	}{
		{"a violation", func(r *Result) { r.Violations = []checker.Violation{{Kind: checker.Lost}} }, "the books do not agree: 1 violations"},
		{"not settled", func(r *Result) { r.Unsettled = "the time is up" }, "it did not settle: the time is up"},
		{"no orders", func(r *Result) { r.Orders, r.Holds = 0, nil }, "no order was placed"},
		{"B1 is still at work", func(r *Result) { r.Busy = 2 }, "B1 still had 2 calls in hand"},
		{"too few kills", func(r *Result) { r.Kills = map[string]int{killWorker: 23, partStore: 12, partTemporal: 12} },
			"47 kills in 600 s with orders for B1, want 48; a worker was killed 23 times, want 24 at least"},
		{"the store was never killed", func(r *Result) { r.Kills[partStore], r.Kills[killWorker] = 0, 45 }, "store was killed 0 times, want 12 at least"},
		{"no order after most kills", func(r *Result) { r.Recovery[killOf+partStore] = Times{Count: 7, Open: 8} }, "B1 got new orders after 7 of 15 kills of store, want half"},
		{"too short for each to be killed", func(r *Result) {
			*r = *short()
			delete(r.Kills, partTemporal)
		}, "temporal was killed 0 times, want 1 at least"},
		{"nothing to kill", func(r *Result) { r.Processes = nil }, "there was no process to kill"},
		{"a fault that never struck", func(r *Result) { r.Faults[string(b1sim.Empty500)] = 0 }, "empty_500 never struck, 26 times were to be expected"},
		{"faults switched off", func(r *Result) {
			for fault := range r.Expected {
				r.Faults[fault] = min(r.Faults[fault], 5)
			}
			r.Holds = nil
		}, "calls were struck"},
		{"nothing to strike", func(r *Result) { r.Expected = nil }, "calls were struck"},
		{"B1 was hardly away", func(r *Result) { r.Outages = map[string]int{"dropped": 4, "unavailable": 3, "silent": 3} }, "B1 was away 10 times in 600 s, want 11"},
		{"B1 was away in one way only", func(r *Result) { r.Outages = map[string]int{"dropped": 9, "unavailable": 8} }, "B1 was away 0 times by silent, want 3"},
		{"no call met an outage", func(r *Result) { r.Faults[outageStruck] = 0 }, "B1 was away 17 times and no call met it"},
		{"no period was locked", func(r *Result) { r.Troubles = map[string]int{"missing_rate": 20} }, "B1's books were not ready 0 times by locked_period"},
		{"few orders met the missing rate", func(r *Result) { r.TroublesMet["missing_rate"] = 3 }, "missing_rate was the case 8 times when there were orders for B1, and met some 3 times, want half"},
		{"no order met the locked period", func(r *Result) { delete(r.TroublesMet, "locked_period") }, "locked_period was the case 9 times when there were orders for B1, and met some 0 times, want half"},
		{"no lines", func(r *Result) { r.Lines = 0 }, "the lines of 0 documents were compared, 100 were let be because a part was cancelled, and 4700 orders are posted"},
		{"lines of one document missing", func(r *Result) { r.Lines-- }, "the lines of 4599 documents"},
		{"half of the lines let be", func(r *Result) { r.Lines, r.Partly = 2300, 2400 }, "the lines of 2300 documents"},
		{"fewer documents than posted orders", func(r *Result) { r.Made = 4699 }, "B1 has 4699 sales orders, and 4700 orders are posted"},
		{"fewer rows than documents", func(r *Result) { r.Ledger, r.LedgerRows = true, 4699 }, "the ledger has 4699 rows, and B1 4700 sales orders"},
		{"the shop was never in trouble", func(r *Result) { r.ShopFaults = nil }, "the shop was in trouble 0 times"},
		{"more orders refused than faults", func(r *Result) { r.Holds["b1_refused"] = 150 }, "150 orders were held for b1_refused, and the faults explain"},
		{"orders without a match and no approval", func(r *Result) { r.Holds["b1_no_match"] = 100 }, "100 orders were held for b1_no_match"},
		{"orders without an answer that got one", func(r *Result) { r.Holds[noClearAnswer] = 9 }, "9 orders were held for b1_no_clear_answer, and the faults explain 8"},
		{"partners without an answer that got one", func(r *Result) { r.Holds[partnerNoClearAnswer] = 5 }, "5 orders were held for partner_no_clear_answer, and the faults explain 4"},
		{"no partner was made", func(r *Result) { r.Partners, r.Holds[noClearAnswer] = 0, 0 }, "1 orders were held for partner_no_clear_answer, and the faults explain 0"},
		{"more orders wait for the euro than are in it", func(r *Result) { r.Euro = 199 }, "200 orders were held for b1_rate_missing, and the faults explain 199"},
		{"held for what no fault gives", func(r *Result) { r.Holds["b1_total_differs"] = 1 }, "1 orders were held for b1_total_differs, and the faults explain 0"},
		{"too many calls", func(r *Result) { r.MaxWaiting = 17 }, "the workers made 17 calls at once, allowed are 16"},
		{"a knee that is never reached", func(r *Result) { r.MaxCalls, r.MaxWaiting = 8, 8 }, "B1 had 8 calls at once at most"},
	} {
		r := proven()
		c.change(r)
		doubts := r.Doubts()
		wants := strings.Split(c.want, "; ")
		same := len(doubts) == len(wants) && slices.EqualFunc(doubts, wants, strings.HasPrefix)
		if !same || r.OK() {
			t.Errorf("%s: %q, want %q", c.name, doubts, wants)
		}
	}
}

// short is a run of 300 orders, as it was: too few of some faults to demand each, and five kills.
func short() *Result {
	r := proven()
	r.Orders, r.Stormy, r.Loaded, r.KillEvery = 300, 47, 45, 8
	r.Kills = map[string]int{killWorker: 3, partStore: 1, partTemporal: 1}
	r.Recovery = map[string]Times{killOf + killWorker: {Count: 2, Open: 1}, killOf + partStore: {Count: 1}, killOf + partTemporal: {Count: 1}}
	r.Expected = map[string]float64{"502_before_commit": 11.7, "commit_then_drop": 9.2, "slow": 40, "approval": 1.2}
	r.Faults = map[string]int{"502_before_commit": 7, "slow": 43, "unknown_item": 2}
	r.Outages, r.Troubles, r.ShopFaults, r.Holds = map[string]int{"dropped": 1}, map[string]int{"missing_rate": 1}, map[string]int{"slow": 3}, map[string]int{"b1_refused": 2}
	return r
}

// A short run is not asked for faults that it cannot be expected to have, and is for the rest.
func TestDoubts_AskOfAShortRunWhatItCanShow(t *testing.T) {
	if doubts := short().Doubts(); len(doubts) != 0 {
		t.Errorf("doubted: %q", doubts)
	}
	r := short()
	maps.DeleteFunc(r.Faults, func(string, int) bool { return true })
	if doubts := r.Doubts(); len(doubts) < 2 {
		t.Errorf("no fault struck, and the doubts are %q", doubts)
	}
}

// The chance of a sending without a clear answer is that of the faults after which B1 has made nothing, of this call or of any. Fails
// without: the calls, and the ledger's, in unanswered.
func TestUnanswered_IsTheChanceOfFaultsBeforeTheCommit(t *testing.T) {
	rules := []b1sim.Rule{
		{Fault: b1sim.CommitThenDrop, Probability: 0.5, Match: "POST Orders"}, {Fault: b1sim.BadGatewayBefore, Probability: 0.25, Match: "POST Orders"},
		{Fault: b1sim.BadGatewayBefore, Probability: 0.5, Match: "GET Orders"}, {Fault: b1sim.Empty500, Probability: 0.0625, Match: "POST BusinessPartners"},
		{Fault: b1sim.Unavailable, Probability: 0.125, Match: "*"}, {Fault: b1sim.BatchVetoDrop, Probability: 0.5, Match: "POST $batch"},
	}
	for ledger, want := range map[bool]map[string]float64{
		false: {noClearAnswer: 0.375, partnerNoClearAnswer: 0.1875}, true: {noClearAnswer: 0.875, partnerNoClearAnswer: 0.1875}} {
		if got := unanswered(rules, ledger); !maps.Equal(got, want) {
			t.Errorf("ledger %t: %v, want %v", ledger, got, want)
		}
	}
}

// What is to be expected of a fault are the calls that it may strike, times its chance.
func TestExpected_IsCallsTimesChance(t *testing.T) {
	got := expected([]b1sim.Rule{
		{Fault: b1sim.CommitThenDrop, Probability: 0.03, Match: "POST Orders"}, {Fault: b1sim.CommitThenDrop, Probability: 0.5, Match: "POST BusinessPartners"},
		{Fault: b1sim.SessionExpire, Every: 100, Match: "*"}, {Fault: b1sim.BatchVetoDrop, Probability: 0.1, Match: "POST $batch"},
	}, map[string]int{"POST Orders": 900, "GET Orders": 100}, 800, 20)
	want := map[string]float64{"commit_then_drop": 34, "session_expire": 10, "batch_veto_drop": 0}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
