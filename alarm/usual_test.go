package alarm

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// The usual orders that cannot be counted within their time are no reason to look at nothing else: that is said once, and their alarm is left as it is.
// Fails without: the context of askUsual (the whole look ends with it), uncounted, usualUnknown.
func TestLook_DoesWithoutTheUsualOrders(t *testing.T) {
	p := newTelling(t)
	p.keepers = p.keepers[:1]
	var said bytes.Buffer
	k := p.keepers[0]
	logTo(k, &said)
	k.Pace.Usual = time.Nanosecond
	cut := p.clock.now().Add(-3 * 24 * time.Hour)
	p.stage(order.Posted, 600, func(n int) time.Time { return cut.Add(-time.Duration(n) * 2 * time.Hour) })
	p.hold()
	p.look()
	p.wantTold("held_orders raised")
	if n := strings.Count(said.String(), "the usual orders are not counted"); n != 1 {
		t.Errorf("said %d times that they are not counted, want once:\n%s", n, said.String())
	}
	if f, err := k.gather(t.Context(), p.instance); err != nil || !f.usualUnknown {
		t.Errorf("unknown: %t, %v", f.usualUnknown, err)
	}
	k.Pace.Usual = 0
	if f, err := k.gather(t.Context(), p.instance); err != nil || f.usualUnknown || f.rhythm == nil {
		t.Errorf("with time: unknown %t, the rhythm %v, %v", f.usualUnknown, f.rhythm, err)
	}
}

// tapped is the store of a process that gets no answer when it counts the orders of an hour, while hour says so. The count of the last day, which comes
// before it begins, is answered.
func tapped(t *testing.T, database string, hour func() (refused bool)) (db *store.Store, again func()) {
	t.Helper()
	var begun atomic.Bool
	db = testkit.TappedStore(t, database, func(message []byte) bool {
		if testkit.HasAll(message, "usual:", "begun_at") {
			begun.Store(true)
		}
		return begun.Load() && testkit.HasAll(message, "aggregate", "orders") && hour()
	})
	return db, func() { begun.Store(false) }
}

// That the usual orders are not counted is said once, however the processes take turns: while another one counts, nothing is counted yet. Fails without:
// counting in askUsual (said again after the other's turn), its end (it is never said again).
func TestAskUsual_SaysOnceThatItIsNotCounted(t *testing.T) {
	p := newPlace(t)
	db, name := testkit.Database(t)
	p.db = db
	p.stage(order.Posted, 3, func(n int) time.Time { return p.clock.now().Add(-time.Duration(n+1) * time.Hour) })
	var said bytes.Buffer
	var fails atomic.Bool
	k, other := p.keepers[0], p.keepers[1]
	logTo(k, &said)
	var again func()
	k.Store, again = tapped(t, name, fails.Load)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	other.Store, _ = tapped(t, name, func() bool {
		once.Do(func() { close(begun) })
		<-goOn
		return true
	})
	ask := func(k *Keeper) {
		again()
		k.askUsual(t.Context(), p.instance, &facts{now: p.clock.now(), limits: k.Limits})
	}
	want := func(when string, uncounted bool) {
		t.Helper()
		if n := strings.Count(said.String(), "the usual orders are not counted"); n != 1 || k.uncounted[p.instance] != uncounted {
			t.Errorf("%s: said %d times, uncounted %t; want once, %t\n%s", when, n, k.uncounted[p.instance], uncounted, said.String())
		}
	}
	fails.Store(true)
	// The driver asks again until the time is over. It must be enough to begin to count.
	for k.Pace.Usual = 250 * time.Millisecond; ; k.Pace.Usual *= 2 {
		ask(k)
		u, err := db.Usual(t.Context(), p.instance)
		if err != nil {
			t.Fatal(err)
		}
		if !u.SoFarAt.IsZero() {
			break
		}
	}
	want("when it has failed", true)
	var counts sync.WaitGroup
	counting, stop := context.WithCancel(t.Context())
	counts.Go(func() { other.askUsual(counting, p.instance, &facts{now: p.clock.now(), limits: other.Limits}) })
	<-begun
	ask(k)
	want("while another counts", true)
	stop()
	close(goOn)
	counts.Wait()
	ask(k)
	want("when it has failed after another", true)
	fails.Store(false)
	k.Pace.Usual = 0
	ask(k)
	want("when it is counted", false)
}
