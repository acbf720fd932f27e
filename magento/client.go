// Package magento reads orders from a Magento 2 or Adobe Commerce shop over its REST API and turns its documents into
// the domain's order. Sections named in comments are those of Adobe's "Web APIs" guide; issue numbers are of
// magento/magento2.
package magento

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"datawald/order"
	"datawald/punctual"
)

// Settings say how to reach one shop.
type Settings struct {
	// URL is the shop's base address, https://shop.example.com; /rest/V1 is added. For installations whose REST root
	// is elsewhere give the address up to it.
	URL string
	// Token is an integration's access token used as Bearer. Magento 2.4.4 and later refuse it unless switched on.
	Token string
	// OAuth holds the four credentials of an integration; preferred, because every release accepts them.
	OAuth OAuth
	// Stores are the store_ids whose orders belong to this client; empty for all. The API knows no other way to part the
	// orders of stores: a store code in the address filters nothing (magento/devdocs 9405).
	Stores []int64
	// AdminUser and AdminPassword log in for a token where there is no integration. Two-factor authentication refuses them.
	AdminUser, AdminPassword string
	// Now is the clock by which an admin token grows old. Default time.Now.
	Now func() time.Time
	// Timeout bounds one call. Magento loads each order of a page again, one by one. Default 60 s.
	Timeout time.Duration
	// Observe is told of each call as it goes out, by the name of its operation, and gives what is told how it ended. It must not wait.
	// Nil for nobody.
	Observe func(ctx context.Context, op string) (ended func(error))
	// Transport reaches the shop; the client takes it for itself. Default: as net/http does, by the proxy of the environment.
	Transport *http.Transport
}

// Client reads one shop. It is safe for concurrent use and never repeats a call by itself, but for one that was refused
// because an admin token had ended.
type Client struct {
	root    string
	way     Way
	token   string
	oauth   OAuth
	admin   *adminSession // of WayAdmin
	stores  []int64
	http    *http.Client
	now     func() time.Time
	observe func(ctx context.Context, op string) (ended func(error))
	// answered holds the operations that the shop has answered: what it refuses after that worked before.
	answered sync.Map
	// broken are orders that broke a list lately.
	broken brokenIDs
	// ahead is how far the shop's clock is ahead of ours, in nanoseconds; 0 while they agree.
	ahead atomic.Int64
}

// New makes a client, or reports everything that is wrong with the settings.
func New(s Settings) (*Client, error) {
	root, err := restRoot(s.URL)
	way, missing := s.Way()
	if err = errors.Join(err, missing); err != nil {
		return nil, err
	}
	if s.Timeout <= 0 {
		s.Timeout = time.Minute
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Observe == nil {
		s.Observe = func(context.Context, string) func(error) { return func(error) {} }
	}
	if s.Transport == nil {
		s.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second}
	}
	// A redirect is not followed: the request is signed for one address, and once.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{root: root, way: way, token: s.Token, oauth: s.OAuth, admin: newAdminSession(s.AdminUser, s.AdminPassword), stores: s.Stores,
		http: &http.Client{Transport: punctual.Guard(s.Transport), Timeout: s.Timeout, CheckRedirect: stay}, now: s.Now, observe: s.Observe}, nil
}

// restRoot is the address of the API up to and with /V1.
func restRoot(address string) (string, error) {
	const want = "want an address such as https://shop.example.com"
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("Magento URL: " + want) // the cause would quote the address, and so its password
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("Magento URL %q: %s", u.Redacted(), want)
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/V1")
	if !slices.Contains(strings.Split(u.Path, "/"), "rest") && !strings.Contains(u.Host, "api.commerce.adobe.com") {
		u.Path += "/rest"
	}
	return u.String() + "/V1", nil
}

// answer is a successful reply: its body as received, and the shop's own clock.
type answer struct {
	body []byte
	// now is the HTTP Date of the answer; zero when the shop (or a proxy) sent none.
	now time.Time
	// took is the time from the call to the answer: Date is written at the end, when the shop has long looked.
	took time.Duration
}

