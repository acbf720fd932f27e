package activities_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// The guards around the making of a buyer, each by itself; see guards_test.go.

// watchedPartners is a B1 that a test looks into while a buyer is looked for and made.
type watchedPartners struct {
	*sapb1.Client
	create func(ctx context.Context)
	find   func()
}

func (w *watchedPartners) CreatePartner(ctx context.Context, p *sapb1.BusinessPartner) (*sapb1.FoundPartner, error) {
	if w.create != nil {
		w.create(ctx)
	}
	return w.Client.CreatePartner(ctx, p)
}

func (w *watchedPartners) FindPartners(ctx context.Context, property, value string) ([]sapb1.FoundPartner, error) {
	if w.find != nil {
		w.find()
	}
	return w.Client.FindPartners(ctx, property, value)
}

// deskMargin is how much longer than one call to B1 its claims last.
const deskMargin = 100 * time.Millisecond

// newBuyerDesk is a counter with one order whose buyer is to be made, and a watch on it.
func newBuyerDesk(t *testing.T, call time.Duration) (*counter, *watchedPartners) {
	t.Helper()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	w := &watchedPartners{Client: c.connect(2 * time.Second)}
	c.acts = activities.New(c.db, testkit.Silent(), activities.Instance{Name: "main", Rules: c.rules, Company: w, CompanyID: "b1/demo",
		CallTimeout: call, ClaimMargin: deskMargin, Settle: counterSettle, Looks: 2})
	c.buy(1)
	return c, w
}

// buyerID names the order's buyer in the store, questionIDs what he is looked for by.
func (c *counter) buyerID() string {
	return store.PartnerID("b1/demo", c.rules.PartnerPlan(c.get().Order).Identity)
}

func (c *counter) questionIDs() (ids []string) {
	for _, q := range c.rules.PartnerPlan(c.get().Order).Find {
		sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(q.Value))))
		ids = append(ids, store.PartnerID("b1/demo", "asked:"+q.Property+":"+hex.EncodeToString(sum[:16])))
	}
	return ids
}

// claimedBy lets somebody else be at work on a document of the store's partners for a minute.
func (c *counter) claimedBy(id, token string) {
	c.t.Helper()
	_, err := c.db.ChangePartner(context.Background(), id, func(p *store.Partner) error {
		p.Claim = &store.Claim{Token: token, ExpiresAt: time.Now().Add(time.Minute)}
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
}

// comesBack wants an attempt that made nobody and comes back later.
func (c *counter) comesBack() {
	c.t.Helper()
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		c.t.Errorf("ended with %v, want it to come back later", err)
	}
	if n := c.b1.Traffic().Calls["POST BusinessPartners"]; n != 0 {
		c.t.Errorf("the buyer was sent %d times, and is in somebody else's hands", n)
	}
	if doc := c.get(); doc.Status != order.Pending || doc.Claim != nil || doc.Intent != nil {
		c.t.Errorf("order is %s with claim %v and intent %v, want it given back", doc.Status, doc.Claim, doc.Intent)
	}
}

// Fails without: the claim of a buyer being respected (knownPartner before he is asked for, take after it).
func TestGuard_ABuyerInOtherHandsIsLeftThere(t *testing.T) {
	t.Parallel()
	t.Run("before he is asked for", func(t *testing.T) {
		t.Parallel()
		c, w := newBuyerDesk(t, time.Second)
		w.find = func() { t.Error("B1 was asked for a buyer in somebody else's hands") }
		c.claimedBy(c.buyerID(), "another order")
		c.comesBack()
	})
	t.Run("after it", func(t *testing.T) {
		t.Parallel()
		c, w := newBuyerDesk(t, time.Second)
		w.find = func() { c.claimedBy(c.buyerID(), "another order") }
		c.comesBack()
	})
}

// Fails without: the claim of what he is looked for by (keepOff): a guest, and his account, are two buyers to the store.
func TestGuard_TwoBuyersOfOneAddressAreNotMadeAtOnce(t *testing.T) {
	t.Parallel()
	c, _ := newBuyerDesk(t, time.Second)
	ids := c.questionIDs()
	if len(ids) != 1 {
		t.Fatalf("the buyer is looked for by %d properties, want one", len(ids))
	}
	c.claimedBy(ids[0], "another buyer")
	c.comesBack()
}

// Fails without: writing down who was made only as holder of his claim (settleMaking).
func TestGuard_WhoLostTheBuyersClaimRecordsNobody(t *testing.T) {
	t.Parallel()
	c, w := newBuyerDesk(t, time.Second)
	w.create = func(context.Context) { c.claimedBy(c.buyerID(), "another order") }
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Errorf("ended with %v, want it to come back later", err)
	}
	known, err := c.db.Partner(t.Context(), c.buyerID())
	if err != nil || known.CardCode != "" || known.Claim == nil || known.Claim.Token != "another order" {
		t.Errorf("known is %+v (%v), want him left to the other order", known, err)
	}
	if n := c.b1.CountByNumAtCard("000000001"); n != 0 {
		t.Errorf("B1 has %d sales orders of a buyer who is in doubt", n)
	}
}

