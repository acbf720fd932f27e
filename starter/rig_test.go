package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/config"
	"datawald/magento"
	"datawald/mapping"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/visibility"
	"datawald/workflows"
)

// TestMain runs the tests, or the command line itself where a script calls this program by its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "starter" {
		main()
	}
	testkit.Main(m)
}

// rig is an instance, a store and a task queue that no other test has, named to the command line by its settings.
type rig struct {
	t        *testing.T
	instance string
	queue    string
	db       *store.Store
	temporal client.Client
	shop     *magentosim.Shop
	company  *b1sim.Company
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, instance: testkit.Name(t), queue: testkit.Name(t), temporal: testkit.Temporal(t)}
	if _, err := visibility.Create(t.Context(), r.temporal, "default"); err != nil {
		t.Fatal(err)
	}
	db, database := testkit.Database(t)
	r.db = db
	for name, value := range map[string]string{
		"INSTANCES": r.instance, "MONGODB_URI": testkit.MongoURI(t), "MONGODB_DATABASE": database,
		"TEMPORAL_ADDRESS": testkit.TemporalAddress(t), "TEMPORAL_NAMESPACE": "default", "TEMPORAL_TASK_QUEUE": r.queue,
		"RULES_" + strings.ToUpper(r.instance) + "_FILE": filepath.Join(testkit.Root(), "rules.example.yaml"),
		"SYNC_INTERVAL": "24h", "SYNC_WINDOW": "40", "RECONCILE_DAYS": "0", // runs begin when a test says so
	} {
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		_ = r.schedule().Delete(context.Background()) // it may have none
	})
	return r
}

// in is the rig for a part of its test.
func (r *rig) in(t *testing.T) *rig {
	part := *r
	part.t = t
	return &part
}

// starter runs one command line.
func (r *rig) starter(args ...string) (code int, out, errs string) {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(r.t.Context(), args, streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

// must runs a command line that has to succeed.
func (r *rig) must(args ...string) (out string) {
	r.t.Helper()
	code, out, errs := r.starter(args...)
	if code != exitOK || errs != "" {
		r.t.Fatalf("starter %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

func (r *rig) schedule() client.ScheduleHandle {
	return r.temporal.ScheduleClient().GetHandle(context.Background(), workflows.ScheduleID(r.instance))
}

func (r *rig) describe() *client.ScheduleDescription {
	r.t.Helper()
	d, err := r.schedule().Describe(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// startWorker serves a shop and a company, and runs the workflows against them.
func (r *rig) startWorker() {
	r.t.Helper()
	i := r.connect()
	flow := worker.New(r.temporal, r.queue, worker.Options{})
	flow.RegisterWorkflow(workflows.SyncOrders)
	flow.RegisterWorkflow(workflows.ResyncOrders)
	flow.RegisterWorkflow(workflows.TakeHints)
	flow.RegisterWorkflow(workflows.BackfillOrders)
	flow.RegisterWorkflow(workflows.PostImports)
	flow.RegisterWorkflow(workflows.Reconcile)
	b1 := worker.New(r.temporal, workflows.B1TaskQueue(r.instance), worker.Options{})
	b1.RegisterWorkflow(workflows.InsertOrder)
	a := activities.New(r.db, testkit.Silent(), i)
	for _, w := range []worker.Worker{flow, b1} {
		w.RegisterActivity(a)
		if err := w.Start(); err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(w.Stop)
	}
	r.until("the worker asks for work", func() bool {
		queue, err := r.temporal.DescribeTaskQueue(r.t.Context(), r.queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		return err == nil && len(queue.Pollers) > 0
	})
}

// connect starts both simulators and makes the instance between them.
func (r *rig) connect() activities.Instance {
	r.t.Helper()
	shopURL, b1URL := r.serve()
	m := config.Magento{URL: shopURL, Token: shopToken, Timeout: 10 * time.Second}
	shop, err := m.Client()
	if err != nil {
		r.t.Fatal(err)
	}
	b := config.B1{URL: b1URL, CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Timeout: 5 * time.Second, MaxCalls: 4}
	company, err := b.Client()
	if err != nil {
		r.t.Fatal(err)
	}
	reader := &magento.Reader{Client: shop, PageSize: 50}
	return activities.Instance{
		Name: r.instance, Shop: shop, Pages: reader, Ranges: reader, Overlap: time.Minute, Accounts: &magento.Reader{Client: shop, PageSize: 50}, Books: company,
		Company: company, Rules: exampleRules(r.t), CallTimeout: 5 * time.Second, Settle: 100 * time.Millisecond, Looks: 2,
	}
}

const shopToken = "token"

func (r *rig) serve() (shopURL, b1URL string) {
	r.t.Helper()
	var err error
	if r.shop, err = magentosim.New(magentosim.Config{Seed: 3, BearerToken: shopToken}); err != nil {
		r.t.Fatal(err)
	}
	var items []b1sim.Item
	for _, sku := range magentosim.Catalogue() {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	company, err := b1sim.New(b1sim.Config{Items: items})
	if err != nil {
		r.t.Fatal(err)
	}
	r.company = company
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = company.Serve(listener) // ends with the test
	}()
	shop := httptest.NewServer(r.shop)
	r.t.Cleanup(func() {
		shop.Close()
		company.Close()
		<-served
	})
	return shop.URL, fmt.Sprintf("http://%s/b1s/v2", listener.Addr())
}

func exampleRules(t *testing.T) *mapping.Rules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// place puts an order into the shop and gives its number.
func (r *rig) place(kind string) string {
	r.t.Helper()
	p, err := r.shop.Place(magentosim.Placement{Kind: kind, StoreID: 1})
	if err != nil {
		r.t.Fatal(err)
	}
	return p.IncrementID
}
