package activities_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// counter is a B1 over HTTP with workers that bring orders to it under rules with a policy on partners.
type counter struct {
	*bench
	b1     *b1sim.Company
	server *httptest.Server
	// client is another program that talks to B1.
	client *sapb1.Client
	// workers are as many processes as a test needs, each with a client of its own.
	workers []*activities.Activities
}

// counterSettle is how long the workers wait for B1 after an unknown outcome.
const counterSettle = 20 * time.Millisecond

// newCounter starts a B1 and workers. partner is the part of the rules on partners, in one line.
func newCounter(t *testing.T, cfg b1sim.Config, partner string, workers int) *counter {
	t.Helper()
	cfg.Items = append(cfg.Items, b1sim.Item{Code: "A-1", Name: "Mug", Sales: true})
	cfg.UserFields = append(cfg.UserFields, b1sim.UserField{Table: "OCRD", Name: "WebID"})
	b1, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b1)
	t.Cleanup(func() { server.Close(); b1.Close() })
	c := &counter{bench: &bench{t: t, db: testkit.Store(t)}, b1: b1}
	c.policy(partner)
	c.server = server
	c.client = c.connect(2 * time.Second)
	for range workers {
		c.workers = append(c.workers, c.worker(2*time.Second, 30*time.Millisecond, counterSettle))
	}
	c.acts = c.workers[0]
	return c
}

// policy changes the rules that all workers share.
func (c *counter) policy(partner string) {
	c.t.Helper()
	text := strings.Replace(exampleRulesText(c.t), "\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  partner: "+partner+"\n", 1)
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.rules == nil {
		c.rules = rules
		return
	}
	*c.rules = *rules
}

func (c *counter) connect(timeout time.Duration) *sapb1.Client {
	c.t.Helper()
	client, err := sapb1.New(sapb1.Settings{URL: c.server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Timeout: timeout})
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

// worker is one more process; its client gives up after timeout, and it takes call for the longest call of a B1.
func (c *counter) worker(timeout, call, settle time.Duration) *activities.Activities {
	return activities.New(c.db, testkit.Silent(), activities.Instance{Name: "main", Rules: c.rules, Company: c.connect(timeout), CompanyID: "b1/demo",
		CallTimeout: call, Settle: settle, Looks: 2})
}

// buy stages order n of a buyer; changes are texts of the test document with their replacements.
func (c *counter) buy(n int, changes ...string) order.Key {
	c.t.Helper()
	pairs := append([]string{`"increment_id":"000000001"`, fmt.Sprintf(`"increment_id":"%09d"`, n), `"entity_id":1`, fmt.Sprintf(`"entity_id":%d`, n)}, changes...)
	c.key = c.stage(strings.NewReplacer(pairs...).Replace(document))
	return c.key
}

// account makes the buyer of the test document a customer.
func account(id int) []string {
	return []string{`"customer_email"`, fmt.Sprintf(`"customer_id":%d,"customer_group_id":1,"customer_email"`, id)}
}

// post brings an order to its end by one worker, as Temporal would.
func (c *counter) post(worker *activities.Activities, key order.Key) *store.Staged {
	for range 400 {
		env := testkit.Suite().NewTestActivityEnvironment()
		env.RegisterActivity(worker)
		_, err := env.ExecuteActivity(worker.InsertOrder, activities.InsertOrderInput{Key: key})
		if kind := typeOf(err); err != nil && kind != activities.TypeUnresolved && kind != activities.TypeHeld && kind != activities.TypeTransient {
			c.t.Errorf("order %s: %v", key, err)
			break
		}
		doc, err := c.db.Get(c.t.Context(), key)
		if err != nil {
			c.t.Error(err)
			break
		}
		if doc.Status != order.Pending {
			return doc
		}
		<-time.After(comeBack(err))
	}
	c.t.Errorf("order %s is never settled", key)
	return &store.Staged{}
}

// postAll brings orders to their end at once, each by a worker of its own as far as there are.
func (c *counter) postAll(keys []order.Key) []*store.Staged {
	docs := make([]*store.Staged, len(keys))
	var wg sync.WaitGroup
	for n, key := range keys {
		wg.Go(func() { docs[n] = c.post(c.workers[n%len(c.workers)], key) })
	}
	wg.Wait()
	return docs
}

// partnerRow is what a test looks at of a partner in B1.
type partnerRow struct {
	CardCode, CardName, CardType, EmailAddress, FederalTaxID, Currency string
	GroupCode                                                          int
	U_WebID                                                            string
	BPAddresses                                                        []sapb1.PartnerAddress
	ContactEmployees                                                   []sapb1.ContactEmployee
}

// partners are those whose code begins with a prefix, in the order of their codes.
func (c *counter) partners(prefix string) (found []partnerRow) {
	c.t.Helper()
	for _, raw := range c.b1.Entities("BusinessPartners") {
		var p partnerRow
		if err := json.Unmarshal(raw, &p); err != nil {
			c.t.Fatal(err)
		}
		if strings.HasPrefix(p.CardCode, prefix) {
			found = append(found, p)
		}
	}
	return found
}

// orderOf is the sales order in B1 of an order; it must be one.
func (c *counter) orderOf(doc *store.Staged) (o struct {
	CardCode          string
	ContactPersonCode int
}) {
	c.t.Helper()
	if doc.Status != order.Posted {
		c.t.Fatalf("order %s is %s: %v", doc.Key, doc.Status, doc.Reason)
	}
	if n := c.b1.CountByNumAtCard(doc.IncrementID); n != 1 {
		c.t.Errorf("B1 has %d sales orders of %s, want one", n, doc.Key)
	}
	for _, raw := range c.b1.Entities("Orders") {
		var head struct{ DocEntry int64 }
		if json.Unmarshal(raw, &head) == nil && head.DocEntry == doc.BO.DocEntry {
			if err := json.Unmarshal(raw, &o); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	return o
}
