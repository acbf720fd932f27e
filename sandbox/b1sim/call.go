package b1sim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// call is what is known of a request before it is carried out: its names, for counting and for matching faults, and
// how much work it is.
type call struct {
	name  string   // "POST Orders", "GET Orders(n)", "POST $batch"
	names []string // the name, and those of the requests inside a batch
	keys  []string // NumAtCard of the documents sent
	lines int      // document lines sent
	read  bool
	batch *batch // parsed body of a $batch
	// about tells calls apart that have the same name: the documents sent, or else address and body.
	about string
}

// describe looks at a request.
func describe(req *request) *call {
	cl := &call{name: nameOf(req), read: req.method == http.MethodGet}
	cl.names = []string{cl.name}
	cl.addBody(req.body)
	if req.path == "$batch" && req.method == http.MethodPost {
		cl.batch = parseBatch(req)
		for _, sub := range cl.batch.requests() {
			cl.names = append(cl.names, nameOf(sub))
			cl.addBody(sub.body)
		}
	}
	if cl.about = strings.Join(cl.keys, "\x00"); cl.about == "" {
		cl.about = req.path + "?" + req.query + "\x00" + string(req.body)
	}
	return cl
}

// nameOf names a request with its key left out.
func nameOf(req *request) string {
	res, err := parseResource(req.path)
	if err != nil {
		return req.method + " " + req.path
	}
	name := req.method + " " + res.name
	if res.keys != nil {
		name += "(n)"
	}
	if res.tail != "" {
		name += "/" + res.tail
	}
	return name
}

// addBody takes what matters out of a document; other bodies have neither a reference nor lines.
func (cl *call) addBody(body []byte) {
	var doc struct {
		NumAtCard     *string
		DocumentLines []json.RawMessage
	}
	if json.Unmarshal(body, &doc) != nil {
		return
	}
	cl.lines += len(doc.DocumentLines)
	if doc.NumAtCard != nil {
		cl.keys = append(cl.keys, *doc.NumAtCard)
	}
}
