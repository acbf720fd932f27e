package activities_test

import (
	"testing"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// readsDocument are rules that need the Magento document itself.
const readsDocument = `items: { code: item.sku }`

// loseDocument makes the store lose the Magento document of the order.
func (c *counter) loseDocument() {
	c.t.Helper()
	if _, err := c.db.Change(c.t.Context(), c.key, func(doc *store.Staged) error { doc.PayloadHash = "erased"; return nil }); err != nil {
		c.t.Fatal(err)
	}
}

func TestInsertOrder_APostedOrderNeedsItsDocumentNoMore(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
	c.post(c.acts, c.buy(1))
	c.withSetting(readsDocument)
	c.loseDocument()
	if err := c.insert(); err != nil {
		t.Errorf("ended with %v", err)
	}
	c.want(order.Posted, "")
}

func TestInsertOrder_AnOrderThatB1MayHaveIsLookedForBeforeItsDocumentIsMissed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  b1sim.Fault
		status order.Status
		code   string
	}{"B1 has it": {b1sim.CommitThenDrop, order.Posted, ""}, "B1 has it not": {b1sim.RefuseBeforeCommit, order.Held, "document_missing"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
			c.inject(tc.fault, "POST Orders")
			c.buy(1)
			if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
				t.Fatal(err)
			}
			c.withSetting(readsDocument)
			c.loseDocument()
			c.post(c.acts, c.key)
			c.want(tc.status, tc.code)
			if n := c.b1.Traffic().Calls["POST Orders"]; n != 1 {
				t.Errorf("sent %d times, want once", n)
			}
		})
	}
}

func TestInsertOrder_ADraftIsFollowedWithoutItsDocument(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, Approval: b1sim.Approval{On: true}}, "{}", 1)
	c.post(c.acts, c.buy(1))
	c.withSetting(readsDocument)
	c.loseDocument()
	if err := c.b1.Approve("000000001"); err != nil {
		t.Fatal(err)
	}
	if err := c.insert(); err != nil {
		t.Fatal(err)
	}
	c.want(order.Posted, "")
}

// B1 refuses the question for the buyer: with that an order that it has already is not to be kept waiting.
func TestInsertOrder_AnOrderThatB1MayHaveIsLookedForThoughItsBuyerCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  b1sim.Fault
		ends   string
		status order.Status
	}{"B1 has it": {b1sim.CommitThenDrop, "", order.Posted}, "B1 has it not": {b1sim.RefuseBeforeCommit, activities.TypeConfig, order.Pending}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
			c.inject(tc.fault, "POST Orders")
			c.buy(1, account(42)...)
			if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
				t.Fatal(err)
			}
			c.policy("{customers: find, create: {user_field: U_Missing}}")
			err := c.insert()
			for typeOf(err) == activities.TypeUnresolved {
				err = c.insert()
			}
			if typeOf(err) != tc.ends {
				t.Errorf("ended with %v, want %q", err, tc.ends)
			}
			c.want(tc.status, "")
			if doc := c.get(); tc.status == order.Pending && (doc.Intent == nil || doc.Claim != nil) {
				t.Errorf("given back with intent %v and claim %v", doc.Intent, doc.Claim)
			}
			if n := c.b1.Traffic().Calls["POST Orders"]; n != 1 {
				t.Errorf("sent %d times, want once", n)
			}
		})
	}
}
