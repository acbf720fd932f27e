package b1sim

import (
	"net/http"
	"slices"
	"strings"
)

// exec carries out one writing request inside a transaction.
type exec struct {
	c   *Company
	tx  *transaction
	req *request
}

// outcome is what a writing request came to.
type outcome struct {
	set     *entitySet
	row     row      // entity to answer; nil: no content
	created bool     // 201 and Location, else 200
	raw     []byte   // answer of a service method, instead of a row
	hidden  *failure // error to answer although the work was done
}

// writeAlone carries out a writing request as a transaction of its own.
func (c *Company) writeAlone(req *request) *response {
	var out *outcome
	committed, err := c.unit(req.call, func(tx *transaction) (err error) {
		out, err = (&exec{c: c, tx: tx, req: req}).run()
		return err
	})
	var answer *response
	if err != nil {
		answer = c.failed(req, err)
	} else {
		answer = c.answer(req, out)
	}
	answer.committed = committed
	return answer
}

// unit runs f as one transaction, with the commit failures that were ordered. B1 answers -1116 whether or not the
// commit went through, so the work can be done although the answer is an error.
func (c *Company) unit(cl *call, f func(*transaction) error) (committed bool, err error) {
	err = c.transact(func(tx *transaction) error {
		if err := f(tx); err != nil {
			return err
		}
		if len(tx.changes) > 0 && c.faults.take(CommitFailed1116, cl) != nil {
			return fail(codeCommit, msgCommit)
		}
		committed = len(tx.changes) > 0
		return nil
	})
	if err != nil {
		return false, err
	}
	if committed && c.faults.take(Commit1116Committed, cl) != nil {
		return true, fail(codeCommit, msgCommit)
	}
	return committed, nil
}

// run finds the work that a request asks for.
func (x *exec) run() (*outcome, error) {
	res, err := parseResource(x.req.path)
	if err != nil {
		return nil, err
	}
	if strings.Contains(res.name, "Service_") && x.req.method == http.MethodPost {
		return x.service(res.name)
	}
	set, err := x.c.findSet(res.name)
	if err != nil {
		return nil, err
	}
	switch {
	case x.req.method == http.MethodPost && res.keys == nil && res.tail == "":
		return x.create(set)
	case res.keys == nil:
		return nil, fail(codeUnsupported, msgUnsupported)
	}
	return x.change(set, res)
}

// create answers POST on a collection.
func (x *exec) create(set *entitySet) (*outcome, error) {
	object, err := decodeObject(x.req.body)
	if err != nil {
		return nil, err
	}
	in, err := x.reader().row(set.typ, object)
	if err != nil {
		return nil, err
	}
	switch {
	case set.name == setOrders:
		return x.createOrder(set, in)
	case set.name == setDrafts:
		return x.createDraft(set, in)
	case set.name == setPartners:
		return x.createPartner(set, in)
	case set.name == setItems:
		return x.createItem(set, in)
	case set.name == setUserFields:
		return x.createUserField(set, in)
	case set.name == setUserTables:
		return x.createUserTable(set, in)
	case set.isUserTable():
		return x.createUserRow(set, in)
	}
	return nil, fail(codeUnsupported, msgUnsupported)
}

// change answers PATCH and DELETE on an entity, and its actions.
func (x *exec) change(set *entitySet, res resource) (*outcome, error) {
	key, err := set.key(res.keys)
	if err != nil {
		return nil, err
	}
	old := x.tx.table(set).get(key)
	if old == nil {
		return nil, fail(codeNoMatch, msgNoEntity, strings.Join(strings.Split(key, "\x00"), ","))
	}
	if err := x.checkETag(old); err != nil {
		return nil, err
	}
	switch {
	case x.req.method == http.MethodPost && res.tail != "":
		return x.action(set, old, res.tail)
	case x.req.method == http.MethodPatch && res.tail == "":
		return x.patch(set, old)
	case x.req.method == http.MethodDelete && res.tail == "":
		return x.remove(set, key, old)
	}
	return nil, fail(codeUnsupported, msgUnsupported)
}

