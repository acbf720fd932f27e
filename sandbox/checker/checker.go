// Package checker compares the three books of a sandbox: what the shop placed, what the store says, and what B1 holds. It demands
// that they agree exactly: each order in one named state, each posted one in B1 once and with its total, nothing else in B1.
package checker

import (
	"context"
	"errors"

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
	// Want says in which state an order has to be by the rules of the test; nil, or an empty state, leaves it open.
	Want func(magentosim.Placed) order.Status
}

// Violation is one thing that does not agree.
type Violation struct {
	// Kind is one word: lost, duplicated, wrong_total, foreign, unnamed, unsettled, wrong_state, ledger.
	Kind string `json:"kind"`
	// Key is the order's key, or the reference of a document in B1 that belongs to no order.
	Key  string `json:"key"`
	What string `json:"what"`
}

// Report is what a comparison found.
type Report struct {
	// States counts the orders of the shop by the state that the store names.
	States     map[order.Status]int `json:"states"`
	Placed     int                  `json:"placed"`
	InB1       int                  `json:"in_b1"`
	Violations []Violation          `json:"violations"`
}

// Compare reads the store and compares the books. An error means that it could not be read; what does not agree is in the report.
func Compare(ctx context.Context, b Books) (*Report, error) {
	return nil, errors.New("checker: being built")
}
