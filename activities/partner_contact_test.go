package activities_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
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

// A clerk has entered the buyer, or the system of 2016 with a time behind his name.
func TestContact_OneThatSomebodyEnteredIsTaken(t *testing.T) {
	t.Parallel()
	jane := sapb1.ContactEmployee{Name: "Jane Doe 1467000000", FirstName: "JANE", LastName: "doe", Email: "Jane.Doe@Example.com"}
	with := func(change func(*sapb1.ContactEmployee)) sapb1.ContactEmployee {
		c := jane
		change(&c)
		return c
	}
	tests := map[string]struct {
		there []sapb1.ContactEmployee
		taken int // the number of the one that is taken; 0 when one is added
	}{
		"his":                    {[]sapb1.ContactEmployee{jane}, 1},
		"his among others":       {[]sapb1.ContactEmployee{with(func(c *sapb1.ContactEmployee) { c.Name, c.LastName = "x", "Roe" }), jane, with(func(c *sapb1.ContactEmployee) { c.Name = "y" })}, 2},
		"another first name":     {[]sapb1.ContactEmployee{with(func(c *sapb1.ContactEmployee) { c.FirstName = "John" })}, 0},
		"another last name":      {[]sapb1.ContactEmployee{with(func(c *sapb1.ContactEmployee) { c.LastName = "Roe" })}, 0},
		"another e-mail address": {[]sapb1.ContactEmployee{with(func(c *sapb1.ContactEmployee) { c.Email = "jane@example.org" })}, 0},
		"inactive":               {[]sapb1.ContactEmployee{with(func(c *sapb1.ContactEmployee) { c.Active = "tNO" })}, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
			for _, there := range tc.there {
				if err := c.client.AddContact(t.Context(), "C-WEB", there); err != nil {
					t.Fatal(err)
				}
			}
			doc := c.post(c.acts, c.buy(1))
			o, contacts := c.orderOf(doc), c.partners("C-WEB")[0].ContactEmployees
			want, added := tc.taken, 0
			if want == 0 {
				want, added = len(tc.there)+1, 1
			}
			if o.ContactPersonCode != want || len(contacts) != len(tc.there)+added {
				t.Errorf("the order went to %d of %+v, want %d", o.ContactPersonCode, contacts, want)
			}
			c.wantNobody(doc)
		})
	}
}

func TestContact_TheConnectorsOwnComesFirst(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	key := c.buy(1)
	own := *c.rules.PartnerPlan(c.staged(key).Order).Contact
	other := own
	other.Name = strings.ToUpper(other.FirstName)
	for _, there := range []sapb1.ContactEmployee{other, own} {
		if err := c.client.AddContact(t.Context(), "C-WEB", there); err != nil {
			t.Fatal(err)
		}
	}
	if o := c.orderOf(c.post(c.acts, key)); o.ContactPersonCode != 2 {
		t.Errorf("the order went to %d, want the one with the connector's name", o.ContactPersonCode)
	}
}

// crowded is a B1 whose partners have more contact persons than an answer may hold.
type crowded struct{ *sapb1.Client }

func (crowded) GetPartner(context.Context, string, string) (*sapb1.FoundPartner, error) {
	return nil, &order.Failure{Kind: order.Permanent, System: "b1", Op: "GET BusinessPartners(n)", Code: "answer_too_large"}
}

func TestContact_SoManyThatB1sAnswerIsTooLargeHoldTheOrder(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	c.acts = activities.New(c.db, testkit.Silent(), activities.Instance{Name: "main", Rules: c.rules, Company: crowded{c.client}, CompanyID: "b1/demo",
		CallTimeout: 30 * time.Millisecond, Settle: counterSettle, Looks: 2})
	c.post(c.acts, c.buy(1))
	c.want(order.Held, "partner_contacts_too_many")
	if n := c.b1.Traffic().Calls["PATCH BusinessPartners(n)"]; n != 0 {
		t.Errorf("%d contacts were added", n)
	}
}
