package activities_test

import (
	"sync/atomic"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
)

// What B1 does to an order while it fails at the orders of all is not held against that order, in whatever order of events.
func TestInsertOrder_IsNotHeldForTheTroubleOfAll(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// troubled is until when B1 is in trouble, nil for not at all: as known at the first look after so many sendings.
		troubled func(sent int32, now time.Time) *time.Time
		heals    int32
	}{
		// Fails without: unclear in aboutToSend.
		"the worker that knew of it is gone": {func(sent int32, now time.Time) *time.Time {
			if sent < 5 {
				return new(now.Add(time.Hour))
			}
			return nil
		}, 6},
		// Fails without: wasTroubled in noClearAnswer, or unclear in aboutToSend.
		"it begins after the third sending": {func(sent int32, now time.Time) *time.Time {
			if sent == 3 {
				return new(now.Add(time.Hour))
			}
			return nil
		}, 6},
		// Fails without: asking for the time since the order was sent.
		"it is over before the order is looked for": {func(sent int32, now time.Time) *time.Time {
			if sent == 3 {
				return &now
			}
			return nil
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &company{}
			c.onCreate = func(*sapb1.SalesOrder) error {
				if c.created.Load() >= tc.heals {
					return nil
				}
				return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Code: "502", Message: "HTTP 502"}
			}
			c.troubled.Store(tc.troubled(0, time.Now()))
			var seen int32
			c.onFind = func() {
				if sent := c.created.Load(); sent != seen { // the first look after a sending: its answer is written down
					seen = sent
					time.Sleep(2 * time.Millisecond) // times in the store are in milliseconds
					c.troubled.Store(tc.troubled(sent, time.Now()))
				}
			}
			b := newBench(t, c)
			b.untilSettled()
			b.want(order.Posted, "")
			if n := c.created.Load(); n != tc.heals {
				t.Errorf("sent %d times, want %d", n, tc.heals)
			}
		})
	}
}

// troubledB1 says that it fails at the orders of all when a test wants it to.
type troubledB1 struct {
	*sapb1.Client
	is atomic.Bool
}

func (b *troubledB1) Troubled(time.Time) bool { return b.is.Load() }

// The same goes for a buyer who is to be created. Fails without: wasTroubled in mayMakeAgain (sendings before the trouble), or
// unclear in it (those in it).
func TestPartner_IsNotHeldForTheTroubleOfAll(t *testing.T) {
	t.Parallel()
	for name, troubledFrom := range map[string]int{"from the beginning": 0, "after the third sending": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
			b1 := &troubledB1{Client: c.connect(2 * time.Second)}
			c.acts = activities.New(c.db, testkit.Silent(), activities.Instance{Name: "main", Rules: c.rules, Company: b1, CompanyID: "b1/demo",
				CallTimeout: 30 * time.Millisecond, Settle: counterSettle, Looks: 2})
			if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Empty500, Times: 5, Match: "POST BusinessPartners"}); err != nil {
				t.Fatal(err)
			}
			key := c.buy(1, account(42)...)
			sent := func() int { return c.b1.Traffic().Calls["POST BusinessPartners"] }
			for sent() < 5 {
				b1.is.Store(sent() >= troubledFrom)
				if err := c.insert(); err != nil && typeOf(err) != activities.TypeUnresolved {
					t.Fatalf("after %d sendings: %v", sent(), err)
				}
				time.Sleep(counterSettle / 4)
			}
			b1.is.Store(false) // another worker goes on
			c.orderOf(c.post(c.acts, key))
			if sent() != 6 {
				t.Errorf("the buyer was sent %d times, want 6", sent())
			}
		})
	}
}
