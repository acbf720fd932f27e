// Package magento reads orders from a Magento 2 or Adobe Commerce shop over its REST API and turns its documents into
// the domain's order. Sections named in comments are those of Adobe's "Web APIs" guide; issue numbers are of
// magento/magento2.
package magento

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
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
	// Timeout bounds one call. Magento loads each order of a page again, one by one. Default 60 s.
	Timeout time.Duration
}

// Client reads one shop. It is safe for concurrent use and never repeats a call by itself.
type Client struct {
	root  string
	token string
	oauth OAuth
	http  *http.Client
}

// New makes a client, or reports everything that is wrong with the settings.
func New(s Settings) (*Client, error) {
	root, err := restRoot(s.URL)
	if s.Token == "" && !s.OAuth.complete() {
		err = errors.Join(err, errors.New("Magento credentials: give an access token, or consumer key, consumer secret, access token and access token secret"))
	}
	if err != nil {
		return nil, err
	}
	if s.Timeout <= 0 {
		s.Timeout = time.Minute
	}
	// A redirect is not followed: the request is signed for one address, and once.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{root: root, token: s.Token, oauth: s.OAuth, http: &http.Client{Timeout: s.Timeout, CheckRedirect: stay}}, nil
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
	target, op := c.root+what.path, what.op
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
	c.authorize(req, what.params)
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, transportFailure(op, err)
	}
	defer res.Body.Close()
	took := time.Since(began)
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, transportFailure(op, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, failure(op, res, body)
	}
	if len(body) > maxAnswer {
		return nil, tooLarge(op)
	}
	// A PHP fatal error or a proxy page comes with status 200: believe only JSON.
	if !json.Valid(body) {
		return nil, badAnswer(op, fmt.Sprintf("HTTP 200 with %d bytes that are not JSON (%s)", len(body), firstWord(body)), nil)
	}
	now, _ := http.ParseTime(res.Header.Get("Date"))
	return &answer{body: body, now: now, took: took}, nil
}

// authorize signs anew for each attempt: a nonce counts once.
func (c *Client) authorize(req *http.Request, params []param) {
	if !c.oauth.complete() {
		req.Header.Set("Authorization", "Bearer "+c.token)
		return
	}
	req.Header.Set("Authorization", c.oauth.header(req.Method, baseURL(req.URL), params))
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
