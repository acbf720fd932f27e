package activities_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

const (
	byPrefix = `{customers: find_or_create, guests: find_or_create, find_by: [email], create: {prefix: W-, currency: "##", group: {"*": 105}}}`
	bySeries = `{customers: find_or_create, guests: find_or_create, find_by: [email], create: {series: 71, currency: "##", user_field: U_WebID}}`
)

// series is a numbering series for partners.
var series = []b1sim.PartnerSeries{{Number: 71, Prefix: "S"}}

// webPartner is the store's own partner in B1.
var webPartner = b1sim.Partner{Code: "C-WEB", Name: "Web"}

func TestPartner_EachPolicyFindsItsPartner(t *testing.T) {
	t.Parallel()
	jane := b1sim.Partner{Code: "C1", Email: "JANE.DOE@example.com", TaxID: "DE77"}
	tests := map[string]struct {
		rules    string
		changes  []string
		partners []b1sim.Partner
		code     string
		hold     string
	}{
		"fixed":                           {rules: "{}", partners: []b1sim.Partner{jane}, code: "C-WEB"},
		"found by e-mail":                 {rules: "{guests: find, find_by: [email]}", partners: []b1sim.Partner{jane}, code: "C1"},
		"found by tax number":             {rules: "{guests: find, find_by: [tax_number]}", changes: []string{`"customer_email"`, `"customer_taxvat":"de77","customer_email"`}, partners: []b1sim.Partner{jane}, code: "C1"},
		"found by the second question":    {rules: "{guests: find, find_by: [tax_number, email]}", changes: []string{`"customer_email"`, `"customer_taxvat":"XX1","customer_email"`}, partners: []b1sim.Partner{jane}, code: "C1"},
		"not found, the store's own":      {rules: "{guests: find, find_by: [email]}", code: "C-WEB"},
		"not found, held":                 {rules: "{guests: find, find_by: [email], not_found: hold}", hold: "partner_unknown"},
		"nothing to ask for, held":        {rules: "{guests: find, find_by: [email], not_found: hold}", changes: []string{`"jane.doe@example.com"`, `""`}, hold: "partner_unknown"},
		"several":                         {rules: "{guests: find, find_by: [email]}", partners: []b1sim.Partner{jane, {Code: "C2", Email: "jane.doe@example.com"}}, hold: "partner_ambiguous"},
		"frozen":                          {rules: byPrefix, partners: []b1sim.Partner{{Code: "C9", Email: "jane.doe@example.com", Frozen: true}}, hold: "partner_frozen"},
		"customers fixed, guests created": {rules: "{guests: find_or_create, create: {prefix: W-}}", changes: account(42), code: "C-WEB"},
		"a customer, created":             {rules: byPrefix, changes: account(42), code: "W-42"},
		"by series":                       {rules: bySeries, changes: account(42), code: "S00001"},
		"a guest without e-mail":          {rules: byPrefix, changes: []string{`"jane.doe@example.com"`, `""`}, code: "C-WEB"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: append(tc.partners, webPartner), PartnerSeries: series}, tc.rules, 1)
			doc := c.post(c.acts, c.buy(1, tc.changes...))
			if tc.hold != "" {
				c.want(order.Held, tc.hold)
				if n := len(c.partners("")); n != len(tc.partners)+1 {
					t.Errorf("B1 has %d partners: a held order made one", n)
				}
				return
			}
			if got := c.orderOf(doc).CardCode; got != tc.code || doc.BO.CardCode != tc.code {
				t.Errorf("the order went to %s (noted %s), want %s", got, doc.BO.CardCode, tc.code)
			}
		})
	}
}

func TestPartner_AReasonNamesTheCodesAndNobody(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{{Code: "C1", Email: "jane.doe@example.com"}, {Code: "C2", Email: "jane.doe@example.com"}}}, byPrefix, 1)
	doc := c.post(c.acts, c.buy(1))
	if !strings.Contains(doc.Reason.Message, "C1, C2") {
		t.Errorf("the reason is %q", doc.Reason.Message)
	}
	c.wantNobody(doc)
}

// wantNobody looks for the buyer's personal data in what tells of an order.
func (c *counter) wantNobody(doc *store.Staged) {
	c.t.Helper()
	said, err := json.Marshal([]any{doc.Timeline, doc.Reason, doc.Intent})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, personal := range []string{"Jane", "jane", "Doe", "Long Lane", "555-0100"} {
		if strings.Contains(string(said), personal) {
			c.t.Errorf("%s tells %q", said, personal)
		}
	}
}

func TestPartner_ARefusedPartnerHoldsTheOrderWithoutNamingAnybody(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, bySeries, 1) // B1 has no such series
	c.post(c.acts, c.buy(1))
	c.want(order.Held, "partner_refused")
	c.wantNobody(c.get())
}

