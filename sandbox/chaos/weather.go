package chaos

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// faults strike all the time. Of the POSTs of orders and business partners one in twenty loses its reply and one in twenty
// gets the page of a proxy, half of them before and half after the commit. An item that is unknown or out of stock, and a veto, are
// of one order: the clerk mends it, and B1 takes the order when it is resumed. What is of all orders is in books.go.
func faults() []b1sim.Rule {
	late, slow, verySlow := b1sim.Duration(b1Timeout+time.Second), b1sim.Duration(300*time.Millisecond), b1sim.Duration(b1Timeout+700*time.Millisecond)
	all := []b1sim.Rule{
		{Fault: b1sim.SessionExpire, Every: 100},
		{Fault: b1sim.Slow, Probability: 0.03, Delay: slow},
		{Fault: b1sim.Unavailable, Probability: 0.003},
		{Fault: b1sim.BadGatewayBefore, Probability: 0.01, Match: "GET Orders"},
		{Fault: b1sim.RefuseBeforeCommit, Probability: 0.005, Match: "GET Drafts"},
		{Fault: b1sim.NotificationVeto, Probability: 0.003},
		{Fault: b1sim.UnknownItem, Probability: 0.003},
		{Fault: b1sim.NegativeStock, Probability: 0.003},
		{Fault: b1sim.ApprovalDraft, Probability: 0.005},
		{Fault: b1sim.BatchVetoDrop, Probability: 0.01},
	}
	for _, match := range []string{"POST Orders", "POST BusinessPartners"} {
		all = append(all,
			b1sim.Rule{Fault: b1sim.CommitThenDrop, Probability: 0.03, Match: match},
			b1sim.Rule{Fault: b1sim.ReplyLate, Probability: 0.02, Match: match, Delay: late},
			b1sim.Rule{Fault: b1sim.BadGatewayBefore, Probability: 0.025, Match: match},
			b1sim.Rule{Fault: b1sim.CommitThenBadGateway, Probability: 0.025, Match: match},
			b1sim.Rule{Fault: b1sim.RefuseBeforeCommit, Probability: 0.01, Match: match},
			b1sim.Rule{Fault: b1sim.Empty500, Probability: 0.005, Match: match},
			b1sim.Rule{Fault: b1sim.CommitFailed1116, Probability: 0.01, Match: match},
			b1sim.Rule{Fault: b1sim.Commit1116Committed, Probability: 0.01, Match: match},
			b1sim.Rule{Fault: b1sim.Slow, Probability: 0.004, Match: match, Delay: verySlow})
	}
	return all
}

func (w *world) injectFaults() error {
	for _, rule := range faults() {
		if err := w.company.Inject(rule); err != nil {
			return err
		}
	}
	w.rules, _ = w.company.Faults() // with the calls that they strike when they name none
	return nil
}

// expected is how often each fault is to be expected: so often as calls were made that it may strike, times its chance. made and
// partners are the orders and business partners that B1 made: each was sent once at least.
func expected(rules []b1sim.Rule, calls map[string]int, made, partners int) map[string]float64 {
	all := map[string]float64{}
	for _, rule := range rules {
		n := float64(calls[rule.Match])
		switch rule.Match {
		case "POST Orders":
			n = float64(made)
		case "POST BusinessPartners":
			n = float64(partners)
		case "*":
			n = float64(total(calls))
		}
		chance := rule.Probability
		if rule.Every > 0 {
			chance = 1 / float64(rule.Every)
		}
		all[string(rule.Fault)] += n * chance
	}
	return all
}

// Time from the end of one trouble to the next, and how long each lasts.
var (
	outageGap  = span{25 * time.Second, 45 * time.Second}
	outageTime = span{2 * time.Second, 6 * time.Second}
	shopGap    = span{4 * time.Second, 12 * time.Second}
	shopTime   = span{200 * time.Millisecond, 2 * time.Second}
)

// span is a time drawn anew each time.
type span struct{ least, most time.Duration }

func (s span) draw(r *rand.Rand) time.Duration { return between(r, s.least, s.most) }

var awayBy = []b1sim.Outage{b1sim.OutageDropped, b1sim.OutageUnavailable, b1sim.OutageSilent}

func outageWays() (all []string) {
	for _, kind := range awayBy {
		all = append(all, string(kind))
	}
	return all
}

// outages take B1 away for some seconds now and then, in each of the ways in turn.
func (w *world) outages(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.options.Seed, 2))
	for n := 0; sleep(ctx, outageGap.draw(r)) && w.whenLoaded(ctx); n++ {
		kind := awayBy[n%len(awayBy)]
		if err := w.company.SetOutage(kind); err != nil {
			return err
		}
		whole := sleep(ctx, outageTime.draw(r))
		if err := w.company.SetOutage(b1sim.NoOutage); err != nil {
			return err
		}
		if !whole {
			break // the end of the run cut it short
		}
		w.away.add(string(kind))
		w.say("B1 was away for a while: %s", kind)
		w.recovery.after("outage of B1")
	}
	return nil
}

// shopTrouble lets calls to the shop fail for a moment, each time in another way.
func (w *world) shopTrouble(ctx context.Context) error {
	kinds := []struct {
		name string
		set  func(*magentosim.Faults)
	}{
		{"maintenance", func(f *magentosim.Faults) { f.Unavailable = true }},
		{"truncated", func(f *magentosim.Faults) { f.Truncate = true }},
		{"dropped", func(f *magentosim.Faults) { f.Drop = true }},
		{"page of a proxy", func(f *magentosim.Faults) { f.HTML200 = true }},
		{"rate limit", func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{RetryAfter: 1} }},
		{"slow", func(f *magentosim.Faults) { f.LatencyMS = 500 }},
	}
	r := rand.New(rand.NewPCG(w.options.Seed, 3))
	for sleep(ctx, shopGap.draw(r)) {
		kind := kinds[r.IntN(len(kinds))]
		if err := w.shop.SetFaults(kind.set); err != nil {
			return err
		}
		whole := sleep(ctx, shopTime.draw(r))
		w.shop.ClearFaults()
		if whole {
			w.trouble.add(kind.name)
		}
	}
	return nil
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// tally counts things by name.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (t *tally) add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[name]++
}

func (t *tally) all() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.count)
}
