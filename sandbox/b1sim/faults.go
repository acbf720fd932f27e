package b1sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong in or around a call.
type Fault string

// Faults of the connection and the proxy in front, before the call is carried out.
const (
	RefuseBeforeCommit   Fault = "refuse_before_commit" // the connection is closed, nothing was done
	BadGatewayBefore     Fault = "502_before_commit"    // the proxy's HTML page, nothing was done
	Slow                 Fault = "slow"                 // the call takes Delay longer
	Unavailable          Fault = "unavailable"          // 503 as an HTML page
	Empty500             Fault = "empty_500"            // 500 without a body, nothing was done
	SessionExpire        Fault = "session_expire"       // every session ends, this call finds its own gone
	BatchVetoDrop        Fault = "batch_veto_drop"      // a veto inside $batch kills the node: no answer, nothing done (SAP Note 3058760)
	CommitThenDrop       Fault = "commit_then_drop"     // done, then the connection is closed
	CommitThenBadGateway Fault = "commit_then_502"      // done, then the proxy's HTML page
	ReplyLate            Fault = "reply_late"           // done, then answered after Delay
)

// Faults of B1 itself.
const (
	CommitFailed1116    Fault = "commit_failed_1116"    // -1116, nothing was done
	Commit1116Committed Fault = "commit_1116_committed" // -1116, yet it was done
	ApprovalDraft       Fault = "approval"              // the order becomes a draft and the answer is -2028
	LockedPeriod        Fault = "locked_period"         // -4013
	MissingRate         Fault = "missing_rate"          // no exchange rate
	UnknownItem         Fault = "unknown_item"          // the last line's item is unknown
	NegativeStock       Fault = "negative_stock"        // the last line's item is out of stock
	NotificationVeto    Fault = "notification_veto"     // the customer's own check refuses, with Text
)

var (
	faultsBefore = []Fault{RefuseBeforeCommit, BadGatewayBefore, Slow, Unavailable, Empty500, SessionExpire, BatchVetoDrop}
	faultsAfter  = []Fault{CommitThenDrop, CommitThenBadGateway, ReplyLate}
	orderFaults  = []Fault{LockedPeriod, MissingRate, UnknownItem, NegativeStock, NotificationVeto}
	commitFaults = []Fault{CommitFailed1116, Commit1116Committed, ApprovalDraft}
)

// defaultMatch is the call that a fault strikes when its rule names none; all others strike "POST Orders".
var defaultMatch = map[Fault]string{
	Slow: anyCall, Unavailable: anyCall, SessionExpire: anyCall, BatchVetoDrop: "POST $batch",
}

// anyCall matches every Service Layer call.
const anyCall = "*"

// Rule orders a fault. One of Times, Every and Probability says how often it strikes.
type Rule struct {
	Fault Fault `json:"fault"`
	// Times strikes the next so many matching calls, then the rule is used up.
	Times int `json:"times,omitempty"`
	// Every strikes each n-th matching call, until the rule is cleared.
	Every int `json:"every,omitempty"`
	// Probability strikes a matching call with this chance, until cleared: 1 is every call. It is drawn from the company's
	// seed, the rule, and what the call is about: see draw.
	Probability float64 `json:"probability,omitempty"`
	// Match is the call to strike, such as "POST Orders", "GET Orders" or "POST Orders(n)/Cancel"; "*" is any. A
	// $batch matches by the names of the requests inside, too. Default by fault, mostly "POST Orders".
	Match string `json:"match,omitempty"`
	// Key strikes only calls that send a document with this NumAtCard. Default: any.
	Key string `json:"key,omitempty"`
	// Delay of slow and reply_late, at least 1 ms.
	Delay Duration `json:"delay,omitempty"`
	// Text of a notification_veto. Default "Order refused by company rules".
	Text string `json:"text,omitempty"`

	matched int // calls that matched, for Every
	number  int // of the rule since the company was built
	// met counts the calls that matched, by what they are about, for Probability.
	met map[string]uint64
}

func (r Rule) vetoText() string {
	orElse(&r.Text, "Order refused by company rules")
	return r.Text
}

