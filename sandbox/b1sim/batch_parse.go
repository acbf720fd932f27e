package b1sim

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// batch is the parsed body of POST $batch (Service Layer manual 3.10).
type batch struct {
	parts []batchPart
	err   error // why the body could not be read; then nothing is carried out
}

// batchPart is one request, or a change set of several that are carried out together or not at all.
type batchPart struct {
	changeSet bool
	requests  []*request
}

// requests lists all requests inside.
func (b *batch) requests() []*request {
	var out []*request
	for _, part := range b.parts {
		out = append(out, part.requests...)
	}
	return out
}

// parseBatch reads the body of a $batch request.
func parseBatch(outer *request) *batch {
	b := &batch{}
	b.err = eachPart(outer.header.Get("Content-Type"), outer.body, func(header textproto.MIMEHeader, body []byte) error {
		part, err := parsePart(outer, header, body)
		b.parts = append(b.parts, part)
		return err
	})
	if b.err != nil {
		b.parts = nil
	}
	return b
}

// parsePart reads a request or a change set.
func parsePart(outer *request, header textproto.MIMEHeader, body []byte) (batchPart, error) {
	if !strings.HasPrefix(header.Get("Content-Type"), "multipart/mixed") {
		sub, err := parseSubRequest(outer, header, body)
		return batchPart{requests: []*request{sub}}, err
	}
	set := batchPart{changeSet: true}
	err := eachPart(header.Get("Content-Type"), body, func(header textproto.MIMEHeader, body []byte) error {
		sub, err := parseSubRequest(outer, header, body)
		if err != nil {
			return err
		}
		sub.inSet = true
		set.requests = append(set.requests, sub)
		return checkContentID(outer.version, set.requests)
	})
	return set, err
}

// checkContentID looks at the newest request of a change set. A Content-ID is optional in version 3 and mandatory in
// version 4 (B1SLayer issue 8), must be unique (issue 81), and a GET cannot be inside.
func checkContentID(v version, requests []*request) error {
	newest := requests[len(requests)-1]
	if newest.method == http.MethodGet {
		return fail(codeInvalid, msgBatchBody)
	}
	id := newest.header.Get("Content-ID")
	if id == "" {
		if v == v2 {
			return fail(codeContentID, msgContentID)
		}
		return nil
	}
	for _, earlier := range requests[:len(requests)-1] {
		if earlier.header.Get("Content-ID") == id {
			return fail(codeContentID, msgContentTwice)
		}
	}
	return nil
}

// eachPart walks a multipart body to its closing boundary.
func eachPart(contentType string, body []byte, f func(textproto.MIMEHeader, []byte) error) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return fail(codeInvalid, msgBatchBody)
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fail(codeInvalid, msgBatchBody)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return fail(codeInvalid, msgBatchBody)
		}
		if err := f(part.Header, content); err != nil {
			return err
		}
	}
}

// parseSubRequest reads "METHOD address", header lines, an empty line, and a body. Without the empty line the request
// is incomplete: that is why a GET is followed by two.
func parseSubRequest(outer *request, part textproto.MIMEHeader, content []byte) (*request, error) {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(content)))
	first, err := reader.ReadLine()
	words := strings.Fields(first)
	if err != nil || len(words) < 2 {
		return nil, fail(codeInvalid, msgBatchBody)
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return nil, fail(codeInvalid, msgBatchBody)
	}
	body, err := io.ReadAll(reader.R)
	if err != nil {
		return nil, fail(codeInvalid, msgBatchBody)
	}
	sub := &request{
		version: outer.version, base: outer.base, method: strings.ToUpper(words[0]), header: http.Header(header),
		body: body, inBatch: true,
	}
	if id := part.Get("Content-ID"); id != "" && header.Get("Content-ID") == "" {
		sub.header.Set("Content-ID", id)
	}
	return sub, sub.address(words[1])
}

// address takes the path and query of an address that may be whole, a path, or relative to the service root.
func (req *request) address(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return fail(codeInvalid, msgBatchBody)
	}
	req.path, req.query = strings.TrimPrefix(u.Path, "/"), u.RawQuery
	for _, v := range []version{v1, v2} {
		req.path = strings.TrimPrefix(req.path, v.root()[1:]+"/")
	}
	return nil
}
