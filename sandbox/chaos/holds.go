package chaos

import (
	"maps"
	"math"
	"slices"

	"datawald/sandbox/b1sim"
)

// Reasons for which the connector holds orders here, or lets them wait, that have bounds of their own.
const (
	noClearAnswer        = "b1_no_clear_answer"
	partnerNoClearAnswer = "partner_no_clear_answer"
	// rateMissing is what it calls an order that waits for an exchange rate.
	rateMissing = "b1_rate_missing"
)

// maxSends is how often the connector sends an order, or a business partner, without a clear answer before the order is held.
const maxSends = 3

// notMade are the faults after which a sending is without a clear answer, and B1 has made nothing: what was made is found by looking.
var notMade = names(b1sim.RefuseBeforeCommit, b1sim.BadGatewayBefore, b1sim.Empty500, b1sim.CommitFailed1116, b1sim.Unavailable, b1sim.BatchVetoDrop)

// explained says which faults give a reason for holding an order that should be posted. An order held for any other is a violation.
var explained = map[string][]string{
	"b1_refused": names(b1sim.LockedPeriod, b1sim.MissingRate, b1sim.UnknownItem, b1sim.NegativeStock, b1sim.NotificationVeto),
	// The order is not held but waits, and with it all others in that currency, which are not sent; the clerk does not let them wait for
	// the ten minutes until one of them asks again.
	rateMissing: names(b1sim.MissingRate),
	// The draft of an order that was sent in a change set goes when B1 rolls the set back.
	"b1_no_match":        names(b1sim.ApprovalDraft),
	noClearAnswer:        append(slices.Clone(notMade), outageStruck),
	partnerNoClearAnswer: append(slices.Clone(notMade), outageStruck),
}

// outageStruck is the name under which the company counts calls that an outage struck.
const outageStruck = "outage"

func names(faults ...b1sim.Fault) (all []string) {
	for _, f := range faults {
		all = append(all, string(f))
	}
	return all
}

// unanswered is the chance that one sending has no clear answer and made nothing, by what is sent.
func unanswered(rules []b1sim.Rule, ledger bool) map[string]float64 {
	sent := map[string][]string{noClearAnswer: {"POST Orders", "*"}, partnerNoClearAnswer: {"POST BusinessPartners", "*"}}
	if ledger {
		sent[noClearAnswer] = append(sent[noClearAnswer], "POST $batch")
	}
	all := map[string]float64{}
	for code, calls := range sent {
		for _, rule := range rules {
			if slices.Contains(notMade, string(rule.Fault)) && slices.Contains(calls, rule.Match) {
				all[code] += rule.Probability
			}
		}
	}
	return all
}

// mostUnanswered is how many orders may be held because made things (orders, or business partners) were sent maxSends times without a
// clear answer, by a chance p each time. Kills and outages leave sendings without an answer as well: a killed worker as many as it may
// make at once, an outage those that it struck; each of these needs two more by chance, because the connector does not hold what
// happened in an outage against the order. That many are to be expected; three times the spread of a count by chance, and three,
// are added: one run in ten thousand has more.
func (r *Result) mostUnanswered(code string) int {
	made, p := r.Made, r.Unanswered[code]
	if code == partnerNoClearAnswer {
		made = r.Partners
	}
	if made == 0 {
		return 0
	}
	left := float64(r.Kills[killWorker]*maxCalls+r.Faults[outageStruck]) * float64(made) / float64(r.Made+r.Partners)
	likely := float64(made)*math.Pow(p, maxSends) + left*math.Pow(p, maxSends-1)
	return int(likely + 3*math.Sqrt(likely) + 3)
}

// doubtHolds demands that no more orders were held than the faults explain: a refusal holds one order, maxSends sendings without a
// clear answer do, and for a rate wait only orders in that currency, each counted once.
func (r *Result) doubtHolds(d *doubts) {
	for _, code := range slices.Sorted(maps.Keys(r.Holds)) {
		most := 0
		for _, fault := range explained[code] {
			most += r.Faults[fault]
		}
		switch code {
		case noClearAnswer, partnerNoClearAnswer:
			most = min(most+r.Kills[killWorker]*maxCalls, r.mostUnanswered(code))
		case rateMissing:
			if most > 0 {
				most = r.Euro
			}
		}
		if r.Holds[code] > most {
			d.add("%d orders were held for %s, and the faults explain %d at most", r.Holds[code], code, most)
		}
	}
}
