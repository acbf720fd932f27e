package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// busy is B1 when it has too much to do: nothing was sent.
func busy(after time.Duration) error {
	return &order.Failure{Kind: order.Transient, System: "b1", Op: "GET Orders", Code: "503", Message: "HTTP 503", RetryAfter: after}
}

// next is how long Temporal waits after a failed attempt; 0 leaves it to the retry policy.
func next(err error) time.Duration {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.NextRetryDelay()
	}
	return 0
}

// again makes an attempt that fails, when it is not too early for one, and gives how long Temporal waits after it.
func (b *bench) again(kind string) time.Duration {
	b.t.Helper()
	if n := b.get().Intent; n != nil {
		time.Sleep(time.Until(n.SentAt.Add(time.Duration(n.Looks+2) * time.Millisecond)))
	}
	err := b.insert()
	if typeOf(err) != kind {
		b.t.Fatalf("it ends with %v, want %s", err, kind)
	}
	return next(err)
}

// The pause after an attempt that came to nothing follows from how many such there were in a row, not from how often the order
// was tried: an order that was looked for many times does not wait a minute for one 503. Fails without: again in nothingSent (0,
// and Temporal goes by its own count), the reset in change (20 s after the look), or failures at load (5 s each time).
func TestAgain_ThePauseFollowsFromFailuresInARow(t *testing.T) {
	b := newBench(t, &company{})
	losing(b.company, 1, false)
	b.stage(document)
	w := b.watch(time.Minute, time.Millisecond, 50)
	b.again(activities.TypeUnresolved) // the reply is lost
	for range 8 {
		if wait := b.again(activities.TypeUnresolved); wait > time.Second {
			t.Fatalf("a look waits %s, want no longer than it takes", wait)
		}
	}
	pauses := func(want ...int) {
		t.Helper()
		w.find = func() error { return busy(0) }
		for n, seconds := range want {
			if wait := b.again(activities.TypeTransient); wait != time.Duration(seconds)*time.Second {
				t.Errorf("failure %d: the next attempt in %s, want %d s", n+1, wait, seconds)
			}
		}
		w.find = nil
	}
	pauses(5, 10)
	b.again(activities.TypeUnresolved)
	pauses(5, 10, 20, 40, 60, 60)
}

// While B1 fails at the orders of all, none is to blame: each comes back soon, to wait for its turn, and goes on within seconds
// after B1 is well. Fails without: the look at Troubled (60 s).
func TestAgain_AnOutageMakesNoPauseLonger(t *testing.T) {
	b := newBench(t, &company{})
	b.stage(document)
	w := b.watch(time.Minute, time.Millisecond, 3)
	w.find = func() error { return busy(0) }
	b.company.troubled.Store(&trouble{until: time.Now().Add(time.Hour)})
	for range 6 {
		if wait := b.again(activities.TypeTransient); wait != 5*time.Second {
			t.Fatalf("the next attempt in %s, want 5 s", wait)
		}
	}
	b.company.troubled.Store(nil)
	if wait := b.again(activities.TypeTransient); wait != 5*time.Second {
		t.Errorf("after the outage: the next attempt in %s, want 5 s", wait)
	}
}

// Who asks for more time gets it, and who asks for less does not hurry us. Fails without: the greater of the two.
func TestAgain_B1MayAskForMoreTime(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{2 * time.Minute: 2 * time.Minute, time.Second: 5 * time.Second} {
		b := newBench(t, &company{})
		b.stage(document)
		b.watch(time.Minute, time.Millisecond, 3).find = func() error { return busy(asked) }
		if wait := b.again(activities.TypeTransient); wait != want {
			t.Errorf("asked for %s: the next attempt in %s, want %s", asked, wait, want)
		}
	}
}

// mute is a B1 that cannot be asked for items.
type mute struct{ *company }

func (*mute) FindItemsByBarcode(context.Context, []string) (map[string][]string, error) {
	return nil, busy(0)
}

// muteBench is a bench whose rules ask B1 for items, in vain.
func muteBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, &company{})
	text := strings.Replace(exampleRulesText(t), "\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  items: {barcode: true}\n", 1)
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: rules, Company: &mute{b.company}, CompanyID: "b1/demo",
		CallTimeout: time.Millisecond, Settle: time.Millisecond, Looks: 3})
	return b
}

// Wherever the attempt ends, the pause is the same: before the order is claimed (fails without: again in notAsked), and when it
// is about to be sent anew (fails without: again in postpone).
func TestAgain_ThePauseIsTheSameAtEachStep(t *testing.T) {
	for name, begun := range map[string]bool{"before it is claimed": false, "before it is sent anew": true} {
		t.Run(name, func(t *testing.T) {
			b := muteBench(t)
			for n, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
				if begun {
					b.died()
					b.alter(func(doc *store.Staged) {
						doc.Claim, doc.Intent.Looks, doc.Intent.SentAt = nil, 3, time.Now().Add(-time.Second)
					})
				}
				err := b.insert()
				if typeOf(err) != activities.TypeTransient || next(err) != want {
					t.Errorf("failure %d ends with %v, the next attempt in %s; want %s", n+1, err, next(err), want)
				}
			}
			if doc := b.get(); (doc.Intent != nil) != begun || doc.Status != order.Pending {
				t.Errorf("the order is %s with intent %v, want it as it was", doc.Status, doc.Intent)
			}
		})
	}
}

// An order whose turn did not come waits for it again soon, however often that was; when its time is up it is not tried any
// more. Fails without: notAdmitted (0), or the look at the deadline (5 s, and again every 5 s for a minute).
func TestAgain_WaitsForItsTurnAgainUnlessItsTimeIsUp(t *testing.T) {
	c := &calls{}
	b := quietBench(t, c)
	c.admitting = func(context.Context) error {
		return &order.Failure{Kind: order.Transient, System: "b1", Op: "waiting for B1", Code: "b1_down", Message: "not sent"}
	}
	for range 3 {
		if wait := next(b.insert()); wait != 5*time.Second {
			t.Errorf("the next attempt in %s, want 5 s", wait)
		}
	}
	if doc := b.get(); doc.Failures != 0 {
		t.Errorf("%d failures are noted, want none: B1 was not asked", doc.Failures)
	}
	ending, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := b.acts.InsertOrder(ending, activities.InsertOrderInput{Key: b.key})
	if wait := next(err); wait < time.Minute {
		t.Errorf("30 s before its end: the next attempt in %s, want none", wait)
	}
}
