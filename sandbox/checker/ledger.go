package checker

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"datawald/sandbox/b1sim"
)

// maxCode is the longest code of a ledger row; longer references are hashed into it.
const maxCode = 50

// ledger demands a row for each document that was made, cancelled ones too, and no other. The code of a row is the reference
// of its document, followed by / and the DocEntry of an earlier document whose place it takes.
func (c *comparison) ledger() {
	rows := map[string]int{}
	var others []string
	for _, code := range c.books.Ledger {
		if reference, ok := c.referenceOf(code); ok {
			rows[reference]++
		} else {
			others = append(others, code)
		}
	}
	if len(c.books.Ledger) == 0 && len(c.allReferences()) > 0 {
		c.found(Ledger, "", "B1 has documents under %d references, and not one row of its ledger", len(c.allReferences()))
		return
	}
	hashed, first := 0, c.firstInLedger(rows)
	for _, reference := range c.allReferences() {
		made := c.made(reference)
		if c.books.LedgerLater && rows[reference] == 0 && c.isOlder(reference, first) {
			c.older += made
			continue
		}
		if len(utf16.Encode([]rune(reference))) > maxCode {
			hashed += made
			continue
		}
		if rows[reference] != made {
			c.found(Ledger, reference, "B1 has %d documents and %d rows of its ledger", made, rows[reference])
		}
	}
	if len(others) == hashed {
		return
	}
	slices.Sort(others)
	for _, code := range others {
		c.found(Ledger, code, "this row of the ledger belongs to no document (%d such rows, %d documents whose references are longer than %d)", len(others), hashed, maxCode)
	}
	if len(others) == 0 {
		c.found(Ledger, "", "%d documents whose references are longer than %d characters have no row of the ledger", hashed, maxCode)
	}
}

// referenceOf is the reference that a code is made of, as far as B1 has documents under it.
func (c *comparison) referenceOf(code string) (string, bool) {
	if c.made(code) > 0 {
		return code, true
	}
	at := strings.LastIndexByte(code, '/')
	if at < 0 {
		return "", false
	}
	replaced := strings.TrimPrefix(code[at+1:], "D") // a draft
	if strings.Trim(replaced, "0123456789") != "" || replaced == "" {
		return "", false
	}
	return code[:at], c.made(code[:at]) > 0
}

// made is how many documents were made under a reference: sales orders, and drafts that became none.
func (c *comparison) made(reference string) int {
	return len(c.orders[reference]) + len(slices.DeleteFunc(slices.Clone(c.drafts[reference]), func(d b1sim.Order) bool {
		return strings.HasPrefix(d.Authorization, "dasGenerated")
	}))
}

func (c *comparison) allReferences() []string {
	all := slices.Concat(slices.Collect(maps.Keys(c.orders)), slices.Collect(maps.Keys(c.drafts)))
	slices.Sort(all)
	return slices.Compact(all)
}

// firstInLedger is the oldest sales order with a row, by DocEntry; 0 when none has one.
func (c *comparison) firstInLedger(rows map[string]int) (first int64) {
	for reference := range rows {
		for _, d := range c.orders[reference] {
			if first == 0 || d.DocEntry < first {
				first = d.DocEntry
			}
		}
	}
	return first
}

// isOlder reports whether the documents of a reference are all older than the first with a row. Drafts have numbers of their own: one
// without a sales order counts as older.
func (c *comparison) isOlder(reference string, first int64) bool {
	return !slices.ContainsFunc(c.orders[reference], func(d b1sim.Order) bool { return first != 0 && d.DocEntry > first })
}
