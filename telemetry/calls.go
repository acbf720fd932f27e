package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Observe is told of a call that begins, by the name of its operation, and gives what is to be told how it ended. It has the form in which the
// clients of B1 and Magento take it, which know nothing of this package.
type Observe = func(ctx context.Context, op string) (ended func(error))

// B1Calls observes the calls of an instance to B1; nil when nobody wants to know.
func (t *Telemetry) B1Calls(instance string) Observe {
	return t.calls(B1Call, "b1", instance, operationOfB1)
}

// MagentoCalls observes the calls of an instance to Magento.
func (t *Telemetry) MagentoCalls(instance string) Observe {
	return t.calls(MagentoCall, "magento", instance, operationOfMagento)
}

func (t *Telemetry) calls(name, system, instance string, operation func(string) string) Observe {
	if t == nil {
		return nil
	}
	var took metric.Float64Histogram
	if t.meters != nil {
		took = t.meters.histograms[name]
	}
	return func(ctx context.Context, op string) func(error) {
		op = operation(op)
		began, span := time.Now(), t.begin(ctx, system, instance, op)
		return func(err error) {
			result := outcome(err)
			if took != nil {
				// The call's own context may be over; what it says about a trace is no matter here.
				took.Record(context.WithoutCancel(ctx), time.Since(began).Seconds(), metric.WithAttributes(attribute.String(labelInstance, instance),
					attribute.String(labelOperation, op), attribute.String(labelOutcome, result)))
			}
			if span == nil {
				return
			}
			span.SetAttributes(attribute.String("datawald.outcome", result))
			if result != outcomeOK {
				span.SetStatus(codes.Error, result)
			}
			span.End()
		}
	}
}

// begin opens the span of a call: its name and that of the instance, neither address nor query.
func (t *Telemetry) begin(ctx context.Context, system, instance, op string) trace.Span {
	if t.tracer == nil {
		return nil
	}
	_, span := t.tracer.Start(ctx, system+" "+op, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("datawald.instance", instance), attribute.String("datawald.system", system)))
	return span
}

// Posted takes down that an order of an instance is in B1, by when it was placed; nil when nobody wants to know.
func (t *Telemetry) Posted(instance string) func(placed time.Time) {
	if t == nil || t.meters == nil {
		return nil
	}
	took, labels := t.meters.histograms[PlacedToPosted], metric.WithAttributeSet(attribute.NewSet(attribute.String(labelInstance, instance)))
	return func(placed time.Time) {
		// Clocks of two machines may differ.
		took.Record(context.Background(), max(0, time.Since(placed).Seconds()), labels)
	}
}

// Load is how much a way to B1 has to do.
type Load struct {
	// InFlight are the calls under way, Concurrency how many orders may be in hand; Open is true while no order is sent.
	InFlight, Concurrency int
	Open                  bool
}

// WatchB1 shows the load of an instance's way to B1, which look tells without waiting.
func (t *Telemetry) WatchB1(instance string, look func() Load) {
	if t == nil || t.meters == nil {
		return
	}
	m, labels := t.meters, metric.WithAttributeSet(attribute.NewSet(attribute.String(labelInstance, instance)))
	m.observe(func(_ context.Context, o metric.Observer) {
		l := look()
		o.ObserveFloat64(m.gauges[B1CallsInFlight], float64(l.InFlight), labels)
		o.ObserveFloat64(m.gauges[B1Concurrency], float64(l.Concurrency), labels)
		o.ObserveFloat64(m.gauges[B1CircuitOpen], flag(l.Open), labels)
	}, B1CallsInFlight, B1Concurrency, B1CircuitOpen)
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
