package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// scopeOfTemporal names the meter of Temporal's client library.
const scopeOfTemporal = "temporal"

// Client gives the options of a Temporal client what counts its calls and carries traces along: in headers, which change no command of a workflow.
// Workers that are made of that client have it too.
func (t *Telemetry) Client(o *client.Options) {
	if t == nil {
		return
	}
	if t.meters != nil {
		o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: t.meters.provider.Meter(scopeOfTemporal),
			UseMonotonicCounters: true, OnError: func(error) {}})
	}
	if t.tracer == nil {
		return
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{Tracer: t.tracer, TextMapPropagator: propagation.TraceContext{}, DisableBaggage: true,
		DisableQueryTracing: true, AllowInvalidParentSpans: true, SpanStarter: startClean})
	if err == nil { // it never fails
		o.Interceptors = append(o.Interceptors, tracing)
	}
}

func startClean(ctx context.Context, t trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
	_, span := t.Start(ctx, name, options...)
	return &clean{span}
}

// clean is a span of Temporal's interceptor without what may be personal: of workflow IDs the key of an order alone stays, since others are
// named by people; and of an error that there was one, since its words may be B1's.
type clean struct{ trace.Span }

const ofOrder = "insert-order:"

// SetAttributes leaves out what is not ours to tell.
func (s *clean) SetAttributes(all ...attribute.KeyValue) {
	for _, kv := range all {
		switch id := kv.Value.AsString(); {
		case kv.Key == "temporalWorkflowID" && strings.HasPrefix(id, ofOrder):
			s.Span.SetAttributes(attribute.String("datawald.order", strings.TrimPrefix(id, ofOrder)))
		case kv.Key == "temporalRunID", kv.Key == "temporalActivityID":
			s.Span.SetAttributes(kv)
		}
	}
}

// RecordError tells nothing of it.
func (s *clean) RecordError(error, ...trace.EventOption) {}

// SetStatus tells that something failed, without its words.
func (s *clean) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }
