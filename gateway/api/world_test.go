package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/config"
	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
	"datawald/visibility"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a gateway on a store and a Temporal server, with names that no other test uses.
type world struct {
	t        *testing.T
	settings *config.Gateway
	db       *store.Store
	temporal client.Client
	server   *httptest.Server
	instance string
	// database is the name of the store's.
	database string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, instance: testkit.Name(t), temporal: testkit.Temporal(t)}
	w.db, w.database = testkit.Database(t)
	if _, err := visibility.Create(t.Context(), w.temporal, "default"); err != nil {
		t.Fatal(err)
	}
	w.settings = settings(w.instance)
	if err := api.Gate(w.settings, w.db).KeepKey(t.Context(), adminKey, "test", access.Admin); err != nil {
		t.Fatal(err)
	}
	w.server = serve(t, w.settings, w.db, w.temporal)
	return w
}

func settings(instances ...string) *config.Gateway {
	return &config.Gateway{
		Temporal:  config.Temporal{TemporalNamespace: "default", TaskQueue: instances[0]},
		Instances: config.Instances{InstanceNames: instances},
		Listening: config.Listening{Address: "127.0.0.1:8080"}, TemporalUI: "http://127.0.0.1:8233/",
	}
}

func serve(t *testing.T, settings *config.Gateway, db *store.Store, temporal client.Client) *httptest.Server {
	t.Helper()
	handler, err := api.New(settings, db, temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, handler)
}

// hasSource checks the search attributes of a workflow that the gateway started.
func (w *world) hasSource(workflowID, want string) {
	w.t.Helper()
	d, err := w.temporal.DescribeWorkflowExecution(w.t.Context(), workflowID, "")
	if err != nil {
		w.t.Fatal(err)
	}
	fields := d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()
	if source, instance := string(fields["Source"].GetData()), string(fields["Instance"].GetData()); source != `"`+want+`"` || instance != `"`+w.instance+`"` {
		w.t.Errorf("%s has source %s and instance %s", workflowID, source, instance)
	}
}

// reply is an answer with its body read.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// json reads the body into v.
func (r reply) json(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%v in %s", err, r.body)
	}
}

// problem checks that the answer is a complete problem of the kind, and that it says the words.
func (r reply) problem(status int, kind string, words ...string) {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("Content-Type %q, want application/problem+json", got)
	}
	var p api.Problem
	r.json(&p)
	if p.Type != "urn:datawald:problem:"+kind || p.Title == "" || p.Status != status || p.Detail == "" {
		r.t.Errorf("problem %+v, want kind %s with title, status and detail", p, kind)
	}
	for _, word := range words {
		if !strings.Contains(p.Detail, word) {
			r.t.Errorf("detail %q does not say %q", p.Detail, word)
		}
	}
}

// ok reads an answer that must have the status into v.
func (r reply) ok(status int, v any) {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	r.json(v)
}

func (w *world) get(path string) reply {
	w.t.Helper()
	return call(w.t, w.server, http.MethodGet, path, "", nil)
}

// post sends a body as JSON, with headers as pairs of name and value.
func (w *world) post(path, body string, headers ...string) reply {
	w.t.Helper()
	return call(w.t, w.server, http.MethodPost, path, body, append([]string{"Content-Type", "application/json"}, headers...))
}

func call(t *testing.T, server *httptest.Server, method, path, body string, headers []string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{t: t, status: res.StatusCode, header: res.Header, body: text}
}

// staged puts an order into the store.
func (w *world) staged(key order.Key, change func(*store.Staged)) {
	w.t.Helper()
	_, err := w.db.Change(w.t.Context(), key, func(doc *store.Staged) error {
		doc.Status, doc.PlacedAt = order.Pending, day(1)
		doc.Magento = store.MagentoSide{State: "processing", Status: "processing", Total: order.Money{Amount: decimal.RequireFromString("10.50"), Currency: "USD"}}
		if change != nil {
			change(doc)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) key(storeID int, incrementID string) order.Key {
	return order.Key(fmt.Sprintf("%s:%d:%s", w.instance, storeID, incrementID))
}

// day is noon of a day in November 2026.
func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }

// startWorker runs the real workflows and activities on a shop and a company of the test.
func (w *world) startWorker(s interface {
	activities.Shop
	activities.Ranges
}, c *company) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		w.t.Fatal(err)
	}
	a := activities.New(w.db, testkit.Silent(), activities.Instance{Name: w.instance, Shop: s, Ranges: s, Company: c, Rules: rules,
		CallTimeout: 5 * time.Second, Settle: 50 * time.Millisecond, Looks: 2})
	for _, queue := range []string{w.settings.TaskQueue, workflows.B1TaskQueue(w.instance)} {
		wk := worker.New(w.temporal, queue, worker.Options{WorkerStopTimeout: 5 * time.Second})
		wk.RegisterWorkflow(workflows.InsertOrder)
		wk.RegisterWorkflow(workflows.ResyncOrders)
		wk.RegisterWorkflow(workflows.BackfillOrders)
		wk.RegisterWorkflow(workflows.PostImports)
		wk.RegisterActivity(a)
		if err := wk.Start(); err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(wk.Stop)
	}
}

