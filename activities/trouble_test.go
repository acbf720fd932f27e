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

// What B1 does to an order that is sent while it fails at the orders of all is not held against that order; what it did before is.
func TestInsertOrder_IsNotHeldForTheTroubleOfAll(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// troubled is the trouble as known at the first look after so many sendings; was is what was known of it before.
		troubled func(sent int32, now time.Time, was *trouble) *trouble
		status   order.Status
		sends    int32
		// wrote is true when B1 writes others meanwhile.
		wrote bool
	}{
		// Fails without: against in aboutToSend.
		"the worker that knew of it is gone": {func(sent int32, now time.Time, _ *trouble) *trouble {
			if sent < 5 {
				return &trouble{until: now.Add(time.Hour)}
			}
			return nil
		}, order.Posted, 6, false},
		// Fails without: against in areTooMany, or in aboutToSend.
		"it begins after the second sending": {func(sent int32, now time.Time, was *trouble) *trouble {
			if sent == 2 {
				return &trouble{now, now.Add(time.Hour)}
			}
			return was
		}, order.Posted, 6, true},
		// Fails without: asking for the time when the order was sent.
		"it is over before the order is looked for": {func(sent int32, now time.Time, was *trouble) *trouble {
			switch sent {
			case 2:
				return &trouble{now, now.Add(time.Hour)}
			case 3:
				return &trouble{was.from, now}
			}
			return was
		}, order.Posted, 4, true},
		// An order that brings B1 down. Fails without: begunAt (SentAt is later than the beginning of the trouble then).
		"it begins with each sending": {func(sent int32, now time.Time, _ *trouble) *trouble {
			return &trouble{now.Add(-2 * time.Millisecond), now.Add(time.Hour)}
		}, order.Held, 3, false},
		// Orders that B1 breaks at, while it writes others. Fails without: maxUnanswered.
		"it never ends": {func(_ int32, now time.Time, _ *trouble) *trouble {
			return &trouble{until: now.Add(time.Hour)}
		}, order.Held, 8, true},
		// A night without a written order. Fails without: asking whether B1 wrote any.
		"it lasts, and B1 writes nothing": {func(_ int32, now time.Time, _ *trouble) *trouble {
			return &trouble{until: now.Add(time.Hour)}
		}, order.Posted, 15, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &company{}
			c.wrote.Store(tc.wrote)
			c.onCreate = func(*sapb1.SalesOrder) error {
				if tc.status == order.Posted && c.created.Load() >= tc.sends {
					return nil
				}
				if tc.status == order.Held {
					time.Sleep(5 * time.Millisecond) // times in the store are in milliseconds
					c.troubled.Store(tc.troubled(c.created.Load(), time.Now(), nil))
				}
				return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Code: "502", Message: "HTTP 502"}
			}
			c.troubled.Store(tc.troubled(0, time.Now(), nil))
			var seen int32
			c.onFind = func() {
				if sent := c.created.Load(); tc.status == order.Posted && sent != seen { // the first look after a sending: its answer is written down
					seen = sent
					time.Sleep(2 * time.Millisecond)
					c.troubled.Store(tc.troubled(sent, time.Now(), c.troubled.Load()))
				}
			}
			b := newBench(t, c)
			b.until(func() bool { return b.get().Status != order.Pending || c.created.Load() > 20 })
			code := ""
			if tc.status == order.Held {
				code = "b1_no_clear_answer"
			}
			b.want(tc.status, code)
			if n := c.created.Load(); n != tc.sends {
				t.Errorf("sent %d times, want %d", n, tc.sends)
			}
		})
	}
}

// Whether the trouble of all was there is asked when the sending has ended: at the look it may be over and forgotten, by another
// trouble or by another worker that looks. Fails without: leaving such a sending out in oneMore (held after 3).
func TestInsertOrder_IsNotHeldForTroubleThatIsForgottenAtTheLook(t *testing.T) {
	t.Parallel()
	const sends = 7
	c := &company{}
	c.onFind = func() { c.troubled.Store(nil) }
	c.onCreate = func(*sapb1.SalesOrder) error {
		if c.created.Load() >= sends {
			return nil
		}
		c.troubled.Store(&trouble{until: time.Now().Add(time.Hour)})
		return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Code: "502", Message: "HTTP 502"}
	}
	b := newBench(t, c)
	b.until(func() bool { return b.get().Status != order.Pending || c.created.Load() > 2*sends })
	b.want(order.Posted, "")
	if n := c.created.Load(); n != sends {
		t.Errorf("sent %d times, want %d", n, sends)
	}
}

// troubledB1 says that it fails at the orders of all when a test wants it to.
type troubledB1 struct {
	*sapb1.Client
	is, wrote atomic.Bool
}

func (b *troubledB1) Troubled(time.Time) bool { return b.is.Load() }
func (b *troubledB1) Wrote(time.Time) bool    { return b.wrote.Load() }

// The same goes for a buyer who is to be created. Fails without: against in areTooMany (the latest sending), or in mayMakeAgain
// (those before).
func TestPartner_IsNotHeldForTheTroubleOfAll(t *testing.T) {
	t.Parallel()
	for name, troubledFrom := range map[string]int{"from the beginning": 0, "since the second sending": 2} {
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

// Fails without: maxUnanswered, or its count in PartnerIntent.
func TestPartner_IsHeldAtSomeTimeWhateverTheTrouble(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	b1 := &troubledB1{Client: c.connect(2 * time.Second)}
	b1.is.Store(true)
	b1.wrote.Store(true)
	c.acts = activities.New(c.db, testkit.Silent(), activities.Instance{Name: "main", Rules: c.rules, Company: b1, CompanyID: "b1/demo",
		CallTimeout: 30 * time.Millisecond, Settle: counterSettle, Looks: 2})
	if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Empty500, Probability: 1, Match: "POST BusinessPartners"}); err != nil {
		t.Fatal(err)
	}
	c.buy(1, account(42)...)
	sent := func() int { return c.b1.Traffic().Calls["POST BusinessPartners"] }
	err := c.insert()
	for ; sent() <= 12 && typeOf(err) != activities.TypeHeld; err = c.insert() {
		if typeOf(err) != activities.TypeUnresolved {
			t.Fatalf("after %d sendings: %v", sent(), err)
		}
		<-time.After(comeBack(err))
	}
	if typeOf(err) != activities.TypeHeld || sent() != 8 {
		t.Errorf("sent %d times, and ended with %v; want it held after 8", sent(), err)
	}
}
