package activities_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.temporal.io/sdk/client"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
	"datawald/workflows"
)

// books are a shop, a store and a company, with orders that went all the way.
type books struct {
	*counter
	shop     *magentosim.Shop
	instance activities.Instance
	database string
}

// newBooks makes them; change says otherwise what the worker's settings are, cfg what the company's.
func newBooks(t *testing.T, orders int, cfg b1sim.Config, change ...func(*activities.Instance)) *books {
	t.Helper()
	for _, sku := range magentosim.Catalogue() {
		cfg.Items = append(cfg.Items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	b1, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shop, err := magentosim.New(magentosim.Config{Seed: 5, BearerToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	company, front := httptest.NewServer(b1), httptest.NewServer(shop)
	t.Cleanup(func() { b1.Close(); company.Close(); front.Close() })
	b := &books{counter: &counter{bench: &bench{t: t, rules: exampleRules(t)}, b1: b1, server: company}, shop: shop}
	b.db, b.database = testkit.Database(t)
	reader, err := magento.New(magento.Settings{URL: front.URL, Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	pages := &magento.Reader{Client: reader, PageSize: 10}
	b.instance = activities.Instance{Name: "main", Rules: b.rules, CompanyID: "b1/demo", Shop: reader, Pages: pages, Accounts: &magento.Reader{Client: reader, PageSize: 10},
		Overlap: time.Millisecond, CallTimeout: 50 * time.Millisecond, Settle: 10 * time.Millisecond, Looks: 2}
	for _, c := range change {
		c(&b.instance)
	}
	b.work(b.connectTo())
	for range orders {
		b.place()
	}
	b.sync()
	return b
}

// connectTo makes a client that looks soon whether a B1 that is gone is back.
func (b *books) connectTo() *sapb1.Client {
	b.t.Helper()
	c, err := sapb1.New(sapb1.Settings{URL: b.server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Timeout: patient, ProbeEvery: 20 * time.Millisecond, MaxCalls: 4})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// work makes the worker anew, with the settings as they are now.
func (b *books) work(c *sapb1.Client) {
	b.instance.Company, b.instance.Books = c, c
	b.acts = activities.New(b.db, testkit.Silent(), b.instance)
}

// place puts one order into the shop that B1 is to have.
func (b *books) place() order.Key {
	b.t.Helper()
	for {
		p, err := b.shop.Place(magentosim.Placement{Kind: magentosim.KindSimple, StoreID: 1})
		if err != nil {
			b.t.Fatal(err)
		}
		if p.State == "processing" {
			return b.keyOf(p)
		}
		if err := b.shop.Remove(p.EntityID); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *books) keyOf(p magentosim.Placed) order.Key {
	b.t.Helper()
	key, err := order.NewKey("main", int64(p.StoreID), p.IncrementID)
	if err != nil {
		b.t.Fatal(err)
	}
	return key
}

// sync reads the shop to its end and takes what is due to B1.
func (b *books) sync() {
	b.t.Helper()
	ctx := b.t.Context()
	began := time.Now()
	for in := (activities.FetchMagentoOrdersInput{Instance: "main"}); ; {
		page, err := b.acts.FetchMagentoOrders(ctx, in)
		if err != nil {
			b.t.Fatal(err)
		}
		reading := store.Reading{Began: began, ShopTime: page.ShopTime.Add(2 * time.Second), Reach: page.Next}
		if _, err := b.acts.SyncOrder(ctx, activities.SyncOrderInput{Instance: "main", Refs: page.Refs, Cut: &page.Next, Reading: &reading, Done: page.Done}); err != nil {
			b.t.Fatal(err)
		}
		if in.After = page.Next; page.Done {
			break
		}
	}
	for after := ""; ; {
		due, err := b.db.NextDue(ctx, "main", after, 100)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			b.post(b.acts, d.Key)
			after = d.Queue
		}
	}
}

// reconcile runs a reconciliation as Temporal would, with its timers passed over, and gives its record.
func (b *books) reconcile(change ...func(*workflows.ReconcileInput)) store.Run {
	b.t.Helper()
	in := workflows.ReconcileInput{Instance: "main", From: time.Now().AddDate(-1, 0, 0).UTC().Truncate(24 * time.Hour), To: time.Now().Add(time.Hour).UTC(), Heal: true, Actor: "test"}
	for _, c := range change {
		c(&in)
	}
	env := testkit.Suite().NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: testkit.Name(b.t)})
	env.SetStartTime(time.Now())
	env.RegisterActivity(b.acts)
	env.ExecuteWorkflow(workflows.Reconcile, in)
	if err := env.GetWorkflowError(); err != nil {
		b.t.Fatal(err)
	}
	var run store.Run
	if err := env.GetWorkflowResult(&run); err != nil {
		b.t.Fatal(err)
	}
	return run
}

// wantFindings wants exactly these to be open, each as "<number of the order> <kind>".
func (b *books) wantFindings(want ...string) map[order.Key]store.Finding {
	b.t.Helper()
	all, err := b.db.Findings(b.t.Context(), store.FindingFilter{Instance: "main", Open: true, Limit: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	byKey := map[order.Key]store.Finding{}
	for _, f := range all {
		got = append(got, strings.TrimSpace(string(f.Key)+" "+string(f.Kind)))
		byKey[f.Key] = f
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("open findings are %q, want %q", got, want)
	}
	return byKey
}

func found(key order.Key, kind store.FindingKind) string { return string(key) + " " + string(kind) }

// doc reads an order of the store.
func (b *books) doc(key order.Key) *store.Staged {
	b.t.Helper()
	doc, err := b.db.Get(b.t.Context(), key)
	if err != nil {
		b.t.Fatal(err)
	}
	return doc
}

// first gives so many posted orders.
func (b *books) first(n int) (keys []order.Key) {
	b.t.Helper()
	docs, err := b.db.List(b.t.Context(), store.Filter{Instance: "main", Status: order.Posted, Limit: n})
	if err != nil || len(docs) < n {
		b.t.Fatalf("%d posted, %v; want %d", len(docs), err, n)
	}
	for _, d := range docs {
		keys = append(keys, d.Key)
	}
	return keys
}

func (b *books) tamper(key order.Key, t b1sim.Tamper) {
	b.t.Helper()
	t.Key = key.IncrementID()
	if err := b.b1.Tamper(t); err != nil {
		b.t.Fatal(err)
	}
}

// inB1 is how often B1 has an order, cancelled ones counted.
func (b *books) inB1(key order.Key) int { return b.b1.CountByNumAtCard(key.IncrementID()) }

// forgetHealing takes it out of a finding that it was mended.
func (b *books) forgetHealing(id string) {
	b.t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(b.t)))
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Disconnect(context.Background())
	done, err := c.Database(b.database).Collection("findings").UpdateOne(b.t.Context(), bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "healed_at", Value: ""}}}})
	if err != nil || done.ModifiedCount != 1 {
		b.t.Fatalf("%+v, %v", done, err)
	}
}

// hide takes orders out of the store, as a damaged disk would.
func (b *books) hide(keys ...order.Key) {
	b.t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(b.t)))
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Disconnect(context.Background())
	gone, err := c.Database(b.database).Collection("orders").DeleteMany(b.t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}})
	if err != nil || gone.DeletedCount != int64(len(keys)) {
		b.t.Fatalf("%+v, %v", gone, err)
	}
}
