package activities

import (
	"context"

	"datawald/magento"
)

// LedgerRow lets the tests ask for the row of an intent.
var LedgerRow = ledgerRow

// HoldImports lets the tests come late with a hold.
var HoldImports = (*Activities).holdImports

// ForgetStandIns lets the tests look for what a run has left behind.
func (a *Activities) ForgetStandIns(ctx context.Context, instance string, documents []magento.Document) error {
	return a.forgetStandIns(ctx, instance, documents)
}
