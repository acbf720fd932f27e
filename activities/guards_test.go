package activities_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// Each test here takes one guard of the B1 step (docs/architecture.md) by itself, because the others often hide that it is
// gone. What a test fails without was seen: the guard was taken out, and the test failed.

// watched is a B1 that a test looks into while it is called.
type watched struct {
	*company
	create func(ctx context.Context) error
	drafts func() []sapb1.Document
	// find runs before a question for orders is answered, found after it.
	find  func() error
	found func()
}

func (w *watched) CreateOrder(ctx context.Context, o *sapb1.SalesOrder) (*sapb1.Document, error) {
	if w.create != nil {
		if err := w.create(ctx); err != nil {
			return nil, err
		}
	}
	return w.company.CreateOrder(ctx, o)
}

func (w *watched) FindDrafts(context.Context, sapb1.Reference) ([]sapb1.Document, error) {
	if w.drafts == nil {
		return nil, nil
	}
	return w.drafts(), nil
}

func (w *watched) FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	if w.find != nil {
		if err := w.find(); err != nil {
			return nil, err
		}
	}
	if w.found != nil {
		defer w.found()
	}
	return w.company.FindOrders(ctx, ref)
}

// watch puts a watched B1 in front of a bench; call, settle and looks are the instance's.
func (b *bench) watch(call, settle time.Duration, looks int) *watched {
	w := &watched{company: b.company}
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: w, CompanyID: "b1/demo",
		CallTimeout: call, Settle: settle, Looks: looks})
	return w
}

// alter changes the staged order as another process would.
func (b *bench) alter(change func(*store.Staged)) {
	b.t.Helper()
	if _, err := b.db.Change(context.Background(), b.key, func(doc *store.Staged) error { change(doc); return nil }); err != nil {
		b.t.Error(err)
	}
}

// died leaves the order as a worker does that dies with the order in its hands: its claim ended just now, the intent is there.
func (b *bench) died() {
	b.alter(func(doc *store.Staged) {
		doc.Claim = &store.Claim{Token: "dead", ExpiresAt: time.Now().Add(-time.Millisecond)}
		doc.Intent = &store.Intent{SentAt: time.Now(), Hash: doc.ContentHash, Payload: doc.PayloadHash, Reference: "000000001", CardCode: "C-WEB"}
	})
}

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

// Fails without: the claim being respected (tooEarly and claim). B1 takes longer than all looks together.
func TestGuard_NobodyElseLooksOrSendsWhileAnAttemptIsAtWork(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	sending, proceed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.create = func(context.Context) error { once.Do(func() { close(sending); <-proceed }); return nil }
	first := make(chan error, 1)
	go func() { first <- b.insert() }()
	<-sending
	looks := 0
	w.find = func() error { looks++; return nil }
	for end := time.Now().Add(150 * time.Millisecond); time.Now().Before(end); {
		if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
			t.Errorf("another attempt ended with %v, want it to come back later", err)
		}
	}
	if looks != 0 {
		t.Errorf("others looked %d times at an order in somebody's hands", looks)
	}
	close(proceed)
	if err := <-first; err != nil || w.created.Load() != 1 {
		t.Errorf("ended with %v after %d sendings, want one", err, w.created.Load())
	}
	b.want(order.Posted, "")
}

// Fails without: the comparison of the claim inside the write that takes it. Both attempts have read the order while it was free.
func TestGuard_OfTwoThatReadAFreeOrderOneGetsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(time.Second, 5*time.Millisecond, 2)
	var ready sync.WaitGroup
	ready.Add(2)
	first := make(chan struct{})
	turn := make(chan struct{}, 1)
	turn <- struct{}{}
	b.rules.Use(beforeHook(func(*order.Order) { // runs between reading and claiming
		ready.Done()
		ready.Wait()
		select {
		case <-turn: // this one goes first
		case <-first:
		}
	}))
	proceed := make(chan struct{})
	w.create = func(context.Context) error { close(first); <-proceed; return nil }
	ends := make(chan error, 2)
	for range 2 {
		go func() { ends <- b.insert() }()
	}
	if err := <-ends; typeOf(err) != activities.TypeUnresolved { // the other is still sending
		t.Errorf("the second ended with %v, want it to come back later", err)
	}
	close(proceed)
	if err := <-ends; err != nil {
		t.Errorf("the first ended with %v", err)
	}
	if doc := b.get(); doc.Status != order.Posted || doc.Attention != nil || w.created.Load() != 1 {
		t.Errorf("order is %s with attention %v after %d sendings", doc.Status, doc.Attention, w.created.Load())
	}
}

