package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"datawald/alive"
	"datawald/config"
	"datawald/sandbox/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestServeFinishesWhatIsInHand(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	begun, proceed := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-proceed
		_, _ = io.WriteString(w, "done")
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, handler, slog.New(slog.NewTextHandler(&log, nil))) }()
	answers := make(chan string, 1)
	go func() { answers <- fetch("http://" + listener.Addr().String()) }()

	<-begun
	stop()
	select {
	case err := <-served:
		t.Fatalf("ended with %v while a request was in hand", err)
	default:
	}
	close(proceed)
	if got := <-answers; got != "done" {
		t.Errorf("answer %q, want done", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "gateway started") || !strings.Contains(text, "gateway stopped") {
		t.Errorf("log %q, want one line at start and one at stop", text)
	}
}

func fetch(url string) string {
	res, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestRunNamesThePortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	for name, value := range map[string]string{"GATEWAY_ADDRESS": address, "MONGODB_URI": testkit.MongoURI(t),
		"MONGODB_DATABASE": testkit.Name(t), "TEMPORAL_ADDRESS": testkit.TemporalAddress(t)} {
		t.Setenv(name, value)
	}
	err = run()
	if err == nil || !strings.Contains(err.Error(), "GATEWAY_ADDRESS") || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want one that names the address and its setting", err)
	}
}

// A gateway ends when the network is gone that it shares, and says why; one with a network of its own is left alone. Fails without: SharesNetwork, end.
func TestKeepNetwork_EndsWhoSharesOne(t *testing.T) {
	for _, shares := range []bool{true, false} {
		ctx, end := context.WithCancelCause(t.Context())
		keepNetwork(ctx, config.Listening{SharesNetwork: shares}, func(context.Context) error { return alive.ErrCutOff }, end)
		if cause := context.Cause(ctx); errors.Is(cause, alive.ErrCutOff) != shares || ctx.Err() != nil && !shares {
			t.Errorf("it shares one: %t; it ends with %v", shares, cause)
		}
		end(nil)
	}
}
