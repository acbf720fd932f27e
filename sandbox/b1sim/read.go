package b1sim

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// read answers GET: a collection, its count, or one entity.
func (c *Company) read(req *request) *response {
	res, err := parseResource(req.path)
	if err != nil {
		return c.failed(req, err)
	}
	if res.name == rateService && req.version == v2 {
		return c.readRate(req, res)
	}
	set, err := c.findSet(res.name)
	if err != nil {
		return c.failed(req, err)
	}
	q, err := c.parseQuery(req, set.typ)
	if err != nil {
		return c.failed(req, err)
	}
	q.hides = func(r row) bool { return c.hides(set, r) }
	switch {
	case res.keys != nil && res.tail == "":
		return c.readOne(req, set, res, q)
	case res.keys == nil && res.tail == "$count":
		return c.readCount(set, q)
	case res.keys == nil && res.tail == "":
		return c.readPage(req, set, q)
	}
	return c.failed(req, fail(codePath, msgPath))
}

// findSet finds an entity set that the Service Layer shows. A user table that is not there, or not yet, answers
// another error than a wrong name.
func (c *Company) findSet(name string) (*entitySet, error) {
	if set := c.shown.Load().sets[name]; set != nil {
		return set, nil
	}
	if strings.HasPrefix(name, "U_") {
		return nil, fail(codeNoService, msgNoService)
	}
	return nil, fail(codePath, msgPath)
}

func (c *Company) readOne(req *request, set *entitySet, res resource, q *query) *response {
	key, err := set.key(res.keys)
	if err != nil {
		return c.failed(req, err)
	}
	c.mu.RLock()
	found := c.tables[set.name].get(key)
	if found != nil && c.hides(set, found) {
		found = nil
	}
	c.mu.RUnlock()
	if found == nil {
		return c.failed(req, fail(codeNoMatch, msgNoMatch))
	}
	return c.entityAnswer(req, http.StatusOK, set, found, q.only)
}

// readCount answers /$count: the bare number as text, in both versions.
func (c *Company) readCount(set *entitySet, q *query) *response {
	c.mu.RLock()
	total := len(q.matching(c.tables[set.name]))
	c.mu.RUnlock()
	answer := newResponse(http.StatusOK, strconv.AppendInt(nil, int64(total), 10))
	answer.header.Set("Content-Type", "text/plain;charset=utf-8")
	return answer
}

// readPage answers a collection. The next link is a path in version 3 (Service Layer manual 3.7.6) and relative to the
// service root in version 4, as a real server was measured to answer.
func (c *Company) readPage(req *request, set *entitySet, q *query) *response {
	c.mu.RLock()
	page, total, more := q.run(c.tables[set.name])
	c.mu.RUnlock()

	w := writer{version: req.version, fields: c.shown.Load().fields}
	b := appendName([]byte{'{'}, contextName(req.version))
	b = appendText(b, req.base+"/$metadata#"+set.name)
	if q.count {
		b = appendName(b, req.version.note("count"))
		b = append(b, countText(req.version, total)...)
	}
	b = append(appendName(b, "value"), '[')
	for i, r := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.entity(b, set.typ, r, etagNote(r), q.only)
	}
	b = append(b, ']')
	if more {
		b = appendName(b, req.version.note("nextLink"))
		b = appendText(b, nextPath(req, set)+"?"+q.nextQuery(req.query))
	}
	answer := c.jsonAnswer(req, http.StatusOK, append(b, '}'))
	if q.asked {
		answer.header.Set("Preference-Applied", "odata.maxpagesize="+strconv.Itoa(q.pageSize))
	}
	return answer
}

func nextPath(req *request, set *entitySet) string {
	if req.version == v1 {
		return v1.root() + "/" + set.name
	}
	return set.name
}

// countText is a number in version 4 and, as OData 3 writes 64-bit numbers, a string in version 3.
func countText(v version, total int) string {
	if v == v1 {
		return strconv.Quote(strconv.Itoa(total))
	}
	return strconv.Itoa(total)
}

func contextName(v version) string {
	if v == v1 {
		return v.note("metadata")
	}
	return v.note("context")
}

// entityAnswer answers one entity with its context and ETag.
func (c *Company) entityAnswer(req *request, status int, set *entitySet, r row, only []string) *response {
	context := [2]string{"metadata", req.base + "/$metadata#" + set.name + "/@Element"}
	if req.version == v2 {
		context = [2]string{"context", req.base + "/$metadata#" + set.name + "/$entity"}
	}
	w := writer{version: req.version, fields: c.shown.Load().fields}
	body := w.entity(nil, set.typ, r, append([][2]string{context}, etagNote(r)...), only)
	answer := c.jsonAnswer(req, status, body)
	if tag := etag(r); tag != "" && req.version == v2 {
		answer.header.Set("ETag", tag)
	}
	return answer
}

func (c *Company) jsonAnswer(req *request, status int, body []byte) *response {
	answer := newResponse(status, body)
	answer.header.Set("Content-Type", "application/json;odata=minimalmetadata;charset=utf-8")
	if req.version == v2 {
		answer.header.Set("Content-Type", "application/json;odata.metadata=minimal;charset=utf-8")
	}
	return answer
}

// etag is made of the data version (Service Layer manual 5): its SHA-1, as the manual's sample for version 1 shows.
// Entities without a data version have none.
func etag(r row) string {
	version, ok := r["DataVersion"].(int64)
	if !ok {
		return ""
	}
	sum := sha1.Sum(strconv.AppendInt(nil, version, 10))
	return `W/"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`
}

func etagNote(r row) [][2]string {
	if tag := etag(r); tag != "" {
		return [][2]string{{"etag", tag}}
	}
	return nil
}
