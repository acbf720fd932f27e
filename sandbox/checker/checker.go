// Package checker compares the three books of a sandbox: what the shop placed, what the store says, and what B1 holds. It demands
// that they agree exactly: each order in one named state, each posted one in B1 once and with its total, nothing else in B1.
// It knows nothing of how orders are mapped or sent, so that it shares no mistake with the connector.
package checker

import (
	"context"
	"fmt"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// Books are the three accounts of one instance.
type Books struct {
	Instance string
	// Placed are all orders of the shop.
	Placed []magentosim.Placed
	Store  *store.Store
	// Orders and Drafts are what B1 holds, cancelled ones too; Ledger the codes of its ledger table, nil where there is none.
	Orders []b1sim.Order
	Drafts []b1sim.Order
	Ledger []string
	// LedgerLater says that B1 may have documents from before it had the ledger: those older than the oldest with a row are let be.
	LedgerLater bool
	// Sold is what was bought with each order, by entity_id: with it lines, tax and buyers are compared, as rules make them that book each
	// row under its SKU. Nil leaves them out; an order that is not in it is let be.
	Sold map[int64]magentosim.Sold
	// Partners are the codes of B1's business partners; nil leaves them out.
	Partners []string
	// Partner says which business partner an order has to stand under; nil, or an empty code, leaves it open, and an * at the end is
	// any code that begins so.
	Partner func(magentosim.Placed, magentosim.Sold) string
	// Read says whether the connector is to read an order; nil for all. One that it is not to read may be missing in the store.
	Read func(magentosim.Placed) bool
	// Staged is what the store says, when it was read before the other books, as it has to be while orders come in; nil reads Store.
	Staged []store.Staged
	// Due says whether the connector must have read an order by now; nil for all. One that is not due may be missing in the store.
	Due func(magentosim.Placed) bool
	// InHand says whether an order may still be pending; nil for none.
	InHand func(store.Staged) bool
	// Want says in which state an order has to be by the rules of the test; nil, or an empty state, leaves it open.
	Want func(magentosim.Placed) order.Status
}

// Kinds of violations.
const (
	Lost       = "lost"        // the store does not know the order, or B1 lacks the document that the store names
	Duplicated = "duplicated"  // B1 has more than one live document of an order
	WrongTotal = "wrong_total" // B1's document is not what the customer owes, in his currency
	WrongLines = "wrong_lines" // B1's document has other items, quantities, amounts or taxes than were bought
	WrongBuyer = "wrong_buyer" // B1's document is another business partner's
	Foreign    = "foreign"     // B1 or the store has something that belongs to no order of the shop
	Unnamed    = "unnamed"     // the state is none of the six, or one that needs a reason has none
	Unsettled  = "unsettled"   // still pending
	WrongState = "wrong_state" // store and B1 contradict each other, or the state is not the wanted one
	Ledger     = "ledger"      // B1's ledger table does not have one row for each document
)

// Violation is one thing that does not agree.
type Violation struct {
	// Kind is one of the constants above.
	Kind string `json:"kind"`
	// Key is the order's key, or the reference of a document in B1 that belongs to no order.
	Key  string `json:"key"`
	What string `json:"what"`
}

// String is the violation as one line.
func (v Violation) String() string { return fmt.Sprintf("%-11s  %s: %s", v.Kind, v.Key, v.What) }

// Report is what a comparison found.
type Report struct {
	// States counts the orders of the shop by the state that the store names.
	States map[order.Status]int `json:"states"`
	Placed int                  `json:"placed"`
	// InB1 is the number of sales orders in B1 that are not cancelled.
	InB1       int         `json:"in_b1"`
	Violations []Violation `json:"violations"`
	// NotChecked says what was not compared, a sentence each, Lines of how many documents the lines were compared,
	// and Partly of how many they were not because a part of their orders was cancelled or refunded.
	NotChecked []string `json:"not_checked"`
	Lines      int      `json:"lines_compared"`
	Partly     int      `json:"lines_let_be"`
	// Early is the number of orders that are not in the store and not due yet.
	Early int `json:"not_read_yet"`
}

// Compare reads the store and compares the books. An error means that it could not be read; what does not agree is in the report.
func Compare(ctx context.Context, b Books) (*Report, error) {
	staged := b.Staged
	if staged == nil {
		var err error
		if staged, err = b.Store.ListAll(ctx, store.Filter{Instance: b.Instance}); err != nil {
			return nil, fmt.Errorf("checker: %w", err)
		}
	}
	c := newComparison(b, staged)
	for _, p := range b.Placed {
		c.order(p)
	}
	c.strangers()
	c.buyers()
	if b.Ledger != nil {
		c.ledger()
	}
	return c.done(), nil
}
