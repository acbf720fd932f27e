// Package sapb1 is a client of the SAP Business One Service Layer: the calls that DataWald makes, the documents they
// carry, and what each answer means for the caller. It never repeats a call by itself, but for the one case in which B1
// says that it did not look at it (session gone): a write whose answer was lost may have happened.
package sapb1

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"datawald/order"
	"datawald/punctual"
)

// Settings say how to reach one B1 company.
type Settings struct {
	// URL is the service root, https://host:50000/b1s/v2 (OData 4, preferred) or …/b1s/v1 (OData 3).
	URL       string
	CompanyDB string
	User      string
	Password  string
	// Timeout bounds one call. A 20-line order takes 1.3 to 8 s under load; the default is 60 s.
	Timeout time.Duration
	// MaxCalls is how many calls may be under way at once, and how many orders at most are in hand; default 8.
	MaxCalls int
	// ProbeEvery is the first pause between two probes of a B1 that does not answer, default 3 s; it grows by two thirds.
	ProbeEvery time.Duration
	// Tell hears of B1's health: when it goes down, after each probe while it is, when B1 refuses the connector, and when it is
	// well again. A message that it is well is repeated until Tell takes it without an error, and while orders go through each
	// TellEvery, default 15 s. It must not call the client.
	Tell      func(context.Context, Health) error
	TellEvery time.Duration
	// Observe is told of each call as it goes out, by the name of its operation, and gives what is told how it ended. It must not wait.
	// Nil for nobody.
	Observe func(ctx context.Context, op string) (ended func(error))
	// CAFile is a PEM file with the authority of a self-signed certificate.
	CAFile string
	// Insecure switches the check of the certificate off. For trials only.
	Insecure bool
}

// Client talks to one B1 company with one shared session. It is safe for concurrent use.
type Client struct {
	settings Settings
	base     string
	http     *http.Client
	slots    chan struct{}
	lane     *lane
	session  session
	// ledgers are the user tables that B1 has shown.
	ledgers sync.Map
}

// idleBeforeB1 closes idle connections before the Service Layer does (Keep-Alive: timeout=5): a request on a
// connection that B1 is just closing would be lost without a trace.
const idleBeforeB1 = 3 * time.Second

// longestDial bounds the making of a connection. A machine that is gone answers nothing at all: better to know soon, and
// that nothing was sent, than to wait for the whole time of a call.
const longestDial = 10 * time.Second

// New makes a client, or reports everything that is wrong with the settings. It does not log in yet.
func New(s Settings) (*Client, error) {
	root, rootErr := serviceRoot(s.URL)
	tlsConfig, tlsErr := tlsConfig(s)
	if err := errors.Join(rootErr, tlsErr); err != nil {
		return nil, err
	}
	if s.Timeout <= 0 {
		s.Timeout = time.Minute
	}
	if s.MaxCalls <= 0 {
		s.MaxCalls = 8
	}
	if s.TellEvery <= 0 {
		s.TellEvery = 15 * time.Second
	}
	if s.Observe == nil {
		s.Observe = func(context.Context, string) func(error) { return func(error) {} }
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: longestDial, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     tlsConfig,
		MaxIdleConnsPerHost: s.MaxCalls,
		IdleConnTimeout:     idleBeforeB1,
	}
	// HTTP/1.1 alone, all that the Apache in front of B1 speaks: HTTP/2 would have net/http repeat a write that the server's
	// GOAWAY overtook.
	onTime := punctual.Guard(transport)
	// A redirect is not followed: it would make a read of a write, and take its answer for that of the write.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{settings: s, base: root, http: &http.Client{Transport: onTime, CheckRedirect: stay},
		slots: make(chan struct{}, s.MaxCalls), lane: newLane(s), session: session{turn: make(chan struct{}, 1)}}, nil
}

// serviceRoot is the address without a slash at its end.
func serviceRoot(address string) (string, error) {
	const want = "want an address such as https://host:50000/b1s/v2"
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil {
		return "", errors.New("B1 URL: " + want) // the cause would quote the address, and so its password
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("B1 URL %q: %s", u.Redacted(), want)
	}
	return u.String(), nil
}

func tlsConfig(s Settings) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Insecure}
	if s.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, fmt.Errorf("B1 certificate authority: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("B1 certificate authority %s: holds no PEM certificate", s.CAFile)
	}
	return c, nil
}

