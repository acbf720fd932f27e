package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"datawald/gateway/access"
	"datawald/gateway/api"
)

// reply is an answer of the API, kept in memory: pages ask for bounded ones.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header is for the API to write.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader notes the status.
func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write keeps the body.
func (r *reply) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// call is a request to the API in the name of who visits the page.
type call struct {
	method, path string
	query        url.Values
	// body is sent as JSON, a string as it is; media is its type when that is not JSON.
	body  any
	media string
	// once is the Idempotency-Key: the same form sent twice acts once.
	once string
}

// ask sends a call and reads the answer into out, which may be nil. Its error is the API's own *api.Problem.
func (v *visit) ask(c call, out any) (*reply, error) {
	req, err := v.request(c)
	if err != nil {
		return nil, err
	}
	r := &reply{header: http.Header{}}
	v.api.ServeHTTP(r, req)
	if r.status >= http.StatusBadRequest {
		return r, problemOf(r)
	}
	if out == nil {
		return r, nil
	}
	if err := json.Unmarshal(r.body.Bytes(), out); err != nil {
		return r, fmt.Errorf("answer of %s %s: %w", c.method, c.path, err)
	}
	return r, nil
}

// get reads what the API has at a path. Its segments must be escaped already.
func (v *visit) get(path string, query url.Values, out any) error {
	_, err := v.ask(call{method: http.MethodGet, path: path, query: query}, out)
	return err
}

// request writes a call in the name of who visits the page.
func (v *visit) request(c call) (*http.Request, error) {
	target := c.path
	if len(c.query) > 0 {
		target += "?" + c.query.Encode()
	}
	body := ""
	switch b := c.body.(type) {
	case nil:
	case string:
		body = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	req, err := access.Within(v.r, v.pass, c.method, target, body)
	if err != nil {
		return nil, err
	}
	if c.media != "" {
		req.Header.Set("Content-Type", c.media)
	}
	if c.once != "" {
		req.Header.Set("Idempotency-Key", c.once)
	}
	return req, nil
}

// problemOf reads the problem that the API answered.
func problemOf(r *reply) *api.Problem {
	var p api.Problem
	if !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") || json.Unmarshal(r.body.Bytes(), &p) != nil || p.Title == "" {
		p = api.Problem{Title: http.StatusText(r.status), Detail: "The gateway gave no reason. Try again, and report it with the time and the address if it stays."}
	}
	p.Status = r.status
	return &p
}

// act is a call that changes something, asked for by the form of this visit.
func (v *visit) act(path string, query url.Values, body any) call {
	return call{method: http.MethodPost, path: path, query: query, body: body, once: v.r.PostFormValue("once")}
}
