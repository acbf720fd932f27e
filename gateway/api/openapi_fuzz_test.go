package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/config"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// target is the API under fuzz, with all that its document says.
type target struct {
	handler  http.Handler
	instance string
	schemas  *schemas
	ops      []fuzzed
	// raw are the schemas of the components, to make values of them.
	raw map[string]schemaText
}

// fuzzed is an operation with its place.
type fuzzed struct {
	method, path string
	op           specOperation
}

// schemaText is what of a schema values are made of.
type schemaText struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []any
	Examples   []any
	Properties map[string]schemaText
	Required   []string
	Items      *schemaText
	Minimum    *float64
	Maximum    *float64
}

// isType reports whether a value of the schema may be of a type.
func (s schemaText) isType(name string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(name))
	}
	return s.Type == name
}

func newTarget(t *testing.T) *target {
	t.Helper()
	w := newWorld(t)
	w.settings.WebhookSecrets = map[string]string{w.instance: shopSecret}
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.settings.Rules = map[string]config.FileRules{w.instance: inForce(string(text))}
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	w.scheduled()
	w.startWorker(&shop{orders: map[string]string{"000000123": document("000000123", "21.00")}}, &company{})
	for n, st := range order.Statuses() {
		w.staged(w.key(1, fmt.Sprintf("00000010%d", n)), func(d *store.Staged) {
			d.Status = st
			d.Order = &order.Order{Key: d.Key, Lines: make([]order.Line, 2)}
		})
	}
	w.ran("sync-orders:"+w.instance+"-2026-11-30T12:00:00Z/01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77", "sync", 3, nil)
	for n, kind := range store.RunKinds() {
		w.ran(fmt.Sprintf("%s:%s/r", kind, w.instance), kind, n+1, nil)
	}
	tg := &target{handler: handler, instance: w.instance}
	text = tg.send(&fuzzRequest{method: "GET", url: "/openapi.json"}).Body.Bytes()
	var doc struct {
		Paths      map[string]map[string]specOperation
		Components struct{ Schemas map[string]schemaText }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	tg.schemas, tg.raw = schemasOf(t, text), doc.Components.Schemas
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			tg.ops = append(tg.ops, fuzzed{method: strings.ToUpper(method), path: path, op: doc.Paths[path][method]})
		}
	}
	return tg
}

// fuzzRequest is a request as it is sent.
type fuzzRequest struct {
	method, url string
	header      http.Header
	body        []byte
}

func (r fuzzRequest) String() string {
	body := r.body
	if len(body) > 500 {
		body = append(slices.Clip(body[:500]), "…"...)
	}
	return fmt.Sprintf("%s %s %v %q", r.method, r.url, r.header, body)
}

// streamTime ends answers that have no end.
const streamTime = 5 * time.Millisecond

func (tg *target) send(r *fuzzRequest) *httptest.ResponseRecorder {
	ctx := context.Background()
	if strings.Contains(r.url, "/events") {
		limited, cancel := context.WithTimeout(ctx, streamTime)
		defer cancel()
		ctx = limited
	}
	req := httptest.NewRequestWithContext(ctx, r.method, "/", bytes.NewReader(r.body))
	u, err := url.ParseRequestURI(r.url)
	if err != nil {
		return nil // no server would get that far
	}
	req.URL, req.RequestURI, req.Host = u, r.url, "localhost"
	req.Header.Set("Authorization", "Bearer "+adminKey)
	for name, values := range r.header {
		req.Header[name] = values
	}
	if len(r.body) == 0 {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	entitle(req.Header)
	w := httptest.NewRecorder()
	tg.handler.ServeHTTP(w, req)
	return w
}

// entitle lets a request in that goes to the handler itself, as one who may do everything.
func entitle(http.Header) {}

// Every operation of the document, asked in every way that comes to mind, answers with what the document says, or with a whole problem; never
// with a fault of its own. Later operations are in it by themselves.
func TestOpenAPI_TakesWhateverIsSent(t *testing.T) {
	tg, carriedOut := newTarget(t), 0
	for _, op := range tg.ops {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			answers := map[int]int{}
			rapid.Check(t, func(rt *rapid.T) { answers[tg.try(rt, op)]++ })
			t.Logf("answers by status: %v", answers)
			if slices.ContainsFunc(slices.Collect(maps.Keys(answers)), func(status int) bool { return status >= 200 && status < 300 }) {
				carriedOut++
			}
		})
	}
	if !t.Failed() && carriedOut < len(tg.ops)/2 { // else it would try the guards and nothing behind them
		t.Errorf("%d of %d operations were ever carried out", carriedOut, len(tg.ops))
	}
}

// try asks once, and gives the status of the answer.
func (tg *target) try(t *rapid.T, op fuzzed) int {
	r := tg.draw(t, op)
	w := tg.send(r)
	if w == nil {
		return 0
	}
	for range 3 { // a server that has much to do may be slow once; a fault stays
		if w.Code == http.StatusServiceUnavailable {
			w = tg.send(r)
		}
	}
	if fault := tg.fault(r, op, w.Result(), w.Body.Bytes()); fault != "" {
		t.Fatalf("%s\n%s\nanswer %d %v %.2000s", fault, r, w.Code, w.Header(), w.Body.String())
	}
	return w.Code
}

// fault says what is wrong with an answer; empty when nothing is.
func (tg *target) fault(r *fuzzRequest, op fuzzed, res *http.Response, body []byte) string {
	_, _ = io.Copy(io.Discard, res.Body)
	status, media := res.StatusCode, strings.Split(res.Header.Get("Content-Type"), ";")[0]
	if status >= 400 {
		if why := wholeProblem(status, media, body); why != "" {
			return why
		}
	}
	if status >= 500 { // 503 as well: the store and Temporal are there
		return "it failed"
	}
	if r.method != op.method {
		if status < 400 && !tg.has(r.method, op.path) {
			return "a method that the document does not name is taken"
		}
		return ""
	}
	described, known := op.op.Responses[fmt.Sprint(status)]
	if !known {
		return "the document does not name this answer"
	}
	if len(described.Content) == 0 || len(body) == 0 || media == "text/event-stream" {
		return ""
	}
	if _, known := described.Content[media]; !known {
		return "the document does not name this content type"
	}
	schema, err := tg.schemas.at("paths", op.path, strings.ToLower(op.method), "responses", fmt.Sprint(status), "content", media, "schema")
	if err != nil {
		return err.Error()
	}
	value, err := anyJSON(body)
	if err != nil {
		return err.Error()
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Sprintf("the answer is not what the document says: %v", err)
	}
	return ""
}

// has reports whether the document has an operation, or one that the server makes of it.
func (tg *target) has(method, path string) bool {
	return method == http.MethodOptions || slices.ContainsFunc(tg.ops, func(o fuzzed) bool { return o.method == method && o.path == path })
}

// wholeProblem says what an answer lacks to be a problem.
func wholeProblem(status int, media string, body []byte) string {
	var p api.Problem
	if media != "application/problem+json" {
		return "it is not a problem: " + media
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return err.Error()
	}
	if !strings.HasPrefix(p.Type, "urn:datawald:problem:") || p.Title == "" || p.Detail == "" || p.Status != status {
		return fmt.Sprintf("the problem is not whole: %+v", p)
	}
	return ""
}
