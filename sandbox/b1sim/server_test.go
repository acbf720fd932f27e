package b1sim_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
)

func TestParallelOrdersAreAllThere(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	const callers, each = 8, 25
	var done sync.WaitGroup
	for caller := range callers {
		done.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%d-%d", caller, i)
				if answer, err := s.try("POST", "/b1s/v2/Orders", simpleOrder(key)); err != nil || answer.status != http.StatusCreated {
					t.Errorf("order %s: %v %v", key, answer, err)
				}
				if answer, err := s.try("GET", "/b1s/v2/Orders?$filter=NumAtCard%20eq%20'"+key+"'", ""); err != nil || len(answer.values("DocEntry")) != 1 {
					t.Errorf("look-up %s: %v", key, err)
				}
			}
		})
	}
	done.Wait()
	entries := map[int64]bool{}
	for _, order := range s.company.Orders() {
		entries[order.DocEntry] = true
	}
	if len(entries) != callers*each || len(s.company.DuplicateKeys()) != 0 {
		t.Errorf("%d orders, duplicates %v", len(entries), s.company.DuplicateKeys())
	}
}

func TestState(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(simpleOrder("a"))
	s.order(simpleOrder("a"))
	s.order(simpleOrder("b"))
	s.control("/control/cancel", `{"key":"b"}`)
	s.call("POST", "/control/cancel", `{"key":"b"}`).want(t, http.StatusBadRequest)
	s.control("/control", `{"approval":{"on":true,"above":"100"}}`)
	s.call("POST", "/b1s/v2/Orders", orderWith(`"NumAtCard":"c"`, `{"ItemCode":"A1","UnitPrice":101}`)).want(t, http.StatusNotFound)

	var state b1sim.State
	if err := json.Unmarshal(s.call("GET", "/state", "").body, &state); err != nil {
		t.Fatal(err)
	}
	if state.Count != 3 || state.DraftCount != 1 || len(state.Orders) != 3 || len(state.Drafts) != 1 || state.Logins != 1 || state.Sessions != 1 {
		t.Errorf("state %+v", state)
	}
	first := state.Orders[0]
	if first.DocEntry != 1 || first.Key != "a" || first.Total.String() != "20" || first.Currency != "USD" || first.Lines != 1 || first.Cancelled {
		t.Errorf("order %+v", first)
	}
	if !state.Orders[2].Cancelled || state.Orders[2].Open {
		t.Errorf("cancelled order %+v", state.Orders[2])
	}
	if len(state.DuplicateKeys) != 1 || state.DuplicateKeys[0] != "a" {
		t.Errorf("duplicates %v", state.DuplicateKeys)
	}
	if state.Calls["POST Orders"] != 4 || state.Calls["POST Login"] != 1 || state.MaxConcurrency != 1 {
		t.Errorf("calls %v, most at once %d", state.Calls, state.MaxConcurrency)
	}
	summary := s.call("GET", "/state?summary=1", "")
	if summary.doc["orders"] != nil || summary.text("count") != "3" {
		t.Errorf("summary %s", summary.body)
	}
}

func TestControlMendsAHeldOrder(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	body := orderWith("", `{"ItemCode":"LATE","UnitPrice":1}`)
	s.call("POST", "/b1s/v2/Orders", body).wantError(t, 400, "-10", "")
	s.control("/control/item", `{"code":"LATE","name":"Late article"}`)
	s.order(body)
	s.control("/control/item", `{"code":"LATE","frozen":true}`)
	s.call("POST", "/b1s/v2/Orders", body).wantError(t, 400, "-10", "frozen")
}

func TestControlSettings(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.control("/control", `{"rates":{"EUR":"0"},"language":"es","posting_period":{"from":"2000-01-01","to":""},
		"latency":{"read":"1ms","write":"1ms","per_line":"0s"},"knee":2,"expire_sessions":true}`)
	s.login("v2")
	s.call("POST", "/b1s/v2/Orders", orderWith(`"DocCurrency":"EUR"`, `{"ItemCode":"A1"}`)).wantError(t, 400, "-4006", "Actualice")
	s.call("POST", "/b1s/v2/Orders", orderWith(`"DocDate":"1999-12-31"`, `{"ItemCode":"A1"}`)).wantError(t, 400, "-4013", "")
	s.call("GET", "/control", "").want(t, http.StatusOK)
	for _, body := range []string{
		`{"language":"de"}`, `{"knee":-1}`, `{"posting_period":{"from":"x"}}`, `{"faults":[{"fault":"x","times":1}]}`,
		`{"no_such":1}`, `not json`, `{"latency":{"read":5}}`,
	} {
		s.call("POST", "/control", body).want(t, http.StatusBadRequest)
	}
	s.call("GET", "/control/nothing", "").want(t, http.StatusBadRequest)
	s.call("GET", "/elsewhere", "").want(t, http.StatusNotFound)
}

// startServer runs Serve on a free port and returns its address.
func startServer(t *testing.T, cfg b1sim.Config) (*b1sim.Company, string) {
	t.Helper()
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- company.Serve(listener) }()
	t.Cleanup(func() {
		if err := company.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return company, listener.Addr().String()
}

// exchange sends a plain ping on a connection and reads the answer.
func exchange(t *testing.T, conn net.Conn, reader *bufio.Reader) *http.Response {
	t.Helper()
	if _, err := io.WriteString(conn, "GET /b1s/v2/Orders HTTP/1.1\r\nHost: b1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp
}

// An idle connection is closed by the server after the announced time, here shortened.
func TestServeClosesIdleConnections(t *testing.T) {
	_, address := startServer(t, b1sim.Config{KeepAlive: 20 * time.Millisecond})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	exchange(t, conn, reader)
	if _, err := reader.ReadByte(); err != io.EOF { // returns when the server closes
		t.Errorf("read %v, want EOF", err)
	}
}

func TestKeepAliveHeaderAndItsEnd(t *testing.T) {
	_, address := startServer(t, b1sim.Config{KeepAliveMax: 3})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for _, want := range []string{"timeout=5, max=2", "timeout=5, max=1", ""} {
		if got := exchange(t, conn, reader).Header.Get("Keep-Alive"); got != want {
			t.Errorf("Keep-Alive %q, want %q", got, want)
		}
	}
	if _, err := reader.ReadByte(); err != io.EOF {
		t.Errorf("read %v, want EOF after the last request", err)
	}
}

func TestServeTLS(t *testing.T) {
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate, and a client that trusts it
	defer certified.Close()
	_, address := startServer(t, b1sim.Config{TLS: &tls.Config{Certificates: certified.TLS.Certificates}})
	resp, err := certified.Client().Post("https://"+address+"/b1s/v2/Login", "application/json", strings.NewReader(goodLogin))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Proto != "HTTP/1.1" || !strings.Contains(string(body), "https://"+address+"/b1s/v2/") {
		t.Errorf("%s %s %v", resp.Proto, body, err)
	}
}

func TestCloseIsFinal(t *testing.T) {
	company, address := startServer(t, b1sim.Config{})
	resp, err := http.Get("http://" + address + "/ping/") // answered, so Serve runs
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := company.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the server still listens")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := company.Serve(listener); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Errorf("Serve after Close: %v", err)
	}
}