// Fails without: the deadline of the call at the end of the buyer's claim; and without renewing a claim that would end before the
// call. Looking for him took as long as a claim's margin.
func TestGuard_TheCallThatMakesABuyerEndsWithItsClaim(t *testing.T) {
	t.Parallel()
	const call = time.Minute
	c, w := newBuyerDesk(t, call)
	claim := func() time.Time {
		known, err := c.db.Partner(context.Background(), c.buyerID())
		if err != nil || known.Claim == nil {
			t.Errorf("while he is made the store has %+v (%v)", known, err)
			return time.Time{}
		}
		return known.Claim.ExpiresAt
	}
	asked := 0
	var looked time.Time
	w.find = func() {
		if asked++; asked == 2 { // the first question is the mapping's, before any claim
			<-time.After(time.Until(claim()) - call + time.Millisecond)
			looked = time.Now()
		}
	}
	w.create = func(ctx context.Context) {
		if end, ok := ctx.Deadline(); !ok || !end.Equal(claim()) || end.Sub(looked) < call {
			t.Errorf("the call may last until %s (%t), the claim until %s; want both %s or more after the look at %s", end, ok, claim(), call, looked)
		}
	}
	if err := c.insert(); err != nil || asked != 2 {
		t.Errorf("ended with %v after %d questions", err, asked)
	}
}

// This machine's clock is an hour ahead of that of another order's worker, which is making the buyer: he is made again only when the time
// of a call has passed since that was first seen, be it while a claim was waited for. Fails without: sawSending in mayStillRun (the buyer
// is sent within milliseconds), and in knownPartner (the second only after 4 s).
func TestGuard_ABuyerIsNotMadeAgainWithinTheTimeOfACallByAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	const call = 2 * time.Second
	for name, claimed := range map[string]time.Duration{"the claim looks over": -time.Hour, "it is waited for": call} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := newBuyerDesk(t, call)
			_, err := c.db.ChangePartner(t.Context(), c.buyerID(), func(p *store.Partner) error {
				p.Claim = &store.Claim{Token: "another order", ExpiresAt: time.Now().Add(claimed)}
				p.Intent = &store.PartnerIntent{SentAt: time.Now().Add(-time.Hour)}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			var sent time.Time
			w.create = func(context.Context) { sent = time.Now() }
			for c.get().Status == order.Pending {
				<-time.After(comeBack(c.insert()))
			}
			c.want(order.Posted, "")
			if d := sent.Sub(begun); d < call || d > 2*call {
				t.Errorf("made after %s, want the %s of a call to pass, once", d, call)
			}
		})
	}
}

// Its sender has noted that the call ended: the looks are enough. Fails without: Over of the buyer's intent (20 s).
func TestGuard_ACallForABuyerThatHasEndedIsNotWaitedForAnew(t *testing.T) {
	t.Parallel()
	const call = 20 * time.Second
	c, _ := newBuyerDesk(t, call)
	c.inject(b1sim.BadGatewayBefore, "POST BusinessPartners")
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	_, err := c.db.ChangePartner(t.Context(), c.buyerID(), func(p *store.Partner) error {
		p.Intent.SentAt = time.Now().Add(-call)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	c.untilSettled()
	c.want(order.Posted, "")
	if d := time.Since(begun); d >= call {
		t.Errorf("posted after %s, want the looks alone", d)
	}
}
