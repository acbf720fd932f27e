// Package punctual keeps requests from leaving after their time. Whoever asks the clock before a call still has the way to the
// wire before him: dialling, shaking hands, waiting for a processor. A process that stands still there (SIGSTOP, a suspended
// machine) goes on as if nothing had been, and sends what somebody else has sent meanwhile; the timer of its context runs at
// some time after that. So the clocks are asked once more for every write to the connection.
package punctual

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"datawald/order"
)

// Guard gives t's connections a look at both clocks before each byte of a request whose context has a deadline. It makes t speak
// HTTP/1.1 alone, where a connection serves one request at a time. t must not be used otherwise any more.
func Guard(t *http.Transport) http.RoundTripper {
	dial := t.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: c}, nil
	}
	t.Protocols, t.ForceAttemptHTTP2 = new(http.Protocols), false
	t.Protocols.SetHTTP1(true)
	return &guard{t}
}

type guard struct{ transport *http.Transport }

// RoundTrip sends the request unless its time is over; then the error is context.DeadlineExceeded.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	var end *time.Time
	if at, limited := r.Context().Deadline(); limited {
		end = &at
	}
	got := func(info httptrace.GotConnInfo) {
		if c := beneath(info.Conn); c != nil {
			c.end.Store(end)
		}
	}
	res, err := g.transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: got})))
	if err != nil && end != nil && order.IsOver(time.Now(), *end) && !errors.Is(err, context.DeadlineExceeded) {
		// A connection that was not written to is closed, and what reads from it may be the first to say so.
		return nil, fmt.Errorf("%w (%w)", context.DeadlineExceeded, err)
	}
	return res, err
}

// CloseIdleConnections lets http.Client close them.
func (g *guard) CloseIdleConnections() { g.transport.CloseIdleConnections() }

// beneath is our connection under that of TLS.
func beneath(c net.Conn) *conn {
	for {
		secured, ok := c.(*tls.Conn)
		if !ok {
			ours, _ := c.(*conn)
			return ours
		}
		c = secured.NetConn() // once more behind a proxy that is reached by TLS
	}
}

// conn is a connection that knows until when its request may leave.
type conn struct {
	net.Conn
	end atomic.Pointer[time.Time]
}

// Write writes while there is time.
func (c *conn) Write(b []byte) (int, error) {
	if end := c.end.Load(); end != nil && order.IsOver(time.Now(), *end) {
		return 0, fmt.Errorf("not sent, its time is over: %w", context.DeadlineExceeded)
	}
	return c.Conn.Write(b)
}
