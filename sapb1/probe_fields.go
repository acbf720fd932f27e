package sapb1

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"datawald/order"
)

// restart is what makes new fields and tables visible (manual 7.2).
const restart = "restart the Service Layer: it shows new fields and tables only then"

// userFields looks for the user-defined fields that the rules set, as the worker meets them: as properties of what it reads.
func (c *checkup) userFields(ctx context.Context) []order.Finding {
	var all, open []order.Finding
	found := 0
	for _, table := range []string{"ORDR", "RDR1", "OCRD"} {
		fields := c.fieldsOf(table)
		if len(fields) == 0 {
			continue
		}
		missing, err := c.missing(ctx, table, fields)
		if errors.Is(err, errNoLines) {
			open = append(open, notChecked("the "+count(len(fields), "field")+" of lines: B1 has no order whose lines would show them"))
			continue
		}
		if err != nil {
			all = append(all, c.mayRead(err, "Sales - A/R > Sales Order, and "+partnerList.menu))
			continue
		}
		found += len(fields) - len(missing)
		for _, u := range missing {
			all = append(all, c.missingField(ctx, u))
		}
	}
	bad, unmeasured := c.keyField(ctx)
	all, open = append(all, bad...), append(open, unmeasured...)
	switch {
	case len(all) > 0:
	case len(c.Uses.Fields) == 0:
		all = append(all, ok("the rules name none"))
	case found > 0:
		all = append(all, ok(fmt.Sprintf("%s of the rules: there", count(found, "field"))))
	}
	return append(mendOnce(all), open...)
}

// fieldsOf are the fields of a table, each once.
func (c *checkup) fieldsOf(table string) (all []FieldUse) {
	for _, u := range c.Uses.Fields {
		if u.Table == table && !slices.ContainsFunc(all, func(o FieldUse) bool { return o.Name == u.Name }) {
			all = append(all, u)
		}
	}
	return all
}

// lacks reports whether a field was found missing.
func (c *checkup) lacks(table, name string) bool { return c.without[table+"."+name] }

// missing are those of the fields that B1 does not show. All are asked for at once, and one by one only when that is refused.
func (c *checkup) missing(ctx context.Context, table string, fields []FieldUse) (all []FieldUse, err error) {
	if table == "RDR1" {
		return c.missingOnLines(ctx, fields)
	}
	if err = c.readField(ctx, table, fields...); err == nil || !refusedForGood(err) {
		return nil, err
	}
	for _, u := range fields {
		switch err := c.readField(ctx, table, u); {
		case err != nil && refusedForGood(err):
			all = append(all, u)
			c.note(u)
		case err != nil:
			return nil, err
		}
	}
	return all, nil
}

func (c *checkup) note(u FieldUse) {
	if c.without == nil {
		c.without = map[string]bool{}
	}
	c.without[u.Table+"."+u.Name] = true
}

// readField reads fields of one order or partner, whose values are thrown away.
func (c *checkup) readField(ctx context.Context, table string, fields ...FieldUse) error {
	set := map[string]string{"ORDR": "Orders", "OCRD": "BusinessPartners"}[table]
	names := make([]string, len(fields))
	for i, u := range fields {
		names[i] = u.Name
	}
	return c.timed(func() error {
		var answer page[struct{}]
		return c.Client.call(ctx, request{method: http.MethodGet, op: "GET " + set, path: set,
			query: url.Values{"$select": {strings.Join(names, ",")}, "$top": {"1"}}}, &answer)
	})
}

// errNoLines says that fields of lines cannot be looked for.
var errNoLines = errors.New("no order with lines")

// missingOnLines looks at the lines of the newest order: $select cannot name properties of lines. Without an order nothing is
// known.
func (c *checkup) missingOnLines(ctx context.Context, fields []FieldUse) (all []FieldUse, err error) {
	var answer page[struct {
		Lines []map[string]json.RawMessage `json:"DocumentLines"`
	}]
	err = c.Client.call(ctx, request{method: http.MethodGet, op: "GET Orders", path: "Orders",
		query: url.Values{"$select": {"DocEntry,DocumentLines"}, "$orderby": {"DocEntry desc"}, "$top": {"1"}}}, &answer)
	switch {
	case err != nil:
		return nil, err
	case len(answer.Value) == 0 || len(answer.Value[0].Lines) == 0:
		return nil, errNoLines
	}
	for _, u := range fields {
		if _, has := answer.Value[0].Lines[0][u.Name]; !has {
			all = append(all, u)
		}
	}
	return all, nil
}