// Fails without: the comparison of what was read with what is claimed. The order changes between the two.
func TestGuard_WhatIsSentIsWhatWasClaimed(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(time.Second, 5*time.Millisecond, 2)
	var once sync.Once
	b.rules.Use(beforeHook(func(*order.Order) {
		once.Do(func() { b.stage(at("11:00:00", "Long Lane 5", "Short Street 1")) })
	}))
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved || w.created.Load() != 0 {
		t.Errorf("ended with %v after %d sendings, want nothing sent of a version that is no more", err, w.created.Load())
	}
	b.untilSettled()
	if doc := b.get(); doc.Status != order.Posted || doc.Attention != nil {
		t.Errorf("order is %s with attention %v", doc.Status, doc.Attention)
	}
}

// Fails without: the end of a claim (in tooEarly, and in claim). Its holder is dead.
func TestGuard_AClaimThatHasEndedKeepsNobodyOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b.alter(func(doc *store.Staged) {
		doc.Claim = &store.Claim{Token: "dead", ExpiresAt: time.Now().Add(-time.Millisecond)}
	})
	if err := b.insert(); err != nil {
		t.Errorf("ended with %v, want it posted", err)
	}
	b.want(order.Posted, "")
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

// Fails without: recording only as holder of the claim; and without the trace of an order that was made too late.
func TestGuard_WhoLostTheClaimRecordsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	w.create = func(context.Context) error { // stands still until another has taken over
		b.alter(func(doc *store.Staged) {
			doc.Claim = &store.Claim{Token: "another", ExpiresAt: time.Now().Add(time.Minute)}
		})
		return nil
	}
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Errorf("ended with %v, want unresolved", err)
	}
	doc := b.get()
	if doc.Status != order.Pending || doc.BO != nil || doc.Claim == nil || doc.Claim.Token != "another" {
		t.Errorf("order is %s as %+v with the claim %+v, want it left to the other attempt", doc.Status, doc.BO, doc.Claim)
	}
	if doc.Attention == nil || doc.Attention.Code != "created_late" {
		t.Errorf("attention is %v, want created_late", doc.Attention)
	}
}

// Fails without: the deadline of the call at the end of the claim.
func TestGuard_TheCallEndsWithTheClaim(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	w.create = func(ctx context.Context) error {
		claim := b.get().Claim
		if d, ok := ctx.Deadline(); !ok || claim == nil || d.After(claim.ExpiresAt) {
			t.Errorf("the call may last until %s (%t), the claim is %+v", d, ok, claim)
		}
		return nil
	}
	if err := b.insert(); err != nil {
		t.Error(err)
	}
}

// Fails without: renewing a claim that would end before the call (aboutToSend). The look took as long as a claim's margin.
func TestGuard_TheClaimOutlivesTheCall(t *testing.T) {
	t.Parallel()
	const call = time.Minute
	b := newBench(t, &company{})
	w := b.watch(call, 5*time.Millisecond, 2)
	w.find = func() error { time.Sleep(15200 * time.Millisecond); return nil }
	w.create = func(ctx context.Context) error {
		if d, _ := ctx.Deadline(); time.Until(d) < call || time.Until(b.get().Claim.ExpiresAt) < call {
			t.Errorf("the call may last %s and the claim %s, want %s or more", time.Until(d), time.Until(b.get().Claim.ExpiresAt), call)
		}
		return nil
	}
	if err := b.insert(); err != nil {
		t.Error(err)
	}
}

// Fails without: writing down what was learnt although the worker is told to stop.
func TestGuard_AWorkerThatStopsWritesDownWhatItLearnt(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	w := b.watch(20*time.Millisecond, 5*time.Millisecond, 2)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w.create = func(context.Context) error { stop(); return nil }
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
	env.RegisterActivity(b.acts)
	if _, err := env.ExecuteActivity(b.acts.InsertOrder, activities.InsertOrderInput{Key: b.key}); err != nil {
		t.Errorf("ended with %v", err)
	}
	b.want(order.Posted, "")
}