// get makes one signed read. op names it without personal data.
func (c *Client) get(ctx context.Context, op, path string, params []param) (*answer, error) {
	return c.send(ctx, call{op: op, method: http.MethodGet, path: path, params: params})
}

// call is one request to the shop.
type call struct {
	// op names the call without personal data.
	op     string
	method string
	// path begins behind /V1.
	path   string
	params []param
	// body is JSON; nil for none.
	body []byte
}

// send makes one signed call.
func (c *Client) send(ctx context.Context, what call) (*answer, error) {
	switch c.way {
	case WayAdmin:
		return c.sendAsAdmin(ctx, what)
	case WayOAuth:
		return c.sendSigned(ctx, what)
	}
	return c.exchange(ctx, what, c.authorize)
}

// authorizer puts the sign-in on a request.
type authorizer func(req *http.Request, params []param)

// authorize signs anew for each attempt: a nonce counts once.
func (c *Client) authorize(req *http.Request, params []param) {
	if c.way == WayToken {
		req.Header.Set("Authorization", "Bearer "+c.token)
		return
	}
	c.signer(req, params)
}

// exchange makes one attempt, which is observed.
func (c *Client) exchange(ctx context.Context, what call, sign authorizer) (*answer, error) {
	ended := c.observe(ctx, what.op)
	a, err := c.attempt(ctx, what, sign)
	if what.method == http.MethodGet {
		ended(err)
	} else {
		ended(asWrite(what.op, err))
	}
	return a, err
}

// attempt believes only an answer in JSON.
func (c *Client) attempt(ctx context.Context, what call, sign authorizer) (*answer, error) {
	r, err := c.roundTrip(ctx, what, sign)
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusOK {
		return nil, r.failure(what.op, c.access(what.op))
	}
	if len(r.body) > maxAnswer {
		return nil, tooLarge(what.op)
	}
	// A PHP fatal error or a proxy page comes with status 200.
	if !json.Valid(r.body) {
		return nil, badAnswer(what.op, fmt.Sprintf("HTTP 200 with %d bytes that are not JSON (%s)", len(r.body), firstWord(r.body)), nil)
	}
	c.answered.Store(what.op, true)
	return &answer{body: r.body, now: r.now, took: r.took}, nil
}

// reply is what came back, of whatever status.
type reply struct {
	status int
	header http.Header
	body   []byte
	tls    *tls.ConnectionState
	// now and took are as in answer.
	now  time.Time
	took time.Duration
}

func (c *Client) roundTrip(ctx context.Context, what call, sign authorizer) (*reply, error) {
	target := c.root + what.path
	if len(what.params) > 0 {
		target += "?" + encode(what.params)
	}
	req, err := http.NewRequestWithContext(ctx, what.method, target, bytes.NewReader(what.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if what.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	sign(req, what.params)
	began := time.Now()
	// The process may have stood still, and its timers not know it yet.
	if end, limited := ctx.Deadline(); limited && order.IsOver(began, end) {
		return nil, transportFailure(what.op, context.DeadlineExceeded)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, transportFailure(what.op, err)
	}
	defer res.Body.Close()
	r := &reply{status: res.StatusCode, header: res.Header, tls: res.TLS, took: time.Since(began)}
	if r.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1)); err != nil {
		return nil, transportFailure(what.op, err)
	}
	r.now, _ = http.ParseTime(res.Header.Get("Date"))
	c.learnClock(r.now, began, r.took)
	return r, nil
}

// firstWord tells HTML from cut-off JSON without quoting content.
func firstWord(body []byte) string {
	switch b := bytes.TrimSpace(body); {
	case len(b) == 0:
		return "empty"
	case b[0] == '<':
		return "HTML"
	case b[0] == '{' || b[0] == '[':
		return "cut off or damaged"
	}
	return "text"
}