// checkETag compares If-Match with the entity, except inside $batch, where the header is ignored (B1SLayer issue 54).
func (x *exec) checkETag(r row) error {
	want := x.req.header.Get("If-Match")
	if want == "" || want == "*" || x.req.inBatch || want == etag(r) {
		return nil
	}
	return fail(codeChanged, msgChanged)
}

// patch lays the sent properties over an entity; what is not sent stays.
func (x *exec) patch(set *entitySet, old row) (*outcome, error) {
	object, err := decodeObject(x.req.body)
	if err != nil {
		return nil, err
	}
	changes, err := x.reader().row(set.typ, object)
	if err != nil {
		return nil, err
	}
	for _, key := range set.keys {
		delete(changes, key)
	}
	switch {
	case set.name == setOrders || set.name == setDrafts:
		return x.patchDocument(set, old, changes)
	case set.name == setPartners:
		return x.patchPartner(set, old, changes)
	case set.name == setItems || set.isUserTable():
		x.save(set, old.merge(changes))
		return &outcome{set: set}, nil
	}
	return nil, fail(codeUnsupported, msgUnsupported)
}

// remove deletes an entity where B1 allows it. Orders are cancelled, not deleted.
func (x *exec) remove(set *entitySet, key string, old row) (*outcome, error) {
	removable := set.isUserTable() || slices.Contains([]string{setDrafts, setPartners, setItems}, set.name)
	if !removable || x.isUsed(set, old) {
		return nil, fail(codeUnsupported, msgUnsupported)
	}
	x.tx.remove(set, key)
	return &outcome{set: set}, nil
}

// isUsed tells whether documents name a partner; such a partner cannot be removed.
func (x *exec) isUsed(set *entitySet, r row) bool {
	used := false
	if set.name == setPartners {
		x.tx.named(setOrders).each(func(order row) bool {
			used = order.text("CardCode") == r.text("CardCode")
			return !used
		})
	}
	return used
}

// save writes an entity with the next data version and the time of the change.
func (x *exec) save(set *entitySet, r row) row {
	if p := set.typ.byName["dataversion"]; p != nil {
		r["DataVersion"] = r.integer("DataVersion") + 1
	}
	if p := set.typ.byName["updatedate"]; p != nil {
		now := x.c.cfg.Now()
		r["UpdateDate"], r["UpdateTime"] = now.Format(dateForm), now.Format(timeForm)
	}
	x.tx.put(set, r)
	return r
}

func (x *exec) reader() reader { return reader{fields: x.c.shown.Load().fields} }

// answer turns an outcome into a response: 201 with the entity, or 204 with only its address when the caller prefers
// no content (Service Layer manual 3.5.5), or 204 for everything else.
func (c *Company) answer(req *request, out *outcome) *response {
	quiet := prefersNoContent(req.header)
	switch {
	case out.hidden != nil && !quiet:
		return c.failed(req, out.hidden)
	case out.raw != nil:
		return c.jsonAnswer(req, http.StatusOK, out.raw)
	case out.row == nil && out.hidden == nil:
		return newResponse(http.StatusNoContent, nil)
	}
	answer := newResponse(http.StatusNoContent, nil)
	if !quiet {
		status := http.StatusOK
		if out.created {
			status = http.StatusCreated
		}
		answer = c.entityAnswer(req, status, out.set, out.row, nil)
	} else {
		answer.header.Set("Preference-Applied", "return-no-content")
	}
	if out.created {
		answer.header.Set("Location", location(req, out.set, out.row))
	}
	return answer
}

func prefersNoContent(header http.Header) bool {
	return slices.Contains(preferences(header), "return-no-content")
}

// location is a path in version 3 and a full address in version 4, as the manual's samples have it.
func location(req *request, set *entitySet, r row) string {
	path := "/" + set.name + "(" + set.keyLiteral(r) + ")"
	if req.version == v1 {
		return v1.root() + path
	}
	return req.base + path
}

const (
	dateForm = "2006-01-02"
	timeForm = "15:04:05"
)
