package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// ledgerTable is the user table of the tests.
const ledgerTable = "WEBLEDGER"

// rivals are deployments without a common store that feed one B1 with the same orders.
type rivals struct {
	t      *testing.T
	b1     *b1sim.Company
	server *httptest.Server
	all    []*counter
	meet   *meeting
	// timeout is how long their clients wait for an answer.
	timeout time.Duration
}

// patient is more than any call here takes on a busy machine; hasty clients give up on those that a fault delays.
const (
	patient = 5 * time.Second
	hasty   = 700 * time.Millisecond
)

// newRivals starts one deployment for each instance name, over a B1 with these settings. table is B1_LEDGER_TABLE.
func newRivals(t *testing.T, cfg b1sim.Config, table string, names ...string) *rivals {
	t.Helper()
	return newRivalsWith(t, patient, cfg, table, names...)
}

// newRivalsWith gives their clients a time-out.
func newRivalsWith(t *testing.T, timeout time.Duration, cfg b1sim.Config, table string, names ...string) *rivals {
	t.Helper()
	cfg.Items = []b1sim.Item{{Code: "A-1", Name: "Mug", Sales: true}}
	b1, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rivals{t: t, b1: b1, server: httptest.NewServer(b1), meet: &meeting{of: len(names), here: map[string]*sync.WaitGroup{}}, timeout: timeout}
	t.Cleanup(func() { b1.Close(); r.server.Close() })
	for _, name := range names {
		r.all = append(r.all, r.deploy(name, table))
	}
	return r
}

// deploy is one more deployment, with a store of its own.
func (r *rivals) deploy(name, table string) *counter {
	r.t.Helper()
	c := &counter{bench: &bench{t: r.t, db: testkit.Store(r.t), rules: exampleRules(r.t), instance: name}, b1: r.b1, server: r.server}
	c.acts = activities.New(c.db, testkit.Silent(), activities.Instance{Name: name, Rules: c.rules, Company: &inStep{c.connect(r.timeout), r.meet},
		CompanyID: "b1/demo", CallTimeout: 30 * time.Millisecond, Settle: counterSettle, Looks: 2, LedgerTable: table})
	return c
}

// post brings n orders to their end in every deployment at once, and gives where each stands in each.
func (r *rivals) post(n int) [][]*store.Staged {
	r.t.Helper()
	outcomes := make([][]*store.Staged, n)
	var wg sync.WaitGroup
	for i := range n {
		outcomes[i] = make([]*store.Staged, len(r.all))
		for d, c := range r.all {
			key := c.buy(i + 1)
			wg.Go(func() { outcomes[i][d] = c.post(c.acts, key) })
		}
	}
	wg.Wait()
	return outcomes
}

// doubled is how many of the first n orders B1 has more than once.
func (r *rivals) doubled(n int) (count int) {
	for i := range n {
		if r.b1.CountByNumAtCard(fmt.Sprintf("%09d", i+1)) > 1 {
			count++
		}
	}
	return count
}

// rows are the codes and names of the ledger.
func (r *rivals) rows() map[string]string {
	r.t.Helper()
	rows := map[string]string{}
	for _, raw := range r.b1.Entities("U_" + ledgerTable) {
		var row struct{ Code, Name string }
		if err := json.Unmarshal(raw, &row); err != nil {
			r.t.Fatal(err)
		}
		rows[row.Code] = row.Name
	}
	return rows
}

// meeting makes every deployment look for an order before any of them sends it.
type meeting struct {
	mu   sync.Mutex
	of   int
	here map[string]*sync.WaitGroup
	came map[string]int
}

// inStep is a company whose first look for an order ends when all deployments have looked.
type inStep struct {
	activities.Company
	meet *meeting
}

func (s *inStep) FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	found, err := s.Company.FindOrders(ctx, ref)
	s.meet.wait(ctx, ref.NumAtCard)
	return found, err
}

// wait ends when all have come, or with the context. Who comes later does not wait.
func (m *meeting) wait(ctx context.Context, reference string) {
	m.mu.Lock()
	if m.came == nil {
		m.came = map[string]int{}
	}
	if m.here[reference] == nil {
		m.here[reference] = &sync.WaitGroup{}
		m.here[reference].Add(m.of)
	}
	m.came[reference]++
	here, first := m.here[reference], m.came[reference] <= m.of
	m.mu.Unlock()
	if first {
		here.Done()
	}
	all := make(chan struct{})
	go func() { here.Wait(); close(all) }()
	select {
	case <-all:
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
}

// isPosted checks that an order is posted in every deployment, as one and the same sales order.
func isPosted(t *testing.T, outcomes []*store.Staged) {
	t.Helper()
	for _, doc := range outcomes {
		if doc.Status != order.Posted {
			t.Errorf("order %s is %s: %v", doc.Key, doc.Status, doc.Reason)
		} else if doc.BO.DocEntry != outcomes[0].BO.DocEntry {
			t.Errorf("order %s is sales order %d here and %d there", doc.Key, doc.BO.DocEntry, outcomes[0].BO.DocEntry)
		}
	}
}

// writeRow writes a row of the ledger as a person would. remove deletes it.
func (r *rivals) writeRow(code string) (remove func()) {
	r.t.Helper()
	call := r.person()
	call(http.MethodPost, "U_"+ledgerTable, fmt.Sprintf(`{"Code":%q,"Name":"somebody"}`, code), http.StatusCreated)
	return func() {
		call(http.MethodDelete, fmt.Sprintf("U_%s('%s')", ledgerTable, code), "", http.StatusNoContent)
	}
}

// removeDrafts does what the hint of a rejected draft says.
func (r *rivals) removeDrafts() {
	r.t.Helper()
	call := r.person()
	for _, d := range r.b1.Drafts() {
		call(http.MethodDelete, fmt.Sprintf("Drafts(%d)", d.DocEntry), "", http.StatusNoContent)
	}
}

// person signs somebody in to B1, and gives the calls that he can make: each must be answered with the status.
func (r *rivals) person() func(method, path, body string, want int) {
	r.t.Helper()
	root := r.server.URL + "/b1s/v2/"
	login, err := http.Post(root+"Login", "application/json", strings.NewReader(`{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`))
	if err != nil {
		r.t.Fatal(err)
	}
	login.Body.Close()
	return func(method, path, body string, want int) {
		r.t.Helper()
		req, err := http.NewRequestWithContext(r.t.Context(), method, root+path, strings.NewReader(body))
		if err != nil {
			r.t.Fatal(err)
		}
		for _, c := range login.Cookies() {
			req.AddCookie(c)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			r.t.Fatalf("%s %s: %d", method, path, res.StatusCode)
		}
	}
}

// useLedger makes the bench send orders with a row of the ledger.
func (b *bench) useLedger() {
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: b.company, CompanyID: "b1/demo",
		CallTimeout: 20 * time.Millisecond, Settle: 20 * time.Millisecond, Looks: 2, LedgerTable: ledgerTable})
}

func (c *company) CreateOrderOnce(ctx context.Context, o *sapb1.SalesOrder, _ sapb1.LedgerRow) (*sapb1.Document, error) {
	return c.CreateOrder(ctx, o)
}

// HasLedgerRow knows of none.
func (c *company) HasLedgerRow(context.Context, sapb1.LedgerRow) (bool, error) { return false, nil }