// request is one call: op names it without personal data, path is relative to the service root.
type request struct {
	method, op, path string
	query            url.Values
	body             any
	// raw is a body that is written down already, in place of body; header then says what it is.
	raw    []byte
	header map[string]string
	// write marks calls whose lost answer leaves the outcome unknown; sends those that send an order.
	write, sends bool
	// vital marks the looks without which no order is sent.
	vital bool
	// needed marks what some orders cannot do without: their buyer, their articles.
	needed bool
	// name tells the call from others of its kind, where a raw body is another each time.
	name string
}

// call makes one call with the shared session and decodes the answer into out. While B1 does not answer, none is made.
func (c *Client) call(ctx context.Context, r request, out any) error {
	if err := c.acquire(ctx); err != nil {
		return transportFailure(r.op, false, err)
	}
	defer func() { <-c.slots }()
	if err := c.lane.refuse(r.op); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.settings.Timeout, errTookTooLong)
	defer cancel()
	return c.twice(ctx, r, out)
}

// twice makes a call, and once more when the session was gone.
func (c *Client) twice(ctx context.Context, r request, out any) error {
	again, err := c.once(ctx, r, out)
	if again {
		_, err = c.once(ctx, r, out)
	}
	return err
}

func (c *Client) acquire(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once makes the call with the session of the moment. again is true when that session was gone, in which case B1 did
// not execute the call (Service Layer manual 3.1.1).
func (c *Client) once(ctx context.Context, r request, out any) (again bool, err error) {
	cookies, generation, err := c.credentials(ctx)
	if err != nil {
		if f := failureOf(err); f != nil && f.Kind == order.Config {
			c.shutOut(ctx, everything, false, f)
		}
		return false, err
	}
	req, about, err := c.build(ctx, r, cookies)
	if err != nil {
		return false, err
	}
	if late(ctx) {
		return false, transportFailure(r.op, false, context.DeadlineExceeded)
	}
	began, ended := c.lane.begin(), c.settings.Observe(ctx, r.op)
	res, body, err := c.send(req)
	err = read(r, res, body, err, out)
	ended(err)
	c.ended(ctx, began, r, ending{class: class(r.op, int(req.ContentLength)), about: about}, err)
	switch f := failureOf(err); {
	case f == nil:
	case f.Kind == order.Config && (r.vital || r.sends || r.needed || isUntrusted(f)), r.vital && f.Kind == order.Permanent && f.Code != codeTooLarge:
		c.shutOut(ctx, r.op, r.needed, f) // a look is the same for every order
	case f.Code == codeSessionGone && (f.Status == http.StatusUnauthorized || res.StatusCode < 300):
		// Inside a batch too: B1 took back all of the change set that met no session.
		c.forget(generation)
		return true, err
	}
	return false, err
}

// build makes the request, and a number that it has in common with no other but its own repetitions.
func (c *Client) build(ctx context.Context, r request, cookies string) (req *http.Request, about uint64, err error) {
	target := c.base + "/" + r.path
	if len(r.query) > 0 {
		// B1 reads %20, not the + that url.Values writes for a space.
		target += "?" + strings.ReplaceAll(r.query.Encode(), "+", "%20")
	}
	content := r.raw
	if r.body != nil {
		if content, err = json.Marshal(r.body); err != nil {
			return nil, 0, err
		}
	}
	var body io.Reader
	if content != nil {
		body = bytes.NewReader(content)
	}
	if req, err = http.NewRequestWithContext(ctx, r.method, target, body); err != nil {
		return nil, 0, err
	}
	if r.write {
		// Without this, net/http repeats a request by itself on a reused connection that broke early. POST is safe
		// from that by its method; the rule stands here so that no future write relies on it.
		req.GetBody = nil
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cookie", cookies)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	return req, r.about(target, content), nil
}

// seed makes the numbers of about.
var seed = maphash.MakeSeed()

// about is the same for the same call made again, and another for every other.
func (r request) about(target string, content []byte) uint64 {
	if r.name != "" {
		content = []byte(r.name)
	}
	return maphash.Bytes(seed, slices.Concat([]byte(r.method+" "+target+"\n"), content))
}

// late reports whether the time of a call is over by the clock. Where the process stood still (SIGSTOP, a suspended machine) the
// context does not know it yet: its timer runs at some time after that, and a write would go out that somebody else has made.
func late(ctx context.Context) bool {
	end, limited := ctx.Deadline()
	return limited && order.IsOver(time.Now(), end)
}

func (c *Client) send(req *http.Request) (*http.Response, []byte, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	return res, body, err
}
