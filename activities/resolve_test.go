package activities_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// asEarlier leaves an order as an earlier release staged it: with members missing that this one knows, and a hash of
// another form.
func (b *bench) asEarlier() {
	b.t.Helper()
	if _, err := b.db.Change(b.t.Context(), b.key, func(doc *store.Staged) error {
		doc.Order.Totals.Subtotal = decimal.Zero
		doc.ContentHash = "0ld0-" + doc.ContentHash[5:]
		if doc.Intent != nil {
			doc.Intent.Hash = doc.ContentHash
		}
		return nil
	}); err != nil {
		b.t.Fatal(err)
	}
}

func TestInsertOrder_AnOrderOfAnEarlierReleaseIsReadAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b.asEarlier()
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	doc := b.get()
	if doc.Status != order.Posted || doc.ContentHash != doc.Order.ContentHash() || doc.PostedHash != doc.ContentHash || doc.Order.Totals.Subtotal.IsZero() {
		t.Errorf("order is %s, hashes %s, %s, %s", doc.Status, doc.ContentHash, doc.PostedHash, doc.Order.ContentHash())
	}
}

func TestInsertOrder_AnotherFormOfTheHashIsNoChangeInMagento(t *testing.T) {
	t.Parallel()
	c := &company{}
	losing(c, 1, true)
	b := newBench(t, c)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	b.asEarlier()
	b.untilSettled()
	if doc := b.get(); doc.Status != order.Posted || doc.Attention != nil {
		t.Errorf("order is %s with attention %v, want posted without", doc.Status, doc.Attention)
	}
}

func TestInsertOrder_AnErasedDocumentLeavesWhatWasReadOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	if _, err := b.db.Change(t.Context(), b.key, func(doc *store.Staged) error {
		doc.ContentHash, doc.PayloadHash = "0ld0-"+doc.ContentHash[5:], "erased"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	b.want(order.Posted, "")
}

func TestInsertOrder_AnOrderOfWhichNothingIsStoredIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	if _, err := b.db.Change(t.Context(), b.key, func(doc *store.Staged) error {
		doc.Order, doc.PayloadHash = nil, "erased"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Fatalf("ended as %v, want held: trying again finds nothing either", err)
	}
	b.want(order.Held, "document_missing")
}

func TestReconsider_AnOrderOfAnEarlierReleaseIsReadAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	payments := b.rules.Default.Payments
	b.rules.Default.Payments = nil
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Fatal(err)
	}
	b.rules.Default.Payments = payments
	b.asEarlier()
	for next := (&activities.ReconsiderInput{Instance: "main", Rules: b.rules.ID()}); next != nil; {
		r, err := b.acts.Reconsider(t.Context(), *next)
		if err != nil {
			t.Fatal(err)
		}
		next = r.Next
	}
	b.want(order.Pending, "")
}

func TestReconsider_AnOrderHeldForItsBuyerIsTriedAgain(t *testing.T) {
	t.Parallel()
	for code, rules := range map[string]string{"partner_unknown": "{guests: find, find_by: [email], not_found: hold}", "partner_refused": bySeries} {
		c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, rules, 1)
		key := c.buy(1)
		c.post(c.acts, key)
		c.want(order.Held, code)
		c.policy(byPrefix)
		for next := (&activities.ReconsiderInput{Instance: "main", Rules: c.rules.ID()}); next != nil; {
			r, err := c.acts.Reconsider(t.Context(), *next)
			if err != nil {
				t.Fatal(err)
			}
			next = r.Next
		}
		c.want(order.Pending, "")
		c.orderOf(c.post(c.acts, key))
	}
}

func TestInsertOrder_AQuestionThatB1RefusesIsNoOrdersFault(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{customers: find, create: {user_field: U_Missing}}", 1)
	c.buy(1, account(42)...)
	if err := c.insert(); typeOf(err) != activities.TypeConfig {
		t.Errorf("ended with %v, want a config error", err)
	}
	if doc := c.get(); doc.Status != order.Pending || doc.Claim != nil || doc.Intent != nil || doc.Reason != nil {
		t.Errorf("order is %s with claim %v, intent %v, reason %v", doc.Status, doc.Claim, doc.Intent, doc.Reason)
	}
}
