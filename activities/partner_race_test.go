package activities_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// Many orders of one new buyer at once, on two workers, while B1 loses answers: one partner, one contact person, and each
// order once.
func TestPartner_ManyOrdersOfOneNewBuyerMakeOne(t *testing.T) {
	t.Parallel()
	faults := map[string][]b1sim.Fault{
		"all is well":         nil,
		"replies lost":        {b1sim.CommitThenDrop, b1sim.CommitThenBadGateway},
		"nothing came of it":  {b1sim.RefuseBeforeCommit, b1sim.CommitFailed1116},
		"a crash of B1":       {b1sim.Empty500},
		"done, and told else": {b1sim.Commit1116Committed},
		"B1 is away":          {b1sim.Unavailable},
	}
	for _, policy := range []struct{ rules, prefix string }{
		{strings.Replace(byPrefix, "{customers", "{contact: true, customers", 1), "W-"}, {strings.Replace(bySeries, "{customers", "{contact: true, customers", 1), "S"},
	} {
		for name, losses := range faults {
			t.Run(policy.prefix+name, func(t *testing.T) {
				t.Parallel()
				c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, policy.rules, 2)
				for _, fault := range losses {
					c.inject(fault, "POST BusinessPartners")
				}
				c.buyMany(t, 8, policy.prefix, account(42)...)
			})
		}
	}
}

func (c *counter) inject(fault b1sim.Fault, match string) {
	c.t.Helper()
	if err := c.b1.Inject(b1sim.Rule{Fault: fault, Times: 1, Match: match}); err != nil {
		c.t.Fatal(err)
	}
}

// buyMany posts n orders of one buyer at once and wants one partner of a prefix with one contact person, to whom all went.
func (c *counter) buyMany(t *testing.T, n int, prefix string, changes ...string) {
	t.Helper()
	var keys []order.Key
	for i := range n {
		keys = append(keys, c.buy(i+1, changes...))
	}
	docs := c.postAll(keys)
	made := c.partners(prefix)
	if len(made) != 1 || len(made[0].ContactEmployees) != 1 {
		t.Fatalf("B1 has %d partners: %+v", len(made), made)
	}
	for _, doc := range docs {
		if o := c.orderOf(doc); o.CardCode != made[0].CardCode || o.ContactPersonCode != made[0].ContactEmployees[0].InternalCode {
			t.Errorf("order %s went to %+v, want %s and %d", doc.Key, o, made[0].CardCode, made[0].ContactEmployees[0].InternalCode)
		}
		c.wantNobody(doc)
	}
}

// Two deployments share no store: then the key of B1 itself keeps partners by prefix apart.
func TestPartner_WithoutACommonStoreTheKeyOfB1DecidesByPrefix(t *testing.T) {
	t.Parallel()
	rules := strings.Replace(byPrefix, "find_by: [email], ", "", 1) // nobody looks before he creates
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, rules, 1)
	first := c.orderOf(c.post(c.acts, c.buy(1, account(42)...))).CardCode
	id := store.PartnerID("b1/demo", "customer:main:42")
	if _, err := c.db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Forget(); return nil }); err != nil {
		t.Fatal(err)
	}
	if second := c.orderOf(c.post(c.acts, c.buy(2, account(42)...))).CardCode; second != first || len(c.partners("W-")) != 1 {
		t.Errorf("orders went to %s and %s, partners %+v", first, second, c.partners("W-"))
	}
}

func TestPartner_TheDeathOfAWorkerLeavesOne(t *testing.T) {
	t.Parallel()
	for _, policy := range []struct{ rules, prefix string }{{byPrefix, "W-"}, {bySeries, "S"}} {
		for _, committed := range []bool{true, false} {
			t.Run(fmt.Sprint(policy.prefix, committed), func(t *testing.T) {
				t.Parallel()
				c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, policy.rules, 1)
				key := c.buy(1)
				c.diedCreating(t, key, committed)
				doc := c.post(c.acts, key)
				if made := c.partners(policy.prefix); len(made) != 1 || c.orderOf(doc).CardCode != made[0].CardCode {
					t.Errorf("B1 has the partners %+v", made)
				}
			})
		}
	}
}

