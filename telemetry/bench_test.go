package telemetry_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/sandbox/testkit"
	"datawald/telemetry"
)

// What one observed call costs: it is to be compared with the milliseconds that the call takes.
func BenchmarkCall(b *testing.B) {
	for _, c := range []struct {
		name            string
		metrics, traces bool
	}{{"metrics", true, false}, {"metrics and traces", true, true}} {
		b.Run(c.name, func(b *testing.B) {
			observe := benched(b, c.metrics, c.traces).B1Calls("main")
			b.ReportAllocs()
			for b.Loop() {
				observe(b.Context(), "POST Orders")(nil)
			}
		})
	}
}

// What one figure of Temporal's client library costs; an order makes some dozens of them.
func BenchmarkTemporal(b *testing.B) {
	var o client.Options
	benched(b, true, false).Client(&o)
	tags := map[string]string{"workflow_type": "InsertOrder", "task_queue": "b1-main", "namespace": "default", "client_name": "temporal_go"}
	b.ReportAllocs()
	for b.Loop() {
		o.MetricsHandler.WithTags(tags).Timer("temporal_request_latency").Record(time.Millisecond)
	}
}

func benched(b *testing.B, metrics, traces bool) *telemetry.Telemetry {
	s := telemetry.Settings{Program: telemetry.Worker, Log: testkit.Silent()}
	if metrics {
		s.MetricsAddress = "127.0.0.1:0"
	}
	if traces {
		b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", testkit.NewReceiver(b).URL)
	}
	shown, err := telemetry.Start(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := shown.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return shown
}
