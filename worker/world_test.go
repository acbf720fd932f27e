package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/activities"
	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/telemetry"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a shop, a company, a store and a Temporal server, with names that no other test uses.
type world struct {
	t        *testing.T
	shop     *magentosim.Shop
	company  *b1sim.Company
	db       *store.Store
	temporal client.Client
	settings *config.Worker
	instance string
	queue    string
	database string
	// log takes what workers in this process say.
	log *slog.Logger
	// shown is what workers in this process show of themselves; nil for nothing.
	shown *telemetry.Telemetry
	// mongoURI leads to the store, for worker processes.
	mongoURI string
	// ledger is a user table of the company, and switches ledger mode on; empty for none.
	ledger string
	// extra are settings of a worker process beside, or in place of, those of environment.
	extra []string
}

var signIn = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

// newWorld makes a world whose shop holds so many orders.
func newWorld(t *testing.T, orders int) *world {
	t.Helper()
	return newWorldWith(t, magentosim.Config{Seed: 7, Orders: orders, OAuth: signIn})
}

// newWorldWith makes a world around a shop of a certain kind.
func newWorldWith(t *testing.T, shop magentosim.Config) *world {
	t.Helper()
	w := unbuilt(t)
	w.db, w.database = testkit.Database(t)
	w.mongoURI = testkit.MongoURI(t)
	w.temporal = testkit.Temporal(t)
	w.furnish(shop, testkit.TemporalAddress(t))
	return w
}

// unbuilt is a world of which nothing is there but its names.
func unbuilt(t *testing.T) *world {
	return &world{t: t, instance: testkit.Name(t), queue: testkit.Name(t), log: testkit.Silent()}
}

// furnish makes the shop and the company of a world that has a store and a Temporal server.
func (w *world) furnish(shop magentosim.Config, temporal string) {
	w.t.Helper()
	var err error
	if w.shop, err = magentosim.New(shop); err != nil {
		w.t.Fatal(err)
	}
	cfg := b1sim.Config{Items: catalogue(), Knee: 40}
	if w.ledger != "" {
		cfg.UserTables = []b1sim.UserTable{{Name: w.ledger}}
	}
	if w.company, err = b1sim.New(cfg); err != nil {
		w.t.Fatal(err)
	}
	w.settings = w.configure(w.t, temporal)
}

func catalogue() (items []b1sim.Item) {
	for _, sku := range magentosim.Catalogue() {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	return items
}

// configure serves both simulators and gives the worker settings that lead to them.
func (w *world) configure(t *testing.T, temporal string) *config.Worker {
	shop := httptest.NewServer(w.shop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = w.company.Serve(listener) // ends with the test
	}()
	t.Cleanup(func() {
		shop.Close()
		w.company.Close()
		<-served
	})
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return &config.Worker{
		Temporal:    config.Temporal{TemporalAddress: temporal, TemporalNamespace: "default", TaskQueue: w.queue},
		Instances:   config.Instances{InstanceNames: []string{w.instance}},
		StopTimeout: 10 * time.Second,
		Lanes:       []string{config.LaneSync, config.LaneB1},
		All: []config.Instance{{Name: w.instance, Rules: rules,
			Magento: config.Magento{URL: shop.URL, ConsumerKey: signIn.ConsumerKey, ConsumerSecret: signIn.ConsumerSecret,
				AccessToken: signIn.AccessToken, AccessTokenSecret: signIn.AccessTokenSecret,
				Timeout: 10 * time.Second, PageSize: 25, Overlap: time.Minute},
			B1: config.B1{URL: fmt.Sprintf("http://%s/b1s/v2", listener.Addr()), CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox",
				Timeout: 3 * time.Second, MaxCalls: 8, Settle: 100 * time.Millisecond, Looks: 3, AlarmAfter: time.Minute},
		}},
	}
}

// startWorker runs a worker in this process until stop is called or the test ends.
func (w *world) startWorker() (stop func()) {
	w.t.Helper()
	all, companies, err := instances(w.settings, w.db, w.log, w.shown)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, w.temporal, w.settings, activities.New(w.db, testkit.Silent(), all...), w.log)
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Error("worker:", err)
		}
		for _, c := range companies {
			if err := c.Logout(context.Background()); err != nil {
				w.t.Log("logout:", err)
			}
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// sync runs SyncOrders once and waits for its end.
func (w *world) sync() store.Run {
	w.t.Helper()
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.SyncOrdersID(w.instance), TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance})
	if err != nil {
		w.t.Fatal(err)
	}
	var result store.Run
	if err := run.Get(w.t.Context(), &result); err != nil {
		w.t.Fatal("SyncOrders:", err)
	}
	return result
}

// eventually waits for a condition, at most a minute.
func (w *world) eventually(what string, condition func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			w.t.Fatalf("after a minute still not: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// counts gives the number of orders by state.
func (w *world) counts() map[order.Status]int64 {
	w.t.Helper()
	c, err := w.db.Counts(w.t.Context(), w.instance)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// get reads the staged order of a Magento order.
func (w *world) get(p magentosim.Placed) *store.Staged {
	w.t.Helper()
	doc, err := w.db.Get(w.t.Context(), w.key(p))
	if err != nil {
		w.t.Fatalf("order %s: %v", p.IncrementID, err)
	}
	return doc
}

func (w *world) key(p magentosim.Placed) order.Key {
	w.t.Helper()
	key, err := order.NewKey(w.instance, int64(p.StoreID), p.IncrementID)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// checkLedger compares the three books: each Magento order is in exactly one state, each posted one is in B1 exactly
// once with the same total, and B1 holds nothing else.
func (w *world) checkLedger() {
	w.t.Helper()
	inB1 := map[string][]b1sim.Order{}
	for _, o := range w.company.Orders() {
		inB1[o.Key] = append(inB1[o.Key], o)
	}
	placed := w.shop.Orders()
	for _, p := range placed {
		doc := w.get(p)
		documents := inB1[p.IncrementID]
		delete(inB1, p.IncrementID)
		switch {
		case doc.Status == order.Posted && len(documents) != 1:
			w.t.Errorf("order %s is posted, B1 has it %d times", p.IncrementID, len(documents))
		case doc.Status == order.Posted && !documents[0].Total.Equal(doc.Order.Totals.Grand):
			w.t.Errorf("order %s: B1 total %s, Magento %s", p.IncrementID, documents[0].Total, doc.Order.Totals.Grand)
		case doc.Status != order.Posted && len(documents) != 0:
			w.t.Errorf("order %s is %s, B1 has it %d times", p.IncrementID, doc.Status, len(documents))
		case (doc.Status == order.Held || doc.Status == order.Excluded) && (doc.Reason == nil || doc.Reason.Message == ""):
			w.t.Errorf("order %s is %s without a reason", p.IncrementID, doc.Status)
		}
	}
	for key, documents := range inB1 {
		w.t.Errorf("B1 has %d documents for %s, which is no order of the shop", len(documents), key)
	}
	total := int64(0)
	for _, n := range w.counts() {
		total += n
	}
	if total != int64(len(placed)) {
		w.t.Errorf("the store has %d orders, the shop %d", total, len(placed))
	}
}
