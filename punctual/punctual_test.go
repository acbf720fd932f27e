package punctual_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/punctual"
	"datawald/sandbox/testkit"
)

// stoodStill is the context of a process that goes on after its time: the deadline has passed, the timer has not run.
type stoodStill struct {
	context.Context
	end time.Time
}

func (s stoodStill) Deadline() (time.Time, bool) { return s.end, true }

// Fails without: the look at the clocks in Write; with the clock alone that Go measures with; with TLS, without beneath, and its loop.
func TestGuard_NothingLeavesAfterItsTime(t *testing.T) {
	for way, open := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer,
		"https, by a proxy that is reached by https": httptest.NewTLSServer} {
		t.Run(way, func(t *testing.T) {
			var came atomic.Int32
			server := open(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
			defer server.Close()
			transport := server.Client().Transport.(*http.Transport).Clone()
			if strings.Contains(way, "proxy") {
				proxy := httptest.NewTLSServer(http.HandlerFunc(tunnel)) // its certificate is that of every such server
				defer proxy.Close()
				address, err := url.Parse(proxy.URL)
				if err != nil {
					t.Fatal(err)
				}
				transport.Proxy = http.ProxyURL(address)
			}
			client := &http.Client{Transport: punctual.Guard(transport)}
			defer client.CloseIdleConnections()
			post := func(end time.Time) error {
				ctx := t.Context()
				if !end.IsZero() {
					ctx = stoodStill{ctx, end}
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("an order"))
				if err != nil {
					t.Fatal(err)
				}
				res, err := client.Do(req)
				if err == nil {
					res.Body.Close()
				}
				return err
			}
			late := []time.Time{time.Now().Add(-time.Millisecond), testkit.OnWall(t, time.Now().Add(time.Minute), -time.Hour)}
			for round := range 3 { // on a new connection, and on one that has served others
				for _, end := range late {
					if err := post(end); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("a late request ended with %v", err)
					}
				}
				for _, end := range []time.Time{time.Now().Add(time.Minute), {}} {
					if err := post(end); err != nil {
						t.Errorf("a request in time ended with %v", err)
					}
				}
				if n := int(came.Load()); n != 2*(round+1) {
					t.Fatalf("%d requests came in %d rounds of two in time", n, round+1)
				}
			}
		})
	}
}

// tunnel is a proxy that connects.
func tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // until one of them is closed
		to.Close()
	}
	go pipe(there, here)
	go pipe(here, there)
}