func TestPartner_TheSecondOrderNeedsNoQuestion(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	first := c.orderOf(c.post(c.acts, c.buy(1))).CardCode
	asked := c.b1.Traffic().Calls["GET BusinessPartners"]
	if second := c.orderOf(c.post(c.acts, c.buy(2))).CardCode; second != first {
		t.Errorf("the second order went to %s, the first to %s", second, first)
	}
	if n := c.b1.Traffic().Calls["GET BusinessPartners"]; n != asked {
		t.Errorf("B1 was asked %d more times", n-asked)
	}
	made := c.partners("W-")
	if len(made) != 1 {
		t.Fatalf("B1 has the partners %+v", made)
	}
	p := made[0]
	if p.CardName != "Jane Doe" || p.EmailAddress != "jane.doe@example.com" || p.Currency != "##" || p.GroupCode != 105 || p.CardType != "cCustomer" ||
		len(p.ContactEmployees) != 1 || p.BPAddresses[0].City != "Springfield" {
		t.Errorf("the partner is %+v", p)
	}
}

func TestPartner_WhateverTheBuyerWritesFitsB1(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Straße ", 30)
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, States: map[string][]string{"US": {"CA"}, "MX": {"JAL"}}}, byPrefix, 1)
	doc := c.post(c.acts, c.buy(1, `"firstname":"Jane","lastname":"Doe","street":["Long Lane 5"],"city":"Springfield","country_id":"US","telephone":"555-0100"`,
		`"firstname":"Jané 😀","lastname":"`+strings.Repeat("上", 120)+`","street":["`+long+`"],"city":"Zapopan","region":"Jalisco","region_code":"JA","region_id":900,"country_id":"MX","telephone":"+52 33 5550 0100 ext 1234567"`,
		`"customer_firstname":"Jane","customer_lastname":"Doe",`, ``))
	c.orderOf(doc)
	p := c.partners("W-")[0]
	if a := p.BPAddresses[0]; a.County != "Jalisco" || a.State != "" || !strings.HasPrefix(p.CardName, "Jané 😀 上") || len(utf16.Encode([]rune(p.CardName))) != 100 {
		t.Errorf("the partner is %+v", p)
	}
	said, err := json.Marshal(doc.Timeline)
	if err != nil || !strings.Contains(string(said), "Partner.CardName cut from 128 to 100") || strings.Contains(string(said), "上") {
		t.Errorf("the timeline says %s, %v", said, err)
	}
	c = newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, States: map[string][]string{"US": {"CA"}}}, byPrefix, 1)
	c.orderOf(c.post(c.acts, c.buy(1, `"country_id":"US"`, `"region":"California","region_code":"CA","region_id":12,"country_id":"US"`)))
	if a := c.partners("W-")[0].BPAddresses[0]; a.State != "CA" || a.County != "" {
		t.Errorf("the address is %+v", a)
	}
}

func TestPartner_AHeldOrderMakesNone(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
	c.post(c.acts, c.buy(1, `"method":"checkmo"`, `"method":"shells"`))
	c.want(order.Held, "payment_method_unmapped")
	c.post(c.acts, c.buy(2, `"grand_total":24`, `"grand_total":25`))
	if got := c.partners("W-"); len(got) != 0 || c.get().Status != order.Held {
		t.Errorf("held orders made %+v", got)
	}
}

func TestPartner_AnOrderThatB1HasMakesNone(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
	doc := c.post(c.acts, c.buy(1)) // sent to C-WEB
	c.policy(byPrefix)
	c.unsend(doc.Key)
	if got := c.orderOf(c.post(c.acts, doc.Key)).CardCode; got != "C-WEB" || len(c.partners("W-")) != 0 {
		t.Errorf("linked to %s, partners %+v", got, c.partners("W-"))
	}
}

func TestPartner_APolicyMakesNoDocumentForeign(t *testing.T) {
	t.Parallel()
	for _, rules := range []string{byPrefix, bySeries} {
		c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, rules, 1)
		for n, fault := range []b1sim.Fault{b1sim.CommitThenDrop, b1sim.Commit1116Committed, b1sim.ApprovalDraft} {
			if err := c.b1.Inject(b1sim.Rule{Fault: fault, Times: 1}); err != nil {
				t.Fatal(err)
			}
			doc := c.post(c.acts, c.buy(n+1))
			if fault == b1sim.ApprovalDraft {
				if doc.Status != order.Draft {
					t.Fatalf("the order is %s: %v", doc.Status, doc.Reason)
				}
				if err := c.b1.Approve(doc.IncrementID); err != nil {
					t.Fatal(err)
				}
				if err := c.insert(); err != nil {
					t.Fatal(err)
				}
				doc = c.get()
			}
			if got := c.orderOf(doc).CardCode; got != c.partners(map[string]string{byPrefix: "W-", bySeries: "S"}[rules])[0].CardCode {
				t.Errorf("%s: linked to %s", fault, got)
			}
		}
	}
}

func TestPartner_ADocumentOfSomebodyElseIsForeignStill(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner, {Code: "C20000", Email: "jane.doe@example.com"}}}, "{guests: find, find_by: [email]}", 1)
	doc := c.post(c.acts, c.buy(1)) // goes to C20000
	c.unsend(doc.Key)
	c.policy("{}")
	c.post(c.acts, doc.Key)
	c.want(order.Held, "reference_in_use")
}

// unsend makes the store forget that an order was sent.
func (c *counter) unsend(key order.Key) {
	c.t.Helper()
	if _, err := c.db.Change(c.t.Context(), key, func(s *store.Staged) error {
		s.Status, s.BO, s.PostedHash, s.DueAt = order.Pending, nil, "", time.Now()
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
}
