package sapb1_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

func TestCalls_AreNeverMoreAtOnceThanAllowed(t *testing.T) {
	for _, limit := range []int{1, 3} {
		b := start(t, b1sim.Config{Latency: b1sim.Latency{Read: 5 * time.Millisecond, Write: 5 * time.Millisecond}})
		client := b.client("v2", func(s *sapb1.Settings) { s.MaxCalls = limit })
		atOnce(t, 30, look(t, client))
		if n := b.company.Traffic().MaxConcurrency; n != limit {
			t.Errorf("%d calls at once, want %d", n, limit)
		}
	}
}

// beginning waits until a call has reached B1.
func (b *b1) beginning(call string) {
	for b.calls(call) == 0 {
		time.Sleep(time.Millisecond)
	}
}

func TestCalls_EndWithTheirContext(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.ready("v2", func(s *sapb1.Settings) { s.MaxCalls = 1 })
	b.inject(b1sim.Rule{Fault: b1sim.Slow, Match: "POST Orders", Times: 1, Delay: b1sim.Duration(time.Minute)})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := client.CreateOrder(ctx, anOrder("1"))
		result <- err
	}()
	b.beginning("POST Orders")

	// Another write waits for its turn behind it and was never sent.
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	_, err := client.CreateOrder(short, anOrder("2"))
	if f := failureOf(t, err); f.Kind != order.Transient || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write that waits for its turn: %+v, want transient", f)
	}

	cancel()
	err = <-result
	if f := failureOf(t, err); f.Kind != order.Unknown || !errors.Is(err, context.Canceled) || f.Message != "no answer: cancelled" {
		t.Errorf("a write that was under way: %+v, want unknown", f)
	}
	if n := b.calls("POST Orders"); n != 1 {
		t.Errorf("%d writes were sent, want the one", n)
	}

	b.inject(b1sim.Rule{Fault: b1sim.Slow, Match: "GET Orders", Times: 1, Delay: b1sim.Duration(time.Minute)})
	short, stop = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	_, err = client.FindOrders(short, sapb1.Reference{NumAtCard: "1"})
	if f := failureOf(t, err); f.Kind != order.Transient || f.Message != "no answer: timed out" {
		t.Errorf("a read that was under way: %+v, want transient", f)
	}
	if err := look(t, client)(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestCalls_AWriteAnsweredTooLateIsUnknownAndMadeOnce(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.ready("v2", func(s *sapb1.Settings) { s.Timeout = 100 * time.Millisecond })
	b.inject(b1sim.Rule{Fault: b1sim.ReplyLate, Times: 1, Delay: b1sim.Duration(time.Minute)})
	_, err := client.CreateOrder(t.Context(), anOrder("1"))
	if f := failureOf(t, err); f.Kind != order.Unknown || f.Message != "no answer: timed out" {
		t.Errorf("%+v, want unknown", f)
	}
	if made, sent := b.company.CountByNumAtCard("1"), b.calls("POST Orders"); made != 1 || sent != 1 {
		t.Errorf("sent %d times and made %d times, want once", sent, made)
	}
}

func TestCalls_AWriteIsNeverSentTwiceOnABrokenConnection(t *testing.T) {
	for _, fault := range []b1sim.Fault{b1sim.RefuseBeforeCommit, b1sim.CommitThenDrop} {
		b := start(t, b1sim.Config{})
		client := b.ready("v2", func(s *sapb1.Settings) { s.MaxCalls = 1 }) // its connection is idle now, and used again
		b.inject(b1sim.Rule{Fault: fault, Times: 1})
		_, err := client.CreateOrder(t.Context(), anOrder("1"))
		if f := failureOf(t, err); f.Kind != order.Unknown || b.calls("POST Orders") != 1 {
			t.Errorf("%s: %+v after %d sendings, want unknown after one", fault, f, b.calls("POST Orders"))
		}
	}
}

func TestCalls_AWriteThatFoundNobodyWasNeverSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	client := newClient(t, sapb1.Settings{URL: "http://" + l.Addr().String() + "/b1s/v2"})
	_, err = client.CreateOrder(t.Context(), anOrder("1"))
	if f := failureOf(t, err); f.Kind != order.Transient || !strings.Contains(f.Message, "dial") || strings.Contains(f.Message, "b1s") {
		t.Errorf("%+v, want transient, without the address", f)
	}

	// The same with a session from before: B1 goes away between two calls.
	b := start(t, b1sim.Config{})
	server := httptest.NewServer(b)
	client = newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"})
	if err := look(t, client)(); err != nil {
		t.Fatal(err)
	}
	server.CloseClientConnections()
	server.Close()
	_, err = client.CreateOrder(t.Context(), anOrder("1"))
	if f := failureOf(t, err); b.calls("POST Orders") != 0 {
		t.Errorf("%+v, and %d writes arrived", f, b.calls("POST Orders"))
	}
	if _, err = client.CreateOrder(t.Context(), anOrder("1")); failureOf(t, err).Kind != order.Transient {
		t.Errorf("on a new connection: %v, want transient", err)
	}
}

