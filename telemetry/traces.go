package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// OpenTelemetry's own settings that are looked at here. Its library reads the others: headers, certificates, sampling, the batches.
const (
	endpointSetting       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEndpointSetting = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	protocolSetting       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	tracesProtocolSetting = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	theProtocol           = "http/protobuf"
)

// newSpans makes what sends spans, nil when the environment names no receiver.
func newSpans(ctx context.Context, s Settings) (*sdktrace.TracerProvider, error) {
	wanted, err := tracing()
	if err != nil || !wanted {
		return nil, err
	}
	sender, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: traces cannot be sent: %w", endpointSetting, err)
	}
	described, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "datawald-"+s.Program),
		attribute.String("service.version", s.Version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// The library speaks of every batch that is lost; spoken of is that here, once.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	return sdktrace.NewTracerProvider(sdktrace.WithResource(described), sdktrace.WithBatcher(&spoken{SpanExporter: sender, log: s.Log})), nil
}

// tracing reports whether traces are wanted, or what is wrong with where they should go.
func tracing() (wanted bool, err error) {
	setting, address := endpointSetting, os.Getenv(endpointSetting)
	if own := os.Getenv(tracesEndpointSetting); own != "" {
		setting, address = tracesEndpointSetting, own
	}
	if address == "" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false, nil
	}
	// The address is not quoted: it may hold a password.
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false, fmt.Errorf("%s: want an address such as http://127.0.0.1:4318", setting)
	}
	for _, name := range []string{tracesProtocolSetting, protocolSetting} {
		if p := os.Getenv(name); p != "" && p != theProtocol {
			return false, fmt.Errorf("%s: is %q, want %s, the only one that is spoken here", name, p, theProtocol)
		}
	}
	return true, nil
}

// spoken says when spans do not arrive any more, and when they do again: once each.
type spoken struct {
	sdktrace.SpanExporter
	log  *slog.Logger
	mu   sync.Mutex
	lost bool
}

// ExportSpans sends spans, or loses them: nobody waits for them.
func (s *spoken) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && !s.lost && !errors.Is(ctx.Err(), context.Canceled):
		s.log.Warn("traces do not arrive: spans are lost until they do; look at OTEL_EXPORTER_OTLP_ENDPOINT", "cause", fmt.Sprintf("%T", err))
		s.lost = true
	case err == nil && s.lost:
		s.log.Info("traces arrive again")
		s.lost = false
	}
	return err
}
