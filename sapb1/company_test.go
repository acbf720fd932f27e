package sapb1_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// TestMain keeps the properties moderate; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// versions are the two roots of the Service Layer.
var versions = []string{"v1", "v2"}

// sent is one request as it came to the server.
type sent struct {
	method, path, query string
	header              http.Header
	body                string
}

// b1 is a company behind a server that remembers what it was sent.
type b1 struct {
	t       testing.TB
	company *b1sim.Company
	url     string

	mu       sync.Mutex
	requests []sent
}

func start(t testing.TB, cfg b1sim.Config) *b1 {
	t.Helper()
	if cfg.Items == nil {
		cfg.Items = []b1sim.Item{{Code: "A1", Name: "Article 1", Sales: true}, {Code: "A2", Name: "Article 2", Sales: true}}
	}
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := &b1{t: t, company: company}
	server := httptest.NewServer(b)
	b.url = server.URL
	t.Cleanup(func() {
		if err := company.Close(); err != nil { // ends calls that wait
			t.Error(err)
		}
		server.Close()
	})
	return b
}

func (b *b1) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	b.requests = append(b.requests, sent{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), string(body)})
	b.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.company.ServeHTTP(w, r)
}

// received gives the requests so far.
func (b *b1) received() []sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]sent(nil), b.requests...)
}

// calls is how often a call was made.
func (b *b1) calls(name string) int { return b.company.Traffic().Calls[name] }

// client makes a client of one version; change alters its settings.
func (b *b1) client(version string, change ...func(*sapb1.Settings)) *sapb1.Client {
	b.t.Helper()
	s := sapb1.Settings{URL: b.url + "/b1s/" + version, CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Timeout: 20 * time.Second}
	for _, f := range change {
		f(&s)
	}
	return newClient(b.t, s)
}

// ready is a client that has logged in and made a call.
func (b *b1) ready(version string, change ...func(*sapb1.Settings)) *sapb1.Client {
	b.t.Helper()
	c := b.client(version, change...)
	if _, err := c.FindOrders(b.t.Context(), sapb1.Reference{NumAtCard: "nothing"}); err != nil {
		b.t.Fatal(err)
	}
	return c
}

func newClient(t testing.TB, s sapb1.Settings) *sapb1.Client {
	t.Helper()
	c, err := sapb1.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *b1) inject(rule b1sim.Rule) {
	b.t.Helper()
	if err := b.company.Inject(rule); err != nil {
		b.t.Fatal(err)
	}
}

// sessions is the number of sessions that are signed in.
func (b *b1) sessions() int {
	b.t.Helper()
	res, err := http.Get(b.url + "/state?summary=1")
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var state b1sim.State
	if err := json.NewDecoder(res.Body).Decode(&state); err != nil {
		b.t.Fatal(err)
	}
	return state.Sessions
}

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func amount(text string) sapb1.Amount { return sapb1.NewAmount(num(text)) }

var day = sapb1.NewDate(time.Date(2030, 1, 31, 23, 59, 0, 0, time.FixedZone("west", -8*3600)))

// anOrder is an order of two lines.
func anOrder(reference string) *sapb1.SalesOrder {
	return &sapb1.SalesOrder{CardCode: "C-WEB", NumAtCard: reference, DocDueDate: day, Lines: []sapb1.DocumentLine{
		{ItemCode: "A1", Quantity: amount("2"), UnitPrice: amount("12.5")}, {ItemCode: "A2", Quantity: amount("1"), UnitPrice: amount("0.99")}}}
}

// failureOf wants err to be a Failure of B1.
func failureOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, err error) *order.Failure {
	t.Helper()
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		t.Fatalf("error is %v (%T), want an order.Failure", err, err)
	}
	if f.System != "b1" || f.Op == "" || f.Message == "" || f.Code == "" {
		t.Fatalf("failure %+v does not say who failed at what", f)
	}
	return f
}

// get reads from B1 as another program would, with a session of its own.
func (b *b1) get(version, path string) []byte {
	b.t.Helper()
	root := b.url + "/b1s/" + version + "/"
	login, err := http.Post(root+"Login", "application/json", bytes.NewBufferString(`{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`))
	if err != nil {
		b.t.Fatal(err)
	}
	login.Body.Close()
	req, err := http.NewRequest(http.MethodGet, root+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range login.Cookies() {
		req.AddCookie(c)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s, %v", path, res.StatusCode, body, err)
	}
	return body
}

// silent takes what net/http says about connections that a test breaks.
var silent = log.New(io.Discard, "", 0)
