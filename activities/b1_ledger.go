package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// Lengths of the columns that every user table has (OUTB: Code, Name), in UTF-16 units.
const (
	maxLedgerCode = 50
	maxLedgerName = 100
)

// sendOrder sends the order, once: alone, or together with its row of the ledger table, whose key B1 itself keeps unique. The
// claim keeps two workers apart that share a store; only the ledger keeps two deployments apart that do not.
func (p *posting) sendOrder(ctx context.Context) (*sapb1.Document, error) {
	if p.instance.LedgerTable == "" {
		return p.instance.Company.CreateOrder(ctx, p.mapped.Document)
	}
	return p.instance.Company.CreateOrderOnce(ctx, p.mapped.Document, p.ledgerRow())
}

// ledgerRow is the row of what the intent says was sent. Its code follows from the reference alone, not from the instance, so
// that any two deployments that would send the order under one reference collide. An order that takes the place of an earlier
// document of its own (cancelled in B1, a draft that was rejected) has a row of its own, again the same for everybody. Name goes
// along with the code: whether B1 keeps that column unique as well is not confirmed. Drafts have numbers of their own in B1 and are
// marked; what earlier releases have sent keeps the code without the mark, since its intent does not say that it was a draft.
func ledgerRow(table string, key order.Key, n *store.Intent) sapb1.LedgerRow {
	suffix := ""
	switch {
	case n.ReplacesDraft:
		suffix = fmt.Sprintf("/D%d", n.Replaces)
	case n.Replaces != 0:
		suffix = fmt.Sprintf("/%d", n.Replaces)
	}
	code := n.Reference
	if units(code+suffix) > maxLedgerCode {
		sum := sha256.Sum256([]byte(code))
		code = hex.EncodeToString(sum[:16])
	}
	return sapb1.LedgerRow{Table: table, Code: code + suffix, Name: begin(string(key), maxLedgerName-units(suffix)) + suffix}
}

func (p *posting) ledgerRow() sapb1.LedgerRow {
	return ledgerRow(p.instance.LedgerTable, p.key, p.doc.Intent)
}

// begin is as much of a text as fits into so many units.
func begin(s string, limit int) string {
	for units(s) > limit {
		_, last := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-last]
	}
	return s
}

// units is the length of a text as B1 counts it.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// ledgerAnswer is what an answer without a clear meaning tells in ledger mode, once the looks have found nothing; nil when no
// more than without it.
func (p *posting) ledgerAnswer(ctx context.Context) (*order.Reason, error) {
	row, answer := p.ledgerRow(), p.doc.Intent.Answer
	switch {
	case sapb1.IsApprovalCode(answer):
		return &order.Reason{Code: "b1_no_match", Field: "Orders",
			Message: fmt.Sprintf("B1 answered that it found no matching record, and there is no draft of the order. "+
				"It was sent in ledger mode (together with its row of @%s), in which B1 may take a draft for approval back.", row.Table),
			Hint: "Either a code in the rules (branch, series, cost centre) does not exist in B1, or a branch is missing. Or an approval procedure " +
				"fits the order: take the connector's user out of the procedure, or empty B1_LEDGER_TABLE, and retry the order."}, nil
	case !sapb1.IsDuplicateCode(answer):
		return nil, nil
	}
	taken, err := p.instance.Company.HasLedgerRow(ctx, row)
	if err != nil || !taken {
		return nil, err
	}
	return &order.Reason{Code: "b1_ledger_taken", Field: "U_" + row.Table,
		Message: fmt.Sprintf("The table @%s has the row %s already, and B1 has neither a sales order nor a draft with the reference %s.", row.Table, row.Code, p.doc.Intent.Reference),
		Hint: fmt.Sprintf("Find out who wrote the row (its Name is an order key). When no sales order belongs to it, delete the row in B1 (Tools > User-Defined Windows > %s) "+
			"and retry the order.", row.Table)}, nil
}
