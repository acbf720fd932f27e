package config_test

import (
	"strings"
	"testing"

	"datawald/config"
)

// Fails without: optional, and Tracing.check.
func TestMetricsAndTraces_AreCheckedWithAllOthers(t *testing.T) {
	env(t, "GATEWAY_METRICS_ADDRESS=9465", "OTEL_EXPORTER_OTLP_ENDPOINT=user:geheim@collector")
	_, err := config.LoadGateway()
	wantProblems(t, err, "GATEWAY_METRICS_ADDRESS: |host:port", "OTEL_EXPORTER_OTLP_ENDPOINT: |http://127.0.0.1:4318")
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("the error tells a password: %v", err)
	}
	env(t, complete(t, "WORKER_METRICS_ADDRESS=127.0.0.1", "OTEL_EXPORTER_OTLP_ENDPOINT=")...)
	_, err = config.LoadWorker()
	wantProblems(t, err, "WORKER_METRICS_ADDRESS: |host:port")
	env(t, complete(t, "WORKER_METRICS_ADDRESS=127.0.0.1:9464", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318")...)
	if w, err := config.LoadWorker(); err != nil || w.MetricsAddress != "127.0.0.1:9464" {
		t.Error(w, err)
	}
}
