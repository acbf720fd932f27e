package activities

// LedgerRow lets the tests ask for the row of an intent.
var LedgerRow = ledgerRow

// HoldImports lets the tests come late with a hold.
var HoldImports = (*Activities).holdImports
