package telemetry_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/proto/otlp/trace/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/telemetry"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// traced sends traces to a receiver of the test; end sends what waits.
func traced(t *testing.T, log *slog.Logger) (shown *telemetry.Telemetry, to *testkit.Receiver, end func()) {
	t.Helper()
	to = testkit.NewReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", to.URL)
	shown, err := telemetry.Start(t.Context(), telemetry.Settings{Program: telemetry.Worker, Log: log})
	if err != nil || shown == nil {
		t.Fatal("not started:", err)
	}
	return shown, to, func() {
		if err := shown.Stop(context.Background()); err != nil {
			t.Log("stop:", err)
		}
	}
}

func TestStart_WithoutSettingsIsNothing(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	shown, err := telemetry.Start(t.Context(), telemetry.Settings{Program: telemetry.Gateway, Log: testkit.Silent()})
	if err != nil || shown != nil {
		t.Fatalf("%v, %v: want nothing", shown, err)
	}
	var o client.Options
	shown.Client(&o)
	shown.Keep(nil)
	shown.WatchB1("main", nil)
	handler := http.NotFoundHandler()
	if shown.B1Calls("main") != nil || shown.MagentoCalls("main") != nil || shown.Posted("main") != nil || o.MetricsHandler != nil || o.Interceptors != nil ||
		shown.Requests(handler, nil) == nil || shown.MetricsAddress() != "" || shown.Stop(t.Context()) != nil {
		t.Error("what is switched off does something")
	}
}

func TestStart_SaysWhatIsWrongWithTheSettings(t *testing.T) {
	for name, c := range map[string]struct {
		env     map[string]string
		address string
		want    string
	}{
		"no address": {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "user:geheim@collector:4318"}, want: "OTEL_EXPORTER_OTLP_ENDPOINT: want an address"},
		"own one":    {env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "geheim"}, want: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: want an address"},
		"grpc": {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
			want: `OTEL_EXPORTER_OTLP_PROTOCOL: is "grpc", want http/protobuf`},
		"no port": {address: "127.0.0.1:none", want: "METRICS_ADDRESS 127.0.0.1:none cannot be used"},
		"no host": {address: "nowhere", want: "METRICS_ADDRESS nowhere cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			_, err := telemetry.Start(t.Context(), telemetry.Settings{Program: telemetry.Worker, Log: testkit.Silent(), MetricsAddress: c.address, Setting: "METRICS_ADDRESS"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// A port that another program has keeps nobody from work: it is said once, and the metrics are shown once it is free. Fails without: serve.
func TestStart_APortThatIsTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := other.Addr().String()
	var said bytes.Buffer
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(locked{&mu, &said}, nil))
	start := func() *telemetry.Telemetry {
		shown, err := telemetry.Start(t.Context(), telemetry.Settings{Program: telemetry.Worker, Log: log, MetricsAddress: address, Setting: "METRICS_ADDRESS", ListenAgain: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	if err := start().Stop(t.Context()); err != nil { // while it waits
		t.Error(err)
	}
	shown := start()
	other.Close()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		res, err := http.Get("http://" + shown.MetricsAddress() + "/metrics")
		if err == nil {
			res.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not shown: %v", err)
		}
	}
	if err := shown.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(said.String(), "level=ERROR"); n != 2 || !strings.Contains(said.String(), "metrics are shown") {
		t.Errorf("%d errors, want one of each start:\n%s", n, said.String())
	}
}

// locked writes what several say one after another.
type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// A request of a program: its route is told, its address and what it asks are not, and the trace is one of our own.
// Fails without: patternOf, with the address as the name; and without WithNewRoot.
func TestRequests_TellTheRouteAlone(t *testing.T) {
	shown, to, end := traced(t, testkit.Silent())
	within := make(chan trace.SpanContext, 1)
	server := httptest.NewServer(shown.Requests(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		within <- trace.SpanContextFromContext(r.Context())
		w.WriteHeader(http.StatusBadGateway)
		w.(http.Flusher).Flush()
		if _, err := io.WriteString(w, "x"); err != nil {
			t.Error(err)
		}
	}), []telemetry.Route{{Method: "GET", Pattern: "/api/v1/orders/:key"}, {Method: "GET", Pattern: "/api/v1/orders/export"}, {Method: "POST", Pattern: "/api/v1/orders/:key"}}))
	defer server.Close()
	for path, want := range map[string]string{"/api/v1/orders/main:1:Jane%2FDoe?q=jane@example.com": "GET /api/v1/orders/:key",
		"/api/v1/orders/export": "GET /api/v1/orders/export", "/users/jane": "GET other"} {
		res, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if !(<-within).IsValid() {
			t.Error(path, "has no span")
		}
		defer func() {
			s := named(to, want)
			if s == nil || len(s.GetParentSpanId()) != 0 || s.GetStatus().GetCode() != v1.Status_STATUS_CODE_ERROR {
				t.Errorf("%s: %v", want, s)
			}
		}()
	}
	end()
	if raw := strings.ToLower(to.Raw()); strings.Contains(raw, "jane") || strings.Contains(raw, "doe") {
		t.Error("an address stands in a span")
	}
}

