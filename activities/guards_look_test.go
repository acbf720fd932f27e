package activities_test

import (
	"context"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// Fails without: the intent written before sending. The worker dies while B1 is at work; B1 commits after the first look of the next one.
func TestGuard_TheIntentIsInTheStoreBeforeTheFirstByteLeaves(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 20*time.Millisecond, 3)
	var seen *store.Staged
	w.create = func(context.Context) error {
		seen = b.get()
		b.alter(func(doc *store.Staged) { doc.Claim = nil }) // it died long ago
		return errLost
	}
	_ = b.insert()
	if seen.Intent == nil || seen.Intent.Reference != "000000001" || seen.Claim == nil || !seen.Claim.ExpiresAt.After(seen.Intent.SentAt) {
		t.Fatalf("while B1 is at work the store has the intent %+v and the claim %+v, want both", seen.Intent, seen.Claim)
	}
	looks := 0
	w.find = func() error {
		if looks++; looks == 2 {
			w.mu.Lock()
			w.orders = append(w.orders, existing(nil))
			w.mu.Unlock()
		}
		return nil
	}
	w.create = nil
	b.untilSettled()
	b.want(order.Posted, "")
	if n := w.created.Load(); n != 0 {
		t.Errorf("the order was sent %d times more, and B1 had it", n)
	}
}

// Fails without: asking for drafts before orders. The draft becomes an order between the two.
func TestGuard_ADraftThatIsAddedDuringTheLookIsSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	b.alter(func(doc *store.Staged) {
		doc.Status, doc.BO = order.Draft, &store.BackOffice{DocEntry: 5, Draft: true, CardCode: "C-WEB", Reference: "000000001"}
	})
	drafts := []sapb1.Document{existing(func(d *sapb1.Document) { d.DocEntry = 5 })}
	add := func() { // an approver adds the draft once the first question is answered
		if drafts != nil {
			drafts, w.orders = nil, append(w.orders, existing(nil))
		}
	}
	w.drafts = func() []sapb1.Document { defer add(); return drafts }
	w.found = add
	if err := b.insert(); err != nil {
		t.Errorf("ended with %v, want the order linked", err)
	}
	b.want(order.Posted, "")
}

// Fails without: ending the attempt when a look fails. Nothing is sent without a look that found nothing.
func TestGuard_AFailedLookSendsNothing(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]order.Kind{"no answer": order.Transient, "refused": order.Permanent, "login refused": order.Config} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &company{})
			w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
			w.find = func() error { return &order.Failure{Kind: kind, System: "b1", Op: "GET Orders", Message: "no"} }
			if err := b.insert(); err == nil || w.created.Load() != 0 {
				t.Errorf("ended with %v after %d sendings, want an error and nothing sent", err, w.created.Load())
			}
			if doc := b.get(); doc.Status != order.Pending || doc.Claim != nil || doc.Intent != nil {
				t.Errorf("order is %s with claim %v and intent %v, want it given back", doc.Status, doc.Claim, doc.Intent)
			}
			w.find = nil
			b.alter(func(doc *store.Staged) { doc.DueAt = time.Now() })
			b.untilSettled()
			b.want(order.Posted, "")
		})
	}
}

// Fails without: waiting B1_SETTLE before the first look, and longer before each further one. However often somebody comes.
func TestGuard_TheLooksAreSpreadOverTime(t *testing.T) {
	t.Parallel()
	const settle, looks = 40 * time.Millisecond, 3
	b := newBench(t, &company{})
	w := b.watch(time.Millisecond, settle, looks)
	var lost time.Time
	w.create = func(context.Context) error {
		if lost.IsZero() {
			lost = time.Now()
			return errLost
		}
		return nil
	}
	var after []time.Duration
	w.find = func() error {
		if !lost.IsZero() {
			after = append(after, time.Since(lost))
		}
		return nil
	}
	b.untilSettled()
	if len(after) != looks {
		t.Fatalf("looked %d times before it was sent again, want %d", len(after), looks)
	}
	for n, d := range after {
		if d < time.Duration(n+1)*settle-time.Millisecond { // the store keeps milliseconds
			t.Errorf("look %d came %s after the answer was lost, want %s or more", n+1, d, time.Duration(n+1)*settle)
		}
	}
}