// diedCreating leaves the store as a worker does that dies while it creates the buyer of an order; its claim has just ended.
func (c *counter) diedCreating(t *testing.T, key order.Key, committed bool) {
	t.Helper()
	plan := c.rules.PartnerPlan(c.staged(key).Order)
	if _, err := c.db.ChangePartner(t.Context(), store.PartnerID("b1/demo", plan.Identity), func(p *store.Partner) error {
		p.Claim = &store.Claim{Token: "dead"}
		p.Intent = &store.PartnerIntent{SentAt: c.staged(key).StagedAt}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if committed {
		if _, err := c.client.CreatePartner(t.Context(), plan.Create); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartner_OneInDoubtIsLookedForBeforeHeIsSentAgain(t *testing.T) {
	t.Parallel()
	rules := strings.Replace(byPrefix, "find_by: [email], ", "", 1)
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, rules, 1)
	key := c.buy(1, account(42)...)
	c.inject(b1sim.RefuseBeforeCommit, "POST BusinessPartners")
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	if doc := c.get(); doc.Intent != nil || doc.Claim != nil {
		t.Errorf("the order is in doubt although only its buyer was sent: %+v", doc.Intent)
	}
	doc := c.post(c.acts, key)
	c.orderOf(doc)
	if n := c.b1.Traffic().Calls["GET BusinessPartners(n)"]; n != 2 {
		t.Errorf("B1 was asked %d times for the partner in doubt, want 2 looks", n)
	}
	if n := c.b1.Traffic().Calls["POST BusinessPartners"]; n != 2 {
		t.Errorf("the partner was sent %d times, want 2", n)
	}
}

func TestPartner_NoClearAnswerAsksAPerson(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Empty500, Probability: 1, Match: "POST BusinessPartners"}); err != nil {
		t.Fatal(err)
	}
	c.post(c.acts, c.buy(1))
	c.want(order.Held, "partner_no_clear_answer")
	if n := c.b1.Traffic().Calls["POST BusinessPartners"]; n != 3 {
		t.Errorf("sent %d times, want 3", n)
	}
	c.wantNobody(c.get())
	c.b1.ClearFaults()
	if _, err := c.db.Change(t.Context(), c.key, func(s *store.Staged) error { s.Status = order.Pending; return nil }); err != nil {
		t.Fatal(err)
	}
	c.orderOf(c.post(c.acts, c.key))
}

// All pass the first question before anybody creates, and B1 takes its time: the claim alone keeps the others off.
func TestPartner_OthersKeepOffWhileB1IsSlow(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, strings.Replace(bySeries, "{customers", "{contact: true, customers", 1), 2)
	for match, delay := range map[string]time.Duration{"GET Drafts": 50 * time.Millisecond, "POST BusinessPartners": 300 * time.Millisecond} {
		if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Slow, Every: 1, Match: match, Delay: b1sim.Duration(delay)}); err != nil {
			t.Fatal(err)
		}
	}
	c.buyMany(t, 4, "S", account(42)...)
	if n := c.b1.Traffic().Calls["POST BusinessPartners"]; n != 1 {
		t.Errorf("the partner was sent %d times, want once", n)
	}
}

// B1 commits after the caller has given up. The looks are spread over time, so that one of them sees it.
func TestPartner_OneThatIsCommittedLateIsFound(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, bySeries, 1)
	hasty := c.worker(100*time.Millisecond, 100*time.Millisecond, 200*time.Millisecond)
	if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST BusinessPartners", Delay: b1sim.Duration(300 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	c.orderOf(c.post(hasty, c.buy(1, account(42)...)))
	c.server.Close() // when B1 has done all that it was asked
	if made := c.partners("S"); len(made) != 1 {
		t.Errorf("B1 has the partners %+v", made)
	}
}

// Another order creates the buyer between the first question and the sending: the intent must name him all the same.
func TestPartner_TheIntentNamesThePartnerThatAnotherOrderMade(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner, {Code: "C1"}}}, byPrefix, 1)
	for _, match := range []string{"GET Drafts", "POST Orders"} {
		if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: match, Delay: b1sim.Duration(200 * time.Millisecond)}); err != nil {
			t.Fatal(err)
		}
	}
	key := c.buy(1)
	done := make(chan error)
	go func() { done <- c.insert() }()
	c.until("GET Drafts")
	id := store.PartnerID("b1/demo", c.rules.PartnerPlan(c.staged(key).Order).Identity)
	if _, err := c.db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Know("C1", 0); return nil }); err != nil {
		t.Fatal(err)
	}
	c.until("POST Orders")
	if n := c.staged(key).Intent; n == nil || n.CardCode != "C1" {
		t.Errorf("while it is sent the intent is %+v, want it for C1", n)
	}
	if err := <-done; err != nil || len(c.partners("W-")) != 0 {
		t.Errorf("ended with %v, partners %+v", err, c.partners("W-"))
	}
}

// until waits for a call to reach B1.
func (c *counter) until(call string) {
	for deadline := time.Now().Add(time.Minute); c.b1.Traffic().Calls[call] == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Errorf("%s never reaches B1", call)
			return
		}
	}
}

func TestPartner_AnOrderIsOursAfterItsPolicyHasChanged(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	c.inject(b1sim.CommitThenDrop, "POST Orders")
	key := c.buy(1)
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	c.policy("{}")
	if got := c.orderOf(c.post(c.acts, key)).CardCode; !strings.HasPrefix(got, "W-") {
		t.Errorf("the order is linked under %s", got)
	}
}
