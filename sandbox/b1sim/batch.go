package b1sim

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
)

// runBatch carries out a $batch: one part after the other, until the first that fails; what follows is not carried out
// and not answered. The outer status is 202 in version 3 and 200 in version 4, whatever happened inside.
func (c *Company) runBatch(outer *request) *response {
	if err := outer.call.batch.err; err != nil {
		outer.inBatch = true // the error has the batch shape
		return c.failed(outer, err)
	}
	boundary := "batchresponse_" + rand.Text()
	var body bytes.Buffer
	committed := false
	for _, part := range outer.call.batch.parts {
		failed := false
		if part.changeSet {
			failed = c.runChangeSet(&body, outer, boundary, part, &committed)
		} else {
			failed = c.runSingle(&body, outer, boundary, part.requests[0], &committed)
		}
		if failed {
			break
		}
	}
	fmt.Fprintf(&body, "--%s--\r\n", boundary)
	status := http.StatusOK
	if outer.version == v1 {
		status = http.StatusAccepted
	}
	answer := newResponse(status, body.Bytes())
	answer.header.Set("Content-Type", "multipart/mixed;boundary="+boundary)
	answer.committed = committed
	return answer
}

// runSingle carries out a request that stands alone in the batch.
func (c *Company) runSingle(body *bytes.Buffer, outer *request, boundary string, sub *request, committed *bool) (failed bool) {
	sub.call = outer.call
	var answer *response
	if sub.method == http.MethodGet {
		answer = c.read(sub)
	} else {
		answer = c.writeAlone(sub)
	}
	*committed = *committed || answer.committed
	writePart(body, boundary, "", answer)
	return answer.failed
}

// runChangeSet carries out the requests of a change set in one transaction. A failed one rolls all back, and is
// answered by one plain part in place of a nested multipart (Service Layer manual 3.10.6).
func (c *Company) runChangeSet(body *bytes.Buffer, outer *request, boundary string, set batchPart, committed *bool) (failed bool) {
	var outcomes []*outcome
	var drafts []row
	done, err := c.unit(outer.call, func(tx *transaction) (err error) {
		outcomes, err = c.runTogether(tx, outer, set.requests)
		drafts = tx.outlives
		return err
	})
	if len(drafts) > 0 {
		done = c.fileDrafts(drafts) == nil
	}
	*committed = *committed || done
	if err != nil {
		writePart(body, boundary, "", c.failed(set.requests[0], err))
		return true
	}
	inner := "changesetresponse_" + rand.Text()
	fmt.Fprintf(body, "--%s\r\nContent-Type:multipart/mixed;boundary=%s\r\n\r\n", boundary, inner)
	for i, sub := range set.requests {
		writePart(body, inner, sub.header.Get("Content-ID"), c.answer(sub, outcomes[i]))
	}
	fmt.Fprintf(body, "--%s--\r\n", inner)
	return false
}

// fileDrafts files drafts that outlive the change set in which they were made.
func (c *Company) fileDrafts(drafts []row) error {
	return c.transact(func(tx *transaction) error {
		for _, draft := range drafts {
			(&exec{c: c, tx: tx}).file(c.tables[setDrafts].set, draft)
		}
		return nil
	})
}

// runTogether carries out requests in one transaction. "$1" in an address stands for the entity that the request with
// Content-ID 1 created.
func (c *Company) runTogether(tx *transaction, outer *request, requests []*request) ([]*outcome, error) {
	created := map[string]string{}
	var outcomes []*outcome
	for _, sub := range requests {
		sub.call = outer.call
		if id, isReference := strings.CutPrefix(sub.path, "$"); isReference {
			id, tail, _ := strings.Cut(id, "/")
			sub.path = strings.TrimSuffix(created[id]+"/"+tail, "/")
		}
		out, err := (&exec{c: c, tx: tx, req: sub}).run()
		if err != nil {
			return nil, err
		}
		if out.created {
			created[sub.header.Get("Content-ID")] = out.set.name + "(" + out.set.keyLiteral(out.row) + ")"
		}
		outcomes = append(outcomes, out)
	}
	return outcomes, nil
}

// writePart writes one answer as application/http.
func writePart(body *bytes.Buffer, boundary, contentID string, answer *response) {
	fmt.Fprintf(body, "--%s\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\n", boundary)
	if contentID != "" {
		fmt.Fprintf(body, "Content-ID:%s\r\n", contentID)
	}
	fmt.Fprintf(body, "\r\nHTTP/1.1 %d %s\r\n", answer.status, http.StatusText(answer.status))
	if len(answer.body) > 0 {
		fmt.Fprintf(body, "Content-Type:%s\r\nContent-Length:%d\r\n", answer.header.Get("Content-Type"), len(answer.body))
	}
	for _, name := range []string{"Location", "ETag", "Preference-Applied"} {
		if value := answer.header.Get(name); value != "" {
			fmt.Fprintf(body, "%s:%s\r\n", name, value)
		}
	}
	fmt.Fprintf(body, "\r\n%s\r\n", answer.body)
}