// shop is a Magento that knows some orders. While gate is there, it answers only when it is closed; asked is true once it is asked for a range then.
type shop struct {
	orders map[string]string
	gate   chan struct{}
	asked  atomic.Bool
	err    error
}

// FindByIncrementIDs gives the documents of the orders that the shop knows.
func (s *shop) FindByIncrementIDs(ctx context.Context, ids []string) (documents []magento.Document, err error) {
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for _, id := range ids {
		if raw, ok := s.orders[id]; ok {
			documents = append(documents, magento.Document{Raw: json.RawMessage(raw), IncrementID: id, StoreID: 1, EntityID: 7})
		}
	}
	return documents, s.err
}

// FindByEntityIDs knows no order.
func (s *shop) FindByEntityIDs(context.Context, []int64) ([]magento.Document, error) { return nil, nil }

// company is a B1 that takes every order and adds it up.
type company struct {
	activities.Company // for what no rule here asks
	mu                 sync.Mutex
	orders             []sapb1.Document
}

// FindOrders gives the sales orders under a reference.
func (c *company) FindOrders(_ context.Context, ref sapb1.Reference) (found []sapb1.Document, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.orders {
		if d.NumAtCard == ref.NumAtCard {
			found = append(found, d)
		}
	}
	return found, nil
}

// Troubled is never.
func (c *company) Troubled(time.Time) bool { return false }

// Wrote is always.
func (c *company) Wrote(time.Time) bool { return true }

// Admit lets everybody in.
func (c *company) Admit(context.Context) (func(), error) { return func() {}, nil }

// FindDrafts gives none.
func (c *company) FindDrafts(context.Context, sapb1.Reference) ([]sapb1.Document, error) {
	return nil, nil
}

// CreateOrder books the order.
func (c *company) CreateOrder(_ context.Context, o *sapb1.SalesOrder) (*sapb1.Document, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := int64(len(c.orders) + 1)
	d := sapb1.Document{DocEntry: n, DocNum: 1000 + n, CardCode: o.CardCode, NumAtCard: o.NumAtCard, DocCurrency: o.DocCurrency, Lines: make([]sapb1.LineReadBack, len(o.Lines))}
	for _, l := range o.Lines {
		d.DocTotal.Decimal = d.DocTotal.Add(l.UnitPrice.Mul(l.Quantity.Decimal))
	}
	c.orders = append(c.orders, d)
	return &d, nil
}

// document is a Magento order of one line without tax. A total that is not 21.00 cannot be proved, so that the order
// is held.
func document(incrementID, total string) string {
	address := `{"firstname":"Veronica","lastname":"Costello","street":["6146 Honey Bluff"],"city":"Calder","region":"Michigan","region_code":"MI",` +
		`"postcode":"49628","country_id":"US","telephone":"555-229-3326","email":"roni@example.com"}`
	return fmt.Sprintf(`{"entity_id":7,"increment_id":%q,"store_id":1,"state":"new","status":"pending","created_at":"2026-11-01 12:00:00","updated_at":"2026-11-01 12:00:00",
		"order_currency_code":"USD","base_currency_code":"USD","base_to_order_rate":1,"customer_is_guest":1,"customer_email":"roni@example.com","is_virtual":0,
		"subtotal":21.00,"grand_total":%s,"tax_amount":0,"shipping_amount":0,"discount_amount":0,
		"items":[{"item_id":1,"sku":"24-MB01","name":"Bag","product_type":"simple","qty_ordered":2,"price":10.50,"price_incl_tax":10.50,"tax_percent":0,"tax_amount":0}],
		"billing_address":%s,"payment":{"method":"checkmo"},
		"extension_attributes":{"shipping_assignments":[{"shipping":{"address":%s,"method":"flatrate_flatrate"}}]}}`, incrementID, total, address, address)
}
