package activities_test

import (
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
	"datawald/store"
)

// The rules change while it is not known whether B1 has the buyer: he is where he was sent.
func TestPartner_OneInDoubtIsLookedForUnderTheCodeWithWhichHeWasSent(t *testing.T) {
	t.Parallel()
	noFind := `{customers: find_or_create, create: {prefix: W-, currency: "##"}}`
	bySeries := `{customers: find_or_create, find_by: [email], create: {series: 71, currency: "##"}}`
	for name, tc := range map[string]struct{ before, after, code string }{
		"another prefix":                {noFind, strings.Replace(noFind, "W-", "X-", 1), "W-42"},
		"a series in place of it":       {noFind, bySeries, "W-42"},
		"a prefix in place of a series": {bySeries, strings.Replace(noFind, "create:", "find_by: [email], create:", 1), "S00001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, tc.before, 1)
			c.inject(b1sim.CommitThenDrop, "POST BusinessPartners")
			key := c.buy(1, account(42)...)
			if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
				t.Fatalf("ended with %v, want unresolved", err)
			}
			c.policy(tc.after)
			if got := c.orderOf(c.post(c.acts, key)).CardCode; got != tc.code || len(c.partners("")) != 2 {
				t.Errorf("the order went to %s, want %s; partners %+v", got, tc.code, c.partners(""))
			}
		})
	}
}

// What was sent did not come about, and somebody else has its code by now: the code of today counts.
func TestPartner_ACodeOfBeforeThatSomebodyElseHasIsPassedOver(t *testing.T) {
	t.Parallel()
	noFind := `{customers: find_or_create, create: {prefix: W-, currency: "##"}}`
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, noFind, 1)
	c.inject(b1sim.RefuseBeforeCommit, "POST BusinessPartners")
	key := c.buy(1, account(42)...)
	if err := c.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	if err := c.b1.PutPartner(b1sim.Partner{Code: "W-42", Email: "somebody@example.org"}); err != nil {
		t.Fatal(err)
	}
	c.policy(strings.Replace(noFind, "W-", "X-", 1))
	if got := c.orderOf(c.post(c.acts, key)).CardCode; got != "X-42" {
		t.Errorf("the order went to %s, want X-42", got)
	}
}

// The contact person is added, and the answer that tells his number is lost: the attempt ends, and the next one finds him.
func TestContact_OneThatWasAddedIsToldOfHoweverTheAttemptEnds(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	key := c.buy(1, `"telephone":"`, `"telephone":"0000000000000000000000000000`)
	if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Unavailable, Every: 2, Match: "GET BusinessPartners(n)"}); err != nil {
		t.Fatal(err)
	}
	doc := c.post(c.acts, key)
	c.orderOf(doc)
	told := 0
	for _, e := range doc.Timeline {
		if e.Outcome == "created" && strings.Contains(e.Detail, "contact person added to C-WEB; Contact.Phone1 cut") {
			told++
		}
	}
	if told != 1 || doc.Attempts < 2 {
		t.Errorf("told %d times after %d attempts: %+v", told, doc.Attempts, doc.Timeline)
	}
}

// The same e-mail address orders as a guest and from an account. Whoever is created first is found for the other.
func TestPartner_AGuestAndHisAccountAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]string{"by series": bySeries, "by prefix": byPrefix} {
		for fault, losses := range map[string][]b1sim.Fault{"all is well": nil, "reply lost": {b1sim.CommitThenDrop}, "nothing came of it": {b1sim.RefuseBeforeCommit}} {
			t.Run(name+", "+fault, func(t *testing.T) {
				t.Parallel()
				c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, rules, 4)
				for _, f := range losses {
					c.inject(f, "POST BusinessPartners")
				}
				docs := c.postAll([]order.Key{c.buy(1), c.buy(2, account(42)...), c.buy(3), c.buy(4, account(43)...)})
				if n := len(c.partners("")); n != 2 {
					t.Errorf("B1 has the partners %+v, want one beside the store's own", c.partners(""))
				}
				for _, doc := range docs {
					if c.orderOf(doc).CardCode == "C-WEB" {
						t.Errorf("order %s went to the store's own partner", doc.Key)
					}
				}
				c.wantNoClaims(t, docs)
			})
		}
	}
}

// wantNoClaims wants nothing claimed any more of what the buyers were looked for by.
func (c *counter) wantNoClaims(t *testing.T, docs []*store.Staged) {
	t.Helper()
	for _, doc := range docs {
		known, err := c.db.Partner(t.Context(), store.PartnerID("b1/demo", c.rules.PartnerPlan(doc.Order).Identity))
		if err != nil || known.Claim != nil || known.Intent != nil || known.CardCode == "" {
			t.Errorf("of %s is known %+v, %v", doc.Key, known, err)
		}
	}
}