func (r Rule) validate() error {
	if !slices.Contains(slices.Concat(faultsBefore, faultsAfter, orderFaults, commitFaults), r.Fault) {
		return fmt.Errorf("b1sim: unknown fault %q", r.Fault)
	}
	ways := 0
	for _, given := range []bool{r.Times > 0, r.Every > 0, r.Probability > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 || r.Times < 0 || r.Every < 0 || r.Probability < 0 || r.Probability > 1 {
		return fmt.Errorf("b1sim: fault %s needs exactly one of times, every and probability (0 to 1)", r.Fault)
	}
	if needsDelay := r.Fault == Slow || r.Fault == ReplyLate; needsDelay && time.Duration(r.Delay) < time.Millisecond {
		return fmt.Errorf("b1sim: fault %s needs a delay", r.Fault)
	}
	return nil
}

// matches tells whether the rule is about this call.
func (r Rule) matches(cl *call) bool {
	if r.Match != anyCall && !slices.Contains(cl.names, r.Match) {
		return false
	}
	return r.Key == "" || slices.Contains(cl.keys, r.Key)
}

// faults are the rules in force.
type faults struct {
	mu     sync.Mutex
	rules  []*Rule
	made   int // rules since the company was built
	struck map[Fault]int
	seed   uint64
}

func newFaults(seed uint64) *faults { return &faults{struck: map[Fault]int{}, seed: seed} }

func (f *faults) count(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.struck[fault]++
}

// take returns the rule by which a fault strikes a call, or nil, and counts it.
func (f *faults) take(fault Fault, cl *call) *Rule { return f.takeFirst([]Fault{fault}, cl) }

// takeFirst returns the first rule, in the order in which they were made, that strikes a call with one of the faults.
func (f *faults) takeFirst(kinds []Fault, cl *call) *Rule {
	all := f.takeUntil(kinds, cl, func(Fault) bool { return true })
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// takeUntil returns the rules that strike a call with one of the faults, in the order in which they were made, up to the
// first that ends it.
func (f *faults) takeUntil(kinds []Fault, cl *call, ends func(Fault) bool) (taken []*Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if !slices.Contains(kinds, rule.Fault) || !rule.matches(cl) || !f.strikes(rule, cl) {
			continue
		}
		f.struck[rule.Fault]++
		one := *rule
		taken = append(taken, &one)
		if ends(rule.Fault) {
			break
		}
	}
	f.rules = slices.DeleteFunc(f.rules, func(r *Rule) bool { return r.Times == 0 && r.Every == 0 && r.Probability == 0 })
	return taken
}

// strikes decides a matching call.
func (f *faults) strikes(rule *Rule, cl *call) bool {
	switch {
	case rule.Times > 0:
		rule.Times--
		return true
	case rule.Times == 0 && rule.Every == 0 && rule.Probability == 0:
		return false // used up by this very call
	case rule.Every > 0:
		rule.matched++
		return rule.matched%rule.Every == 0
	}
	return f.draw(rule, cl) < rule.Probability
}

// draw gives a number from 0 to 1 that depends on the seed, the rule, what the call is about, and how many calls about it
// the rule has met. So the same calls are struck in every run with the same seed and rules, in whatever order they come in:
// the second POST of an order has the same fate, even when a thousand others come between. Which calls are made is up to the
// caller, and after a kill that is chance.
func (f *faults) draw(rule *Rule, cl *call) float64 {
	about := cl.name + "\x00" + cl.about
	rule.met[about]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s\x00%d", rule.number, about, rule.met[about])
	return rand.New(rand.NewPCG(f.seed, h.Sum64())).Float64()
}

// Inject orders a fault.
func (c *Company) Inject(rule Rule) error {
	if rule.Match == "" {
		rule.Match = "POST Orders"
		if match, ok := defaultMatch[rule.Fault]; ok {
			rule.Match = match
		}
	}
	if err := rule.validate(); err != nil {
		return err
	}
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.made++
	rule.number, rule.met = c.faults.made, map[string]uint64{}
	c.faults.rules = append(c.faults.rules, &rule)
	return nil
}

// ClearFaults takes back every rule.
func (c *Company) ClearFaults() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.rules = nil
}

// Faults reports the rules in force and how often each fault has struck. locked_period and missing_rate count the documents that were
// refused because a period is locked or a rate is missing without a rule, too.
func (c *Company) Faults() (rules []Rule, struck map[Fault]int) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	struck = make(map[Fault]int, len(c.faults.struck))
	for fault, times := range c.faults.struck {
		struck[fault] = times
	}
	for _, rule := range c.faults.rules {
		rules = append(rules, *rule)
	}
	return rules, struck
}
