package sapb1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"datawald/order"
)

// LedgerRow is a row of a user-defined table of B1 that is written together with an order, in one change set: its primary key
// makes B1 itself refuse a second order, even from a second deployment. "Transactions are internally used in each request
// (including OData batch request)" (Service Layer manual 7.2; change sets 3.10.4, user tables 3.15). That the two work together
// in one change set is shown nowhere: not confirmed.
type LedgerRow struct {
	// Table is the user table's name without @ and U_, at most 19 characters.
	Table string
	// Code is the primary key, at most 50 characters; Name the order's key, at most 100.
	Code string
	Name string
}

const opBatch = "POST $batch"

// CreateOrderOnce sends the order and its ledger row, which B1 makes together or not at all. Failures are those of
// CreateOrder; a row that is there already is of kind Unknown with the code -2035 (IsDuplicateCode): which half B1 means it
// does not say, and the order may well exist. A table that B1 does not know is of kind Config, and nothing was sent.
func (c *Client) CreateOrderOnce(ctx context.Context, o *SalesOrder, row LedgerRow) (*Document, error) {
	if err := c.LedgerReady(ctx, row.Table); err != nil {
		return nil, err
	}
	kind, body, err := changeSet(batchRoot(c.base), []entity{
		{"U_" + row.Table, map[string]string{"Code": row.Code, "Name": row.Name}}, {"Orders", o}})
	if err != nil {
		return nil, err
	}
	header := map[string]string{"Content-Type": kind}
	if strings.HasSuffix(c.base, "/v2") {
		header["OData-Version"] = "4.0"
	}
	r := request{method: http.MethodPost, op: opBatch, path: "$batch", raw: body, header: header, write: true, sends: true, name: row.Code}
	var made orderOfSet
	if err := c.call(ctx, r, &made); err != nil {
		return nil, c.ledgerFailure(ctx, row.Table, err)
	}
	return &made.document, nil
}

// ledgerFailure tells a refused order from a table that is gone since it was last seen: B1's answer need not say which half of
// the change set it means, and a missing table must not hold every order of the queue.
func (c *Client) ledgerFailure(ctx context.Context, table string, err error) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Kind != order.Permanent || f.Field != "" {
		return err
	}
	c.ledgers.Delete(table)
	if missing := c.LedgerReady(ctx, table); order.KindOf(missing) == order.Config && missing != nil {
		return missing
	}
	return err
}

// LedgerReady reports, as a failure of kind Config, that the Service Layer does not know the user table. It asks once; a table
// that was seen is taken to stay. Other failures are those of a read.
func (c *Client) LedgerReady(ctx context.Context, table string) error {
	if _, seen := c.ledgers.Load(table); seen {
		return nil
	}
	var rows page[json.RawMessage]
	r := request{method: http.MethodGet, op: "GET U_" + table, path: "U_" + table, query: url.Values{"$top": {"1"}, "$select": {"Code"}}}
	if err := c.call(ctx, r, &rows); err != nil {
		err = noLedger(table, err)
		if f := failureOf(err); f != nil && f.Kind == order.Config {
			c.shutOut(ctx, r.op, false, f)
		}
		return err
	}
	c.ledgers.Store(table, true)
	return nil
}

// noLedger says how to mend a refused look into the table, whatever the code: releases answer a set that they do not know
// with different ones.
func noLedger(table string, err error) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Kind != order.Permanent && f.Kind != order.Config || f.Code == codeBadLogin || f.Code == codeLoginFailed || f.Code == codeSwitchCompany {
		return err
	}
	g := *f
	g.Kind = order.Config
	g.Hint = fmt.Sprintf("B1 does not show the user table @%s of B1_LEDGER_TABLE: run starter b1 prepare, have the Service Layer restarted, "+
		"and check that the B1 user may read and write the table. Or empty B1_LEDGER_TABLE.", table)
	return &g
}

// HasLedgerRow reports whether the table has a row with this code. It asks by a filter: Apache refuses a path with an encoded
// slash, which a code may have.
func (c *Client) HasLedgerRow(ctx context.Context, row LedgerRow) (bool, error) {
	rows, err := list[json.RawMessage](ctx, c, "U_"+row.Table, url.Values{"$filter": {"Code eq " + Quote(row.Code)}, "$select": {"Code"}})
	if err != nil {
		return false, noLedger(row.Table, err)
	}
	return len(rows) > 0, nil
}

// orderOfSet is the order out of the answer to the change set of CreateOrderOnce.
type orderOfSet struct{ document Document }

// orderID is the Content-ID of the order in the change set; the ledger row has 1.
const orderID = "2"

// read takes the order's document out of the answer. A change set that was refused fails as the order alone would, since B1
// took all of it back; everything that does not say what it should leaves the outcome unknown.
func (s *orderOfSet) read(r request, res *http.Response, body []byte) error {
	answer, err := readSetAnswer(res.Header.Get("Content-Type"), body)
	if err != nil {
		return unreadable(r, fmt.Sprintf("HTTP %d with an answer that is not that of a batch", res.StatusCode), err)
	}
	if f := answer.failed; f != nil {
		return failure(r.op, r.write, f.status, f.header, f.body)
	}
	part := answer.order()
	switch {
	case part == nil:
		return unreadable(r, fmt.Sprintf("the answer to the change set has %d parts and none of the order", len(answer.done)), nil)
	case part.status >= 300:
		// Not as the manual has it: a refusal among answers to what was carried out. Nobody can say what B1 kept.
		f := failure(r.op, r.write, part.status, part.header, part.body)
		f.Kind = order.Unknown
		return f
	}
	if err := json.Unmarshal(part.body, &s.document); err != nil || s.document.DocEntry == 0 {
		return unreadable(r, "the order's part of the answer is not a document", err)
	}
	return nil
}

// order is the answer of the order: by its Content-ID, or the second where the answer repeats none.
func (a *setAnswer) order() *partAnswer {
	for i, part := range a.done {
		if part.id == orderID || part.id == "" && i == 1 && len(a.done) == 2 {
			return &a.done[i]
		}
	}
	return nil
}