// jane and another customer, before and after a clerk has corrected whose e-mail address is whose.
var (
	janeAsC1  = []b1sim.Partner{webPartner, {Code: "C1", Email: "jane.doe@example.com"}, {Code: "C2", Email: "x@example.com"}}
	corrected = []b1sim.Partner{{Code: "C1", Email: "x@example.com"}, {Code: "C2", Email: "jane.doe@example.com"}}
)

const findHer = "{guests: find, find_by: [email], not_found: hold}"

func (c *counter) correct(t *testing.T) {
	t.Helper()
	for _, p := range corrected {
		if err := c.b1.PutPartner(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartner_AResyncLooksAnewForWhomSomebodyEntered(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: janeAsC1}, findHer, 1)
	wantCode := func(doc *store.Staged, want string) {
		t.Helper()
		if got := c.orderOf(doc).CardCode; got != want {
			t.Errorf("order %s went to %s, want %s", doc.Key, got, want)
		}
	}
	wantCode(c.post(c.acts, c.buy(1)), "C1")
	c.correct(t)
	wantCode(c.post(c.acts, c.buy(2)), "C1") // remembered
	third := strings.NewReplacer(`"increment_id":"000000001"`, `"increment_id":"000000003"`, `"entity_id":1`, `"entity_id":3`).Replace(document)
	wantCode(c.post(c.acts, c.resync(third)), "C2")
	wantCode(c.post(c.acts, c.buy(4)), "C2")
}

func TestPartner_ChangedRulesLookAnewForWhomSomebodyEntered(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: janeAsC1}, findHer, 1)
	c.orderOf(c.post(c.acts, c.buy(1)))
	c.policy(strings.Replace(findHer, "email", "tax_number", 1))
	c.post(c.acts, c.buy(2))
	c.want(order.Held, "partner_unknown")
}

// Nobody is created twice because the rules change or an order is asked for: by a series nothing but what is remembered tells
// who he is when a clerk has changed his address.
func TestPartner_OneThatTheConnectorMadeStaysKnown(t *testing.T) {
	t.Parallel()
	rules := `{customers: find_or_create, guests: find_or_create, find_by: [email], create: {series: 71}}`
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, rules, 1)
	c.orderOf(c.post(c.acts, c.buy(1)))
	if err := c.b1.PutPartner(b1sim.Partner{Code: "S00001", Email: "her.new@example.com"}); err != nil {
		t.Fatal(err)
	}
	c.policy(strings.Replace(rules, "[email]", "[email, tax_number]", 1))
	second := strings.NewReplacer(`"increment_id":"000000001"`, `"increment_id":"000000002"`, `"entity_id":1`, `"entity_id":2`).Replace(document)
	if got := c.orderOf(c.post(c.acts, c.resync(second))).CardCode; got != "S00001" {
		t.Errorf("the order went to %s, want S00001", got)
	}
}

// Between the first question and the creation somebody else enters the buyer: he is asked for once more before he is created.
func TestPartner_OneWhoIsEnteredMeanwhileIsFound(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, PartnerSeries: series}, bySeries, 1)
	if err := c.b1.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "GET Drafts", Delay: b1sim.Duration(200 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	key := c.buy(1)
	done := make(chan error)
	go func() { done <- c.insert() }()
	c.until("GET Drafts")
	if err := c.b1.PutPartner(b1sim.Partner{Code: "C1", Email: "jane.doe@example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := c.orderOf(c.staged(key)).CardCode; got != "C1" || len(c.partners("S")) != 0 {
		t.Errorf("the order went to %s, partners %+v", got, c.partners(""))
	}
}

func TestContact_AResyncLooksAnewForOneThatSomebodyEntered(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{contact: true}", 1)
	clerks := sapb1.ContactEmployee{Name: "Jane", FirstName: "Jane", LastName: "Doe", Email: "jane.doe@example.com"}
	if err := c.client.AddContact(t.Context(), "C-WEB", clerks); err != nil {
		t.Fatal(err)
	}
	if o := c.orderOf(c.post(c.acts, c.buy(1))); o.ContactPersonCode != 1 {
		t.Fatalf("the order went to contact %d", o.ContactPersonCode)
	}
	clerks.InternalCode, clerks.Email = 1, "another.jane@example.com" // he was mistaken
	if err := c.client.AddContact(t.Context(), "C-WEB", clerks); err != nil {
		t.Fatal(err)
	}
	second := strings.NewReplacer(`"increment_id":"000000001"`, `"increment_id":"000000002"`, `"entity_id":1`, `"entity_id":2`).Replace(document)
	if o := c.orderOf(c.post(c.acts, c.resync(second))); o.ContactPersonCode != 2 {
		t.Errorf("the order went to contact %d, want one of her own", o.ContactPersonCode)
	}
}
