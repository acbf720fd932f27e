package testkit

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Receiver takes traces by OTLP over HTTP, as a collector does.
type Receiver struct {
	// URL is what OTEL_EXPORTER_OTLP_ENDPOINT is set to.
	URL string

	mu      sync.Mutex
	spans   []*v1.Span
	raw     []byte
	refuses bool
	refused int
}

// NewReceiver listens until the test ends.
func NewReceiver(t testing.TB) *Receiver {
	r := &Receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Refuse has it take nothing, or take everything again.
func (r *Receiver) Refuse(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = on
}

// Refused is how many batches it has refused.
func (r *Receiver) Refused() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused
}

// ServeHTTP takes one batch.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var batch collector.ExportTraceServiceRequest
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuses {
		r.refused++
	}
	if err != nil || r.refuses || req.URL.Path != "/v1/traces" || proto.Unmarshal(body, &batch) != nil {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	r.raw = append(r.raw, body...)
	for _, resource := range batch.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Spans are those that have come.
func (r *Receiver) Spans() []*v1.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*v1.Span(nil), r.spans...)
}

// Raw is all that has come, as it came.
func (r *Receiver) Raw() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.raw)
}