func named(to *testkit.Receiver, name string) *v1.Span {
	for _, s := range to.Spans() {
		if s.GetName() == name {
			return s
		}
	}
	return nil
}

// Of Temporal's spans the order's key stays, and nothing that people wrote.
// Fails without: startClean (SpanStarter), by which the interceptor's spans are cleaned.
func TestClient_SpansHoldNoWords(t *testing.T) {
	shown, to, end := traced(t, testkit.Silent())
	o := client.Options{HostPort: testkit.TemporalAddress(t), Logger: temporallog.NewStructuredLogger(testkit.Silent())}
	shown.Client(&o)
	o.Interceptors = append(o.Interceptors, &failing{})
	temporal, err := client.DialContext(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Close()
	for _, id := range []string{"insert-order:main:1:000000123", "resync-orders:main:for Jane Doe"} {
		if _, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "q"}, "W"); err == nil {
			t.Fatal("no error")
		}
	}
	end()
	raw := to.Raw()
	for _, word := range []string{"Jane", "resync-orders"} {
		if strings.Contains(raw, word) {
			t.Errorf("%q stands in a span", word)
		}
	}
	spans := to.Spans()
	if len(spans) != 2 || spans[0].GetStatus().GetCode() != v1.Status_STATUS_CODE_ERROR || text(spans[0], "datawald.order") != "main:1:000000123" {
		t.Errorf("spans %v, want two, the first of the order and failed", spans)
	}
}

func text(s *v1.Span, key string) string {
	for _, kv := range s.GetAttributes() {
		if kv.GetKey() == key {
			return kv.GetValue().GetStringValue()
		}
	}
	return ""
}

// failing has every start of a workflow fail with words that nobody may read.
type failing struct {
	interceptor.ClientInterceptorBase
}

func (*failing) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &refusing{interceptor.ClientOutboundInterceptorBase{Next: next}}
}

type refusing struct {
	interceptor.ClientOutboundInterceptorBase
}

func (*refusing) ExecuteWorkflow(context.Context, *interceptor.ClientExecuteWorkflowInput) (client.WorkflowRun, error) {
	return nil, &order.Failure{Message: "Jane Doe has no licence"}
}

func interceptorOf(t *testing.T, shown *telemetry.Telemetry) interceptor.ClientInterceptor {
	t.Helper()
	var o client.Options
	shown.Client(&o)
	if len(o.Interceptors) != 1 {
		t.Fatalf("%d interceptors", len(o.Interceptors))
	}
	return o.Interceptors[0]
}

// Histories of all releases go on under a worker that carries traces: these are headers, no commands.
func TestClient_HistoriesGoOnWithTraces(t *testing.T) {
	shown, _, end := traced(t, testkit.Silent())
	defer end()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: []interceptor.WorkerInterceptor{interceptorOf(t, shown).(interceptor.WorkerInterceptor)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]any{"SyncOrders": workflows.SyncOrders, "InsertOrder": workflows.InsertOrder, "ResyncOrders": workflows.ResyncOrders,
		"BackfillOrders": workflows.BackfillOrders, "PostImports": workflows.PostImports, "TakeHints": workflows.TakeHints} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
	files, err := filepath.Glob("../workflows/testdata/histories/*.json")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		if strings.Contains(file, "reconcile") {
			continue // a workflow of its own, and its own test
		}
		if err := r.ReplayWorkflowHistoryFromJSONFile(temporallog.NewStructuredLogger(testkit.Silent()), file); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}

// The spans of calls are children of what called.
func TestCalls_AreChildrenOfTheirCaller(t *testing.T) {
	shown, to, end := traced(t, testkit.Silent())
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	ctx := trace.ContextWithSpanContext(t.Context(), parent)
	shown.B1Calls("main")(ctx, "GET Orders")(&order.Failure{Kind: order.Unknown})
	shown.MagentoCalls("main")(ctx, "GET orders")(nil)
	end()
	b1, shop := named(to, "b1 GET Orders"), named(to, "magento GET orders")
	if b1 == nil || shop == nil || [8]byte(b1.GetParentSpanId()) != parent.SpanID() || [16]byte(shop.GetTraceId()) != parent.TraceID() {
		t.Fatalf("spans %v", to.Spans())
	}
	if text(b1, "datawald.outcome") != "unknown" || b1.GetStatus().GetCode() != v1.Status_STATUS_CODE_ERROR || text(shop, "datawald.outcome") != "ok" {
		t.Errorf("b1 %v, magento %v", b1, shop)
	}
}
