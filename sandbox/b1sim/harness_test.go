package b1sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
)

// sim is a company behind an HTTP server, and a signed-in caller.
type sim struct {
	t       testing.TB
	company *b1sim.Company
	url     string // address of the server
	cookie  string
}

// testItems can be sold, except the last two.
var testItems = []b1sim.Item{
	{Code: "A1", Name: "Article 1", Sales: true},
	{Code: "A2", Name: "Article 2", Sales: true, Price: num("12.50")},
	{Code: "A3", Name: "Article 3", Sales: true, Stock: true, OnHand: num("5")},
	{Code: "RAW", Name: "Raw material"},
	{Code: "OLD", Name: "Old article", Sales: true, Frozen: true},
}

// newSim starts a company with the test items and signs in.
func newSim(t testing.TB, cfg b1sim.Config) *sim {
	t.Helper()
	s := startSim(t, cfg)
	s.login("v2")
	return s
}

// startSim starts a company without signing in.
func startSim(t testing.TB, cfg b1sim.Config) *sim {
	t.Helper()
	if cfg.Items == nil {
		cfg.Items = testItems
	}
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(company)
	t.Cleanup(func() {
		server.Close()
		if err := company.Close(); err != nil {
			t.Error(err)
		}
	})
	return &sim{t: t, company: company, url: server.URL}
}

// login signs in with the default user.
func (s *sim) login(version string) {
	s.t.Helper()
	answer := s.call("POST", "/b1s/"+version+"/Login", `{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`)
	answer.want(s.t, http.StatusOK)
	s.cookie = "B1SESSION=" + answer.text("SessionId") + "; ROUTEID=.node1"
}

// reply is an answer of the simulator.
type reply struct {
	status int
	header http.Header
	body   []byte
	doc    map[string]any // the body, when it is a JSON object
}

// call sends a request; headers are given as "Name: value".
func (s *sim) call(method, path, body string, headers ...string) *reply {
	s.t.Helper()
	answer, err := s.try(method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// try is call for requests that may lose their connection.
func (s *sim) try(method, path, body string, headers ...string) (*reply, error) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if s.cookie != "" {
		req.Header.Set("Cookie", s.cookie)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	answer := &reply{status: resp.StatusCode, header: resp.Header, body: content}
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.UseNumber()
	if dec.Decode(&answer.doc) != nil {
		answer.doc = nil
	}
	return answer, nil
}

// order posts an order in OData 4 and wants it created.
func (s *sim) order(body string) *reply {
	s.t.Helper()
	answer := s.call("POST", "/b1s/v2/Orders", body)
	answer.want(s.t, http.StatusCreated)
	return answer
}

// simpleOrder is the body of an order with one line.
func simpleOrder(key string) string {
	return fmt.Sprintf(`{"CardCode":"C-WEB","DocDueDate":"2030-01-31","NumAtCard":%q,"DocumentLines":[{"ItemCode":"A1","Quantity":2,"UnitPrice":10}]}`, key)
}

// orderWith is the body of an order with the given header properties and lines, both as JSON.
func orderWith(header string, lines ...string) string {
	if header != "" {
		header = "," + header
	}
	return `{"CardCode":"C-WEB","DocDueDate":"2030-01-31"` + header + `,"DocumentLines":[` + strings.Join(lines, ",") + `]}`
}

// failer is what a check needs of a test, a property or a benchmark.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func (r *reply) want(t failer, status int) {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d; body %s", r.status, status, r.body)
	}
}

// wantError checks the status, code and a part of the text of an error in either shape.
func (r *reply) wantError(t failer, status int, code, text string) {
	t.Helper()
	r.want(t, status)
	gotCode, gotText := r.failure()
	if gotCode != code || !strings.Contains(gotText, text) {
		t.Fatalf("error %s %q, want %s with %q", gotCode, gotText, code, text)
	}
}

// failure takes code and text out of an error of either version.
func (r *reply) failure() (code, text string) {
	inner, _ := r.doc["error"].(map[string]any)
	code = fmt.Sprint(inner["code"])
	if message, ok := inner["message"].(map[string]any); ok {
		return code, fmt.Sprint(message["value"])
	}
	return code, fmt.Sprint(inner["message"])
}

// text is a property as text, amounts without trailing zeros.
func (r *reply) text(path string) string { return textAt(r.doc, path) }

// textAt follows a path such as "DocumentLines.0.TaxTotal".
func textAt(value any, path string) string {
	if doc, ok := value.(map[string]any); ok && doc[path] != nil {
		return fmt.Sprint(doc[path]) // an annotation has a point in its name
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return "<nothing at " + path + ">"
			}
			value = v[i]
		}
	}
	return fmt.Sprint(value)
}

// wantProps compares properties, given as path and value in turn.
func (r *reply) wantProps(t failer, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := r.text(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s = %s, want %s", pairs[i], got, pairs[i+1])
		}
	}
}

// values lists one property of the rows of a collection.
func (r *reply) values(name string) []string {
	var out []string
	rows, _ := r.doc["value"].([]any)
	for _, one := range rows {
		out = append(out, textAt(one, name))
	}
	return out
}

// control posts to the simulator's own address.
func (s *sim) control(path, body string) {
	s.t.Helper()
	s.call("POST", path, body).want(s.t, http.StatusOK)
}

// clock is a company clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2029, 6, 15, 10, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }
