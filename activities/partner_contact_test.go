package activities_test

import (
	"testing"

	"datawald/sandbox/b1sim"
)

// Buyers who are contact persons of one web partner.
func TestContact_ManyOrdersOfOneBuyerMakeOne(t *testing.T) {
	t.Parallel()
	for name, losses := range map[string][]b1sim.Fault{"all is well": nil, "replies lost": {b1sim.CommitThenDrop, b1sim.CommitThenBadGateway},
		"nothing came of it": {b1sim.RefuseBeforeCommit, b1sim.CommitFailed1116}, "B1 is away": {b1sim.Unavailable}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 2)
			for _, fault := range losses {
				c.inject(fault, "PATCH BusinessPartners(n)")
			}
			c.buyMany(t, 8, "C-WEB")
		})
	}
}

func TestContact_OneThatIsThereIsTaken(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	key := c.buy(1)
	contact := *c.rules.PartnerPlan(c.staged(key).Order).Contact
	if err := c.client.AddContact(t.Context(), "C-WEB", contact); err != nil {
		t.Fatal(err)
	}
	if o := c.orderOf(c.post(c.acts, key)); o.ContactPersonCode != 1 || len(c.partners("C-WEB")[0].ContactEmployees) != 1 {
		t.Errorf("the order went to %+v, contacts %+v", o, c.partners("C-WEB")[0].ContactEmployees)
	}
}

func TestContact_TheSecondOrderReadsNoContacts(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	c.orderOf(c.post(c.acts, c.buy(1)))
	read := c.b1.Traffic().Calls["GET BusinessPartners(n)"]
	c.orderOf(c.post(c.acts, c.buy(2)))
	c.orderOf(c.post(c.acts, c.buy(3, `jane.doe@example.com`, `jane@other.example`)))
	if n := c.b1.Traffic().Calls["GET BusinessPartners(n)"] - read; n != 2 {
		t.Errorf("contacts were read %d more times, want twice for the new one and never for the known one", n)
	}
	if n := len(c.partners("C-WEB")[0].ContactEmployees); n != 2 {
		t.Errorf("there are %d contacts, want one for each e-mail address", n)
	}
}

func TestContact_OneThatB1NoLongerHasIsAddedAnew(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	first := c.orderOf(c.post(c.acts, c.buy(1)))
	if err := c.b1.PutPartner(webPartner); err != nil { // somebody clears its contacts
		t.Fatal(err)
	}
	second := c.orderOf(c.post(c.acts, c.buy(2)))
	contacts := c.partners("C-WEB")[0].ContactEmployees
	if len(contacts) != 1 || second.ContactPersonCode != contacts[0].InternalCode || first.ContactPersonCode == 0 {
		t.Errorf("orders went to %+v and %+v, contacts %+v", first, second, contacts)
	}
}

func TestContact_AFoundPartnerGetsOne(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner, {Code: "C1", Email: "jane.doe@example.com"}}}, "{guests: find, find_by: [email], contact: true}", 1)
	o := c.orderOf(c.post(c.acts, c.buy(1)))
	if p := c.partners("C1")[0]; o.CardCode != "C1" || len(p.ContactEmployees) != 1 || o.ContactPersonCode != p.ContactEmployees[0].InternalCode || p.ContactEmployees[0].FirstName != "Jane" {
		t.Errorf("the order went to %+v, partner %+v", o, p)
	}
}