// fieldPlaces are the branches of B1's window for user-defined fields.
var fieldPlaces = map[string]string{"ORDR": "Marketing Documents > Title", "RDR1": "Marketing Documents > Rows", "OCRD": "Master Data > Business Partner > Business Partners"}

// missingField is a field that the Service Layer does not show: it may be there and wait for a restart.
func (c *checkup) missingField(ctx context.Context, u FieldUse) order.Finding {
	if defs, err := c.definitions(ctx, u.Name); err == nil && len(defs) > 0 {
		return wrong(fmt.Sprintf("%s is defined in B1, but the Service Layer does not show it on %s (%s)", u.Name, u.Table, c.at(u.Place)),
			"If it was defined there, "+restart+"; else define it in "+menuUserFields+" > "+fieldPlaces[u.Table]+".")
	}
	mend := "Correct the rules, or define it in " + menuUserFields + " > " + fieldPlaces[u.Table]
	if u.Name == c.Uses.KeyField && u.Table == "ORDR" {
		mend += " (starter b1 prepare does so)"
	}
	return wrong(fmt.Sprintf("B1 has no field %s on %s (%s)", u.Name, u.Table, c.at(u.Place)), mend+", and "+restart+".")
}

// definitions are the user-defined fields of that name, on whatever table: releases differ in the table under which they keep
// those of documents.
func (c *checkup) definitions(ctx context.Context, name string) ([]codeRow, error) {
	return c.read(ctx, "UserFieldsMD", "Name eq "+Quote(strings.TrimPrefix(name, "U_")), "FieldID", []string{"TableName", "FieldID", "Type", "Size"})
}

// shortestNumber is how long an order's number in Magento is at least.
const shortestNumber = "000000001"

// keyField looks whether the field for the order key has room for it: what B1 cuts off could not be found again. open says why
// that could not be measured.
func (c *checkup) keyField(ctx context.Context) (bad, open []order.Finding) {
	name := c.Uses.KeyField
	if name == "" || c.lacks("ORDR", name) {
		return nil, nil
	}
	key := c.Instance + ":1:" + shortestNumber
	needs := fmt.Sprintf("an order key such as %s has %d", key, len(key))
	defs, err := c.definitions(ctx, name)
	if err != nil {
		return nil, []order.Finding{notChecked(fmt.Sprintf("whether %s has room for a key: B1 does not show how it is defined: %s. Mind that %s", name, spoken(err), needs))}
	}
	measured := false
	for _, d := range defs {
		size, err := strconv.Atoi(d.text("Size"))
		if err != nil || d.text("TableName") == "OCRD" || d.text("Type") != TypeText {
			continue
		}
		measured = true
		if size < len(key) {
			return []order.Finding{wrong(fmt.Sprintf("%s has room for %d characters, and %s", name, size, needs),
				"Make it longer, 50 or more: "+menuUserFields+" > "+fieldPlaces["ORDR"]+"; then "+restart+".")}, nil
		}
	}
	if !measured {
		open = []order.Finding{notChecked(fmt.Sprintf("whether %s has room for a key: B1 tells no length of it. Mind that %s", name, needs))}
	}
	return nil, open
}

// ledgerTable looks for the user table that each order is written into beside itself.
func (c *checkup) ledgerTable(ctx context.Context) order.Finding {
	if c.LedgerTable == "" {
		return ok("none (B1_LEDGER_TABLE): orders are told apart by their reference alone")
	}
	shown := false
	err := c.timed(func() (err error) {
		shown, err = c.Client.TableShown(ctx, c.LedgerTable)
		return err
	})
	if shown {
		return ok("U_" + c.LedgerTable + " can be read; whether it may be written is not tried")
	}
	if err != nil {
		return c.withRight(failed(err, "Look into the log of the Service Layer."), "User-Defined Tables > "+c.LedgerTable)
	}
	rows, err := c.read(ctx, "UserTablesMD", "TableName eq "+Quote(c.LedgerTable), "TableName", []string{"TableName"})
	switch {
	case err != nil:
		return wrong(fmt.Sprintf("the Service Layer shows no user table %s (B1_LEDGER_TABLE); whether B1 has one is not known: %s", c.LedgerTable, spoken(err)),
			"Run starter b1 prepare, and "+restart+"; or leave B1_LEDGER_TABLE empty.")
	case len(rows) > 0:
		return wrong(fmt.Sprintf("the table %s is defined in B1, but the Service Layer does not show it", c.LedgerTable), "R"+restart[1:]+".")
	}
	return wrong(fmt.Sprintf("B1 has no user table %s (B1_LEDGER_TABLE)", c.LedgerTable), "Run starter b1 prepare, and "+restart+"; or leave B1_LEDGER_TABLE empty.")
}
