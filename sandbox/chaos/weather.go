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
// gets the page of a proxy, half of them before and half after the commit.
func faults() []b1sim.Rule {
	late, slow, verySlow := b1sim.Duration(b1Timeout+time.Second), b1sim.Duration(300*time.Millisecond), b1sim.Duration(b1Timeout+700*time.Millisecond)
	all := []b1sim.Rule{
		{Fault: b1sim.SessionExpire, Every: 100},
		{Fault: b1sim.Slow, Probability: 0.03, Delay: slow},
		{Fault: b1sim.Unavailable, Probability: 0.003},
		{Fault: b1sim.BadGatewayBefore, Probability: 0.01, Match: "GET Orders"},
		{Fault: b1sim.RefuseBeforeCommit, Probability: 0.005, Match: "GET Drafts"},
		{Fault: b1sim.NotificationVeto, Probability: 0.003},
		{Fault: b1sim.ApprovalDraft, Probability: 0.003},
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
	return nil
}

// outages take B1 away for some seconds now and then, in each of the ways in turn.
func (w *world) outages(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.options.Seed, 2))
	for n := 0; sleep(ctx, between(r, 25*time.Second, 45*time.Second)); n++ {
		kind := []b1sim.Outage{b1sim.OutageDropped, b1sim.OutageUnavailable, b1sim.OutageSilent}[n%3]
		if err := w.company.SetOutage(kind); err != nil {
			return err
		}
		sleep(ctx, between(r, 2*time.Second, 6*time.Second))
		if err := w.company.SetOutage(b1sim.NoOutage); err != nil {
			return err
		}
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
	for sleep(ctx, between(r, 4*time.Second, 12*time.Second)) {
		kind := kinds[r.IntN(len(kinds))]
		if err := w.shop.SetFaults(kind.set); err != nil {
			return err
		}
		w.trouble.add(kind.name)
		sleep(ctx, between(r, 200*time.Millisecond, 2*time.Second))
		w.shop.ClearFaults()
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
