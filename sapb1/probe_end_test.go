package sapb1_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// A person who presses Ctrl-C gets his prompt back, and B1 its licence.
func TestProbe_SignsOutWhenInterrupted(t *testing.T) {
	for _, stopAt := range []string{"sign-in", "read orders"} {
		b := start(t, b1sim.Config{Password: password})
		ctx, stop := context.WithCancel(t.Context())
		p := sapb1.Probe{Uses: everyCode(), Client: b.client("v2", func(s *sapb1.Settings) { s.Password = password })}
		var last order.Finding
		for f := range p.Findings(ctx) {
			if f.Check == stopAt {
				stop()
			}
			if f.Check == "latency" && (f.Outcome != order.OutcomeSkip || f.Seen != "not checked: interrupted") {
				t.Errorf("after Ctrl-C it goes on: %+v", f)
			}
			last = f
		}
		if last.Check != "sign-out" || last.Outcome != order.OutcomeOK || b.sessions() != 0 {
			t.Errorf("it ends with %+v and %d sessions", last, b.sessions())
		}
		stop()
	}
}

// A login that is broken off leaves a session that nobody can end: without lingering one is left.
func TestProbe_SignsOutWhenInterruptedWhileSigningIn(t *testing.T) {
	b := start(t, b1sim.Config{Password: password, LoginTime: 100 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	b.front(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/Login") {
			stop()
		}
		return false
	})
	p := sapb1.Probe{Uses: everyCode(), Client: b.client("v2", func(s *sapb1.Settings) { s.Password = password })}
	signedOut := false
	for f := range p.Findings(ctx) {
		signedOut = signedOut || f.Check == "sign-out"
	}
	if !signedOut || b.sessions() != 0 {
		t.Errorf("signed out: %v; %d sessions are left", signedOut, b.sessions())
	}
}

// A caller that breaks off the loop must not leave its session behind.
func TestProbe_SignsOutWhenNobodyListens(t *testing.T) {
	b := start(t, b1sim.Config{Password: password})
	p := sapb1.Probe{Uses: everyCode(), Client: b.client("v2", func(s *sapb1.Settings) { s.Password = password })}
	for f := range p.Findings(t.Context()) {
		if f.Check == "read drafts" {
			break
		}
	}
	if n := b.sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// One slow answer at rest is told before answers are given up under load.
func TestProbe_SaysWhatTheLatencyMeans(t *testing.T) {
	b := start(t, b1sim.Config{Password: password})
	b.inject(b1sim.Rule{Fault: b1sim.Slow, Match: "GET Drafts", Times: 1, Delay: b1sim.Duration(1100 * time.Millisecond)})
	found := examine(t, b, "v2", func(p *sapb1.Probe) {
		p.Uses = usesOf()
		p.Client = b.client("v2", func(s *sapb1.Settings) { s.Password, s.Timeout, s.MaxCalls = password, 2*time.Second, 4 })
	})
	found.wants(t, "latency", order.OutcomeWarn, "worst 1.", "Raise B1_TIMEOUT")
	if strings.Contains(found["latency"][0].Seen, "orders") {
		t.Errorf("it reckons orders from reads: %+v", found["latency"])
	}
}