func TestCalls_AreNotSentElsewhere(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			elsewhere.Add(1)
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
			_, _ = w.Write([]byte(`{"value":[],"DocEntry":7}`))
		}))
		defer other.Close()
		client := answering(t, status, http.Header{"Location": {other.URL}}, "")
		_, err := client.CreateOrder(t.Context(), anOrder("1"))
		if f := failureOf(t, err); f.Kind != order.Config || elsewhere.Load() != 0 {
			t.Errorf("%d: %+v, with %d calls elsewhere; want config and none", status, f, elsewhere.Load())
		}
		if err := look(t, client)(); failureOf(t, err).Kind != order.Config || elsewhere.Load() != 0 {
			t.Errorf("%d: a read gives %v, with %d calls elsewhere", status, err, elsewhere.Load())
		}
	}
}

func TestConnections_AreClosedBeforeB1ClosesThem(t *testing.T) {
	t.Parallel()
	b := start(t, b1sim.Config{})
	server := httptest.NewUnstartedServer(b)
	// B1's own timer runs beside the client's: on a busy machine both are late, and the client's must still be the first.
	happened := make(chan string, 10)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateIdle:
			time.AfterFunc(5*time.Second, func() { happened <- "B1 closes it" })
		case http.StateClosed:
			happened <- "the client closes it"
		}
	}
	server.Start() // it keeps idle connections for ever
	defer server.Close()
	client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"})
	if err := look(t, client)(); err != nil {
		t.Fatal(err)
	}
	if first := <-happened; first != "the client closes it" {
		t.Errorf("of an idle connection %s, want the client to be the first", first)
	}
}

func TestConnections_EndedByB1AfterTheirLastRequestLoseNothing(t *testing.T) {
	company, err := b1sim.New(b1sim.Config{KeepAliveMax: 2, Items: []b1sim.Item{{Code: "A1", Sales: true}, {Code: "A2", Sales: true}}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- company.Serve(l) }()
	client := newClient(t, sapb1.Settings{URL: "http://" + l.Addr().String() + "/b1s/v1", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"})
	atOnce(t, 20, func() error {
		_, err := client.CreateOrder(t.Context(), anOrder("1"))
		return err
	})
	if n := company.CountByNumAtCard("1"); n != 20 {
		t.Errorf("B1 has %d orders of 20", n)
	}
	if err := errors.Join(company.Close(), <-served); err != nil {
		t.Error(err)
	}
}

func TestTLS_TrustsTheAuthorityOfTheFileAlone(t *testing.T) {
	b := start(t, b1sim.Config{})
	server := httptest.NewUnstartedServer(b)
	server.Config.ErrorLog = silent
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	authority := file("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	settings := func(change func(*sapb1.Settings)) sapb1.Settings {
		s := sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox"}
		change(&s)
		return s
	}
	for name, s := range map[string]sapb1.Settings{
		"its authority": settings(func(s *sapb1.Settings) { s.CAFile = authority }),
		"no check":      settings(func(s *sapb1.Settings) { s.Insecure = true }),
	} {
		if _, err := newClient(t, s).CreateOrder(t.Context(), anOrder(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := newClient(t, settings(func(*sapb1.Settings) {})).CreateOrder(t.Context(), anOrder("1"))
	if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Hint, "B1_CA_FILE") {
		t.Errorf("with the machine's authorities: %+v, want config with a hint at the file", f)
	}
	for name, path := range map[string]string{"no file": filepath.Join(dir, "none"), "no certificate": file("x.pem", []byte("x"))} {
		if _, err := sapb1.New(settings(func(s *sapb1.Settings) { s.CAFile = path })); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v, want an error about the certificate", name, err)
		}
	}
}

func TestNew_RefusesAddressesThatCannotWork(t *testing.T) {
	for _, address := range []string{"", "b1:50000/b1s/v2", "ftp://user:s3cret@b1/b1s/v2", "https://", "https://user:s3cret@b1:x/b1s/v2", "https://b1/b1s/v2?x=1", "https://b1/b1s/v2#x"} {
		_, err := sapb1.New(sapb1.Settings{URL: address})
		if err == nil || !strings.Contains(err.Error(), "B1 URL") {
			t.Errorf("%q: %v, want an error about the address", address, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error %q tells the password", err)
		}
	}
	_, err := sapb1.New(sapb1.Settings{CAFile: filepath.Join(t.TempDir(), "none")})
	if err == nil || !strings.Contains(err.Error(), "URL") || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v does not report both problems at once", err)
	}
}