// Fails without: not sending again before the first sending's time is up. B1 may be at work that long.
func TestGuard_NothingIsSentAgainWithinTheTimeOfACall(t *testing.T) {
	t.Parallel()
	const call = 250 * time.Millisecond
	b := newBench(t, &company{})
	w := b.watch(call, time.Millisecond, 2)
	b.died()
	begun := b.get().Intent.SentAt
	var sent time.Time
	w.create = func(context.Context) error { sent = time.Now(); return nil }
	b.untilSettled()
	if d := sent.Sub(begun); d < call {
		t.Errorf("sent again after %s, want the %s of a call to pass", d, call)
	}
}

// The clock of this machine is an hour ahead of that of the sender, who may be at work: his claim and the time of his call look over. One
// call's time is waited for all the same, from when the intent was first seen, be it while the claim was waited for. Fails without:
// sawSending in mayStillRun (sent within milliseconds), and in post (the second only after 4 s).
func TestGuard_NothingIsSentAgainWithinTheTimeOfACallByAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	const call = 2 * time.Second
	for name, claimed := range map[string]time.Duration{"the claim looks over": -time.Hour, "it is waited for": call} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &company{})
			w := b.watch(call, time.Millisecond, 2)
			b.died()
			b.alter(func(doc *store.Staged) {
				doc.Claim.ExpiresAt, doc.Intent.SentAt = time.Now().Add(claimed), time.Now().Add(-time.Hour)
			})
			begun := time.Now()
			var sent time.Time
			w.create = func(context.Context) error { sent = time.Now(); return nil }
			for b.get().Status == order.Pending {
				<-time.After(comeBack(b.insert()))
			}
			if d := sent.Sub(begun); d < call || d > 2*call {
				t.Errorf("sent again after %s, want the %s of a call to pass, once", d, call)
			}
		})
	}
}

// Its sender has noted that the call ended: what B1 may still do with it is what the looks are for. Fails without: Over (20 s).
func TestGuard_ACallThatHasEndedIsNotWaitedForAnew(t *testing.T) {
	t.Parallel()
	const call = 20 * time.Second
	b := newBench(t, &company{})
	w := b.watch(call, time.Millisecond, 2)
	w.create = func(context.Context) error { return errLost }
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	b.alter(func(doc *store.Staged) { doc.Intent.SentAt = time.Now().Add(-call) })
	begun := time.Now()
	w.create = nil
	b.watch(call, time.Millisecond, 2) // another process
	b.untilSettled()
	if d := time.Since(begun); d >= call {
		t.Errorf("posted after %s, want the looks alone", d)
	}
}

// Fails without: keeping the intent when the outcome is unknown. B1 commits after the next look.
func TestGuard_AnUnknownOutcomeKeepsTheIntent(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(time.Millisecond, 5*time.Millisecond, 3)
	w.create = func(context.Context) error { return errLost }
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	if n := b.get().Intent; n == nil || n.Sends != 1 {
		t.Errorf("the intent is %+v, want it kept and counted", n)
	}
}

// Fails without: asking a person when a document that B1 had is gone (notFound). Somebody removed it, and will know why.
func TestGuard_ADocumentThatIsGoneIsNotSentAnewByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	b.alter(func(doc *store.Staged) {
		doc.Status, doc.BO = order.Draft, &store.BackOffice{DocEntry: 5, Draft: true, CardCode: "C-WEB", Reference: "000000001"}
	})
	if err := b.insert(); typeOf(err) != activities.TypeHeld || w.created.Load() != 0 {
		t.Errorf("ended with %v after %d sendings, want it held", err, w.created.Load())
	}
	b.want(order.Held, "gone_from_b1")
}
