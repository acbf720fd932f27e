// Package telemetry shows from outside how a program does: metrics for Prometheus, and traces by OTLP. It names every metric in one place
// (Catalogue), takes no value for a label that was not known beforehand, and lets neither an order's content nor a person into a trace.
// Whatever it is asked costs the work nothing that can be waited for: calls are counted in memory, the store is read beside (figures.go),
// and spans leave in the background or not at all.
//
// A nil *Telemetry is one that is switched off: all its methods do nothing.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Settings say what a program shows of itself.
type Settings struct {
	// Program is Worker or Gateway.
	Program string
	// Version and Revision say what it was built from.
	Version, Revision string
	// MetricsAddress is where /metrics listens, host:port; empty for no metrics.
	MetricsAddress string
	// Setting is the name of the setting with the address, for messages.
	Setting string
	// ListenAgain is the time between two attempts to listen there while another program has the port; 0 for 10 s.
	ListenAgain time.Duration
	// Log hears when traces do not arrive any more, and when they do again.
	Log *slog.Logger
}

// Telemetry is what one process shows of itself. It is safe for concurrent use.
type Telemetry struct {
	settings Settings
	// meters is nil without metrics, spans without traces.
	meters *meters
	spans  *sdktrace.TracerProvider
	tracer trace.Tracer
	server *server
	// figures are read from the store; nil where nobody reads them.
	figures *figures
}

// Start begins to listen at MetricsAddress, and to send traces when the environment says where to (OTEL_EXPORTER_OTLP_ENDPOINT). With neither it
// gives nil, which costs nothing.
func Start(ctx context.Context, s Settings) (*Telemetry, error) {
	t := &Telemetry{settings: s}
	var err error
	if t.spans, err = newSpans(ctx, s); err != nil {
		return nil, err
	}
	if t.spans != nil {
		t.tracer = t.spans.Tracer("datawald")
	}
	if s.MetricsAddress != "" {
		if err := t.serve(); err != nil {
			return nil, errors.Join(err, t.Stop(ctx))
		}
	}
	if t.spans == nil && t.meters == nil {
		return nil, nil
	}
	return t, nil
}

func (t *Telemetry) serve() (err error) {
	if t.meters, err = newMeters(); err != nil {
		return err
	}
	t.meters.built(t.settings)
	if t.server, err = listen(t.settings, t.meters.registry, cmp.Or(t.settings.ListenAgain, listenAgain)); err != nil {
		return err
	}
	return nil
}

// MetricsAddress is where /metrics can be asked for; empty for nowhere.
func (t *Telemetry) MetricsAddress() string {
	if t == nil || t.server == nil {
		return ""
	}
	return *t.server.address.Load()
}

// Stop ends all of it: spans that wait are sent, as long as ctx allows.
func (t *Telemetry) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var errs []error
	if t.server != nil {
		errs = append(errs, t.server.stop(ctx))
	}
	if t.figures != nil {
		t.figures.stop()
	}
	if t.meters != nil {
		errs = append(errs, t.meters.provider.Shutdown(ctx))
	}
	if t.spans != nil {
		_ = t.spans.Shutdown(ctx) // what does not arrive is said (spoken)
	}
	return errors.Join(errs...)
}

// meters are the instruments of a process, by the names of the catalogue.
type meters struct {
	registry   *prometheus.Registry
	provider   *sdkmetric.MeterProvider
	meter      metric.Meter
	histograms map[string]metric.Float64Histogram
	gauges     map[string]metric.Float64ObservableGauge
	counters   map[string]metric.Int64ObservableCounter
}

func newMeters() (*meters, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo(),
		exporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(view))
	m := &meters{registry: registry, provider: provider, meter: provider.Meter("datawald"), histograms: map[string]metric.Float64Histogram{},
		gauges: map[string]metric.Float64ObservableGauge{}, counters: map[string]metric.Int64ObservableCounter{}}
	for _, c := range Catalogue() {
		if err := m.add(c); err != nil {
			return nil, fmt.Errorf("metric %s: %w", c.Name, err)
		}
	}
	return m, nil
}

// add makes the instrument. It has no unit of OpenTelemetry's: the name has it already.
func (m *meters) add(c Metric) (err error) {
	switch c.Kind {
	case Histogram:
		m.histograms[c.Name], err = m.meter.Float64Histogram(c.Name, metric.WithDescription(c.Help), metric.WithExplicitBucketBoundaries(bounds[c.Name]...))
	case Gauge:
		m.gauges[c.Name], err = m.meter.Float64ObservableGauge(c.Name, metric.WithDescription(c.Help))
	case Counter:
		m.counters[c.Name], err = m.meter.Int64ObservableCounter(c.Name, metric.WithDescription(c.Help))
	}
	return err
}

// view gives Temporal's metrics buckets in seconds, and keeps labels out that nobody knows.
func view(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	if i.Scope.Name != scopeOfTemporal {
		return sdkmetric.Stream{}, false
	}
	s := sdkmetric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit, AttributeFilter: attribute.NewAllowKeysFilter(labelsOfTemporal...)}
	if i.Kind == sdkmetric.InstrumentKindHistogram {
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: boundsOfTemporal}
	}
	return s, true
}

// observe has a function called at each scrape, which tells the values of some gauges and counters.
func (m *meters) observe(tell func(context.Context, metric.Observer), names ...string) {
	var all []metric.Observable
	for _, n := range names {
		if g := m.gauges[n]; g != nil {
			all = append(all, g)
		}
		if c := m.counters[n]; c != nil {
			all = append(all, c)
		}
	}
	// It fails for an instrument of another meter alone.
	_, _ = m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		tell(ctx, o)
		return nil
	}, all...)
}

// built tells what the program was built from.
func (m *meters) built(s Settings) {
	m.observe(func(_ context.Context, o metric.Observer) {
		o.ObserveFloat64(m.gauges[BuildInfo], 1, metric.WithAttributes(attribute.String(labelVersion, s.Version),
			attribute.String(labelRevision, s.Revision), attribute.String(labelProgram, s.Program)))
	}, BuildInfo)
}
