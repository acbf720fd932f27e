package b1sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// maxBody is the largest request body that is read.
const maxBody = 32 << 20

// ServeHTTP answers the Service Layer, SAP's ping addresses, and the simulator's own /state and /control.
func (c *Company) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/state" || path == "/control" || strings.HasPrefix(path, "/control/"):
		c.serveControl(w, r)
	case c.away(w, r):
	case strings.HasPrefix(path, "/ping"):
		c.servePing(w, r)
	case strings.HasPrefix(path, v1.root()+"/"):
		c.serveLayer(w, r, v1)
	case strings.HasPrefix(path, v2.root()+"/"):
		c.serveLayer(w, r, v2)
	default:
		http.NotFound(w, r)
	}
}

// serveLayer carries out one Service Layer call: faults that come before it, the time it takes, the call itself, and
// faults that come after its commit.
func (c *Company) serveLayer(w http.ResponseWriter, r *http.Request, v version) {
	c.keepAlive(w, r)
	if r.Header.Get("Expect") != "" && r.Method == http.MethodPost {
		w.WriteHeader(http.StatusInternalServerError) // what Apache in front answers, with no body
		return
	}
	req, err := readRequest(r, v)
	if err != nil {
		return // the caller went away while sending
	}
	answer := c.cutOff(c.carryOut(req, c.meter.begin(r.Context(), req.call)))
	c.meter.end(req.call) // before the caller has it, and may send the next
	write(w, answer)
}

func (c *Company) carryOut(req *request, active int) *response {
	if answer := c.faultBefore(req.call); answer != nil {
		return answer
	}
	if !c.pace.wait(c.pace.duration(req.call.read, req.call.lines, active)) {
		return unavailableAnswer()
	}
	return c.faultAfter(req.call, c.dispatch(req))
}

// dispatch finds who answers a request. Everything but Login needs a session.
func (c *Company) dispatch(req *request) *response {
	if req.call.name == "POST Login" {
		return c.login(req)
	}
	if missing := c.session(req); missing != nil {
		return c.failed(req, missing)
	}
	switch {
	case req.call.name == "POST Logout":
		return c.logout(req)
	case req.call.batch != nil:
		return c.runBatch(req)
	case req.method == http.MethodGet:
		return c.read(req)
	}
	return c.writeAlone(req)
}

// readRequest takes a request off the wire.
func readRequest(r *http.Request, v version) (*request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	req := &request{
		version: v, method: r.Method, path: strings.TrimPrefix(r.URL.Path, v.root()+"/"), query: r.URL.RawQuery,
		header: r.Header, body: body, base: baseOf(r) + v.root(),
	}
	if method := r.Header.Get("X-HTTP-Method-Override"); method != "" && r.Method == http.MethodPost {
		req.method = strings.ToUpper(method)
	}
	req.call = describe(req)
	return req, nil
}

func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// failed answers an error: a Service Layer failure as such, anything else as an internal one.
func (c *Company) failed(req *request, err error) *response {
	var known *failure
	if !errors.As(err, &known) {
		known = fail(-1, message{en: "%s"}, err.Error()).withStatus(http.StatusInternalServerError)
	}
	answer := newResponse(known.httpStatus(), known.body(req.version, c.language(), req.inBatch, c.cfg.ErrorDetails))
	answer.header.Set("Content-Type", "application/json;charset=utf-8")
	answer.failed = true
	return answer
}

func (c *Company) language() string { return *c.tongue.Load() }

// write sends a response, or closes the connection without one.
func write(w http.ResponseWriter, answer *response) {
	if answer.drop {
		drop(w)
		return
	}
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	if len(answer.body) > 0 && w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
	}
	w.WriteHeader(answer.status)
	if _, err := w.Write(answer.body); err != nil {
		return // the caller is gone, which is its business
	}
}

// drop closes the connection under the caller.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not HTTP/1 here; the server resets the stream
	}
	if err := conn.Close(); err != nil {
		return // already closed by the other side, which is what was wanted
	}
}

type requestCountKey struct{}

// countRequests gives each connection a counter.
func countRequests(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, requestCountKey{}, new(atomic.Int64))
}

// keepAlive announces how long the connection lives, and ends it when it has served its number of requests. A client
// that reuses an idle connection at the wrong moment loses its request.
func (c *Company) keepAlive(w http.ResponseWriter, r *http.Request) {
	left := int64(c.cfg.KeepAliveMax)
	if counter, ok := r.Context().Value(requestCountKey{}).(*atomic.Int64); ok {
		left -= counter.Add(1)
	}
	if left <= 0 {
		w.Header().Set("Connection", "close")
		return
	}
	w.Header().Set("Connection", "Keep-Alive")
	w.Header().Set("Keep-Alive", fmt.Sprintf("timeout=%d, max=%d", int(c.cfg.KeepAlive.Seconds()), left))
}
