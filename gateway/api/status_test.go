package api_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/watch"
)

func TestStatusOfAnInstanceThatNeverRan(t *testing.T) {
	w := newWorld(t)
	got := strings.TrimSpace(string(w.get("/api/v1/status").body))
	want := `{"orders":{"cancelled":0,"draft":0,"excluded":0,"held":0,"pending":0,"posted":0},"cut":"","lag_seconds":null,"total":0,"waiting":{"long":0},` +
		`"schedule":{"state":"missing","skipped":0,"missed":0,"late":false},"health":{"magento":{"state":"unknown","why":"it was never read"},` +
		`"b1":{"state":"unknown","why":"no run has asked for orders yet"}},"workers":{"runs":"down","orders":"down"},"level":"trouble","needs":[`
	if !strings.HasPrefix(got, want) {
		t.Errorf("status %s, want %s…", got, want)
	}
}

func TestStatusCountsOrdersAndLag(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	w.staged("other:1:1", nil)
	if err := w.db.AdvanceCut(t.Context(), w.instance, store.TaskOrders, order.Cut{UpdatedAt: day(5), EntityID: 5}); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	ended := now
	run := func(id, kind, instance string, ago time.Duration, errors ...string) {
		r := store.Run{ID: w.instance + id, Kind: kind, Instance: instance, StartedAt: now.Add(-ago), EndedAt: &ended, Errors: errors}
		if err := w.db.PutRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, began := range []time.Duration{3 * time.Hour, 2 * time.Hour, 4 * time.Hour} { // the latest counts
		if err := w.db.CaughtUp(t.Context(), w.instance, store.TaskOrders, store.Reading{Began: now.Add(-began)}); err != nil {
			t.Fatal(err)
		}
	}
	run("a", "sync", w.instance, 3*time.Hour)
	run("b", "sync", w.instance, 2*time.Hour)                          // read to the end
	run("c", "sync", w.instance, time.Hour, "read Magento: no answer") // did not
	run("d", "resync", w.instance, time.Minute)                        // does not read on from the cut
	run("e", "sync", "other", time.Second)                             // another shop
	var got store.Overview
	w.get("/api/v1/status?instance="+w.instance).ok(200, &got)
	if got.Orders[order.Pending] != 2 || got.Orders[order.Posted] != 1 || got.Orders[order.Held] != 1 || got.Orders[order.Excluded] != 1 {
		t.Errorf("orders %v", got.Orders)
	}
	if got.Cut != "2026-11-05T12:00:00Z" {
		t.Errorf("cut %q", got.Cut)
	}
	if got.LagSeconds == nil || *got.LagSeconds < 7200 || *got.LagSeconds > 7260 {
		t.Errorf("lag %v, want two hours: the latest reading that came to the end", got.LagSeconds)
	}
	if got.WriteBacks == nil || *got.WriteBacks != (store.WriteBacks{GivenUp: 1}) {
		t.Errorf("write-backs %+v, want one given up", got.WriteBacks)
	}
	if got.LastRun == nil || got.LastRun.ID != w.instance+"c" {
		t.Errorf("last run %+v, want the failed one", got.LastRun)
	}
}

func TestStatusSaysHowB1Does(t *testing.T) {
	w := newWorld(t)
	company := "b1.example.com/" + w.instance
	if err := w.db.NoteQuiet(t.Context(), w.instance, company, day(9).AddDate(100, 0, 0)); err != nil {
		t.Fatal(err)
	}
	var got store.Overview
	if w.get("/api/v1/status").ok(200, &got); got.B1 == nil || got.B1.State != "quiet" || got.B1.QuietUntil == nil {
		t.Errorf("B1 is %+v, want quiet", got.B1)
	}
	if _, _, err := w.db.NoteDown(t.Context(), company, store.Trouble{Since: time.Now().Add(-time.Hour), Failure: "no_answer", AlarmAfter: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Alarmed(t.Context(), company, ""); err != nil {
		t.Fatal(err)
	}
	if w.get("/api/v1/status").ok(200, &got); got.B1.State != "down" || got.B1.Failure != "no_answer" || got.B1.AlarmedAt == nil || got.B1.Since == nil {
		t.Errorf("B1 is %+v, want down and alarmed", got.B1)
	}
}

func TestStatusOfUnknownInstance(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/status?instance=nowhere").problem(422, "unknown-instance", "nowhere", w.instance)
}

func TestHealthAndReadiness(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		var got struct{ Status string }
		w.get(path).ok(200, &got)
		if got.Status != "ok" {
			t.Errorf("%s: status %q, want ok", path, got.Status)
		}
	}
}

// deadStore is a store whose connection is closed, deadTemporal a client of a server that is not there.
func deadStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), testkit.MongoURI(t), testkit.Name(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func deadTemporal(t *testing.T) client.Client {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewLazyClient(client.Options{HostPort: fmt.Sprintf("127.0.0.1:%d", port), Logger: temporallog.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestReadinessNamesWhatIsDown(t *testing.T) {
	w := newWorld(t)
	dead, gone := deadStore(t), deadTemporal(t)
	for name, tc := range map[string]struct {
		db       *store.Store
		temporal client.Client
		down     []string
	}{
		"Store":    {dead, w.temporal, []string{"store"}},
		"Temporal": {w.db, gone, []string{"temporal"}},
		"Both":     {dead, gone, []string{"store", "temporal"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, w.settings, tc.db, tc.temporal)
			r := call(t, server, http.MethodGet, "/readyz", "", nil)
			r.problem(503, "unavailable", tc.down...)
			var p api.Problem
			r.json(&p)
			if len(p.Faults) != len(tc.down) || p.Faults[0].Location != tc.down[0] {
				t.Errorf("errors %+v, want those of %v", p.Faults, tc.down)
			}
			call(t, server, http.MethodGet, "/healthz", "", nil).ok(200, &struct{}{})
		})
	}
}

func TestDeadServersGiveAProblemAndOneLogLineWithoutData(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		method, path, body, part string
		db                       *store.Store
		temporal                 client.Client
	}{
		"List":   {"GET", "/api/v1/orders?q=Costello", "", "store", deadStore(t), w.temporal},
		"Order":  {"GET", "/api/v1/orders/main:1:Costello", "", "store", deadStore(t), w.temporal},
		"Status": {"GET", "/api/v1/status", "", "store", deadStore(t), w.temporal},
		"Once":   {"POST", "/api/v1/resyncs", body(w.instance, "Costello"), "store", deadStore(t), w.temporal},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			handler, err := api.New(w.settings, tc.db, tc.temporal, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			server := listen(t, handler)
			r := call(t, server, tc.method, tc.path, tc.body, []string{"Content-Type", "application/json", "Idempotency-Key", "Costello"})
			r.problem(503, "unavailable", tc.part, "/readyz")
			if r.header.Get("Retry-After") != "5" {
				t.Errorf("Retry-After %q, want 5", r.header.Get("Retry-After"))
			}
			line := log.String()
			if strings.Count(line, "\n") != 1 || !strings.Contains(line, "route=") || !strings.Contains(line, "status=503") || strings.Contains(line, "Costello") {
				t.Errorf("log %q, want one line with route and status and nothing of the request", line)
			}
		})
	}
}

func TestPanicsGiveAProblemWithoutDetails(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	handler, err := api.New(w.settings, w.db, panicking{w.temporal}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := listen(t, handler)
	r := call(t, server, http.MethodGet, "/api/v1/resyncs/x", "", nil)
	r.problem(500, "internal", "try again")
	if strings.Contains(string(r.body), "roni@example.com") || strings.Contains(log.String(), "roni@example.com") {
		t.Errorf("the panic's value is in the answer or in the log: %s %s", r.body, log.String())
	}
	if !strings.Contains(log.String(), "route=/api/v1/resyncs/:id") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("log %q, want route and status", log.String())
	}
}

// panicking is a Temporal client with a fault in it.
type panicking struct{ client.Client }

// DescribeWorkflowExecution panics with personal data.
func (panicking) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	panic("roni@example.com")
}

// silentTemporal is a client of a server that takes connections and never says a word.
func silentTemporal(t *testing.T) client.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	c, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String(), Logger: temporallog.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Whoever asks how an instance does hears soon that Temporal is dead, or silent, and how the orders stand. Fails without: the limit in seen.
func TestStatus_DoesNotWaitForTemporal(t *testing.T) {
	w := newWorld(t)
	w.staged(w.key(1, "1"), nil)
	for name, temporal := range map[string]client.Client{"dead": deadTemporal(t), "silent": silentTemporal(t)} {
		t.Run(name, func(t *testing.T) {
			asked := &slowTemporal{Client: temporal}
			var s api.Status
			call(t, serve(t, w.settings, w.db, asked), http.MethodGet, "/api/v1/status", "", nil).ok(200, &s)
			if asked.left == 0 || asked.left > api.TemporalTime {
				t.Errorf("Temporal may take %s, want %s at most", asked.left, api.TemporalTime)
			}
			if s.Schedule.State != watch.Unknown || s.Workers != (api.Workers{Runs: "unknown", Orders: "unknown"}) || s.Orders[order.Pending] != 1 || s.Needs[0].Code != "temporal_down" {
				t.Errorf("schedule %+v, workers %+v, orders %v, needs %+v", s.Schedule, s.Workers, s.Orders, s.Needs)
			}
		})
	}
}
