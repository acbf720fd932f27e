package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/telemetry"
)

// A receiver that is away costs one line, and one when it is back.
// Fails without: spoken, or without its lost.
func TestTraces_ThatDoNotArriveAreSaidOnce(t *testing.T) {
	var said bytes.Buffer
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "5")
	shown, to, end := traced(t, slog.New(slog.NewTextHandler(&said, nil)))
	to.Refuse(true)
	observe := shown.B1Calls("main")
	until(t, func() bool {
		observe(t.Context(), "POST Orders")(nil)
		return to.Refused() > 2
	})
	to.Refuse(false)
	until(t, func() bool {
		observe(t.Context(), "POST Orders")(nil)
		return len(to.Spans()) > 0
	})
	end()
	if text := said.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "traces do not arrive") || !strings.HasSuffix(strings.TrimSpace(text), `msg="traces arrive again"`) {
		t.Errorf("said %q, want one line that they do not arrive and one that they do", text)
	}
}

// A receiver that takes a batch and never answers keeps neither a call nor the stop, and is said to be away all the same.
// Fails with a spoken that takes the time-out of a batch for the end of the program.
func TestTraces_AReceiverThatHangsKeepsNobody(t *testing.T) {
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hangs.Close()
	defer close(release)
	var said safeBuffer
	for name, value := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": hangs.URL, "OTEL_BSP_SCHEDULE_DELAY": "5", "OTEL_BSP_EXPORT_TIMEOUT": "100"} {
		t.Setenv(name, value)
	}
	shown, err := telemetry.Start(t.Context(), telemetry.Settings{Program: telemetry.Worker, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	observe := shown.B1Calls("main")
	began := time.Now()
	for range 5000 { // more than the queue holds
		observe(t.Context(), "POST Orders")(nil)
	}
	if took := time.Since(began); took > 20*time.Second { // it would wait for ever
		t.Errorf("5,000 calls took %s", took)
	}
	until(t, func() bool { return strings.Contains(said.String(), "traces do not arrive") })
	limit, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began = time.Now()
	if err := shown.Stop(limit); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

// safeBuffer is a buffer that is read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// until waits for a condition, a minute at most.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute")
		}
	}
}
