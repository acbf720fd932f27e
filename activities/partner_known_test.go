package activities_test

import (
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

func TestPartner_OneThatB1NoLongerHasIsForgotten(t *testing.T) {
	t.Parallel()
	for _, rules := range []string{byPrefix, strings.Replace(byPrefix, "{customers", "{contact: true, customers", 1)} {
		c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, rules, 1)
		plan := c.rules.PartnerPlan(c.staged(c.buy(1)).Order)
		id := store.PartnerID("b1/demo", plan.Identity)
		if _, err := c.db.ChangePartner(t.Context(), id, func(p *store.Partner) error { p.Know("W-GONE", 0); return nil }); err != nil {
			t.Fatal(err)
		}
		if got := c.orderOf(c.post(c.acts, c.key)).CardCode; got != plan.Create.CardCode {
			t.Errorf("the order went to %s, want it created anew as %s", got, plan.Create.CardCode)
		}
		if known, err := c.db.Partner(t.Context(), id); err != nil || known.CardCode != plan.Create.CardCode || known.Claim != nil || known.Intent != nil {
			t.Errorf("known is %+v, %v", known, err)
		}
	}
}

func TestPartner_AFixedOneThatB1DoesNotHaveHoldsTheOrder(t *testing.T) {
	t.Parallel()
	for _, rules := range []string{"{}", "{contact: true}"} {
		c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{{Code: "OTHER"}}}, rules, 1)
		c.post(c.acts, c.buy(1))
		c.want(order.Held, map[string]string{"{}": "b1_refused", "{contact: true}": "partner_missing"}[rules])
	}
}

func TestPartner_ACodeOfSomebodyElseHoldsTheOrder(t *testing.T) {
	t.Parallel()
	other := b1sim.Partner{Code: "W-42", Name: "Jane Doe", Email: "somebody@example.org"}
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner, other}}, byPrefix, 1)
	c.post(c.acts, c.buy(1, account(42)...))
	c.want(order.Held, "partner_code_taken")
	c.wantNobody(c.get())
}

func TestPartner_ACodeThatIsHisIsTaken(t *testing.T) {
	t.Parallel()
	rules := strings.Replace(byPrefix, "find_by: [email], ", "", 1) // nothing is asked: the code alone tells
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner, {Code: "W-42", Email: "Jane.Doe@Example.com"}}}, rules, 1)
	if got := c.orderOf(c.post(c.acts, c.buy(1, account(42)...))).CardCode; got != "W-42" || len(c.partners("W-")) != 1 {
		t.Errorf("the order went to %s, partners %+v", got, c.partners("W-"))
	}
}

func (c *counter) staged(key order.Key) *store.Staged {
	c.t.Helper()
	doc, err := c.db.Get(c.t.Context(), key)
	if err != nil {
		c.t.Fatal(err)
	}
	return doc
}
