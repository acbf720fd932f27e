package sapb1

import (
	"context"
	"errors"
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

// CreateOrderOnce sends the order and its ledger row, which B1 makes together or not at all. Failures are those of CreateOrder.
func (c *Client) CreateOrderOnce(ctx context.Context, o *SalesOrder, row LedgerRow) (*Document, error) {
	return nil, errors.New("sapb1: CreateOrderOnce: being built")
}

// HasLedgerRow reports whether the table has a row with this code.
func (c *Client) HasLedgerRow(ctx context.Context, row LedgerRow) (bool, error) {
	return false, errors.New("sapb1: HasLedgerRow: being built")
}
